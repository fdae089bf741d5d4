#!/usr/bin/env python3
"""Starts a container under each variation of a profile, and compares what the runtime did with what `snug check` says.

  oracle.py --seed N --count N --bundle DIR --name WHAT --snug SNUG [--floor-file FILE] -- RUNTIME...

RUNTIME... is the command to start containers with (without the subcommand). Prints each disagreement, and at the end one
line: variations, starts, refusals, agreements. Exit status 0 if all agree.
"""
import argparse
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
from variations import variations

STATUS = 7  # of the program, which needs no call but its exit: what hands write over starts all the same
CHUNK = 50  # profiles that one `snug check` is given


def is_logged(text):
    """Whether the kernel may write a record of a call that runtime or program make. A variation of which this is false neither learns nor
    changes how this machine audits: it disturbs no recorder."""
    s = json.loads(text)
    answers = [str(s.get("defaultAction"))] + [str((r or {}).get("action")) for r in s.get("syscalls") or []]
    kills = answers[0] not in ("SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO")
    return kills or "SCMP_ACT_LOG" in answers or any("LOG" in str(f) for f in s.get("flags") or [])


def listen(path):
    """An agent that takes whatever it is handed, and never answers: nothing under test makes a call that asks it."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(64)
    held = []

    def take():
        while True:
            connection, _ = server.accept()
            held.append(connection)
            try:
                held.append(socket.recv_fds(connection, 65536, 16))
            except OSError:
                pass

    threading.Thread(target=take, daemon=True).start()


def start(runtime, bundle, spec, text, ident):
    """Whether the program ran, and what the runtime said."""
    marker = '"@SECCOMP@"'
    (bundle / "config.json").write_text(spec.replace(marker, text))
    # A directory of its own: crun keeps filters there by a checksum that knows nothing of the errno of a rule.
    runtime = [a.replace("@", ident) for a in runtime]
    run = subprocess.Popen(runtime + ["run", "--bundle", str(bundle), ident], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True)
    try:
        out, said = run.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        out, said = "", "hangs"
    started = run.returncode == STATUS
    if not started:
        subprocess.run(runtime + ["delete", "--force", ident], stdin=subprocess.DEVNULL, capture_output=True, timeout=10)
    return started, (said.strip().splitlines() or ["nothing said, status %d" % run.returncode])[-1]


def check(args, files):
    """What snug says of each file: the reasons why the runtime does not start a container with it."""
    command = [args.snug, "check", "--json"] + args.check.split() + [str(f) for f in files]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if run.returncode not in (0, 1):
        sys.exit("snug check: " + run.stderr)
    found = json.loads(run.stdout)["profiles"]
    assert len(found) == len(files), (len(found), len(files))
    return [[f["kind"] + ": " + f["text"] for f in p["findings"]
             if f["level"] == "failure" and f["kind"] in ("invalid", "refused-by-runtime")] for p in found]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--bundle", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--snug")
    parser.add_argument("--check", default="")
    parser.add_argument("--only", choices=["all", "logged", "unlogged"], default="all")
    parser.add_argument("--keep", help="writes a line of JSON for each variation to this file")
    parser.add_argument("--allowed", required=True, help="a file of call names")
    parser.add_argument("runtime", nargs="+")
    args = parser.parse_args()
    bundle = pathlib.Path(args.bundle)
    spec = (bundle / "template.json").read_text()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="oracle.", dir=bundle.parent))
    listener = str(bundle.parent / "listener.sock")
    pathlib.Path(listener).unlink(missing_ok=True)
    listen(listener)
    allowed = pathlib.Path(args.allowed).read_text().split()
    cases = variations(args.seed, args.first + args.count, allowed, listener)[args.first:]
    cases = [(i, name, text) for i, (name, text) in enumerate(cases, args.first)
             if args.only == "all" or is_logged(text) == (args.only == "logged")]
    files = []
    for i, _, text in cases:
        files.append(directory / ("%04d.json" % i))
        files[-1].write_text(text)
    says = []
    for i in range(0, len(files), CHUNK if args.snug else len(files) + 1):
        says += check(args, files[i:i + CHUNK]) if args.snug else [[]] * len(files)
    starts = agreements = 0
    for (i, name, text), reasons in zip(cases, says):
        started, message = start(args.runtime, bundle, spec, text, "oracle-%d-%d" % (os.getpid(), i))
        starts += started
        agree = started == (not reasons)
        agreements += agree
        if args.keep:
            with open(args.keep, "a") as out:
                out.write(json.dumps({"n": i, "name": name, "started": started, "message": message, "text": text,
                                      "reasons": reasons}) + "\n")
        if args.snug and not agree:
            print("%s, variation %d (%s): %s; snug check: %s" % (
                args.name, i, name, "starts" if started else "refuses: " + message, reasons or "no objection"))
            print("    " + text[:600])
    print("%s: seed %d, %d variations%s, %d start, %d are refused, %d agree" % (
        args.name, args.seed, len(cases), "" if args.only == "all" else " " + args.only, starts, len(cases) - starts, agreements))
    return 0 if agreements == len(cases) else 1


if __name__ == "__main__":
    sys.exit(main())
