"""Variations of a seccomp section: what people and generators get wrong, and what they get right in unusual ways.

The same seed gives the same texts. Each is (name, text): the name says what varies. The calls that rules are about are none
that the runtime or the program makes, so that a container starts unless its runtime refuses the section itself.
"""
import json
import random

ACTIONS = ["ALLOW", "LOG", "ERRNO", "TRAP", "TRACE", "NOTIFY", "KILL", "KILL_THREAD", "KILL_PROCESS"]
BAD_ACTIONS = ["SCMP_ACT_DENY", "scmp_act_errno", "", None, "ERRNO", "SCMP_ACT_ERRNO "]
ARCHES = ["X86", "X86_64", "X32", "ARM", "AARCH64", "MIPS", "MIPS64", "MIPS64N32", "MIPSEL", "MIPSEL64", "MIPSEL64N32",
          "PPC", "PPC64", "PPC64LE", "S390", "S390X", "PARISC", "PARISC64", "RISCV64", "LOONGARCH64", "M68K", "SH", "SHEB",
          "NATIVE", "X86_65", ""]
ODD_ARCHES = ["x86_64", "amd64", "AMD64", "SCMP_ARCH_x86_64", "scmp_arch_x86", "SCMP_ARCH_ANY", "ARM64", "", None]
FLAGS = ["LOG", "SPEC_ALLOW", "TSYNC", "WAIT_KILLABLE_RECV", "NEW_LISTENER", "TSYNC_ESRCH"]
CALLS = ["mkdir", "chmod", "mount", "swapon", "kexec_load", "personality", "socketpair"]
OPS = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"]
NUMBERS = [0, 1, 38, 300, 4095, 4096, 65535, 65536, 2**31, 2**32 - 1, 2**32, -1, 1.5, None]
VALUES = [0, 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -1, 1.5, 1e3, None]
NULLABLE = ["syscalls", "architectures", "flags"]
NONE = object()  # leaves a member out


class Maker:
    def __init__(self, seed, allowed, listener):
        self.random = random.Random(seed)
        self.allowed = allowed    # the calls that runtime and program need
        self.listener = listener  # an absolute path where somebody listens

    def section(self, default="ALLOW"):
        s = {"defaultAction": "SCMP_ACT_" + default, "syscalls": [self.rule()]}
        if default not in ("ALLOW", "LOG"):
            s["syscalls"].append({"names": list(self.allowed), "action": "SCMP_ACT_ALLOW"})
        return s

    def rule(self, action="ERRNO"):
        return {"names": [self.random.choice(CALLS)], "action": "SCMP_ACT_" + action}

    def pick(self, values):
        return self.random.choice(values)

    # Each of these changes a section and says how.
    def default_action(self, s):
        action = self.pick(ACTIONS + BAD_ACTIONS + [NONE])
        if action is NONE:
            del s["defaultAction"]
            return "no defaultAction"
        s["defaultAction"] = "SCMP_ACT_" + action if action in ACTIONS else action
        if action in ACTIONS and action not in ("ALLOW", "LOG"):
            self.allow(s)
        return "default " + json.dumps(action)

    def allow(self, s):
        """What denies by default holds what runtime and program need."""
        s["syscalls"] = (s.get("syscalls") or []) + [{"names": list(self.allowed), "action": "SCMP_ACT_ALLOW"}]

    def rule_action(self, s):
        action = self.pick(ACTIONS + ACTIONS + BAD_ACTIONS + [NONE])
        rule = self.first(s)
        if action is NONE:
            rule.pop("action", None)
            return "rule without action"
        rule["action"] = "SCMP_ACT_" + action if action in ACTIONS else action
        return "rule " + json.dumps(action)

    def first(self, s):
        """A rule that is about none of the calls that are needed."""
        for rule in s.get("syscalls") or []:
            if rule is not None and not set(rule.get("names") or []) & set(self.allowed):
                return rule
        s["syscalls"] = [self.rule()] + (s.get("syscalls") or [])
        return s["syscalls"][0]

    def names(self, s):
        call = self.pick(CALLS)
        names = self.pick([[], None, NONE, [""], [call, call], [call, ""], ["no_such_call"], [call, "no_such_call"], [None],
                           [call.upper()], [" " + call], ["x" * 300], [call, None], ["é"], CALLS])
        rule = self.first(s)
        if names is NONE:
            rule.pop("names", None)
            return "rule without names"
        rule["names"] = names
        return "names " + json.dumps(names)[:60]

    def notify(self, s):
        how = []
        where = self.pick(["rule", "rule", "rule", "write", "default", "all but write", "nowhere", "answers as default"])
        if where == "rule":
            self.first(s)["action"] = "SCMP_ACT_NOTIFY"
        elif where == "write":
            s["syscalls"].insert(0, {"names": self.pick([["write"], ["mkdir", "write"]]), "action": "SCMP_ACT_NOTIFY"})
        elif where == "default":
            s["defaultAction"] = "SCMP_ACT_NOTIFY"
            s["syscalls"] = [{"names": list(self.allowed), "action": "SCMP_ACT_ALLOW"}]
        elif where == "all but write":
            s["defaultAction"] = "SCMP_ACT_NOTIFY"
            s["syscalls"] = [{"names": [n for n in self.allowed if n != "write"], "action": "SCMP_ACT_ALLOW"}]
        elif where == "answers as default":
            s["defaultAction"] = "SCMP_ACT_ALLOW"
            s["syscalls"] = [{"names": ["write"], "action": "SCMP_ACT_ALLOW"}, self.rule("NOTIFY")]
        how.append("notify " + where)
        path = self.pick([self.listener] * 4 + ["", "x.sock", "./x.sock", None, NONE, NONE])
        if path is not NONE:
            s["listenerPath"] = path
        data = self.pick(["", "text", None, NONE, NONE, NONE, "x" * 5000])
        if data is not NONE:
            s["listenerMetadata"] = data
        how.append("listenerPath " + ("-" if path is NONE else "listening" if path == self.listener else json.dumps(path)))
        how.append("metadata " + ("-" if data is NONE else json.dumps(data)[:12]))
        return ", ".join(how)

    def arches(self, s):
        count = self.pick([1, 1, 1, 2, 2, 3])
        if self.pick(range(5)) == 0:
            found = [self.pick(ODD_ARCHES)]
        else:
            found = ["SCMP_ARCH_" + a for a in self.random.sample(ARCHES, count)]
        if self.pick(range(3)) == 0:
            found.insert(0, "SCMP_ARCH_X86_64")
        if self.pick(range(8)) == 0:
            found.append(found[0])
        s["architectures"] = found
        return "arches " + json.dumps(found)

    def flags(self, s):
        found = self.pick([["SECCOMP_FILTER_FLAG_" + f] for f in FLAGS] * 2 +
                          [[], ["nonsense"], [None], ["SECCOMP_FILTER_FLAG_" + f for f in self.random.sample(FLAGS, 2)],
                           ["SECCOMP_FILTER_FLAG_LOG"] * 2, ["SCMP_FLTATR_CTL_LOG"], [""]])
        s["flags"] = found
        return "flags " + json.dumps(found)

    def errno(self, s):
        number = self.pick(NUMBERS)
        if self.pick([True, False]):
            action = self.pick(ACTIONS)
            if action not in ("NOTIFY",):
                s["defaultAction"] = "SCMP_ACT_" + action
                if action not in ("ALLOW", "LOG"):
                    self.allow(s)
            s["defaultErrnoRet"] = number
            return "default %s errno %s" % (s["defaultAction"][9:], json.dumps(number))
        rule = self.first(s)
        action = self.pick([a for a in ACTIONS if a != "NOTIFY"])
        rule["action"] = "SCMP_ACT_" + action
        rule["errnoRet"] = number
        return "rule %s errno %s" % (action, json.dumps(number))

    def args(self, s):
        rule = self.first(s)
        how = self.pick(["plain"] * 6 + ["many", "twice", "null", "empty", "null element", "six"])
        if how in ("null", "empty", "null element"):
            rule["args"] = {"null": None, "empty": [], "null element": [None]}[how]
            return "args " + how
        count = {"plain": 1, "many": self.pick([2, 3]), "twice": 2, "six": 7}[how]
        rule["args"] = [self.arg(how) for _ in range(count)]
        if how == "twice":
            rule["args"][1]["index"] = rule["args"][0]["index"]
        if how in ("many", "six"):
            for i, a in enumerate(rule["args"]):
                a["index"] = i % 6
        return "args " + json.dumps(rule["args"])[:110]

    def arg(self, how):
        plain = how != "plain" or self.pick([True, False])
        arg = {"index": self.pick([0, 1, 5]), "value": self.pick([0, 1, 2**32, 2**64 - 1]), "op": "SCMP_CMP_" + self.pick(OPS)}
        if plain:
            if arg["op"].endswith("MASKED_EQ") or self.pick(range(4)) == 0:
                arg["valueTwo"] = self.pick([0, 1, 2**63])
            return arg
        what = self.pick(["index", "value", "valueTwo", "op"])
        value = self.pick({"index": [6, 7, -1, 2**32, None, 1.0, NONE], "value": VALUES + [NONE],
                           "valueTwo": VALUES + [NONE],
                           "op": ["", "EQ", None, NONE, "SCMP_CMP_MAX", "scmp_cmp_eq", "SCMP_CMP_EQUALTO"]}[what])
        arg.pop(what, None)
        if value is not NONE:
            arg[what] = value
        return arg

    def nulls(self, s):
        what = self.pick(NULLABLE + ["rule", "section members", "no rules", "absent"])
        if what == "rule":
            s["syscalls"].insert(0, None)
        elif what == "section members":
            s["defaultAction"] = "SCMP_ACT_ALLOW"
            for name in NULLABLE + ["listenerPath", "listenerMetadata", "defaultErrnoRet"]:
                s[name] = None
        elif what == "no rules":
            s["defaultAction"] = "SCMP_ACT_ALLOW"
            s["syscalls"] = []
        elif what == "absent":
            s["defaultAction"] = "SCMP_ACT_ALLOW"
            s.pop("syscalls", None)
        elif what == "syscalls":
            s["defaultAction"] = "SCMP_ACT_ALLOW"
            s["syscalls"] = None
        else:
            s[what] = None
        return "null " + what

    def twice(self, s):
        rule = dict(self.first(s))
        rule.pop("args", None)
        other = dict(rule)
        other["action"] = "SCMP_ACT_" + self.pick(["ALLOW", "LOG", "ERRNO", "TRAP", "KILL_PROCESS"])
        if self.pick([True, False]):
            other["args"] = [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]
        if other["action"].endswith("ERRNO"):
            other["errnoRet"] = 2
        s["syscalls"].insert(self.pick([0, 1]), other)
        return "a second rule: " + other["action"][9:] + (" by argument" if "args" in other else "")

    def foreign(self, s):
        what = self.pick(["archMap", "includes", "comment", "unknown", "base"])
        if what == "archMap":
            s["archMap"] = [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}]
        elif what == "includes":
            self.first(s)["includes"] = {"caps": ["CAP_SYS_ADMIN"]}
        elif what == "comment":
            self.first(s)["comment"] = "why"
        elif what == "unknown":
            self.pick([s, self.first(s)])["unknown"] = self.pick([1, "x", [], {}, None])
        elif what == "base":
            s["baseProfileName"] = "runc-v1.1.5"
        return "foreign " + what

    def variation(self, number):
        changes = [self.default_action, self.rule_action, self.names, self.notify, self.notify, self.arches, self.arches,
                   self.flags, self.errno, self.args, self.nulls, self.twice, self.foreign]
        chosen = [changes[number % len(changes)]]
        if number >= 8 * len(changes) and self.pick([True, False]):
            chosen += self.random.sample([c for c in changes if c not in chosen], 1)
        s = self.section(self.pick(["ALLOW", "ALLOW", "ERRNO", "LOG"]))
        how = []
        for change in chosen:
            try:
                how.append(change(s))
            except (AttributeError, KeyError, TypeError):  # one change took away what the other varies
                how.append(change.__name__ + " has nothing to change")
        return "; ".join(how), json.dumps(s)


def variations(seed, count, allowed, listener):
    maker = Maker(seed, allowed, listener)
    return [maker.variation(i) for i in range(count)]
