# Shared by the CLI suites. SNUG_BUILD is the build directory; no root needed.
: "${SNUG_BUILD:?the build directory}"
. "${BASH_SOURCE[0]%/*}/../lib/jq.bash"
snug="$SNUG_BUILD/snug"

# Each test has a directory of its own; a suite with a setup of its own begins with this.
setup() { cli_setup; }
cli_setup() {
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

# floor_names [SHAPE]: what the floors of this caller are called below a runtime's id: of this shape, or of the two that are sampled
# without a key, noNewPrivileges true, then false. A rootless one is called so, and its standard shapes have a user namespace.
floor_names() {
  python3 - "$@" <<'PY'
import json, os, sys
try:
    rootless = os.geteuid() != 0 or os.readlink("/proc/self/ns/user") != "user:[4026531837]"
except OSError:
    rootless = os.geteuid() != 0
caps = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]

def standard(nnp):
    linux = {"namespaces": [{"type": t} for t in ["pid", "user" if rootless else "network", "ipc", "uts", "mount", "cgroup"]],
             "maskedPaths": ["/proc/" + p for p in "acpi asound kcore keys latency_stats timer_list timer_stats sched_debug".split()] + ["/sys/firmware", "/proc/scsi"],
             "readonlyPaths": ["/proc/" + p for p in "bus fs irq sys sysrq-trigger".split()]}
    if rootless:
        linux["uidMappings"] = [{"containerID": 0, "hostID": os.geteuid(), "size": 1}]
        linux["gidMappings"] = [{"containerID": 0, "hostID": os.getegid(), "size": 1}]
    return json.dumps({"process": {"user": {"uid": 0, "gid": 0}, "capabilities": {k: caps for k in ["bounding", "effective", "permitted", "ambient"]},
                                   "noNewPrivileges": nnp, "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 1024, "hard": 1024}]},
                       "root": {"readonly": True}, "linux": linux, "systemdCgroup": False}, separators=(",", ":"))

for shape in sys.argv[1:] or [standard(True), standard(False)]:
    h = 0xcbf29ce484222325
    for c in shape.encode():
        h = ((h ^ c) * 0x100000001b3) % 2**64
    print("%s%016x" % ("rootless-" if rootless else "", h))
PY
}

# put_runtime PATH: a runc of which is known what it calls, with noNewPrivileges and without (the names of these two shapes).
put_runtime() {
  local id shape
  printf '#!/bin/sh\necho "runc version 1.1.5"\n#%s\n' "$1" >"$1"
  chmod +x "$1"
  id=$("$snug" floor --json --show --runtime "$1" | jq -r '.runtimes[0].id')
  for shape in $(floor_names); do
    SPACE=floor put_evidence "$id/$shape" "$(one_run '')" "$(join "$(call 3 close runtime 1)" "$(call 59 execve runtime 1)")"
    SPACE=floor put_evidence "$id/$shape/exec" "$(one_run '')" "$(call 332 statx runtime 1)"
  done
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
