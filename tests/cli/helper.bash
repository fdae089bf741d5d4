# Shared by the CLI suites. SNUG_BUILD is the build directory; no root needed.
: "${SNUG_BUILD:?the build directory}"
snug="$SNUG_BUILD/snug"

setup() {
  dir="$BATS_TEST_TMPDIR"
  state="$dir/state"
  mkdir -p "$state" "$dir/run"
  printf '{"state_dir": "%s", "run_dir": "%s", "learn_for": 0}\n' "$state" "$dir/run" >"$dir/config.json"
  export SNUG_CONFIG="$dir/config.json"
}

# no_floor: what a runtime of this machine needs itself, which may be known from the catalogue, has no part in `check`.
no_floor() { sed -i 's#^{#{"runtime": "/bin/true", #' "$SNUG_CONFIG"; }

# one_run REASONS: a learning run; REASONS is a JSON list's inside ('"overrun"'), empty for a complete one.
one_run() {
  local complete=true
  [ -z "$1" ] || complete=false
  printf '{ "id": "web-1", "root": "/run/runc", "container": "web-1", "runtime": "/nonexistent/runc",
    "runtime_id": "runc-0123", "runtime_version": "runc version 1.1.5;commit: abc", "go": %s, "kernel": "6.1.0",
    "mode": "%s", "baseline": "drop", "started": "2026-01-31T12:00:00.000Z", "ended": %s, "records": 12,
    "complete": %s, "reasons": [%s] }' "${GO:-true}" "${MODE:-learn}" "${ENDED:-\"2026-01-31T12:00:05.000Z\"}" "$complete" "$1"
}

# call NR NAME PHASE COUNT [AUDITED [DENIED [COMM]]]
call() {
  printf '{ "arch": "x86_64", "nr": %s, "name": "%s", "phase": "%s", "count": %s, "runs": 1,
    "first": "2026-01-31T12:00:01.000Z", "last": "2026-01-31T12:00:02.000Z", "comm": ["%s"], "exe": ["/bin/x"],
    "denied": %s, "audited": %s }' "$1" "$2" "$3" "$4" "${7:-web}" "${6:-0}" "${5:-0}"
}

join() {
  local IFS=,
  printf '%s' "$*"
}

# put_evidence KEY RUNS CALLS: what the recorder would have written.
put_evidence() {
  local path="$state/${SPACE:-keys}/$1"
  mkdir -p "$path"
  printf '{ "version": 1, "key": "%s", "shape": {"process":{"noNewPrivileges":true}}, "runs_dropped": 0,
  "runs": [%s], "syscalls": [%s] }\n' "$1" "$2" "$3" >"$path/evidence.json"
}

# A complete key: three calls of the program, two of the runtime.
put_web() {
  put_evidence "${1:-web}" "$(one_run '')" "$(join "$(call 3 close runtime 5)" "$(call 59 execve runtime 1)" \
    "$(call 0 read workload 7)" "$(call 1 write workload 2)" "$(call 165 mount workload 1)")"
}

# Standard output alone in $output, standard error in $stderr.
run_snug() {
  status=0
  output="$("$snug" "$@" 2>"$dir/stderr")" || status=$?
  stderr="$(cat "$dir/stderr")"
}

# Exit status $1, and one sentence on stderr that begins with "snug:" and holds $2.
refused() {
  [ "$status" -eq "$1" ] && [ "$(grep -c '' "$dir/stderr")" -eq 1 ] && [[ "$stderr" == "snug: "*"$2"* ]] && return 0
  echo "status $status, stderr: $stderr"
  return 1
}
