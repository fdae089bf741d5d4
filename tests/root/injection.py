#!/usr/bin/env python3
"""Makes every system call on the wrapper's way fail in turn, by tests/root/inject.c, over a fake runtime that keeps what it read.

usage: injection.py BUILD DIRECTORY SHARE SCENARIO...; SHARE: every how manyeth injection is made, 1 for all. Prints a table.
SNUG_SANITIZED in the environment: BUILD has ASan, whose own calls, before main and for memory, are left alone; it ends a program where they fail.
Whatever fails: either the container is not started, which one sentence says, or it is started exactly as it would have been; config.json
is the caller's own file, nothing is left over, and no helper stays.
"""
import json
import os
import re
import subprocess
import sys
import time

build, top, share = sys.argv[1], sys.argv[2], int(sys.argv[3])
fake = os.path.join(build, "tests/root/fake-runtime")
inject = os.path.join(build, "tests/root/inject")
bundle, root, during = top + "/b", top + "/root", top + "/during"
os.environ["SNUG_CONFIG"] = top + "/config.json"
FAKE_STATUS = 7

ERRNO = {"EPERM": 1, "ENOENT": 2, "EINTR": 4, "EIO": 5, "EAGAIN": 11, "ENOMEM": 12, "EACCES": 13, "EINVAL": 22, "EMFILE": 24,
         "ENOSPC": 28, "EROFS": 30, "EPIPE": 32, "ENOSYS": 38, "ECONNRESET": 104, "ECONNREFUSED": 111}
OPEN = ["EMFILE", "ENOMEM", "EINTR", "EACCES", "EIO"]
FAIL_BY = {
    "openat": OPEN + ["ENOSPC"], "open": OPEN + ["ENOSPC"], "socket": OPEN, "pipe2": OPEN, "inotify_init1": OPEN + ["ENOSYS"],
    "pidfd_open": OPEN + ["ENOSYS"], "inotify_add_watch": ["ENOSPC", "ENOMEM", "EACCES"],
    "connect": ["EACCES", "ECONNREFUSED", "EAGAIN", "EINTR"], "sendto": ["EPIPE", "EINTR", "ENOMEM"],
    "recvfrom": ["ECONNRESET", "EINTR", "ENOMEM"], "poll": ["EINTR", "ENOMEM"],
    "read": ["EIO", "EINTR"], "write": ["ENOSPC", "EIO", "EINTR", "EPERM"], "getdents64": ["EIO", "ENOMEM"],
    "mmap": ["ENOMEM"], "brk": ["ENOMEM"], "mremap": ["ENOMEM"], "munmap": ["ENOMEM"], "mprotect": ["ENOMEM"],
    "clone": ["EAGAIN", "ENOMEM"], "fork": ["EAGAIN", "ENOMEM"], "vfork": ["EAGAIN", "ENOMEM"], "clone3": ["EAGAIN", "ENOSYS"],
    "renameat2": ["EINVAL", "ENOSYS", "EIO", "ENOSPC", "EPERM", "EINTR"], "renameat": ["EIO", "ENOSPC", "EPERM"],
    "execve": ["EACCES", "ENOMEM", "EIO"], "close_range": ["ENOSYS", "EMFILE"], "wait4": ["EINTR"],
    "flock": ["EINTR", "EIO", "ENOMEM"], "clock_nanosleep": ["EINTR"],
}
OTHERS = ["EIO", "ENOMEM", "EACCES", "EINTR"]
# These cannot fail, or are the C library's own before main. close(2) closes whatever it returns; one that does not execute would not.
NEVER = {"close", "exit_group", "exit", "rt_sigreturn", "getpid", "gettid", "getuid", "geteuid", "getgid", "getegid", "getppid", "arch_prctl",
         "set_tid_address", "set_robust_list", "rseq", "restart_syscall", "sched_yield", "clock_gettime", "gettimeofday", "rt_sigprocmask", "rt_sigaction"}
# A sanitizer's own: memory, and where the stack ends.
SANITIZERS = {"mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "sigaltstack", "prlimit64"}
sanitized = "SNUG_SANITIZED" in os.environ
if sanitized:
    NEVER |= SANITIZERS
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0"  # which would trace what is traced


def run(args, **kw):
    return subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kw)


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        return None


def configure(**more):
    with open(os.environ["SNUG_CONFIG"], "w") as f:
        json.dump({"runtime": fake, "state_dir": top + "/state", "run_dir": top + "/run"} | more, f)


def write_bundle(text=None):
    os.makedirs(bundle, exist_ok=True)
    with open(bundle + "/config.json", "w") as f:
        f.write(spec if text is None else text)
    os.chmod(bundle + "/config.json", 0o640)


def recorder():
    pids = []
    for p in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = read(f"/proc/{p}/cmdline").split(b"\0")
        except (OSError, AttributeError):
            continue
        if words[0].endswith(b"/snugd") and os.environ["SNUG_CONFIG"].encode() in words:
            pids.append(int(p))
    return pids


def stop_recorder():
    while pids := recorder():
        for pid in pids:
            try:
                os.kill(pid, 15)
            except ProcessLookupError:
                pass
        time.sleep(0.005)


class Scenario:
    """mode: the program's name. words: behind --root. settings: of the configuration. processes: how many are made to fail."""

    def __init__(self, mode, words, settings=None, processes=3, broken=False, cold=False):
        self.mode, self.words, self.settings, self.processes = mode, words, settings or {}, processes
        self.broken, self.cold = broken, cold
        self.log = ["--log", bundle + "/log.json", "--log-format", "json"] if broken else []

    def command(self):
        return [f"{build}/{self.mode}", *self.log, "--root", root, *self.words]

    def note(self):
        return self.words[0] in ("exec", "delete")

    def prepare(self):
        for p in (during, bundle + "/log.json"):
            if os.path.exists(p):
                os.unlink(p)
        if self.cold:
            stop_recorder()
        if self.note() and not notes():
            run([inject, top + "/inject.log", "0", "0", "0", f"{build}/snug-learn", "--root", root, "create", "--bundle", bundle, "c1"])

    def once(self, process, call, errno, log):
        self.prepare()
        env = dict(os.environ, FAKE_READ=bundle + "/config.json", FAKE_COPY=during)
        return run([inject, log, str(process), str(call), str(errno), *self.command()], env=env, timeout=60)


SCENARIOS = {
    "learn": Scenario("snug-learn", ["run", "--bundle", bundle, "c1"]),
    "create": Scenario("snug-learn", ["create", "--bundle", bundle, "c1"]),
    "audit": Scenario("snug-audit", ["run", "--bundle", bundle, "c1"]),
    "enforce": Scenario("snug-enforce", ["run", "--bundle", bundle, "c1"]),
    "pass": Scenario("snug-runtime", ["run", "--bundle", bundle, "c1"]),
    "exec": Scenario("snug-learn", ["exec", "c1", "true"]),
    "delete": Scenario("snug-learn", ["delete", "c1"]),
    "state": Scenario("snug-learn", ["state", "c1"]),
    "refused": Scenario("snug-learn", ["run", "--bundle", bundle, "c1"], broken=True),
    "original": Scenario("snug-learn", ["run", "--bundle", bundle, "c1"], {"on_error": "original"}),
    "cold": Scenario("snug-learn", ["run", "--bundle", bundle, "c1"], processes=1, cold=True),
}


def notes():
    return [f for _, _, files in os.walk(top + "/run/containers") for f in files]


def identity():
    st = os.stat(bundle + "/config.json", follow_symlinks=False)
    return (st.st_ino, st.st_size, st.st_mtime_ns, st.st_mode, st.st_uid, st.st_gid, st.st_nlink, read(bundle + "/config.json"))


def seen(out):
    """What the runtime told of its start, without what is another at each."""
    text = re.sub(r"pipe:\[\d+\]", "pipe", out.decode(errors="replace")).splitlines()
    return [x for x in text if x.split(" ")[0] not in ("pid", "ppid", "pgid", "sid") and "SigQ" not in x]


def leftovers():
    bad = [f for f in os.listdir(bundle) if f not in ("config.json", "log.json")]
    for d in (top + "/run", top + "/state"):  # the recorder is at work beside it: its own temp files come and go
        for path, _, files in os.walk(d):
            bad += [os.path.join(path, f) for f in files if f.startswith(".") and not f.startswith(".evidence.json.")]
    return bad


def complaint(scenario, r, log, before, want, startup):
    """Why this outcome is wrong; None if it is right."""
    text = read(log).decode()
    if "left " in text:
        return "a helper stayed"
    if identity() != before:
        return f"config.json is another: {identity()} and not {before}"
    if leftovers():
        return "left over: " + " ".join(leftovers())
    err = r.stderr.decode(errors="replace")
    told = err + "".join(json.loads(x)["msg"] + "\n" for x in (read(bundle + "/log.json") or b"").splitlines())
    if not r.stdout:
        status = 255 if scenario.words[0] == "exec" else 1
        if scenario.words[0] == "run" and notes():
            return "not started, and its note is there"
        if startup:
            return None
        if r.returncode != status:
            return f"not started, but status {r.returncode}: {err[:200]}"
        if not told.startswith("snug: ") or told.count("\n") != 1:
            return f"not started, but no single sentence: {told[:300]!r}"
        return None
    if scenario.broken:
        return "started"
    if r.returncode != FAKE_STATUS or seen(r.stdout) != want["seen"] or err:
        return f"started otherwise: status {r.returncode} {err[:200]!r} " + str([x for x in seen(r.stdout) if x not in want["seen"]])[:300]
    if read(during) not in want["during"]:
        return "started with another config.json: " + str(read(during))[:300]
    if scenario.words[0] == "run" and notes():
        return "ended, and its note is there"
    return None


def reference(scenario, log):
    r = scenario.once(0, 0, 0, log)
    want = {"seen": seen(r.stdout), "during": [read(during)]}
    if scenario.settings.get("on_error") == "original":
        want["during"].append(read(bundle + "/config.json"))
    if not scenario.broken and r.returncode != FAKE_STATUS:
        sys.exit(f"the start that nothing disturbs failed: {r.returncode} {r.stderr.decode()}")
    # A poll more or less: what a second look finds is listed too.
    calls = {}
    for line in read(log).decode().splitlines():
        word, *rest = line.split(" ")
        if word == "call" and int(rest[0]) < scenario.processes:
            calls[int(rest[0]), int(rest[1])] = rest[2]
    return want, calls


def try_all(name, scenario):
    configure(**scenario.settings)
    write_bundle("{" if scenario.broken else None)
    log = top + "/inject.log"
    if not scenario.cold:
        run([inject, log, "0", "0", "0", f"{build}/snug-learn", "--root", root, "run", "--bundle", bundle, "warm"])
    scenario.prepare()
    before = identity()
    want, calls = reference(scenario, log)
    # A sanitizer's last step before main, or a static program's first file.
    last = [n for (p, n), c in calls.items() if p == 0 and c == "sigaltstack"][:2]
    main = max(last) + 1 if sanitized else min(n for (p, n), c in calls.items() if p == 0 and c in ("openat", "open"))
    done, refused, wrong, kinds = 0, 0, [], set()
    for i, ((process, n), call, errno) in enumerate(
            [(k, c, e) for k, c in sorted(calls.items()) if c not in NEVER and not (sanitized and k[0] == 0 and k[1] < main)
             for e in FAIL_BY.get(c, OTHERS)]):
        if i % share != offset % share:
            continue
        r = scenario.once(process, n, ERRNO[errno], log)
        done += 1
        refused += not r.stdout
        kinds.add(call)
        why = complaint(scenario, r, log, before, want, process == 0 and n < main)
        if why and why.startswith("started with another"):
            # What is learnt next depends on the runs before, which failures change: as it would be started now is right, too.
            text, hit_log = read(during), read(log)
            again, _ = reference(scenario, top + "/again.log")
            if text in again["during"]:
                want["during"] += again["during"]
                why = None
            with open(log, "wb") as f:
                f.write(hit_log)
        if why:
            hit = re.findall("injected (.*)", read(log).decode())
            # Not every run makes its calls in the same order.
            if not hit or not set(hit) <= NEVER:
                wrong.append(f"  {name}: process {process} call {n} {hit} {errno}: {why}")
            write_bundle("{" if scenario.broken else None)
            for f in os.listdir(bundle):
                if f != "config.json":
                    os.unlink(bundle + "/" + f)
            for path, _, files in os.walk(top + "/run/containers"):
                for f in files:
                    os.unlink(os.path.join(path, f))
            before = identity()
    print(f"{name:10} {len(calls):6} {len(kinds):6} {done:10} {refused:12} {done - refused:8} {len(wrong):6}", flush=True)
    return done, wrong


os.makedirs(root, exist_ok=True)
configure()
os.makedirs(bundle, exist_ok=True)
subprocess.run(["runc", "spec"], cwd=bundle, check=True)
spec = read(bundle + "/config.json").decode()
write_bundle()
os.makedirs(top + "/state/keys/c1", exist_ok=True)
with open(top + "/state/keys/c1/approved.json", "w") as f:
    json.dump({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "architectures": ["SCMP_ARCH_X86_64"],
               "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}, f)
os.makedirs(top + "/run", mode=0o700, exist_ok=True)
offset = int(os.environ.get("SNUG_OFFSET", "0"))
total, bad = 0, []
print(f"{'SCENARIO':10} {'CALLS':>6} {'KINDS':>6} {'INJECTIONS':>10} {'NOT STARTED':>12} {'STARTED':>8} {'WRONG':>6}")
for name in sys.argv[4:] or SCENARIOS:
    n, w = try_all(name, SCENARIOS[name])
    total += n
    bad += w
stop_recorder()
print(f"{total} injections, {len(bad)} wrong")
print("\n".join(bad))
sys.exit(bool(bad))
