# The fault table: every way to lose records, or the recorder, really provoked. None of them says complete; each test also learns the same
# without the fault, which does.
bats_require_minimum_version 1.5.0

setup() {
  load lib
  snug_setup
  BACKLOG=$(auditctl -s | sed -n 's/^backlog_limit //p') WAIT=$(auditctl -s | sed -n 's/^backlog_wait_time //p')
  OLD=$(cat /proc/sys/kernel/seccomp/actions_logged)
  fault=$SNUG_BUILD/tests/root/fault
}
teardown() {
  auditctl -r 0 -f 1 -b "$BACKLOG" --backlog_wait_time "$WAIT" >/dev/null 2>&1
  auditctl -d always,exclude -F msgtype=SECCOMP >/dev/null 2>&1
  auditctl -d always,exclude -F uid=54321 >/dev/null 2>&1
  [ "$(cat /proc/sys/kernel/seccomp/actions_logged)" = "$OLD" ] || echo "$OLD" >/proc/sys/kernel/seccomp/actions_logged
  [ -z "${GROUP:-}" ] || { for p in $(cat "$GROUP/cgroup.procs"); do kill -9 "$p"; done; eventually rmdir "$GROUP"; } 2>/dev/null
  snug_teardown
}
teardown_file() {
  local ways=$BATS_FILE_TMPDIR/ways
  [ -s "$ways" ] || return 0
  sort "$ways" | awk -F '\t' '{printf "# %-8s %-72s %s\n", $1, $2, $3}' >&3
  awk -F '\t' '{n++; bad += $1 == "FALSE"} END {printf "# ways %d, false complete %d\n", n, bad}' "$ways" >&3
}

newest() { runs "$1" | jq -c '.[-1]'; }

# A line for the table, at the end of each test.
way() { printf '%s\t%s\t%s\n' "$1" "$BATS_TEST_DESCRIPTION" "$2" >>"$BATS_FILE_TMPDIR/ways"; }

# lost KEY REASON...: the newest run is not complete, and stamped with one of the reasons.
lost() {
  local key=$1 got r
  shift
  got=$(newest "$key")
  if jq -e .complete <<<"$got" >/dev/null; then way FALSE "$got"; echo "FALSE COMPLETE: $got"; return 1; fi
  for r in "$@"; do
    if jq -e --arg r "$r" '.reasons | index($r)' <<<"$got" >/dev/null; then way stamped "$(jq -r '.reasons | join(", ")' <<<"$got")"; return 0; fi
  done
  echo "not stamped with any of $*: $got"
  return 1
}

# kept KEY CALL COUNT: the newest run is complete, and the evidence holds the call COUNT times: nothing was lost.
kept() {
  local got=$(newest "$1") count
  count=$(snug show --json "$1" | jq --arg c "$2" '[.syscalls[] | select(.name == $c and .phase == "workload") | .count] | add // 0')
  echo "$count times $2, $got"
  if jq -e .complete <<<"$got" >/dev/null && [ "$count" -ne "$3" ]; then way FALSE "$count of $3"; return 1; fi
  jq -e .complete <<<"$got" >/dev/null || return 1
  way kept "complete, $2 counted $count times of $3"
}

# learn KEY [FILTER] [ARG...]: one run of a container to its end; `fault` lies in it.
learn() { prepare "$@"; snug-learn --root "$T/root" run --bundle "$T/$1" "$1"; }
prepare() {
  local key=$1 filter=$2
  shift 2
  bundle "$T/$key" "$filter" "$@"
  cp "$fault" "$T/$key/rootfs/fault"
}
control() { # ...: the same without the fault is complete
  learn control "$@" >/dev/null
  newest control | jq -e .complete >/dev/null || { newest control; return 1; }
}
writable='.root.readonly = false'

@test "a receive buffer that is too small" {
  snugd --background --config "$SNUG_CONFIG" --receive-buffer 4096
  learn shell . sh -c 'sleep 0.7; /fault flood 3000; sleep 1.5' &
  eventually eval 'snug ls --json | jq -e ".[0]"'
  # Stopped, so that the records pile up; an ordinary buffer holds five times as many.
  kill -STOP $(recorder_pid); sleep 1; kill -CONT $(recorder_pid)
  wait $!
  lost shell overrun serial-gap
  end_recorder
  learn control . sh -c 'sleep 0.7; /fault flood 3000; sleep 1.5' &
  eventually eval 'snug ls --json | jq -e "length == 2"'
  kill -STOP $(recorder_pid); sleep 1; kill -CONT $(recorder_pid)
  wait $!
  newest control | jq -e .complete
}

@test "the recorder stopped (SIGSTOP) under load" {
  learn shell . sh -c 'sleep 0.5; /fault flood 100000; sleep 2' &
  eventually eval 'snug ls --json 2>/dev/null | jq -e ".[0]"'
  kill -STOP $(recorder_pid); sleep 2; kill -CONT $(recorder_pid)
  wait $!
  lost shell overrun serial-gap
  control . sh -c '/fault flood 100000'
}

@test "the recorder killed (kill -9) during a run" {
  learn shell . sh -c 'sleep 1.5; /fault flood 10' &
  eventually eval 'snug ls --json 2>/dev/null | jq -e ".[0]"'
  sleep 0.3
  kill -9 $(recorder_pid)
  wait $!
  newest shell | jq -e '.complete | not'
  control . sh -c '/fault flood 10'
  lost shell recorder
}

@test "the recorder ended (SIGTERM) during a run" {
  learn shell . sh -c 'sleep 1.5; /fault flood 10' &
  eventually eval 'snug ls --json 2>/dev/null | jq -e ".[0]"'
  kill $(recorder_pid)
  wait $!
  control . sh -c '/fault flood 10'
  lost shell recorder
}

@test "log taken out of actions_logged, and put back within the run" {
  learn shell . sh -c 'sleep 3' &
  eventually eval 'snug ls --json 2>/dev/null | jq -e ".[0]"'
  echo "${OLD/ log/}" >/proc/sys/kernel/seccomp/actions_logged
  sleep 1.2
  echo "$OLD" >/proc/sys/kernel/seccomp/actions_logged
  wait $!
  lost shell log-off
  control . sh -c 'sleep 1'
}

@test "an exclude rule on SECCOMP during the run, and before it" {
  learn shell . sh -c 'sleep 2; /fault flood 10; sleep 0.2' &
  eventually eval 'snug ls --json 2>/dev/null | jq -e ".[0]"'
  auditctl -a always,exclude -F msgtype=SECCOMP >/dev/null 2>&1
  wait $!
  prepare refused . true
  run snug-learn --root "$T/root" run --bundle "$T/refused" refused
  auditctl -d always,exclude -F msgtype=SECCOMP >/dev/null 2>&1
  [ "$status" -eq 1 ] && [[ "$output" == "snug: "*exclude* ]]
  lost shell exclude-rule barrier
  control . sh -c '/fault flood 10'
}

@test "an exclude rule for one user only, which the probe cannot notice" {
  learn shell '.process.user = {uid: 54321, gid: 54321}' sh -c 'sleep 1; /fault flood 10; sleep 1.2' &
  eventually eval 'snug ls --json 2>/dev/null | jq -e ".[0]"'
  auditctl -a always,exclude -F uid=54321 >/dev/null 2>&1
  wait $!
  auditctl -d always,exclude -F uid=54321 >/dev/null 2>&1
  lost shell exclude-rule
  control '.process.user = {uid: 54321, gid: 54321}' sh -c '/fault flood 10'
}

@test "an audit rate limit that bites" {
  learn shell . sh -c 'sleep 0.7; /fault flood 1000; sleep 1' &
  eventually eval 'snug ls --json 2>/dev/null | jq -e ".[0]"'
  auditctl -r 50 >/dev/null 2>&1
  wait $!
  auditctl -r 0 >/dev/null 2>&1
  lost shell serial-gap kernel-lost
  control . sh -c '/fault flood 1000'
}

@test "backlog_wait_time 0, a tiny backlog_limit, and a flood" {
  learn shell . sh -c 'sleep 0.7; /fault flood 50000 & /fault flood 50000; wait; sleep 1' &
  eventually eval 'snug ls --json 2>/dev/null | jq -e ".[0]"'
  auditctl -b 2 --backlog_wait_time 0 >/dev/null 2>&1
  wait $!
  auditctl -b "$BACKLOG" --backlog_wait_time "$WAIT" >/dev/null 2>&1
  lost shell kernel-lost
  control . sh -c '/fault flood 50000 & /fault flood 50000; wait'
}

@test "a container with CAP_AUDIT_CONTROL that changes its session" {
  caps='.process.capabilities |= map_values(. + ["CAP_AUDIT_CONTROL"])'
  learn shell "$caps | $writable" sh -c 'echo 5 >/proc/self/loginuid; /fault flood 10; sleep 0.5'
  # What it did is found by its cgroup all the same.
  calls shell workload | grep -qx getppid
  lost shell session-changed
  control "$caps" sh -c '/fault flood 10'
}

@test "an exec that goes past the wrapper" {
  learn shell . sh -c 'sleep 2' &
  eventually eval 'runc --root "$T/root" state shell 2>/dev/null | grep -q running'
  runc --root "$T/root" exec shell /fault flood 10
  wait $!
  lost shell session-changed
  control . sh -c 'sleep 0.1'
}

@test "two runtimes on one bundle: the second waits, both are recorded" {
  prepare shell . /fault flood 77
  snug-learn --root "$T/root" run --bundle "$T/shell" one & first=$!
  snug-learn --root "$T/root" run --bundle "$T/shell" two & second=$!
  wait $first; wait $second
  snug show --json two | jq -e '.runs[-1].complete'
  kept one getppid 77
}

@test "the bundle written over behind the wrapper's back, before the runtime reads it" {
  prepare shell . /fault flood 10
  cp "$T/shell/config.json" "$T/before"
  printf '#!/bin/sh\ncase " $* " in *" run "*) cp %s %s ;; esac\nexec runc "$@"\n' "$T/before" "$T/shell/config.json" >"$T/runtime"
  chmod 755 "$T/runtime"
  configure "runtime=\"$T/runtime\""
  snug-learn --root "$T/root" run --bundle "$T/shell" shell
  lost shell filter-not-seen
  configure
  control . /fault flood 10
}

@test "a runtime without seccomp: it ignores the filter" {
  prepare shell . /fault flood 10
  printf '#!/bin/sh\ncase " $* " in *" run "*) cd %s && jq "del(.linux.seccomp)" config.json >new && cat new >config.json ;; esac\nexec runc "$@"\n' \
    "$T/shell" >"$T/runtime"
  chmod 755 "$T/runtime"
  configure "runtime=\"$T/runtime\""
  snug-learn --root "$T/root" run --bundle "$T/shell" shell
  lost shell filter-not-seen
  configure
  control . /fault flood 10
}

@test "the runtime's init killed between create and start" {
  prepare shell . /fault flood 10
  snug-learn --root "$T/root" create --bundle "$T/shell" shell </dev/null >/dev/null 2>&1
  kill -9 "$(runc --root "$T/root" state shell | jq .pid)"
  eventually eval 'runs shell | jq -e ".[-1].ended"'
  lost shell filter-not-seen
  control . /fault flood 10
}

@test "a workload with a filter of its own that has a listener (USER_NOTIF)" {
  learn shell . /fault notify
  # The kernel did not log the call: the stamp is all that tells.
  ! calls shell workload | grep -qx getppid
  lost shell own-filter
  control . /fault flood 1
}

@test "a workload that traces a filter of its own (SECCOMP_RET_TRACE)" {
  caps='.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"])'
  learn shell "$caps" /fault trace
  ! calls shell workload | grep -qx getppid
  lost shell own-filter
  control "$caps" /fault flood 1
}

@test "audit failure mode 2: a lost record would panic the node, so nothing is learnt" {
  prepare shell . /fault flood 10
  # Nothing can be lost meanwhile: the backlog has room for minutes.
  auditctl -b 1000000 >/dev/null
  auditctl -f 2 >/dev/null
  run snug-learn --root "$T/root" run --bundle "$T/shell" shell
  auditctl -f 1 >/dev/null
  [ "$status" -eq 1 ] && [[ "$output" == "snug: "*panic* ]]
  [ -z "$(find "$T/state" -name evidence.json)" ]
  way refused "no run"
  auditctl -b "$BACKLOG" >/dev/null
  # The recorder knows within seconds that it has changed.
  eventually learn control . /fault flood 10 >/dev/null 2>&1
  newest control | jq -e .complete
}

@test "the barrier's probe killed" {
  learn shell . sh -c 'sleep 2; /fault flood 10' &
  eventually eval 'snug ls --json 2>/dev/null | jq -e ".[0]"'
  kill -9 $(pgrep -x -P "$(recorder_pid)" snugd-probe)
  wait $!
  lost shell barrier
  control . /fault flood 10
}

@test "a call that the recorder's own filter refuses" {
  cat >"$T/refused.c" <<'C'
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
static void on_signal(int sig) { syscall(SYS_chroot, "/"); }
__attribute__((constructor)) static void begin(void) { signal(SIGUSR2, on_signal); }
C
  gcc -shared -fPIC -o "$T/refused.so" "$T/refused.c"
  LD_PRELOAD=$T/refused.so snugd --config "$SNUG_CONFIG" 2>"$T/said" &
  eventually test -S "$T/run/snugd.sock"
  pid=$!
  learn shell . sh -c 'sleep 1.5' &
  eventually eval 'snug ls --json 2>/dev/null | jq -e ".[0]"'
  kill -USR2 $pid
  wait $!
  kill -0 $pid
  grep -q 'refused the system call chroot' "$T/said"
  lost shell recorder
  control . sh -c 'sleep 0.1'
  kill $pid; wait $pid || true
}

@test "a flood of records from another process tree" {
  "$fault" logged 100000 & one=$!
  "$fault" logged 100000 & two=$!
  learn shell . /fault flood 50000
  wait $one $two
  # Either nothing was lost, and the count says so, or the run is stamped.
  if newest shell | jq -e .complete; then kept shell getppid 50000; else lost shell serial-gap overrun kernel-lost barrier; fi
}

@test "a process that outlives the container's init" {
  prepare shell "$writable | .linux.namespaces |= map(select(.type != \"pid\"))" /fault daemon /tmp/made
  snug-learn --root "$T/root" run --detach --bundle "$T/shell" shell </dev/null >/dev/null 2>&1
  eventually test -d "$T/shell/rootfs/tmp/made"
  kept shell mkdir 1
}

@test "the cgroup of the first caller killed with all that is in it" {
  dir=$(awk '$3 == "cgroup2" {print $2; exit}' /proc/mounts)
  [ -n "$dir" ] || skip "no cgroup v2 here"
  GROUP=$dir/snug-test.$$
  mkdir "$GROUP"
  prepare shell "$writable | .linux.cgroupsPath = \"/snug-test-other\"" sh -c 'sleep 2; mkdir /tmp/x; true'
  bash -c 'echo 0 >"$1/cgroup.procs"; shift; "$@"; sleep 60' sh "$GROUP" \
    snug-learn --root "$T/root" run --detach --bundle "$T/shell" shell </dev/null >/dev/null 2>&1 &
  eventually eval 'runc --root "$T/root" state shell 2>/dev/null | grep -q running'
  pid=$(recorder_pid)
  [ -n "$pid" ]
  ! grep -qx "$pid" "$GROUP/cgroup.procs"
  if [ -e "$GROUP/cgroup.kill" ]; then echo 1 >"$GROUP/cgroup.kill"; else kill -9 $(cat "$GROUP/cgroup.procs"); fi
  eventually rmdir "$GROUP"
  GROUP=
  [ "$(recorder_pid)" = "$pid" ]
  eventually test -d "$T/shell/rootfs/tmp/x"
  kept shell mkdir 1
}
