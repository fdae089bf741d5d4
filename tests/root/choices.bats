# What a profile holds beyond what was seen, proved under enforcement by the real runtime and kernel.
load lib

setup() {
  snug_setup
  gcc -static -O2 -D_GNU_SOURCE -o "$T/choices" "$SNUG_SOURCE/tests/root/choices.c"
}
teardown() { snug_teardown; }

# program DIR MODE
program() {
  bundle "$1" '.process.args = ["/bin/choices"]' /bin/choices
  cp "$T/choices" "$1/rootfs/bin/choices"
  mode "$1" "$2"
}

mode() {
  jq --arg m "$2" '.process.args = ["/bin/choices", $m]' "$1/config.json" >"$1/config.new"
  mv "$1/config.new" "$1/config.json"
}

pid_of() { runc --root "$T/root" state "$1" | jq -r .pid; }
in_poll() { [ "$(cut -d' ' -f1 "/proc/$1/syscall")" = 7 ]; }
in_state() { grep -q "^State:.$2" "/proc/$1/status"; }

# waits PROGRAM [stop]: starts it, stops and continues it while it polls, ends it; its output is in $T/out.
waits() {
  local pid
  (cd "$T/b" && exec "$1" --root "$T/root" run --pid-file "$T/pid" waiter) >"$T/out" 2>&1 &
  eventually grep -q waiting "$T/out"
  pid=$(cat "$T/pid")
  eventually in_poll "$pid"
  if [ "${2:-}" = stop ]; then
    kill -STOP "$pid"
    eventually in_state "$pid" T
    kill -CONT "$pid"
    # Refused, the call has ended by then; else it is made again by the kernel and goes on.
    eventually eval "! in_state $pid T"
  fi
  kill -TERM "$pid" 2>/dev/null || true
  wait $!
}

@test "a stopped and continued container goes on with its call: restart_syscall, which no run had shown" {
  program "$T/b" wait
  waits snug-learn
  grep -qx 'poll: -1 EINTR' "$T/out"
  [[ " $(calls waiter workload) " != *restart_syscall* ]]
  snug approve waiter --no-sample >/dev/null
  waits snug-enforce stop
  cat "$T/out"
  grep -qx 'poll: -1 EINTR' "$T/out"
  # The test can fail: without that one call poll ends with the profile's errno.
  profile=$T/state/keys/waiter/approved.json
  sed -i '/"restart_syscall",/d' "$profile"
  waits snug-enforce stop
  grep -qx 'poll: -1 ENOSYS' "$T/out"
}

@test "a static program that asks for the time itself: clock_gettime, which the vDSO had answered" {
  program "$T/b" vdso
  (cd "$T/b" && snug-learn --root "$T/root" run clock)
  [[ " $(calls clock workload) " != *clock_gettime* ]]
  snug approve clock --no-sample >/dev/null
  mode "$T/b" raw
  run bash -c "cd $T/b && snug-enforce --root $T/root run clock"
  [ "$output" = "clock: 0 " ]
  sed -i '/"clock_gettime",/d' "$T/state/keys/clock/approved.json"
  run bash -c "cd $T/b && snug-enforce --root $T/root run clock"
  [ "$output" = "clock: -1 ENOSYS" ]
}
