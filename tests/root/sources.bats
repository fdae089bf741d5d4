# The same programs learnt by both sources: the same calls, as often, in the same phase.

setup() {
  load lib
  snug_setup
}
teardown() {
  [ -s "$T/nrun/agent.lock" ] && kill "$(cat "$T/nrun/agent.lock")"
  snug_teardown
}

# What differs, and why: ends of processes and returns from handlers are in every profile and are not handed over; write runc refuses to hand over; what Go's scheduler
# needs before the listener is handed over is let pass, and so are its harmless mmaps; a number that has no name gets ENOSYS.
differs='["exit", "exit_group", "rt_sigreturn", "restart_syscall", "write", "futex", "sched_yield", "nanosleep", "getpid", "gettid", "tgkill", "madvise", "munmap", "mmap"]'
seen() {
  jq -c --argjson d "$differs" '[.syscalls[] | select(.phase == "workload" and .count > 0 and (.name | startswith("syscall_") | not))
    | select(.name as $n | $d | index($n) | not) | [.name, .count]] | sort' "$1"
}

@test "random programs: both sources show the same calls" {
  seed=${SNUG_SEED:-$RANDOM}
  echo "SNUG_SEED=$seed"
  bundle "$T/b" '.root.readonly = false' calls
  cp "$SNUG_BUILD/tests/root/calls" "$T/b/rootfs/bin"
  jq --arg t "$T" '.source = "notify" | .run_dir = $t + "/nrun" | .state_dir = $t + "/nstate"' "$SNUG_CONFIG" >"$T/notify.json"
  for i in $(seq "${SNUG_RANDOM:-6}"); do
    jq --arg n "$((seed + i))" '.process.args = ["calls", "random", $n]' "$T/b/config.json" >"$T/c"; cat "$T/c" >"$T/b/config.json"
    snug-learn --root "$T/root" run --bundle "$T/b" "r$i" 2>>"$T/err"
    SNUG_CONFIG=$T/notify.json snug-learn --root "$T/root" run --bundle "$T/b" "r$i" 2>>"$T/err"
    snug show --json "r$i" >"$T/audit.json"
    SNUG_CONFIG=$T/notify.json snug show --json "r$i" >"$T/notify.json.shown"
    jq -e '.runs[0].complete and .runs[0].attribution == "session"' "$T/audit.json" >/dev/null
    jq -e '.runs[0].complete and .runs[0].attribution == "listener"' "$T/notify.json.shown" >/dev/null
    diff <(seen "$T/audit.json") <(seen "$T/notify.json.shown")
    [ "$(seen "$T/audit.json" | jq length)" -gt 10 ]
  done
}
