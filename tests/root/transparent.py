#!/usr/bin/env python3
"""Calls a fake runtime with and without the wrapper in every form that callers use; what it sees must be the same.

usage: transparent.py BUILD DIRECTORY; speaks TAP. SNUG_CONFIG is made here.
"""
import json
import os
import shutil
import signal
import subprocess
import sys

build, top = sys.argv[1], sys.argv[2]
fake = os.path.join(build, "tests/root/fake-runtime")
crun = os.path.join(top, "fake-crun")
shutil.copy(fake, crun)
bundle = os.path.join(top, "bundle")
os.makedirs(bundle, mode=0o755)
subprocess.run(["runc", "spec"], cwd=bundle, check=True)
os.makedirs(os.path.join(top, "state/keys/c1"))
with open(os.path.join(top, "state/keys/c1/approved.json"), "w") as f:
    json.dump({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "architectures": ["SCMP_ARCH_X86_64"],
               "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}, f)
os.environ["SNUG_CONFIG"] = os.path.join(top, "config.json")

shim = ["--root", top + "/root", "--log", bundle + "/log.json", "--log-format", "json"]
B, P = bundle, top + "/pid"
# (dialect, mode links, arguments); B as bundle and cwd. FACTS: how containerd, dockerd, conmon and people call.
FORMS = [
    ("runc", shim + ["create", "--bundle", B, "--pid-file", P, "c1"]),
    ("runc", shim + ["--systemd-cgroup", "create", "--bundle", B, "--pid-file", P, "--no-pivot", "--no-new-keyring", "c1"]),
    ("runc", shim + ["--rootless=false", "create", "--bundle", B, "--console-socket", top + "/sock", "c1"]),
    ("runc", shim + ["start", "c1"]),
    ("runc", shim + ["exec", "--process", top + "/p.json", "--detach", "--pid-file", P, "c1"]),
    ("runc", shim + ["exec", "--process", top + "/p.json", "--console-socket", top + "/sock", "c1"]),
    ("runc", shim + ["kill", "--all", "c1", "9"]),
    ("runc", shim + ["kill", "c1", "SIGTERM"]),
    ("runc", shim + ["delete", "--force", "c1"]),
    ("runc", shim + ["delete", "c1"]),
    ("runc", shim + ["state", "c1"]),
    ("runc", shim + ["ps", "--format", "json", "c1"]),
    ("runc", shim + ["update", "--resources=-", "c1"]),
    ("runc", shim + ["events", "--stats", "c1"]),
    ("runc", shim + ["pause", "c1"]),
    ("runc", shim + ["resume", "c1"]),
    ("runc", shim + ["checkpoint", "--image-path", top, "c1"]),
    ("runc", shim + ["restore", "-no-subreaper", "--image-path", top, "--bundle", B, "c1"]),
    ("runc", ["--version"]), ("runc", ["-v"]), ("runc", ["features"]), ("runc", ["--help"]), ("runc", []),
    ("runc", ["list"]), ("runc", ["spec", "--help"]),
    ("runc", ["--root=" + top + "/root", "create", "-b", B, "c1"]),
    ("runc", ["-root", top + "/root", "create", "-bundle", B, "c1"]),
    ("runc", ["-root=" + top + "/root", "create", "-bundle=" + B, "c1"]),
    ("runc", ["--root", top + "/root", "create", "c1", "--bundle", B]),
    ("runc", ["--root", top + "/root", "--", "create", "--bundle", B, "c1"]),
    ("runc", ["--root", top + "/root", "run", "c1"]),
    ("runc", ["--root", top + "/root", "run", "-d", "--bundle", B, "c1"]),
    ("runc", ["--root", top + "/root", "run", "--bundle", B, "--no-such-option", "c1"]),
    ("runc", ["--root", top + "/root", "exec", "c1", "ls", "--bundle", "x", "-d"]),
    ("runc", ["--root", top + "/root", "exec", "-t", "-e", "A=b c", "c1", "sh", "-c", "echo 'a  b'\n"]),
    ("runc", ["no-such-command", "c1"]),
    ("crun", ["--root=" + top + "/root", "create", "-b", B, "c1"]),
    ("crun", ["--root=" + top + "/root", "create", "-b" + B, "c1"]),
    ("crun", ["--root=" + top + "/root", "create", "--bun", B, "c1"]),
    ("crun", ["--root=" + top + "/root", "run", "--config", B + "/config.json", "--bundle", B, "c1"]),
    ("crun", ["--root=" + top + "/root", "run", "-f", B + "/config.json", "c1"]),
    ("crun", ["--root", top + "/root", "--cgroup-manager", "disabled", "--log-level=error", "run", "c1"]),
    ("crun", ["--root", top + "/root", "--systemd-cgroup", "start", "c1"]),
    ("crun", ["--root", top + "/root", "exec", "--process=" + top + "/p.json", "c1"]),
    ("crun", ["--version"]),
]
# What snug-enforce does not hand on, for it could start a container without its profile.
REFUSED = {"restore": "cannot enforce a restore", "no-such-command": "might start a container without its profile"}


def call(program, args, name):
    """Descriptors 3, 5 and 20 are the caller's; SIGUSR1 is blocked, SIGUSR2 and SIGHUP are ignored."""
    out = os.path.join(top, name)

    def ready():
        for fd in (3, 5, 20):
            os.dup2(os.open(f"{top}/fd{fd}", os.O_RDONLY | os.O_CREAT), fd, inheritable=True)
        os.umask(0o027)
        signal.pthread_sigmask(signal.SIG_SETMASK, [signal.SIGUSR1])
        signal.signal(signal.SIGUSR2, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        os.closerange(21, 100)

    env = {"PATH": "/usr/bin:/bin", "_OCI_STARTPIPE": "3", "LISTEN_FDS": "1", "A": "b\nc", "SNUG_CONFIG": os.environ["SNUG_CONFIG"],
           "XDG_RUNTIME_DIR": top}
    with open(out, "wb") as f:
        p = subprocess.Popen([program] + args, executable=program, stdin=subprocess.DEVNULL, stdout=f, stderr=subprocess.STDOUT,
                             cwd=B, env=env, preexec_fn=ready, close_fds=False)
        status = p.wait()
    with open(out) as f:
        lines = f.read().replace(out, "OUT").split("\n")
    own = [f"pid {p.pid}", f"ppid {os.getpid()}"]
    seen = all(x in lines for x in own)
    return status, seen, [x for x in lines if not x.startswith("pid ")]


number = bad = 0
for mode in ("snug-learn", "snug-enforce", "snug-audit", "snug-runtime"):
    for dialect, args in FORMS:
        number += 1
        real = crun if dialect == "crun" else fake
        with open(os.environ["SNUG_CONFIG"], "w") as f:
            json.dump({"runtime": real, "state_dir": top + "/state", "run_dir": top + "/run"}, f)
        before = open(B + "/config.json", "rb").read()
        direct = call(real, args, "out.direct")
        wrapped = call(os.path.join(build, mode), args, "out.wrapped")
        title = f"{mode} {dialect} {' '.join(args)}".replace(top, "T").replace("\n", "\\n")
        why = next((REFUSED[x] for x in args if x in REFUSED), None) if mode == "snug-enforce" else None
        if why:
            said = "\n".join(wrapped[2])
            if os.path.exists(B + "/log.json"):
                with open(B + "/log.json") as f:
                    said += f.read()
                os.unlink(B + "/log.json")
            refused = wrapped[0] == 1 and not wrapped[1] and why in said
            bad += not refused
            print(f"{'ok' if refused else 'not ok'} {number} - {title}: refused")
            print(f"# status {wrapped[0]}: {said}")
            continue
        if direct == wrapped and direct[1] and direct[0] == 7:
            print(f"ok {number} - {title}")
        else:
            bad += 1
            print(f"not ok {number} - {title}")
            print(f"# status {direct[0]} {wrapped[0]}, own pid seen {direct[1]} {wrapped[1]}")
            for line in sorted(set(direct[2]) ^ set(wrapped[2]))[:20]:
                print(f"#   {'direct ' if line in direct[2] else 'wrapped'}: {line}")
        for _ in range(200):
            if open(B + "/config.json", "rb").read() == before and os.listdir(B) == ["config.json"]:
                break
            signal.sigtimedwait([], 0.01)
        else:
            bad += 1
            print(f"not ok {number} - {title}: the bundle is not as it was: {os.listdir(B)}")
        shutil.rmtree(top + "/run/containers", ignore_errors=True)
print(f"1..{number}")
sys.exit(1 if bad else 0)
