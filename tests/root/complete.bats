# The evidence is the same whoever else reads, and whatever the container calls itself. How records are lost: faults.bats.
bats_require_minimum_version 1.5.0

setup() {
  load lib
  snug_setup
}
teardown() {
  [ -z "${ENABLED:-}" ] || auditctl -e "$ENABLED" >/dev/null 2>&1
  jobs -p | xargs -r kill 2>/dev/null
  snug_teardown
}

@test "hostile names: a comm that looks like a record, newlines, escapes" {
  bundle "$T/b" . /name
  cat >"$T/name.c" <<'C'
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void) {
  prctl(PR_SET_NAME, "x\" ses=1 sysca");
  mkdir("/tmp/a", 0700);
  prctl(PR_SET_NAME, "\033[31m\n\xc3\xa4\"\\");
  rmdir("/tmp/a");
  prctl(PR_SET_NAME, "syscall=59 code");
  chdir("/");
  return 0;
}
C
  gcc -static -o "$T/b/rootfs/name" "$T/name.c"
  snug-learn --root "$T/root" run --bundle "$T/b" names
  runs names | jq -e '.[0].complete'
  snug show --json names | jq -e '[.syscalls[] | select(.name == $n) | .comm[]] == ["x\" ses=1 sysca"]' --arg n $MKDIR
  snug show --json names | jq -e '[.syscalls[] | select(.name == $n) | .comm[0]][0] | startswith("\\x1b[31m\\x0a\\xc3\\xa4\"\\x5c")' --arg n $RMDIR
  snug show names >"$T/show"
  run ! grep -qP '[^\x20-\x7e\n]' "$T/show"
}

@test "processes that interrupt each other on one processor: what is complete shows every call" {
  configure 'learning="auto"'
  bundle "$T/b" . sh -c 'for i in 1 2 3 4 5; do calls flood 400000 >/dev/null & done
    i=0; while [ $i -lt 25 ]; do random-calls $i 30; i=$((i + 1)); done; wait'
  cp "$SNUG_BUILD"/tests/root/{calls,random-calls} "$T/b/rootfs/bin/"
  # Containers stay on the processors of their caller, where the runtime makes no cpuset for them.
  taskset -c "$(taskset -cp $$ | sed 's/.*: *//; s/[-,].*//')" snug-learn --root "$T/root" run --bundle "$T/b" busy
  snug show --json busy >"$T/shown"
  for i in $(seq 0 24); do "$SNUG_BUILD/tests/root/random-calls" "$i" 30 list; done | sort -u >"$T/known"
  jq -r '.syscalls[] | select(.phase == "workload" and (.count > 0 or .assumed) and .arch == $a) | .nr' --arg a "$(uname -m)" "$T/shown" | sort -u >"$T/has"
  missing=$(comm -23 "$T/known" "$T/has" | paste -sd' ')
  jq -c '.runs[-1] | {complete, reasons, counted: .quiet.counted}' "$T/shown"
  if jq -e '.runs[-1].complete' "$T/shown" && [ -n "$missing" ]; then echo "FALSE COMPLETE: without $missing"; false; fi
}

@test "auditd beside it: the same evidence" {
  bundle "$T/b" . sh -c 'echo hi; ls /; id'
  snug-learn --root "$T/root" run --bundle "$T/b" before
  start_auditd
  snug-learn --root "$T/root" run --bundle "$T/b" beside
  kill $AUDITD; wait || true
  # It did get them.
  grep -q type=SECCOMP "$T/audit/log"
  runs beside | jq -e '.[0].complete'
  [ "$(calls before workload)" = "$(calls beside workload)" ]
}

@test "another reader of the stream, and audit enabled and disabled again by somebody else: the same evidence" {
  bundle "$T/b" . sh -c 'echo hi; ls /; id'
  snug-learn --root "$T/root" run --bundle "$T/b" before
  python3 - "$T/ready" <<'P' &
import socket, sys
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9); s.bind((0, 1))
open(sys.argv[1], "w")
while s.recv(65536): pass
P
  eventually test -e "$T/ready"
  ENABLED=$(auditctl -s | sed -n 's/^enabled //p')
  [ "$ENABLED" -lt 2 ] || skip "audit is locked here (enabled 2)"
  auditctl -e 1 >/dev/null
  snug-learn --root "$T/root" run --bundle "$T/b" beside
  # snug has not touched it.
  [ "$(auditctl -s | sed -n 's/^enabled //p')" = 1 ]
  auditctl -e 0 >/dev/null
  snug-learn --root "$T/root" run --bundle "$T/b" after
  auditctl -e "$ENABLED" >/dev/null
  kill %1
  for key in beside after; do
    runs $key | jq -e '.[0].complete'
    [ "$(calls before workload)" = "$(calls $key workload)" ]
  done
}

@test "calls that the caller's profile hands to a tracer or a listener leave no record: not complete, whoever keeps the rule" {
  bundle "$T/b" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{names: ["'$MKDIR'"], action: "SCMP_ACT_TRACE", errnoRet: 1}]}' sh -c 'echo hi'
  for baseline in keep default; do
    configure "baseline=\"$baseline\""
    [ "$(snug-learn --root "$T/root" run --bundle "$T/b" "$baseline")" = hi ]
    runs "$baseline" | jq -e '.[0] | (.complete | not) and .reasons == ["handed-over"]'
    run snug approve --no-sample "$baseline"
    [ "$status" -eq 3 ]
  done
  # As the default action too.
  configure 'baseline="drop"'
  snug-learn --root "$T/root" run --bundle "$T/b" whole >/dev/null
  jq --slurpfile p <(snug profile whole 2>/dev/null) '.linux.seccomp = ($p[0] | .defaultAction = "SCMP_ACT_TRACE" | .defaultErrnoRet = 1)' \
    <"$T/b/config.json" >"$T/new"
  mv "$T/new" "$T/b/config.json"
  configure 'baseline="keep"'
  [ "$(snug-learn --root "$T/root" run --bundle "$T/b" default-action)" = hi ]
  runs default-action | jq -e '.[0] | (.complete | not) and (.reasons | index("handed-over") != null)'
  # Where the caller's rules do not stay, nothing is handed to anybody.
  configure 'baseline="drop"'
  snug-learn --root "$T/root" run --bundle "$T/b" drop
  runs drop | jq -e '.[0].complete'
}
