# What snugd keeps of its privileges once it is open, and what it can still do with them.
bats_require_minimum_version 1.5.0

setup() {
  load lib
  snug_setup
}
teardown() {
  umount "$T/proc" 2>/dev/null
  snug_teardown
}

start() { # OPTION...
  snugd --background "$@" --config "$SNUG_CONFIG"
  PID=$(recorder_pid)
}
status() { awk -v f="$1:" '$1 == f {print $2}' "/proc/${2:-$PID}/status"; }
caps() { # NAME...: exactly these, effective and permitted; none in the other sets
  local want=0 c
  for c in "$@"; do case $c in audit_control) c=30 ;; sys_ptrace) c=19 ;; dac_override) c=1 ;; esac; want=$((want | 1 << c)); done
  [ "$((0x$(status CapEff)))" -eq "$want" ] && [ "$((0x$(status CapPrm)))" -eq "$want" ] || { grep Cap "/proc/$PID/status"; return 1; }
  [ "$((0x$(status CapBnd)))" -eq 0 ] && [ "$((0x$(status CapInh)))" -eq 0 ] && [ "$((0x$(status CapAmb)))" -eq 0 ]
}

@test "one capability, no new privileges, a seccomp filter, in all its threads" {
  start
  caps audit_control
  for t in /proc/"$PID"/task/*; do
    [ "$(awk '$1 == "NoNewPrivs:" {print $2}' "$t/status")" = 1 ]
    [ "$(awk '$1 == "Seccomp:" {print $2}' "$t/status")" = 2 ]
    [ "$(awk '$1 == "CapEff:" {print $2}' "$t/status")" = 0000000040000000 ]
  done
  bundle "$T/b" . sh -c 'echo hi; ls /'
  snug-learn --root "$T/root" run --bundle "$T/b" shell
  runs shell | jq -e '.[-1].complete'
}

@test "a state directory of another user's: that capability is kept; the wrapper refuses the directory" {
  mkdir "$T/state"; chown nobody "$T/state"; chmod 700 "$T/state"
  start
  caps audit_control dac_override
  bundle "$T/b" . sh -c 'echo hi'
  run snug-learn --root "$T/root" run --bundle "$T/b" shell
  echo "$output"
  [ "$status" -ne 0 ]
  [[ $output == *"neither root nor the caller"* ]]
}

@test "a /proc that hides other users' processes: that capability is kept, and their end is seen" {
  unshare -m sh -c 'mount -t proc -o hidepid=4 none /proc && exec "$@"' sh snugd --background --config "$SNUG_CONFIG"
  PID=$(recorder_pid)
  caps audit_control sys_ptrace
  bundle "$T/b" '.process.user = {uid: 1000, gid: 1000}' sh -c 'sleep 1; ls /'
  snug-learn --root "$T/root" run --bundle "$T/b" shell
  runs shell | jq -e '.[-1].complete'
  calls shell workload | grep -qx getdents64
}

@test "the probe is started again under the filter, and its numbers still reach the stream" {
  start
  bundle "$T/b" . sh -c 'sleep 1.5; echo hi'
  snug-learn --root "$T/root" run --bundle "$T/b" first &
  eventually eval 'snug ls --json 2>/dev/null | jq -e ".[0]"'
  kill -9 $(pgrep -x -P "$PID" snugd-probe)
  wait $!
  runs first | jq -e '.[-1].complete'
  snug-learn --root "$T/root" run --bundle "$T/b" second
  runs second | jq -e '.[-1].complete'
  [ "$PID" = "$(recorder_pid)" ]
}

@test "the list is what snugd was seen to do, learnt with snug" {
  run "$SNUG_SOURCE/tests/root/learn-snugd" --check
  echo "$output"
  [ "$status" -eq 0 ]
}
