#!/usr/bin/env python3
"""Every subcommand of runc or crun, called directly and through the wrapper: standard output, standard error, exit status and the
--log file must be the same, byte for byte where the runtime's own two runs are.

usage: subcommands.py BUILD DIRECTORY [CRUN]; speaks TAP. SNUG_CONFIG names a configuration with that runtime. Each scenario is
played four times on the same paths: twice with the runtime, then with the wrapper passing through, then with it learning.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

build, top = sys.argv[1], sys.argv[2]
RUNTIME = sys.argv[3] if len(sys.argv) > 3 else "/usr/sbin/runc"
root, log, bundle = top + "/root", top + "/log", top + "/b"
config = os.environ["SNUG_CONFIG"]


class Step:
    """One compared call. `until`: the status that runc reports must be this before it is made."""

    def __init__(self, args, log=None, debug=False, stdin="", until=None, own_root=True, stop=False, bare=False, learn=None):
        self.args, self.log, self.debug, self.stdin, self.until = args.split() if isinstance(args, str) else args, log, debug, stdin, until
        self.own_root, self.stop, self.bare, self.learn = own_root, stop, bare, learn

    def title(self):
        marks = [self.log and f"log {self.log}", self.debug and "debug", self.bare and "called by name"]
        return " ".join(self.args) + "".join(f" ({m})" for m in marks if m)

    def words(self):
        words = ["--root", root] if self.own_root else []
        words += ["--debug"] if self.debug else []
        words += ["--log", log] if self.log else []
        words += ["--log-format", self.log] if self.log in ("json", "text") else []
        return words + [w.replace("@T", top) for w in self.args]


S = Step
CREATE, START, DELETE = S("create --bundle @T/b c"), S("start c"), S("delete --force c")
RUNNING = [CREATE, START]
# Where a learning wrapper has a sentence of its own for the user, `learn` holds a part of it, and only the status is compared.
RUNC = [
    ("no container", [
        S("--version"), S("-v"), S("--help"), S("-h"), S(""), S("help"), S("help create"), S("features"), S("list"), S("list -q"),
        S("list --format json"), S("list --format nonsense"), S("list", own_root=False), S("--version", own_root=False, bare=True),
        S("--no-such-option", own_root=False, bare=True), S("--no-such-option list"), S("no-such-command"),
        S("no-such-command", bare=True), S("create", bare=True, learn="the container id is missing"), S("--root", own_root=False), S("--log-format yaml list", own_root=False),
        S("list extra"), S("spec --nonsense"), S("spec --bundle @T/none")] +
        [S(c + " --help") for c in ("checkpoint", "create", "delete", "events", "exec", "kill", "list", "pause", "ps", "restore",
                                    "resume", "run", "spec", "start", "state", "update")]),
    ("arguments that lack", [
        S(c, learn="the container id is missing") for c in ("create", "run", "run --detach")] + [S(c) for c in ("start", "state", "kill", "delete", "exec", "ps", "events", "pause", "resume", "update",
                       "checkpoint", "restore")] + [S("create c d"), S("start c d"), S("kill c TERM x")]),
    ("no such container", [
        S(c, log=l) for l in (None, "json") for c in ("start x", "state x", "kill x KILL", "delete x", "exec x ls", "ps x", "pause x",
                                                      "resume x", "update x", "events --stats x", "checkpoint x")] + [
        S("delete --force x"), S("state ../x"), S("state .."), S("kill x NONSENSE"), S("state x", log="text"), S("state x", log="json", debug=True),
        S("exec -p @T/none x"), S("kill x", bare=True)]),
    ("a container's life", RUNNING + [
        S("state c"), S("list"), S("list -q"), S("list --format json"), S("ps c"), S("ps --format json c"), S("ps c -ef"), S("ps --format x c"),
        S("events --stats c"), S("exec c echo hi"), S(["exec", "c", "sh", "-c", "echo out; echo err >&2; exit 7"]),
        S("exec c /no/such/program"), S("exec c /no/such/program", log="json"), S("exec --cwd /bin --env A=b --user 1:2 c sh -c id"),
        S("exec --cwd /none c sh"), S("exec --user nobody c sh"), S("exec -t c sh"), S("exec --cap nonsense c sh"),
        S(["exec", "c", "cat"], stdin="through\n"), S("exec --detach --pid-file @T/pid c sleep 0"), S("exec --process @T/p.json c"),
        S("exec --process @T/bad.json c"), S("exec c -- echo hi"), S("exec --no-such-option c ls"),
        S("update --pids-limit 60 c"), S("update --resources - c", stdin='{"pids": {"limit": 70}}'), S("update --resources - c", stdin="{"),
        S("update --memory nonsense c"), S("pause c"), S("state c"), S("pause c"), S("exec c echo hi"), S("kill c 0"), S("resume c"), S("resume c"),
        S("checkpoint c", learn="denies nothing"), S("checkpoint --help"), S("restore c"), S("start c"), S("delete c"), S("delete c", log="json"),
        S("create --bundle @T/b c"), S("create --bundle @T/b c", log="json"), S("run --bundle @T/b c"), S("kill c NONSENSE"), S("kill c 99"),
        S("kill --all c 0"), S("kill c KILL"), S("state c", until="stopped"), S("list"), S("kill c KILL"), S("exec c ls"), S("ps c"),
        S("pause c"), S("start c"), S("delete c"), S("state c"), S("delete c"), S("delete --force c")]),
    ("created, not started", [
        S("create --bundle @T/b --pid-file @T/pid --no-pivot c"), S("state c"), S("ps c"), S("exec c echo hi"), S("events --stats c"),
        S("delete --force c", log="json"), S("list")]),
    ("events go on until the end", RUNNING + [S("events --interval 100ms c", stop=True), S("state c")]),
    ("run", [
        S("run --bundle @T/hi c"), S("run -b @T/hi --keep c"), S("state c"), S("delete c"), S("run --bundle @T/seven c"),
        S("run --bundle @T/signal c"), S("run --bundle @T/reads c", stdin="a line\n"), S("run --bundle @T/hi c", log="json", debug=True),
        S("run -d --bundle @T/b c"), S("state c"), S("delete -f c"), S("run -bundle=@T/hi c"), S("run c --bundle @T/hi"),
        S("run --bundle @T/hi --pid-file @T/pid c", log="text"), S("--systemd-cgroup run --bundle @T/hi c"),
        S("run --bundle @T/hi c", bare=True)]),
    ("what cannot start", [
        S("create --bundle @T/noprog c"), S("create --bundle @T/noprog c", log="json"), S("run --bundle @T/noprog c", log="text"),
        S("run --bundle @T/noroot c"), S("run --bundle @T/badmount c", log="json"), S("run --bundle @T/badcap c"),
        S("run --bundle @T/hook c"), S("run --bundle @T/badns c"), S("run --bundle @T/hi ../c", learn="unusable container id"), S("run --bundle @T/hi c/d", learn="unusable container id"),
        S("run --bundle @T/hi --console-socket @T/none c"), S("run --detach --bundle @T/tty c"), S("create --bundle @T/tty c"),
        S("run --bundle @T/missing c", learn="/missing"), S("run --bundle @T/empty c", learn="config.json"),
        S("run --bundle @T/broken c", learn="config.json: line 1"), S("run --bundle @T/broken c", log="json", learn="config.json: line 1"),
        S("restore --bundle @T/hi c"), S("restore --image-path @T/none --bundle @T/hi c", log="json"), S("list")]),
]

CRUN = [
    ("no container", [
        S(c, own_root=False) for c in ("--version", "-V", "--help", "--usage", "--no-such-option list", "no-such-command", "--root", "events c",
                                       "checkpoint c", "features")] + [
        S("--version", bare=True), S("no-such-command", bare=True), S("list"), S("list --format json"), S("list -q")] +
        [S(c + " --help") for c in ("create", "delete", "exec", "kill", "list", "pause", "ps", "resume", "run", "spec", "start", "state",
                                    "update")]),
    ("arguments that lack", [S(c) for c in ("create", "run", "start", "state", "kill", "delete", "exec", "ps", "pause", "resume", "update")]),
    ("no such container", [
        S(c, log=l) for l in (None, "json") for c in ("start x", "state x", "kill x KILL", "delete x", "exec x ls", "ps x", "pause x",
                                                      "resume x", "update x")] + [S("delete --force x"), S("kill x NONSENSE")]),
    ("a container's life", RUNNING + [
        S("state c"), S("list"), S("ps c"), S("ps --format json c"), S("exec c echo hi"), S(["exec", "c", "sh", "-c", "echo err >&2; exit 7"]),
        S("exec c /no/such/program"), S("exec c /no/such/program", log="json"), S(["exec", "c", "cat"], stdin="through\n"),
        S("exec --process @T/p.json c"), S("exec --process=@T/bad.json c"), S("exec --cwd /bin --user 1:2 c id"), S("pause c"), S("resume c"),
        S("update --pids-limit 60 c"), S("start c"), S("delete c"), S("create --bundle @T/b c"), S("run -b@T/b c"), S("kill c 0"),
        S("kill c NONSENSE"), S("kill c KILL"), S("state c", until="stopped"), S("exec c ls"), S("delete c"), S("state c")]),
    ("run", [
        S("run --bundle @T/hi c"), S("run -b @T/hi c"), S("run -b@T/hi c"), S("run --bun @T/hi c"), S("run --bundle @T/seven c"),
        S("run --bundle @T/reads c", stdin="a line\n"), S("run --detach --bundle @T/b c"), S("state c"), S("delete -f c"),
        S("run --bundle @T/hi c", log="json")]),
    ("what cannot start", [
        S("create --bundle @T/noprog c"), S("run --bundle @T/noprog c", log="json"), S("run --bundle @T/noroot c"),
        S("run --bundle @T/badmount c"), S("run --bundle @T/missing c", learn="/missing"), S("run --bundle @T/empty c", learn="config.json"),
        S("run --bundle @T/broken c", learn="config.json: line 1"), S("list")]),
]
SCENARIOS = CRUN if os.path.basename(RUNTIME) == "crun" else RUNC


def make_bundle(name, change=lambda c: None, args=("sleep", "1000")):
    path = f"{top}/{name}"
    os.makedirs(path)
    os.symlink(top + "/rootfs", path + "/rootfs")
    spec = json.loads(SPEC)
    spec["root"]["path"] = top + "/rootfs"
    spec["process"].update(terminal=False, args=list(args))
    change(spec)
    with open(path + "/config.json", "w") as f:
        json.dump(spec, f)


def make_files():
    global SPEC
    os.makedirs(top + "/rootfs/bin")
    shutil.copy(shutil.which("busybox"), top + "/rootfs/bin/busybox")
    for c in ("sh", "sleep", "echo", "cat", "id", "ls", "kill"):
        os.symlink("busybox", f"{top}/rootfs/bin/{c}")
    os.mkdir(top + "/spec")
    subprocess.run(["runc", "spec"], cwd=top + "/spec", check=True)
    with open(top + "/spec/config.json") as f:
        SPEC = f.read()


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


def make_bundles():
    make_bundle("b")
    make_bundle("hi", args=("sh", "-c", "echo hi; echo err >&2"))
    make_bundle("seven", args=("sh", "-c", "exit 7"))
    make_bundle("signal", args=("sh", "-c", "kill -9 $$"))
    make_bundle("reads", args=("cat",))
    make_bundle("noprog", args=("/no/such/program",))
    make_bundle("noroot", lambda c: c["root"].update(path="missing"))
    make_bundle("badmount", lambda c: c["mounts"].append({"destination": "/x", "type": "nofs", "source": "x"}))
    make_bundle("badcap", lambda c: c["process"]["capabilities"].update(bounding=["CAP_NONSENSE"]), ("echo", "hi"))
    make_bundle("hook", lambda c: c.update(hooks={"prestart": [{"path": "/bin/false"}]}))
    make_bundle("badns", lambda c: c["linux"]["namespaces"].append({"type": "network", "path": "/no/such/ns"}))
    make_bundle("tty", lambda c: c["process"].update(terminal=True))
    os.makedirs(top + "/empty")
    os.makedirs(top + "/broken")
    write(top + "/broken/config.json", "{")
    write(top + "/bad.json", "{")
    write(top + "/p.json", json.dumps({"cwd": "/", "user": {"uid": 0, "gid": 0}, "args": ["echo", "hi"], "env": ["PATH=/bin"]}))


def status_of():
    r = subprocess.run([RUNTIME, "--root", root, "state", "c"], capture_output=True, text=True)
    return json.loads(r.stdout)["status"] if r.returncode == 0 else None


def wait_for(status):
    for _ in range(500):
        if status_of() == status:
            return
        time.sleep(0.02)
    raise RuntimeError(f"the container never was {status}")


def call(program, step):
    """Status, standard output, standard error and the log file."""
    if step.until:
        wait_for(step.until)
    # By name: found through PATH, as a person calls it, else by its path, as daemons do.
    argv0 = os.path.basename(program) if step.bare else program
    p = subprocess.Popen([argv0] + step.words(), executable=program, cwd=bundle, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
    if step.stop:
        # It has begun once it has said something; it ends with the container's cgroup.
        out = p.stdout.readline()
        subprocess.run([RUNTIME, "--root", root, "delete", "--force", "c"], check=True)
        p.communicate(timeout=60)
        err = ""  # what runc says when the cgroup goes while it reads it depends on where it was
    else:
        out, err = communicate(p, step.stdin)
    text = ""
    if os.path.exists(log):
        with open(log) as f:
            text = f.read()
        os.unlink(log)
    return [str(p.returncode), out, err, text]


def communicate(p, stdin):
    """A container that goes on holds the caller's pipes: read until the runtime itself has ended, then what is there."""
    p.stdin.write(stdin)
    p.stdin.close()
    p.stdin = None
    p.wait(timeout=60)
    texts = []
    for f in (p.stdout, p.stderr):
        os.set_blocking(f.fileno(), False)
        data = b""
        try:
            while chunk := os.read(f.fileno(), 65536):
                data += chunk
        except BlockingIOError:
            pass
        texts.append(data.decode())
        f.close()
    return texts


TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
MASKS = [(re.compile(p, re.S), r) for p, r in (
    (r'"type":"stats".*', "STATS"),
    # Go's scheduler sends SIGURG to its own process, and runc logs what it forwards.
    (r"[^\n]*urgent I/O condition[^\n]*\n", ""),
    # runc 1.3 names the place of a debug message in some lines, by chance.
    (r'"file":"[^"]*","func":"[^"]*",', ""),
    (r"\b\d\d:\d\d(:\d\d)?\b", "CLOCK"),
    (r"0xc[0-9a-f]+", "ADDRESS"),
    (r"\d+", "N"),
    (r"  +", " "),
)]


def masked(texts):
    out = []
    for t in texts[1:]:
        for pattern, name in MASKS:
            t = pattern.sub(name, t)
        # runc logs from two processes in any order, and signals as often as its scheduler sends them.
        out.append("\n".join(sorted(set(t.split("\n")))))
    return texts[:1] + out


def play(program, steps):
    results = [call(program, s) for s in steps]
    subprocess.run([RUNTIME, "--root", root, "delete", "--force", "c"], capture_output=True)
    shutil.rmtree(root, ignore_errors=True)
    shutil.rmtree(top + "/run/containers", ignore_errors=True)
    return results


def less_filter(texts):
    """runc's debug log describes the filter, and that is what the wrapper is there to change."""
    return texts[:3] + ["".join(x for x in texts[3].splitlines(True) if all(w not in x for w in ("seccomp: ", "seccomp filter flags: ", "filter ---")))]


def timeless(text):
    """Without times; a column of them is as wide as the fraction of its second happens to be long."""
    without = TIME.sub("TIME", text)
    return without if without == text else re.sub("  +", " ", without)


def same(step, one, two, other, learning):
    """Whether the wrapper did as runc does, and how closely that could be told."""
    if learning and step.learn:
        return one[0] == other[0] and "snug: " in "".join(other) and step.learn in "".join(other), "the wrapper's sentence"
    if learning and step.debug:
        one, two, other = (less_filter(x) for x in (one, two, other))
    if one == two == other:
        return True, "bytes"
    one, two, other = ([timeless(t) for t in x] for x in (one, two, other))
    if one == two:
        return one == other, "bytes but times"
    a, b, c = (masked(x) for x in (one, two, other))
    return a == b == c, "numbers masked"


make_files()
make_bundles()
number = bad = 0
how = {}
for scenario, steps in SCENARIOS:
    one, two = play(RUNTIME, steps), play(RUNTIME, steps)
    # What starts nothing goes the same way in every mode; crun, behind two shells, is slow to ask.
    starts = SCENARIOS is RUNC or any(s.args[:1] in (["create"], ["run"]) and "--bundle" in s.args for s in steps)
    for mode in ("snug-runtime", "snug-learn") if starts else ("snug-runtime",):
        other = play(os.path.join(build, mode), steps)
        for step, a, b, c in zip(steps, one, two, other):
            number += 1
            good, closeness = same(step, a, b, c, mode == "snug-learn")
            how[closeness] = how.get(closeness, 0) + 1
            print(f"{'ok' if good else 'not ok'} {number} - {mode}: {scenario}: {step.title()} [{closeness}]".replace(top, "T"))
            if good:
                continue
            bad += 1
            for name, x, y in zip(("status", "stdout", "stderr", "log"), masked(a), masked(c)):
                for line in sorted(set(x.split("\n")) ^ set(y.split("\n"))):
                    print(f"#   {name} {'of runc' if line in x else 'of snug'}: {line!r}")
print(f"1..{number}")
print("# " + ", ".join(f"{n} compared by {c}" for c, n in sorted(how.items())))
sys.exit(1 if bad else 0)
