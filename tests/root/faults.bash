# For the fault table and the random faults: runs, faults and verdicts.

# The node's settings that faults change, and back.
faults_setup() {
  snug_setup
  BACKLOG=$(auditctl -s | sed -n 's/^backlog_limit //p') WAIT=$(auditctl -s | sed -n 's/^backlog_wait_time //p')
  OLD=$(cat /proc/sys/kernel/seccomp/actions_logged)
  fault=$SNUG_BUILD/tests/root/fault
}
faults_teardown() {
  [ -z "${ENABLED:-}" ] || auditctl -e "$ENABLED" >/dev/null 2>&1
  auditctl -r 0 -f 1 -b "$BACKLOG" --backlog_wait_time "$WAIT" >/dev/null 2>&1
  for rule in "-F msgtype=SECCOMP" "-F uid=54321" "-F msgtype>=1320 -F msgtype<=1330" "-F gid=54321" "-F exe=/fault"; do
    auditctl -d always,exclude $rule >/dev/null 2>&1
  done
  [ "$(cat /proc/sys/kernel/seccomp/actions_logged)" = "$OLD" ] || echo "$OLD" >/proc/sys/kernel/seccomp/actions_logged
  [ -z "${GROUP:-}" ] || { for p in $(cat "$GROUP/cgroup.procs"); do kill -9 "$p"; done; eventually rmdir "$GROUP"; } 2>/dev/null
  snug_teardown
}

print_ways() {
  local ways=$BATS_FILE_TMPDIR/ways
  [ -s "$ways" ] || return 0
  sort "$ways" | awk -F '\t' '{printf "# %-8s %-72s %s\n", $1, $2, $3}' >&3
  awk -F '\t' '{n++; bad += $1 == "FALSE"} END {printf "# ways %d, false complete %d\n", n, bad}' "$ways" >&3
}

newest() { runs "$1" | jq -c '.[-1]'; }

# way RESULT DETAILS: adds a line to the table; called at the end of each test.
way() { printf '%s\t%s\t%s\n' "$1" "$BATS_TEST_DESCRIPTION" "$2" >>"$BATS_FILE_TMPDIR/ways"; }

# lost KEY REASON...: succeeds if the newest run is not complete and is stamped with one of the reasons.
lost() {
  local key=$1 got r
  shift
  got=$(newest "$key")
  if jq -e .complete <<<"$got" >/dev/null; then way FALSE "$got"; echo "FALSE COMPLETE: $got"; return 1; fi
  for r in "$@"; do
    if jq -e --arg r "$r" '.reasons | index($r)' <<<"$got" >/dev/null; then way stamped "$(jq -r '.reasons | join(", ")' <<<"$got")"; return 0; fi
  done
  echo "not stamped with any of $*: $got"
  return 1
}

# kept KEY CALL COUNT: succeeds if nothing was lost: the newest run is complete, and the evidence has COUNT of the call.
kept() {
  local got=$(newest "$1") count
  count=$(snug show --json "$1" | jq --arg c "$2" '[.syscalls[] | select(.name == $c and (.phase == "workload" or .phase == "exec")) | .count] | add // 0')
  echo "$count times $2, $got"
  if jq -e .complete <<<"$got" >/dev/null && [ "$count" -ne "$3" ]; then way FALSE "$count of $3"; return 1; fi
  jq -e .complete <<<"$got" >/dev/null || return 1
  way kept "complete, $2 counted $count times of $3"
}

# learn KEY [FILTER] [ARG...]: learns one run of a container to its end; the container has the program `fault`.
learn() { prepare "$@"; snug-learn --root "$T/root" run --bundle "$T/$1" "$1"; }
prepare() {
  local key=$1 filter=$2
  shift 2
  bundle "$T/$key" "$filter" "$@"
  cp "$fault" "$T/$key/rootfs/fault"
}
control() { # ...: the same without the fault must be complete
  learn control "$@" >/dev/null
  newest control | jq -e .complete >/dev/null || { newest control; return 1; }
}
writable='.root.readonly = false'


# v2 COMMAND...: runs it where cgroup v2 is the only hierarchy, as on most nodes.
v2() { unshare -m sh -c 'umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; cd "$0" && exec "$@"' "$PWD" "$@"; }


# background KEY [FILTER] [ARG...]: learn in the background ($run is its pid); returns when the container runs.
background() {
  local key=$1
  learn "$@" >/dev/null &
  run=$!
  until_running "$key"
}
until_running() {
  local i
  for i in $(seq 250); do runc --root "$T/root" state "$1" 2>/dev/null | grep -q running && return 0; sleep 0.02; done
  echo "$1 never ran" >&2
  return 1
}

# own_proc OPTIONS [COMMAND...]: starts a recorder with a /proc of its own, mounted with OPTIONS, and without cgroups, which would tell
# it more (GROUPS_TOO: with them).
own_proc() {
  local options=$1
  shift
  unshare -m env GROUPS_TOO="${GROUPS_TOO:-}" sh -c \
    '[ -n "$GROUPS_TOO" ] || umount -R /sys/fs/cgroup; mount -t proc -o "$0" proc /proc && exec "$@"' "$options" "$@" snugd --background --config "$SNUG_CONFIG"
}
hide() { nsenter -m -t "$(recorder_pid)" mount -o "remount,$1" /proc; }

# deaf: starts a recorder that cannot read any process in /proc while $T/forbidden exists, as under a security module.
deaf() {
  cat >"$T/deaf.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
static int is_forbidden(const char *path)
{
	return strncmp(path, "/proc/", 6) == 0 && path[6] >= '0' && path[6] <= '9' && faccessat(AT_FDCWD, FLAG, F_OK, 0) == 0;
}
int open64(const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	mode_t mode = va_arg(ap, mode_t);
	va_end(ap);
	if (is_forbidden(path)) { errno = EACCES; return -1; }
	return openat(AT_FDCWD, path, flags, mode);
}
int __open64_2(const char *path, int flags) { return open64(path, flags, 0); }
int open(const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	mode_t mode = va_arg(ap, mode_t);
	va_end(ap);
	return open64(path, flags, mode);
}
C
  gcc -shared -fPIC -DFLAG="\"$T/forbidden\"" -o "$T/deaf.so" "$T/deaf.c" &&
    unshare -m sh -c 'umount -R /sys/fs/cgroup; LD_PRELOAD=$0 exec snugd --background --config "$1"' "$T/deaf.so" "$SNUG_CONFIG"
}
