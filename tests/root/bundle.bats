bats_require_minimum_version 1.5.0
# config.json before, during and after: the caller's bytes, but for linux.seccomp while the runtime reads it.

setup() {
  load lib
  snug_setup
  bundle "$T/b" . sh -c 'echo hi'
  cp -p "$T/b/config.json" "$T/before"
}
teardown() { snug_teardown; }

as_before() { cmp -s "$T/b/config.json" "$T/before" && [ "$(ls -A "$T/b" | grep -v '^rootfs$')" = config.json ]; }
section_removed() { jq -S 'del(.linux.seccomp)' "$1"; }

# fake ARG...: the wrapper over the fake runtime, which copies what it reads to $T/during.
fake() {
  configure "runtime=\"$SNUG_BUILD/tests/root/fake-runtime\""
  FAKE_READ=$T/b/config.json FAKE_COPY=$T/during "$@" >/dev/null
}
approve_shell() {
  snug-learn --root "$T/root" run --bundle "$T/b" shell
  snug approve --no-sample shell
}

@test "during a learning start only linux.seccomp differs, and it logs" {
  run fake snug-learn --root "$T/root" run --bundle "$T/b" shell
  cmp <(section_removed "$T/during") <(section_removed "$T/before")
  [ "$(jq -r .linux.seccomp.defaultAction "$T/during")" = SCMP_ACT_LOG ]
  # Byte for byte: something was put in between two ends of the caller's text, and nothing else.
  python3 - "$T/during" "$T/before" <<'P'
import os, sys
during, before = (open(p).read() for p in sys.argv[1:])
head = len(os.path.commonprefix([during, before]))
assert during.endswith(before[head:]), "bytes outside linux.seccomp differ"
P
  eventually as_before
}

@test "during an enforced start the approved profile stands there" {
  approve_shell
  run fake snug-enforce --root "$T/root" run --bundle "$T/b" shell
  [ "$(jq -c .linux.seccomp "$T/during")" = "$(jq -c . "$T/state/keys/shell/approved.json")" ]
  eventually as_before
}

@test "it is back while the container runs, before it is started (learn, audit, enforce)" {
  bundle "$T/b" . sleep 100
  cp -p "$T/b/config.json" "$T/before"
  snug-learn --root "$T/root" create --bundle "$T/b" web
  eventually as_before
  snug-learn --root "$T/root" start web
  snug-learn --root "$T/root" delete --force web
  snug approve web
  for mode in snug-enforce snug-audit; do
    $mode --root "$T/root" run --detach --bundle "$T/b" web
    eventually as_before
    [ "$(runc --root "$T/root" state web | jq -r .status)" = running ]
    $mode --root "$T/root" delete --force web
  done
}

@test "the caller's own file comes back: inode, times, mode, owner" {
  chmod 640 "$T/b/config.json"; chown root:daemon "$T/b/config.json"
  before=$(stat -c '%i %y %a %u %g' "$T/b/config.json")
  snug-learn --root "$T/root" run --bundle "$T/b" shell
  eventually as_before
  [ "$(stat -c '%i %y %a %u %g' "$T/b/config.json")" = "$before" ]
}

@test "when the runtime is killed" {
  mkfifo "$T/block"
  configure "runtime=\"$T/slow\""
  printf '#!/bin/sh\nexec sleep 100\n' >"$T/slow"; chmod 755 "$T/slow"
  snug-learn --root "$T/root" run --bundle "$T/b" shell &
  pid=$!
  eventually grep -q SCMP_ACT_LOG "$T/b/config.json"
  kill -9 $pid
  eventually as_before
}

@test "when create fails" {
  for filter in '.process.args = ["/no/such/program"]' '.root.path = "missing"' '.mounts += [{"destination": "/x", "type": "nofs", "source": "x"}]'; do
    bundle "$T/b" "$filter" true
    jq "$filter" "$T/b/config.json" >"$T/c"; cat "$T/c" >"$T/b/config.json"
    cp -p "$T/b/config.json" "$T/before"
    run snug-learn --root "$T/root" run --bundle "$T/b" shell
    [ "$status" -ne 0 ]
    eventually as_before
  done
}

@test "when the start is quiet: an enforced one has no record at all" {
  approve_shell
  for i in 1 2 3; do
    [ "$(snug-enforce --root "$T/root" run --bundle "$T/b" shell)" = hi ]
    eventually as_before
  done
}

@test "when the wrapper is killed between splice and execve: the helper puts it back" {
  approve_shell
  # strace does not count its own execve of the wrapper: the first is the wrapper's of the runtime.
  run strace -qq -o "$T/trace" -e trace=execve,renameat2 -e inject=execve:signal=KILL:when=1 \
    snug-enforce --root "$T/root" run --bundle "$T/b" shell
  [ "$status" -ne 0 ]
  grep -q 'RENAME_EXCHANGE.* = 0' "$T/trace"
  grep -q 'killed by SIGKILL' "$T/trace"
  eventually as_before
  [ "$(snug-enforce --root "$T/root" run --bundle "$T/b" shell)" = hi ]
  eventually as_before
}

# A learning start over a runtime that does nothing, and then everything dies at once: wrapper, helper, runtime.
crash() {
  local pid p
  configure "runtime=\"$T/slow\""
  printf '#!/bin/sh\nexec sleep 100\n' >"$T/slow"; chmod 755 "$T/slow"
  snug-learn --root "$T/root" run --bundle "$T/b" shell &
  pid=$!
  eventually grep -q SCMP_ACT_LOG "$T/b/config.json"
  for p in $(pgrep -f "snug-learn --root $T/root"); do [ "$p" = $pid ] || kill -9 "$p"; done
  kill -9 $pid
  wait $pid || true
  configure
}

@test "when the helper dies too: the next call uses the caller's own file and puts it back" {
  crash
  grep -q SCMP_ACT_LOG "$T/b/config.json"
  [ "$(snug-learn --root "$T/root" run --bundle "$T/b" shell)" = hi ]
  eventually as_before
}

@test "when it dies, and the next call only passes through: no container under a filter that denies nothing" {
  jq '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["'$OCI_ARCH'"],
      syscalls: [{names: ["kill"], action: "SCMP_ACT_ERRNO"}]}' "$T/before" >"$T/b/config.json"
  jq '.process.args = ["sh", "-c", "kill -0 1 && echo unconfined"]' "$T/b/config.json" >"$T/c"; cat "$T/c" >"$T/b/config.json"
  cp -p "$T/b/config.json" "$T/before"
  crash
  run snug-runtime --root "$T/root" run --bundle "$T/b" shell
  [[ "$output" == *"not permitted"* ]]
  eventually as_before
}

@test "when it dies, and the caller writes a new file: the new one counts" {
  crash
  bundle "$T/b" . sh -c 'echo new'
  cp -p "$T/b/config.json" "$T/before"
  [ "$(snug-learn --root "$T/root" run --bundle "$T/b" shell)" = new ]
  eventually as_before
}

@test "two wrappers on one bundle at the same time: both are recorded" {
  bundle "$T/b" . sh -c 'mkdir /tmp/x; echo hi'
  cp -p "$T/b/config.json" "$T/before"
  for i in 1 2 3 4 5; do
    snug-learn --root "$T/root" run --bundle "$T/b" "one$i" >"$T/out1" 2>&1 &
    snug-learn --root "$T/root" run --bundle "$T/b" "two$i" >"$T/out2" 2>&1 &
    wait
    for key in one$i two$i; do
      calls $key workload | grep -qx $MKDIR
      runs $key | jq -e '.[0].complete'
    done
    eventually as_before
  done
}

@test "two wrappers on one bundle at the same time: both are enforced" {
  for key in one two; do
    snug-learn --root "$T/root" run --bundle "$T/b" $key
    snug approve $key
  done
  bundle "$T/b" . sh -c 'kill -0 1'
  for i in 1 2 3 4 5; do
    snug-enforce --root "$T/root" run --bundle "$T/b" one >"$T/out1" 2>&1 &
    snug-enforce --root "$T/root" run --bundle "$T/b" two >"$T/out2" 2>&1 &
    wait
    grep -q 'not implemented' "$T/out1"
    grep -q 'not implemented' "$T/out2"
  done
}

@test "a program that calls the runtime: it reads the file first and has children of its own, and the runtime still finds the rewriting" {
  # It starts a program as the one below does; how a shell does that differs between versions of busybox.
  bundle "$T/b" '.root.readonly = false' sh -c 'rmdir /tmp/none 2>/dev/null; echo started'
  [ "$(snug-learn --root "$T/root" run --bundle "$T/b" shell)" = started ]
  # Sampled: a start may need a call that the one learnt did not make.
  snug approve shell >/dev/null 2>&1
  cat >"$T/before.c" <<'C'
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv) {
  if (system("grep -q ociVersion config.json; sleep 0.2")) return 99;
  argv[0] = "runc";
  if (fork() == 0) _exit(system("sleep 0.2"));
  execv("/usr/sbin/runc", argv);
}
C
  gcc -o "$T/hook-runtime" "$T/before.c"
  printf '#!/bin/sh\ngrep -q ociVersion config.json; sleep 0.2\nexec /usr/sbin/runc "$@"\n' >"$T/script"
  chmod 755 "$T/script"
  bundle "$T/b" '.root.readonly = false' sh -c 'mkdir /tmp/x; echo ended'
  cp "$T/b/config.json" "$T/before"
  for runtime in script hook-runtime; do
    configure "runtime=\"$T/$runtime\""
    # In the bundle's directory, where runc looks for the file by default.
    rc=0
    output=$(cd "$T/b" && snug-enforce --root "$T/root" run shell 2>&1) || rc=$?
    echo "$runtime: $rc, $output"
    [ "$rc" -eq 0 ]
    [[ "$output" == *ended* ]]
    [ ! -e "$T/b/rootfs/tmp/x" ]
    eventually cmp "$T/b/config.json" "$T/before"
  done
}
