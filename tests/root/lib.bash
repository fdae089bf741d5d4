# For the root suites: a state directory for each test, real bundles, the real runtimes.
# SNUG_BUILD: the directory of the programs.
. "${BASH_SOURCE[0]%/*}/../lib/jq.bash"

# How long a test waits for what must come, in seconds. tests/machines has more of it: in an emulated machine Podman takes ten seconds for a start.
PATIENCE=${SNUG_PATIENCE:-30}

# This machine in an OCI profile, and the calls by which a C library makes and removes a directory here.
case $(uname -m) in
  x86_64) OCI_ARCH=SCMP_ARCH_X86_64 MKDIR=mkdir RMDIR=rmdir ;;
  aarch64) OCI_ARCH=SCMP_ARCH_AARCH64 MKDIR=mkdirat RMDIR=unlinkat ;;
esac

snug_setup() {
  T=$(mktemp -d /tmp/snug-test.XXXXXX)
  export SNUG_CONFIG=$T/config.json PODMAN_IGNORE_CGROUPSV1_WARNING=1
  configure
  PATH=$SNUG_BUILD:$PATH
}

# configure KEY=JSON...: writes the configuration with these settings. Except in counter.bats, a first run logs every call.
configure() {
  local args=() pair
  for pair in "$@"; do args+=(--argjson "${pair%%=*}" "${pair#*=}"); done
  jq -n "${args[@]}" --arg t "$T" \
    '{runtime: "/usr/sbin/runc", state_dir: ($t + "/state"), run_dir: ($t + "/run"), learning: "log-everything"} + $ARGS.named | del(.t)' >"$SNUG_CONFIG"
}

recorder_pid() { # the pid of this test's snugd
  local p
  for p in $(pgrep -x snugd); do
    if tr '\0' '\n' <"/proc/$p/cmdline" | grep -qxF "$SNUG_CONFIG"; then echo "$p"; fi
  done
}

# ended PID: waits at most $PATIENCE seconds until the process has exited with all its threads; its parent may be slow to reap it.
ended() {
  local deadline=$((SECONDS + PATIENCE)) threads
  while [ $SECONDS -lt $deadline ]; do
    threads=(/proc/"$1"/task/*)
    if [ ! -d "/proc/$1" ] || { grep -q '^State:.Z' "/proc/$1/status" && [ "${#threads[@]}" -le 1 ]; } 2>/dev/null; then return 0; fi
    sleep 0.02
  done
  return 1
}

# end_recorder: ends this test's recorders, which save everything first.
end_recorder() {
  local p
  for p in $(recorder_pid); do
    kill -CONT "$p" && kill "$p" && ended "$p" || echo "recorder $p is gone" >&2
  done
}

# tell_runs: which runs this test has recorded, and why they are not complete.
tell_runs() {
  local f
  for f in "$T"/state/keys/*/evidence.json; do
    [ ! -e "$f" ] || jq -c --arg key "$(basename "$(dirname "$f")")" '.runs[] | {$key, container, mode, reasons, note}' "$f"
  done
}

snug_teardown() {
  local id
  if [ -d "$T/root" ]; then
    for id in "$T"/root/*; do [ -e "$id" ] && runc --root "$T/root" delete --force "${id##*/}" >/dev/null 2>&1; done
  fi
  end_recorder 2>/dev/null
  [ -n "${BATS_TEST_COMPLETED:-}" ] || tell_runs
  rm -rf "$T"
}

# bundle DIR JQ-FILTER ARG...: makes a bundle with a busybox rootfs that runs ARG...; the filter changes config.json.
bundle() {
  local dir=$1 filter=$2 c
  shift 2
  mkdir -p "$dir/rootfs/bin" "$dir/rootfs/tmp"
  cp "$(command -v busybox)" "$dir/rootfs/bin/busybox"
  for c in sh echo ls id sleep mkdir true false cat kill; do ln -sf busybox "$dir/rootfs/bin/$c"; done
  (cd "$dir" && rm -f config.json && runc spec)
  jq '.process.terminal = false | .process.args = $ARGS.positional | '"$filter" --args -- "$@" <"$dir/config.json" \
    >"$dir/config.new"
  mv "$dir/config.new" "$dir/config.json"
  chmod 644 "$dir/config.json"
}

# runs KEY: the runs of a key as JSON.
runs() { snug show --json "$1" | jq '.runs'; }

# calls KEY PHASE: the names of the calls in this phase, sorted.
calls() { snug show --json "$1" | jq -r --arg p "$2" '.syscalls[] | select(.phase == $p and .count > 0) | .name' | sort -u; }

# eventually COMMAND...: repeats it until it succeeds, for at most $PATIENCE seconds.
eventually() {
  local deadline=$((SECONDS + PATIENCE))
  while [ $SECONDS -lt $deadline ]; do "$@" && return 0; sleep 0.02; done
  echo "never came true: $*" >&2
  return 1
}

# armed: how many sessions this test's recorder counts in the kernel.
armed() {
  local map
  map=$(cat $(grep -l '^max_entries:.16384$' /proc/"$(recorder_pid)"/fdinfo/*) | sed -n 's/^map_id:.//p')
  bpftool -j map dump id "$map" | jq '[(if type == "array" then .[] else . end) | if has("elements") then .elements[] else . end] | length'
}

# start_auditd: starts an audit daemon that uses this test's files; $AUDITD is its pid.
start_auditd() {
  mkdir -p "$T/audit/plugins.d"
  sed "s#^log_file .*#log_file = $T/audit/log#; s#^plugin_dir .*#plugin_dir = $T/audit/plugins.d#; s/^log_format .*/log_format = RAW/
    s/^flush .*/flush = NONE/; s/^freq .*/freq = 0/" /etc/audit/auditd.conf >"$T/audit/auditd.conf"
  chmod 640 "$T/audit/auditd.conf"
  auditd -n -s nochange -c "$T/audit" >/dev/null 2>&1 &
  AUDITD=$!
  eventually eval 'auditctl -s | grep -qx "pid $AUDITD"'
}

# busy N: runs N busy loops until idle is called.
busy() {
  local i
  BUSY=()
  for i in $(seq "$1"); do (while :; do :; done) & BUSY+=($!); done
}
idle() { kill "${BUSY[@]}"; wait "${BUSY[@]}" 2>/dev/null || true; }

# v2_crun CRUN: prints a script that runs it. crun 1.8 refuses a hybrid cgroup tree, so there it gets a pure one. Without cgroups, since
# on a pure tree it raises its limit of locked memory for them, which a confined root may not do.
v2_crun() {
  if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then
    printf '#!/bin/sh\nexec %s --cgroup-manager=disabled "$@"\n' "$1"
  else
    printf '#!/bin/sh\nexec unshare -m sh -c '\''umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup && exec %s --cgroup-manager=disabled "$@"'\'' sh "$@"\n' "$1"
  fi
}

# real_crun: sets $crun to this machine's crun, or to a script that runs it.
real_crun() {
  crun=$(command -v crun)
  [ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ] || return 0
  v2_crun "$crun" >"$T/crun"
  chmod +x "$T/crun"
  crun=$T/crun
}
