# The fault table: every way to lose records, or the recorder, really provoked. None of them says complete; each test also learns the same
# without the fault, which does.
bats_require_minimum_version 1.5.0

setup() {
  load lib
  load faults
  snug_setup
  BACKLOG=$(auditctl -s | sed -n 's/^backlog_limit //p') WAIT=$(auditctl -s | sed -n 's/^backlog_wait_time //p')
  OLD=$(cat /proc/sys/kernel/seccomp/actions_logged)
  fault=$SNUG_BUILD/tests/root/fault
}
teardown() {
  auditctl -r 0 -f 1 -b "$BACKLOG" --backlog_wait_time "$WAIT" >/dev/null 2>&1
  for rule in "-F msgtype=SECCOMP" "-F uid=54321" "-F msgtype>=1320 -F msgtype<=1330" "-F gid=54321" "-F exe=/fault"; do
    auditctl -d always,exclude $rule >/dev/null 2>&1
  done
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
  [ -z "$(calls shell workload | grep -x getppid)" ]
  lost shell own-filter
  control . /fault flood 1
}

@test "a workload that traces a filter of its own (SECCOMP_RET_TRACE)" {
  caps='.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"])'
  learn shell "$caps" /fault trace
  [ -z "$(calls shell workload | grep -x getppid)" ]
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
  [ -z "$(grep -x "$pid" "$GROUP/cgroup.procs")" ]
  if [ -e "$GROUP/cgroup.kill" ]; then echo 1 >"$GROUP/cgroup.kill"; else kill -9 $(cat "$GROUP/cgroup.procs"); fi
  eventually rmdir "$GROUP"
  GROUP=
  [ "$(recorder_pid)" = "$pid" ]
  eventually test -d "$T/shell/rootfs/tmp/x"
  kept shell mkdir 1
}

# A busybox shell calls getppid once itself.

# What a look at /proc does not show has not ended. The container's init ends at once; a process of it that no look sees goes on.
hides() { # REASON CONTROL-KEY COMMAND...: the fault, as a command, in the middle of a run
  local reason=$1
  shift
  prepare shell "$writable | .linux.namespaces |= map(select(.type != \"pid\"))" /fault daemon /tmp/made
  snug-learn --root "$T/root" run --detach --bundle "$T/shell" shell </dev/null >/dev/null 2>&1
  "$@"
  eventually test -d "$T/shell/rootfs/tmp/made"
  sleep 2.5
  lost shell "$reason"
}
outlives() { # KEY: the same without the fault, whose mkdir comes after the init's end
  prepare "$1" "$writable | .linux.namespaces |= map(select(.type != \"pid\"))" /fault daemon /tmp/made
  snug-learn --root "$T/root" run --detach --bundle "$T/$1" "$1" </dev/null >/dev/null 2>&1
  eventually test -d "$T/$1/rootfs/tmp/made"
  newest "$1" | jq -e .complete
}

@test "/proc remounted with hidepid=2 during a run, for a group that is not the recorder's" {
  own_proc gid=0
  outlives control
  hides end-not-seen hide hidepid=2,gid=54321
}

@test "/proc remounted with hidepid=4 during a run" {
  own_proc gid=0
  outlives control
  hides end-not-seen hide hidepid=4
}

@test "/proc remounted with hidepid=1 during a run" {
  own_proc gid=0
  outlives control
  hides end-not-seen hide hidepid=1,gid=54321
}

@test "/proc with hidepid=4 from the start: the recorder keeps what it needs to see" {
  own_proc hidepid=4
  outlives shell
  kept shell mkdir 1
}

@test "a recorder without CAP_SYS_PTRACE where /proc hides processes: it learns nothing" {
  own_proc hidepid=4 setpriv --bounding-set -sys_ptrace
  prepare shell . true
  run snug-learn --root "$T/root" run --bundle "$T/shell" shell
  [ "$status" -eq 1 ] && [[ "$output" == "snug: "*hidepid* ]]
  way refused "no run"
  end_recorder
  control . true
}

@test "a security module that forbids to look at processes" {
  deaf
  outlives control
  hides end-not-seen touch "$T/forbidden"
}

@test "the recorder out of descriptors when the container ends" {
  # Three: no new descriptor at all, wherever there is a gap among the open ones; poll(2) takes three too.
  out_of_descriptors() { prlimit --nofile=3: --pid "$(recorder_pid)"; }
  background shell . sh -c 'sleep 1; /fault flood 10'
  out_of_descriptors
  wait $run
  sleep 3
  prlimit --nofile=1024: --pid "$(recorder_pid)"
  eventually eval 'snug ls 2>/dev/null'
  lost shell end-not-seen log-off
  control . /fault flood 10
}

@test "cgroup2 says populated 0 where /proc hides all: the run has ended" {
  GROUPS_TOO=1 own_proc gid=0
  prepare shell . sh -c 'sleep 1; /fault flood 10'
  v2 snug-learn --root "$T/root" run --bundle "$T/shell" shell &
  until_running shell
  hide hidepid=4
  wait $!
  newest shell | jq -e '.end_proof == "cgroup"'
  kept shell getppid 11
}

@test "an exec past the wrapper that outlives the container's init in its cgroup" {
  prepare shell "$writable | .linux.namespaces |= map(select(.type != \"pid\"))" sh -c 'sleep 1'
  v2 snug-learn --root "$T/root" run --detach --bundle "$T/shell" shell </dev/null >/dev/null 2>&1
  until_running shell
  v2 runc --root "$T/root" exec --detach shell sh -c 'sleep 2; mkdir /tmp/late' </dev/null >/dev/null 2>&1
  sleep 1.5
  # Its init has ended, its group holds a process yet.
  newest shell | jq -e '.ended == null'
  eventually test -d "$T/shell/rootfs/tmp/late"
  eventually eval 'runs shell | jq -e ".[-1].ended"'
  lost shell session-changed
  outlives control
}

@test "a container that moves itself into a cgroup below its own" {
  prepare shell "$writable | .mounts += [{destination: \"/cg\", type: \"cgroup\", source: \"cgroup\", options: [\"rw\"]}] | .linux.namespaces += [{type: \"cgroup\"}]" \
    sh -c 'mkdir /cg/sub && echo 0 >/cg/sub/cgroup.procs && /fault flood 10; cat /proc/self/cgroup'
  v2 snug-learn --root "$T/root" run --bundle "$T/shell" shell | grep -q '/sub$'
  kept shell getppid 11
}

@test "a container that moves a process into another cgroup, where that outlives it" {
  dir=$(awk '$3 == "cgroup2" {print $2; exit}' /proc/mounts)
  [ -n "$dir" ] || skip "no cgroup v2 here"
  GROUP=$dir/snug-test.$$
  mkdir "$GROUP"
  prepare shell "$writable | .linux.namespaces |= map(select(.type != \"pid\")) | .mounts += [{destination: \"/cg\", type: \"bind\", source: \"/sys/fs/cgroup/${GROUP##*/}\", options: [\"bind\", \"rw\"]}]" \
    sh -c 'echo 0 >/cg/cgroup.procs; /fault daemon /tmp/made'
  v2 snug-learn --root "$T/root" run --detach --bundle "$T/shell" shell </dev/null >/dev/null 2>&1
  eventually test -d "$T/shell/rootfs/tmp/made"
  eventually rmdir "$GROUP"
  GROUP=
  kept shell mkdir 1
}

@test "auditctl --reset-lost between two barriers, after a loss" {
  background shell . sh -c 'sleep 0.7; /fault flood 50000 & /fault flood 50000; wait; sleep 1'
  auditctl -b 2 --backlog_wait_time 0 >/dev/null 2>&1
  while kill -0 $run 2>/dev/null; do auditctl --reset-lost >/dev/null 2>&1; sleep 0.05; done
  auditctl -b "$BACKLOG" --backlog_wait_time "$WAIT" >/dev/null 2>&1
  lost shell kernel-lost
  control . sh -c '/fault flood 50000 & /fault flood 50000; wait'
}

@test "a rate limit that is set and lifted between two barriers" {
  background shell . sh -c 'sleep 0.5; /fault flood 20000; sleep 1'
  sleep 0.45
  auditctl -r 50 >/dev/null 2>&1
  sleep 0.3
  auditctl -r 0 >/dev/null 2>&1
  wait $run
  if newest shell | jq -e .complete; then kept shell getppid 20001; else lost shell serial-gap kernel-lost; fi
  control . sh -c '/fault flood 20000'
}

@test "an exclude rule by message numbers, one by group, one by program" {
  for rule in "-F msgtype>=1320 -F msgtype<=1330" "-F gid=54321" "-F exe=/fault"; do
    background shell . sh -c 'sleep 0.7; /fault flood 10; sleep 1.2'
    auditctl -a always,exclude $rule >/dev/null 2>&1
    wait $run
    auditctl -d always,exclude $rule >/dev/null 2>&1
    if newest shell | jq -e .complete; then lost shell exclude-rule; fi
    newest shell | jq -e '.complete | not'
    eventually learn control . true >/dev/null 2>&1
  done
  lost shell exclude-rule barrier
  newest control | jq -e .complete
}

@test "log missing from actions_logged before the start: nothing is learnt" {
  prepare shell . true
  echo "${OLD/ log/}" >/proc/sys/kernel/seccomp/actions_logged
  run snug-learn --root "$T/root" run --bundle "$T/shell" shell
  echo "$OLD" >/proc/sys/kernel/seccomp/actions_logged
  [ "$status" -eq 1 ] && [[ "$output" == "snug: "* ]]
  way refused "no run"
  eventually learn control . true >/dev/null 2>&1
  newest control | jq -e .complete
}

@test "the barrier's probe stopped (SIGSTOP)" {
  background shell . sh -c 'sleep 6; /fault flood 10'
  kill -STOP $(pgrep -x -P "$(recorder_pid)" snugd-probe)
  sleep 5.5
  kill -CONT $(pgrep -x -P "$(recorder_pid)" snugd-probe)
  wait $run
  lost shell barrier
  control . /fault flood 10
}

@test "a short exec past the wrapper from a session whose other processes are nobody's" {
  background shell . sh -c 'sleep 1.5'
  "$fault" logged 10
  sleep 0.1
  runc --root "$T/root" exec shell true
  wait $run
  lost shell session-changed
  background control . sh -c 'sleep 1'
  "$fault" logged 10
  wait $run
  newest control | jq -e .complete
}

@test "a container with CAP_AUDIT_CONTROL that gives up its session, in a process that is gone at once" {
  caps='.process.capabilities |= map_values(. + ["CAP_AUDIT_CONTROL"])'
  learn shell "$caps | $writable" sh -c '(echo 4294967295 >/proc/self/loginuid; exec /fault flood 10); true'
  lost shell session-changed
  control "$caps" sh -c '(/fault flood 10); true'
}

@test "an exec through the wrapper that may change its session, and does" {
  background shell "$writable" sh -c 'sleep 2'
  snug-learn --root "$T/root" exec --cap CAP_AUDIT_CONTROL shell sh -c 'echo 5 >/proc/self/loginuid; exec /fault flood 10'
  wait $run
  lost shell session-changed
  background control . sh -c 'sleep 1'
  snug-learn --root "$T/root" exec control /fault flood 10
  wait $run
  newest control | jq -e .complete
}

@test "other LOG filters on the node, of programs that are gone at once" {
  background shell . sh -c 'sleep 1; /fault flood 10'
  for i in $(seq 50); do "$fault" logged 1; done
  wait $run
  kept shell getppid 11
}

@test "what calls itself a runtime's init, and is gone at once: it may be an exec" {
  cp "$fault" "$T/crun"
  background shell . sh -c 'sleep 1.5; /fault flood 10'
  kill -STOP $(recorder_pid)
  "$T/crun" logged 1
  kill -CONT $(recorder_pid)
  wait $run
  lost shell session-changed
  background control . sh -c 'sleep 1'
  "$T/crun" logged 0
  wait $run
  newest control | jq -e .complete
}

@test "no session of its own, and processes that are gone at once" {
  configure 'session="off"'
  learn shell . sh -c '/fault flood 10; true'
  if newest shell | jq -e .complete; then kept shell getppid 11; else lost shell attribution; fi
  configure
  control . sh -c '/fault flood 10; true'
}

@test "the runtime in the foreground killed while its container goes on" {
  prepare shell "$writable" sh -c 'sleep 1; /fault flood 10; mkdir /tmp/made'
  snug-learn --root "$T/root" run --bundle "$T/shell" shell </dev/null >/dev/null 2>&1 & run=$!
  until_running shell
  kill -9 $run
  eventually test -d "$T/shell/rootfs/tmp/made"
  kept shell getppid 11
}

@test "the container killed in the middle" {
  background shell . sh -c '/fault flood 77; sleep 60'
  sleep 0.5
  runc --root "$T/root" kill shell KILL
  wait $run || true
  kept shell getppid 78
}

@test "the container stopped and continued (SIGSTOP, SIGCONT)" {
  background shell . sh -c 'sleep 1; /fault flood 77'
  pid=$(runc --root "$T/root" state shell | jq .pid)
  kill -STOP "$pid"; sleep 1.5; kill -CONT "$pid"
  wait $run
  kept shell getppid 78
}

@test "the recorder stopped when the container ends, and continued when it is gone" {
  background shell . sh -c 'sleep 0.7; /fault flood 77'
  kill -STOP $(recorder_pid)
  wait $run
  kill -CONT $(recorder_pid)
  kept shell getppid 78
}

@test "the recorder killed when the container has ended, before it knows" {
  background shell . sh -c 'sleep 0.7; /fault flood 77'
  kill -STOP $(recorder_pid)
  wait $run
  kill -9 $(recorder_pid)
  control . sh -c '/fault flood 77'
  lost shell recorder
}

@test "an exec through the wrapper that outlives the container's init" {
  prepare shell "$writable | .linux.namespaces |= map(select(.type != \"pid\"))" sleep 1
  snug-learn --root "$T/root" run --detach --bundle "$T/shell" shell </dev/null >/dev/null 2>&1
  until_running shell
  snug-learn --root "$T/root" exec --detach shell sh -c 'sleep 2; mkdir /tmp/late' </dev/null >/dev/null 2>&1
  eventually test -d "$T/shell/rootfs/tmp/late"
  kept shell mkdir 1
}

@test "a container's id used again at once" {
  prepare shell . /fault flood 77
  for i in 1 2 3; do snug-learn --root "$T/root" run --bundle "$T/shell" shell; done
  [ "$(runs shell | jq '[.[] | select(.complete)] | length')" -eq 3 ]
  snug show --json shell | jq -e '[.syscalls[] | select(.name == "getppid")] | length == 1'
  way kept "3 runs, all complete"
}

@test "a runtime of another name that keeps its state elsewhere: the bundle gets its own configuration back all the same" {
  printf '#!/bin/bash\nargs=(); for a; do [ "$a" = "%s" ] && a="%s"; args+=("$a"); done; exec runc "${args[@]}"\n' "$T/root" "$T/elsewhere" >"$T/odd"
  chmod 755 "$T/odd"
  configure "runtime=\"$T/odd\""
  prepare shell . sh -c 'sleep 22; /fault flood 77'
  cp "$T/shell/config.json" "$T/before"
  snug-learn --root "$T/root" run --bundle "$T/shell" shell & run=$!
  sleep 3
  run ! cmp -s "$T/before" "$T/shell/config.json"
  # Ten seconds after the last reading, which is this test's own.
  sleep 12
  cmp "$T/before" "$T/shell/config.json"
  kill -0 $run
  wait $run
  kept shell getppid 78
}
