# `snug doctor`: well as it is, and with each condition broken in turn.
bats_require_minimum_version 1.5.0

setup() {
  load lib
  snug_setup
}
teardown() {
  auditctl -r 0 -f 1 >/dev/null 2>&1
  [ -z "${BACKLOG:-}" ] || auditctl -b "$BACKLOG" --backlog_wait_time "$WAIT" >/dev/null 2>&1
  auditctl -d always,exclude -F msgtype=SECCOMP >/dev/null 2>&1
  auditctl -d always,exclude -F uid=54321 >/dev/null 2>&1
  [ -z "${OLD:-}" ] || echo "$OLD" >/proc/sys/kernel/seccomp/actions_logged
  [ -z "${FEATURES:-}" ] || set_features 0
  jobs -p | xargs -r kill 2>/dev/null
  snug_teardown
}

# doctor [COMMAND...]: runs it, behind COMMAND; $status, and the report in $T/json.
doctor() {
  status=0
  "$@" "$SNUG_BUILD/snug" doctor --json >"$T/json" || status=$?
}

# says RESULT CODE [WORDS]: what the last doctor found; a failure or a warning has its fix.
says() {
  jq -e --arg c "$2" --arg r "$1" --arg w "${3:-}" '.checks[] | select(.code == $c)
    | .result == $r and (.found | contains($w)) and ((.fix == null) == ($r == "ok" or $r == "skips"))' "$T/json" >/dev/null ||
    { jq -c --arg c "$2" '.checks[] | select(.code == $c)' "$T/json"; return 1; }
  [ "$1" != fails ] || [ "$status" -eq 1 ]
}

# only CODE...: nothing else fails.
only() {
  local got
  got=$(jq -r '.checks[] | select(.result == "fails") | .code' "$T/json" | sort | xargs)
  [ "$got" = "$(printf '%s\n' "$@" | sort | xargs)" ] || { echo "fails: $got"; return 1; }
}

# hidden FILE TEXT: the doctor, with TEXT in place of FILE.
hidden() {
  printf '%s\n' "$2" >"$T/hidden"
  doctor unshare -m sh -c 'mount --bind "$0" "$1" && shift && exec "$@"' "$T/hidden" "$1"
}

# set_features BITS: audit features by number, without locking them (auditctl locks them until the next boot).
set_features() {
  FEATURES=1
  python3 - "$1" <<'P'
import socket, struct, sys
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
body = struct.pack("=IIII", 1, 3, int(sys.argv[1]), 0)
s.sendto(struct.pack("=IHHII", 16 + len(body), 1018, 1 | 4, 1, 0) + body, (0, 0))
assert struct.unpack_from("=i", s.recv(4096), 16)[0] == 0
P
}

@test "this machine as it is: learning would be complete, as text and as JSON" {
  doctor
  [ "$status" -eq 0 ]
  only
  jq -e '.learn and (.checks | length >= 20)' "$T/json"
  says ok probe '3 of 3'
  run snug doctor
  [ "$status" -eq 0 ]
  [[ "${lines[-1]}" == "Learning would be complete here"* ]]
  # It leaves nothing behind.
  [ ! -e "$T/state" ] && [ ! -e "$T/run" ]
}

@test "filters that are inherited from here, and ABIs" {
  doctor "$SNUG_BUILD/tests/root/neighbour" under log; says fails filters 'under a seccomp filter'; only filters
  doctor; says ok filters
  says ok abis "can call as $(uname -m)"
  [ "$(uname -m)" = x86_64 ] || return 0
  got=$(jq -r '.checks[] | select(.code == "abis") | .found' "$T/json")
  took=0
  "$SNUG_BUILD/tests/root/neighbour" int80 || took=$?
  if [ "$took" -eq 3 ]; then [[ "$got" == *"i386: SIGSEGV"* ]]; else [[ "$got" == *"x86_64, i386"* ]]; fi
  [[ "$got" == *x32* ]]
}

@test "namespaces, capabilities, the user" {
  configure source='"audit"'
  doctor unshare -n; says fails namespaces 'network namespace'; says skips probe; only namespaces
  doctor unshare -p -f; says fails namespaces 'pid namespace'
  doctor unshare -U -r; says fails namespaces 'user namespace'; says fails stream; says fails status
  doctor setpriv --bounding-set=-audit_read --inh-caps=-all; says fails capabilities CAP_AUDIT_READ; only capabilities stream
  doctor setpriv --bounding-set=-audit_control --inh-caps=-all; says fails capabilities CAP_AUDIT_CONTROL; only capabilities status
  says warns session 'without a login uid'
  doctor setpriv --bounding-set=-net_admin --inh-caps=-all; says warns receive-buffer 'incomplete'; [ "$status" -eq 0 ]
  chmod 755 "$T"
  doctor setpriv --reuid=65534 --regid=65534 --clear-groups; says fails state-dir denied; says fails run-dir
}

@test "the kernel: audit=0, no log action" {
  hidden /proc/cmdline 'quiet audit=0'; says fails audit-built 'audit=0'; only audit-built
  # No mend is given for what follows from it.
  for code in stream receive-buffer status failure-mode rate-limit backlog exclude-rules probe lost auditd; do says skips "$code"; done
  hidden /proc/sys/kernel/seccomp/actions_avail 'kill_process errno allow'; says fails seccomp-log; only seccomp-log
  OLD=$(cat /proc/sys/kernel/seccomp/actions_logged)
  echo "${OLD/ log/}" >/proc/sys/kernel/seccomp/actions_logged
  doctor
  echo "$OLD" >/proc/sys/kernel/seccomp/actions_logged
  says fails log-action; says fails probe; only log-action probe
}

@test "audit's settings: failure mode, rate limit, backlog" {
  BACKLOG=$(auditctl -s | sed -n 's/^backlog_limit //p') WAIT=$(auditctl -s | sed -n 's/^backlog_wait_time //p')
  # Nothing can be lost while a loss would panic this machine: the backlog has room for minutes.
  auditctl -b 1000000 >/dev/null
  auditctl -f 2 >/dev/null
  doctor
  auditctl -f 1 >/dev/null
  says fails failure-mode panics; only failure-mode
  auditctl -b "$BACKLOG" --backlog_wait_time 0 >/dev/null
  doctor
  auditctl --backlog_wait_time "$WAIT" >/dev/null
  says fails backlog 'backlog_wait_time is 0'
  auditctl -r 1000 >/dev/null
  doctor
  auditctl -r 0 >/dev/null
  says fails rate-limit 'above 1000 per second'; only rate-limit
}

@test "exclude rules: all seccomp records, those of one user only, others" {
  auditctl -a always,exclude -F msgtype=SECCOMP >/dev/null
  doctor
  auditctl -d always,exclude -F msgtype=SECCOMP >/dev/null
  says fails exclude-rules 'drops seccomp'; says fails probe; only exclude-rules probe
  # The probe comes back all the same; the fix is a command that works.
  auditctl -a always,exclude -F uid=54321 >/dev/null
  doctor
  says fails exclude-rules "some processes'"; says ok probe; only exclude-rules
  sh -c "$(jq -r '.checks[] | select(.code == "exclude-rules") | .fix' "$T/json")"
  auditctl -a always,exclude -F msgtype=CWD >/dev/null
  doctor
  auditctl -d always,exclude -F msgtype=CWD >/dev/null
  says ok exclude-rules; only
}

@test "records are being lost" {
  BACKLOG=$(auditctl -s | sed -n 's/^backlog_limit //p') WAIT=$(auditctl -s | sed -n 's/^backlog_wait_time //p')
  auditctl -r 1 >/dev/null
  (while :; do auditctl -m lost >/dev/null 2>&1; done) &
  doctor
  kill %1
  auditctl -r 0 >/dev/null
  says fails lost 'audit lost'
}

@test "a login uid that cannot be changed" {
  set_features 1
  doctor
  set_features 2
  says warns session only_unset_loginuid
  doctor
  set_features 0
  says warns session loginuid_immutable
}

@test "directories: read-only, full, open to others" {
  configure 'state_dir="/proc/sys/snug"'; doctor; says fails state-dir '/proc/sys'; only state-dir
  mkdir "$T/small"; mount -t tmpfs -o size=512k,mode=700 none "$T/small"
  configure "state_dir=\"$T/small\""; doctor
  umount "$T/small"
  says fails state-dir 'KiB'
  mkdir -m 777 "$T/open"; configure "run_dir=\"$T/open\""; doctor; says fails run-dir 'may write there'; only run-dir
  configure "run_dir=\"/tmp/$(printf 'a%.0s' $(seq 100))\""; doctor; says fails run-dir 'too long'; only run-dir recorder
}

@test "the runtime: missing, without seccomp, older, crun" {
  configure 'runtime="/no/such/runc"'; doctor; says fails runtime '/no/such/runc'; only runtime
  printf '#!/bin/sh\necho crun version 1.0; echo +SYSTEMD\n' >"$T/crun"; chmod 755 "$T/crun"
  configure "runtime=\"$T/crun\""; doctor; says fails runtime 'without seccomp'; only runtime
  printf '#!/bin/sh\nexit 3\n' >"$T/crun"; doctor; says fails runtime 'exit status 3'
  configure 'runtime="/usr/bin/crun"'; doctor; says ok runtime FLAG_LOG
}

@test "the configuration, the recorder" {
  configure 'no_such=1'; doctor; says fails configuration 'no_such'; says skips state-dir; only configuration
  configure; mkdir -m 700 "$T/run"
  python3 - "$T/run/snugd.sock" <<'P' &
import socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(sys.argv[1]); s.listen(8); time.sleep(30)
P
  eventually test -S "$T/run/snugd.sock"
  doctor; says fails recorder 'does not answer'; only recorder
  kill %1; rm "$T/run/snugd.sock"
  mkdir "$T/alone"; cp "$SNUG_BUILD/snug" "$T/alone"
  status=0; "$T/alone/snug" doctor --json >"$T/json" || status=$?
  says fails recorder snugd
  bundle "$T/b" . sleep 1
  snug-learn --root "$T/root" run --bundle "$T/b" shell
  doctor; says ok recorder answers; only
}

@test "who else reads: auditd that halts the node, journald" {
  start_auditd
  # Where every call is logged, the default trail of 40 MB is too small.
  doctor; says warns auditd 'it keeps 40 MB'; [ "$status" -eq 0 ]
  hidden /etc/audit/auditd.conf "$(sed 's/^num_logs.*/num_logs = 99/' /etc/audit/auditd.conf)"; says ok auditd 'does not halt'
  hidden /etc/audit/auditd.conf 'disk_full_action = HALT'; says warns auditd 'disk_full_action = HALT'; [ "$status" -eq 0 ]
  kill $AUDITD; wait $AUDITD || true
  python3 - "$T/ready" <<'P' &
import socket, sys, time
open("/proc/self/comm", "w").write("systemd-journald")
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9); s.bind((0, 1))
open(sys.argv[1], "w"); time.sleep(30)
P
  eventually test -e "$T/ready"
  doctor
  snug setup podman --write --config "$T/podman.conf" 2>"$T/said"
  kill $!
  grep -q 'journald stores the audit records' "$T/said"
  says warns readers 'journald also reads'; [ "$status" -eq 0 ]
}

@test "the counter of common calls" {
  doctor; says ok counter log-everything
  configure learning='"auto"'
  doctor; says ok counter 'counted in the kernel'
  doctor setpriv --bounding-set -bpf,-sys_admin --; says warns counter 'logs every call: this kernel'
}

@test "a cgroup tree that cannot be written" {
  dir=$(awk '$3 == "cgroup2" {print $2; exit}' /proc/mounts)
  [ -n "$dir" ] || skip "no cgroup v2 here"
  doctor unshare -m sh -c 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"' "$dir"
  says warns cgroups 'cannot create a cgroup'
}
