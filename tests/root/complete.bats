# Nothing that lost a record says "complete".
bats_require_minimum_version 1.5.0

setup() {
  load lib
  snug_setup
}
teardown() {
  auditctl -r 0 >/dev/null 2>&1
  auditctl -d always,exclude -F msgtype=SECCOMP >/dev/null 2>&1
  [ -z "${OLD:-}" ] || echo "$OLD" >/proc/sys/kernel/seccomp/actions_logged
  snug_teardown
}

# incomplete KEY REASON: the newest run is stamped so.
incomplete() { runs "$1" | jq -e --arg r "$2" '.[-1] | (.complete | not) and (.reasons | index($r))'; }

@test "a container that changes its audit session" {
  caps='.process.capabilities |= map_values(. + ["CAP_AUDIT_CONTROL"])'
  bundle "$T/b" "$caps | .root.readonly = false" sh -c 'echo 5 >/proc/self/loginuid; kill -0 1; sleep 1; echo done'
  run snug-learn --root "$T/root" run --bundle "$T/b" shell
  [[ "$output" == *done* ]]
  incomplete shell session-changed
  calls shell workload | grep -qx kill
  # Without the change the same container is complete.
  bundle "$T/b" "$caps | .root.readonly = false" sh -c 'mkdir /tmp/y; sleep 1; echo done'
  snug-learn --root "$T/root" run --bundle "$T/b" shell
  runs shell | jq -e '.[-1].complete'
}

@test "the recorder killed while the container runs" {
  bundle "$T/b" . sh -c 'sleep 2; mkdir /tmp/x; true'
  snug-learn --root "$T/root" run --bundle "$T/b" shell &
  sleep 1
  kill -9 $(recorder_pid)
  wait
  snug show --json shell | jq -e '.runs[-1].complete == false'
  run snug approve --no-sample shell
  [ "$status" -eq 3 ]
  # A new recorder knows that nobody watched.
  snug-learn --root "$T/root" run --bundle "$T/b" shell
  snug show --json shell | jq -e '.runs[0].complete == false and (.runs[0].reasons | index("recorder")) and .runs[1].complete'
}

@test "the log action switched off for a while" {
  bundle "$T/b" . sh -c 'sleep 3'
  OLD=$(cat /proc/sys/kernel/seccomp/actions_logged)
  snug-learn --root "$T/root" run --bundle "$T/b" shell &
  sleep 1
  echo "${OLD/ log/}" >/proc/sys/kernel/seccomp/actions_logged
  sleep 1.5
  echo "$OLD" >/proc/sys/kernel/seccomp/actions_logged
  wait
  incomplete shell log-off
}

@test "a recorder that is stopped while a flood overruns its buffer" {
  bundle "$T/b" . sh -c 'i=0; while [ $i -lt 30000 ]; do kill -0 1; i=$((i+1)); done; sleep 1'
  snug-learn --root "$T/root" run --bundle "$T/b" shell &
  eventually test -S "$T/run/snugd.sock"
  sleep 0.3
  pid=$(recorder_pid | head -1)
  kill -STOP $(recorder_pid)
  sleep 2
  kill -CONT $(recorder_pid)
  wait
  # Either nothing was lost, and the count says so, or the run is stamped.
  snug show --json shell | jq -e '.runs[-1].complete == false or ([.syscalls[] | select(.name == "kill") | .count] | add) == 30000'
}

@test "a workload with a seccomp filter of its own" {
  bundle "$T/b" . /filter
  cat >"$T/filter.c" <<'C'
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
  struct sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog prog = {1, code};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) != 0;
}
C
  gcc -static -o "$T/b/rootfs/filter" "$T/filter.c"
  snug-learn --root "$T/root" run --bundle "$T/b" own
  incomplete own own-filter
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
  snug show --json names | jq -e '[.syscalls[] | select(.name == "mkdir") | .comm[]] == ["x\" ses=1 sysca"]'
  snug show --json names | jq -e '[.syscalls[] | select(.name == "rmdir") | .comm[0]][0] | startswith("\\x1b[31m\\x0a\\xc3\\xa4\"\\x5c")'
  snug show names >"$T/show"
  run ! grep -qP '[^\x20-\x7e\n]' "$T/show"
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

@test "an exclude rule that drops seccomp records, during the run and before it" {
  bundle "$T/b" . sh -c 'sleep 1.5; mkdir /tmp/x; sleep 6'
  snug-learn --root "$T/root" run --bundle "$T/b" shell &
  sleep 1
  auditctl -a always,exclude -F msgtype=SECCOMP >/dev/null 2>&1
  wait
  incomplete shell barrier
  run snug-learn --root "$T/root" run --bundle "$T/b" shell
  [ "$status" -eq 1 ]
  [[ "$output" == "snug: "*"exclude rule"* ]]
}

@test "an audit rate limit that bites" {
  bundle "$T/b" . sh -c 'sleep 1; i=0; while [ $i -lt 500 ]; do kill -0 1; i=$((i+1)); done; sleep 1'
  snug-learn --root "$T/root" run --bundle "$T/b" shell &
  sleep 0.7
  auditctl -r 50 >/dev/null 2>&1
  wait
  auditctl -r 0 >/dev/null 2>&1
  runs shell | jq -e '.[-1] | (.complete | not) and (.reasons | (index("serial-gap") or index("kernel-lost")))'
}
