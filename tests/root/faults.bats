# The fault table, first half: every way to lose records, or the recorder, really provoked. None of them says complete; each test
# also learns the same without the fault, which does. The other half is faults_attribution.bats.
bats_require_minimum_version 1.5.0

setup() {
  load lib
  load faults
  faults_setup
}
teardown() { faults_teardown; }
teardown_file() {
  load faults
  print_ways
}

@test "a receive buffer that is too small" {
  snugd --background --config "$SNUG_CONFIG" --receive-buffer 4096
  learn shell "$writable" sh -c 'sleep 0.7; /fault flood 3000; : >/tmp/flooded; sleep 1.5' &
  eventually eval 'snug ls --json | jq -e ".[0]"'
  # Stopped, so that the records pile up; an ordinary buffer holds five times as many.
  kill -STOP $(recorder_pid)
  eventually [ -e "$T/shell/rootfs/tmp/flooded" ]
  kill -CONT $(recorder_pid)
  wait $!
  lost shell overrun serial-gap
  end_recorder
  learn control . sh -c 'sleep 0.7; /fault flood 3000; sleep 1.5' &
  eventually eval 'snug ls --json | jq -e "length == 2"'
  kill -STOP $(recorder_pid); sleep 1; kill -CONT $(recorder_pid)
  wait $!
  newest control | jq -e .complete
}

# dropped: the kernel has found a reader's buffer full.
dropped() { awk '$2 == 9 {n += $9} END {exit !n}' /proc/net/netlink; }

@test "the recorder stopped (SIGSTOP) under load" {
  learn shell . sh -c 'until [ -e /tmp/go ]; do sleep 0.1; done; /fault flood 100000; sleep 2' &
  eventually eval 'snug ls --json 2>/dev/null | jq -e ".[0]"'
  kill -STOP $(recorder_pid)
  touch "$T/shell/rootfs/tmp/go"
  eventually dropped
  kill -CONT $(recorder_pid)
  wait $!
  lost shell overrun serial-gap
  control . sh -c '/fault flood 100000'
}

@test "the recorder killed (kill -9) during a run" {
  learn shell . sh -c 'until [ -e /tmp/go ]; do sleep 0.1; done; /fault flood 10' &
  eventually eval 'snug ls --json 2>/dev/null | jq -e ".[0]"'
  sleep 0.3
  kill -9 $(recorder_pid)
  touch "$T/shell/rootfs/tmp/go"
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
  [ "$status" -eq 1 ]; [[ "$output" == "snug: "*exclude* ]]
  lost shell exclude-rule barrier
  control . sh -c '/fault flood 10'
}

# between_barriers CHANGE BACK KEY: the container calls after one and before the other. Barriers come every second; three times, so that one
# of them at least comes and goes unseen by them.
between_barriers() {
  local i key
  ENABLED=$(auditctl -s | sed -n 's/^enabled //p')
  auditctl -e 1 >/dev/null 2>&1
  for i in 1 2 3; do
    key=$3$i
    prepare "$key" "$writable" sh -c 'cat /go >/dev/null; /fault flood 10; echo x >/back; sleep 0.2'
    mkfifo "$T/$key"/rootfs/{go,back}
    snug-learn --root "$T/root" run --detach --bundle "$T/$key" "$key" </dev/null >/dev/null 2>&1
    until_running "$key"
    eval "$1"
    : >"$T/$key/rootfs/go"
    cat "$T/$key/rootfs/back" >/dev/null
    eval "$2"
    eventually eval 'runs "$key" | jq -e ".[-1].ended"'
  done
  auditctl -e "$ENABLED" >/dev/null 2>&1
}

@test "log taken out of actions_logged and put back between two barriers, where audit is enabled" {
  between_barriers 'echo "${OLD/ log/}" >/proc/sys/kernel/seccomp/actions_logged' 'echo "$OLD" >/proc/sys/kernel/seccomp/actions_logged' shell
  for i in 1 2 3; do lost "shell$i" log-off; done
}

@test "an exclude rule that comes and goes between two barriers, where audit is enabled" {
  between_barriers 'auditctl -a always,exclude -F msgtype=SECCOMP >/dev/null 2>&1' 'auditctl -d always,exclude -F msgtype=SECCOMP >/dev/null 2>&1' shell
  for i in 1 2 3; do lost "shell$i" exclude-rule; done
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
  [ "$status" -eq 1 ]; [[ "$output" == "snug: "*panic* ]]
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
  kept shell getppid 11
  # Between two runs: the next container starts all the same.
  kill -9 $(pgrep -x -P "$(recorder_pid)" snugd-probe)
  control . /fault flood 10
}

@test "the barrier's probe killed while it is asked" {
  background shell . sh -c 'sleep 2; /fault flood 10'
  probe=$(pgrep -x -P "$(recorder_pid)" snugd-probe)
  kill -STOP "$probe"
  sleep 1.5
  kill -9 "$probe"
  wait $run
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
  [ "$status" -eq 1 ]; [[ "$output" == "snug: "* ]]
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
