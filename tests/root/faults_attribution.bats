# The fault table, second half: records whose container is not plain, and ends that are not what they seem. None of them says
# complete without having every call; each test also learns the same without the fault, which is complete.
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

# Counts of getppid: a busybox shell calls it once itself.

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
  [ "$status" -eq 1 ]; [[ "$output" == "snug: "*hidepid* ]]
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
  prepare shell "$writable | .linux.namespaces |= map(select(.type != \"pid\"))" sh -c 'until [ -e /tmp/go ]; do sleep 0.1; done'
  v2 snug-learn --root "$T/root" run --detach --bundle "$T/shell" shell </dev/null >/dev/null 2>&1
  until_running shell
  v2 runc --root "$T/root" exec --detach shell sh -c 'until [ -e /tmp/end ]; do sleep 0.1; done; mkdir /tmp/late' </dev/null >/dev/null 2>&1
  : >"$T/shell/rootfs/tmp/go"
  eventually eval 'runc --root "$T/root" state shell | grep -q stopped'
  sleep 1.5
  # Its init has ended, its group holds a process yet.
  newest shell | jq -e '.ended == null'
  : >"$T/shell/rootfs/tmp/end"
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

@test "a container with CAP_AUDIT_CONTROL that gives up its session, in a process whose main thread has ended" {
  caps='.process.capabilities |= map_values(. + ["CAP_AUDIT_CONTROL"])'
  learn shell "$caps | $writable" /fault headless 10
  lost shell session-changed
  control . /fault headless 10
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
