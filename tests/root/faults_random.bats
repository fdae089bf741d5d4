# Random faults: a random way of losing records at a random instant of a run. Complete is only what shows every call that the container is known to
# have made.
#
#   SNUG_FAULTS=500 bats tests/root/faults_random.bats      that many runs; every tenth is without a fault, and complete
#   SNUG_FAULTS_SEED=N                                       the same faults again
#   SNUG_FAULTS_WAYS='killed stopped'                        of these ways alone
#
# By default 20 runs whose faults are always the same ones; with SNUG_FAULTS others each time. The last line of its output is the figure.
bats_require_minimum_version 1.5.0

setup() {
  load lib
  load faults
  faults_setup
}
teardown() {
  mend
  snug_teardown
}

mend() {
  auditctl -r 0 -f 1 -b "$BACKLOG" --backlog_wait_time "$WAIT" >/dev/null 2>&1 || true
  auditctl -d always,exclude -F msgtype=SECCOMP >/dev/null 2>&1 || true
  auditctl -d always,exclude -F exe=/fault >/dev/null 2>&1 || true
  [ "$(cat /proc/sys/kernel/seccomp/actions_logged)" = "$OLD" ] || echo "$OLD" >/proc/sys/kernel/seccomp/actions_logged
  local p
  p=$(recorder_pid) || true
  [ -z "$p" ] || { kill -CONT $p $(pgrep -x -P "$p" snugd-probe); prlimit --nofile=1024: --pid "$p"; } 2>/dev/null
  true
}

# Each befalls the run of container $1. It may last until the run's end; mend takes it away.
none() { :; }
stopped() { local p=$(recorder_pid); kill -STOP $p; sleep 0.$((RANDOM % 9)); kill -CONT $p; }
stopped_to_the_end() { kill -STOP $(recorder_pid); }
killed() { kill -9 $(recorder_pid); }
ended_early() { kill $(recorder_pid); }
probe_killed() { kill -9 $(pgrep -x -P "$(recorder_pid)" snugd-probe); }
probe_stopped() { kill -STOP $(pgrep -x -P "$(recorder_pid)" snugd-probe); }
log_off() { echo "${OLD/ log/}" >/proc/sys/kernel/seccomp/actions_logged; sleep 1.2; }
excluded() { auditctl -a always,exclude -F msgtype=SECCOMP >/dev/null 2>&1; sleep 1.2; }
excluded_program() { auditctl -a always,exclude -F exe=/fault >/dev/null 2>&1; sleep 1.2; }
rate_limit() { auditctl -r $((RANDOM % 200 + 1)) >/dev/null 2>&1; sleep 0.$((RANDOM % 9)); auditctl -r 0 >/dev/null 2>&1; }
backlog() { auditctl -b 1 --backlog_wait_time 0 >/dev/null 2>&1; }
backlog_and_reset() { local i; backlog; for i in 1 2 3 4 5 6; do sleep 0.1; auditctl --reset-lost >/dev/null 2>&1; done; }
flooded() { "$fault" logged 30000 & "$fault" logged 30000; wait $!; }
init_killed() { kill -9 "$(runc --root "$T/root" state "$1" | jq .pid)"; }
runtime_killed() { kill -9 $run; }
past_the_wrapper() { runc --root "$T/root" exec "$1" /fault flood 10 && extra=10; }
past_the_wrapper_from_a_busy_session() { "$fault" logged 5; past_the_wrapper "$1"; }
# The container's end may kill it at any instant: it is known to have made only what it says itself.
past_the_wrapper_in_the_background() {
  runc --root "$T/root" exec --detach "$1" sh -c '/fault flood 10; echo 10 >>/tmp/done' </dev/null >/dev/null 2>&1
}
through_the_wrapper() { snug-learn --root "$T/root" exec "$1" /fault flood 10 && extra=10; }
out_of_descriptors() { prlimit --nofile=$((RANDOM % 6 + $(ls "/proc/$(recorder_pid)/fd" | wc -l))): --pid "$(recorder_pid)"; }
ways=(stopped stopped_to_the_end killed ended_early probe_killed probe_stopped log_off excluded excluded_program rate_limit backlog backlog_and_reset
  flooded init_killed runtime_killed past_the_wrapper past_the_wrapper_from_a_busy_session past_the_wrapper_in_the_background through_the_wrapper
  out_of_descriptors)

# one I WAY MS: a line "VERDICT WAY REASONS".
one() {
  local key=r$1 way=$2 ms=$3 extra=0 run got shown done=0 n
  : >"$T/b/rootfs/tmp/done"
  snug-learn --root "$T/root" run --bundle "$T/b" "$key" </dev/null >/dev/null 2>&1 & run=$!
  sleep "$(printf '0.%03d' "$ms")"
  $way "$key" >/dev/null 2>&1 || true
  wait $run 2>/dev/null || true
  # A runtime that was killed leaves its container behind.
  for n in $(seq 200); do runc --root "$T/root" state "$key" 2>/dev/null | grep -q running || break; sleep 0.02; done
  runc --root "$T/root" delete --force "$key" >/dev/null 2>&1 || true
  while read -r n; do done=$((done + n)); done <"$T/b/rootfs/tmp/done"
  mend
  for n in 1 2 3; do got=$(snug show --json "$key" 2>/dev/null) && break; got=; sleep 0.3; done
  [ -n "$got" ] || { echo "none $way"; return; }
  shown=$(jq '[.syscalls[] | select(.name == "getppid" and (.phase == "workload" or .phase == "exec")) | .count] | add // 0' <<<"$got")
  if ! jq -e '.runs[-1].complete' <<<"$got" >/dev/null; then echo "stamped $way $(jq -r '.runs[-1].reasons | join(",")' <<<"$got")"
  elif [ "$shown" -lt $((done + extra)) ]; then echo "FALSE $way seen $shown of $((done + extra)) at $ms ms"
  else echo "kept $way"; fi
}

@test "random faults: nothing that lost a call is complete" {
  count=${SNUG_FAULTS:-20} seed=${SNUG_FAULTS_SEED:-${SNUG_FAULTS:+$(date +%s)}}
  seed=${seed:-1}
  [ -z "${SNUG_FAULTS_WAYS:-}" ] || read -ra ways <<<"$SNUG_FAULTS_WAYS"
  RANDOM=$((seed % 32768))
  bundle "$T/b" '.root.readonly = false' sh -c \
    '/fault flood 300; echo 300 >>/tmp/done; sleep 0.3; /fault flood 700; echo 700 >>/tmp/done; sleep 0.2; /fault flood 500; echo 500 >>/tmp/done'
  cp "$fault" "$T/b/rootfs/fault"
  for i in $(seq "$count"); do
    way=${ways[RANDOM % ${#ways[@]}]} ms=$((RANDOM % 800))
    [ $((i % 10)) -ne 0 ] || way=none
    one "$i" "$way" "$ms" >>"$T/lines"
    mend
    [ $((i % 50)) -ne 0 ] || echo "# $i of $count" >&3
  done
  awk '{n[$2 " " $1]++} END {for (k in n) print "#   " k, n[k]}' "$T/lines" | sort >&3
  sed -n 's/^FALSE/#   FALSE:/p' "$T/lines" >&3
  awk -v seed="$seed" '$2 == "none" {c++; ok += $1 == "kept"} {v[$1]++} END {
    printf "# random runs %d (seed %d): stamped %d, complete and whole %d, no run %d; controls complete %d of %d; false complete %d\n",
      NR, seed, v["stamped"], v["kept"], v["none"], ok, c, v["FALSE"]}' "$T/lines" >&3
  [ -z "$(grep FALSE "$T/lines")" ]
  [ -z "$(grep -E '^(stamped|none) none' "$T/lines")" ]
}
