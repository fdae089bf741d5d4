bats_require_minimum_version 1.5.0
# Denials under enforce: the recorder books them where the runtime lets the kernel log them, and nothing depends on that.

setup() {
  load lib
  snug_setup
  configure 'runtime="/usr/bin/crun"'
}
teardown() {
  if [ -n "${HUNG:-}" ]; then kill -CONT "$HUNG"; fi
  if [ -n "${JOURNAL:-}" ]; then kill "$JOURNAL"; fi
  if [ -e "$T/root/web" ]; then v2 crun --cgroup-manager=disabled --root "$T/root" delete --force web; fi
  snug_teardown
}

# v2 COMMAND...: under a cgroup tree that crun takes: it refuses a hybrid one.
v2() {
  if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then "$@"; return; fi
  unshare -m sh -c 'umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup && exec "$@"' v2 "$@"
}

# crun_as MODE COMMAND ID: through the wrapper.
crun_as() { v2 "snug-$1" --cgroup-manager=disabled --root "$T/root" "$2" --bundle "$T/b" "${@:3}"; }

# What the runtime can is found out beside its first start, and known when this file is there.
features_known() { compgen -G "$T/state/runtimes/*.json" >/dev/null; }

# approved FILTER ARG...: the bundle, learnt and approved; FILTER as for bundle.
approved() {
  bundle "$T/b" "$@"
  crun_as learn run web >/dev/null
  eventually features_known
  snug approve --no-sample web >/dev/null
}

# enforced_runs: how many enforced runs the evidence has.
enforced_runs() { runs web | jq '[.[] | select(.mode == "enforce")] | length'; }

web_has_ended() { runs web | jq -e '.[-1].ended != null' >/dev/null; }

# lacks NAME...: the approved profile without these.
lacks() {
  local p=$T/state/keys/web/approved.json
  jq '.syscalls |= map(.names -= $ARGS.positional) | .syscalls |= map(select(.names | length > 0))' --args "$@" <"$p" >"$T/p.json"
  snug approve web --profile "$T/p.json" >/dev/null
}

@test "the program's own call: named at once, not learnt, fixed by what explain writes" {
  approved '.root.readonly = false' sh -c 'echo hi'
  bundle "$T/b" '.root.readonly = false' sh -c 'echo hi; mkdir /tmp/x'
  cp "$T/b/config.json" "$T/before.json"
  run crun_as enforce run web
  [ "$status" -ne 0 ]
  [[ "$output" == *"hi"* && "$output" == *"mkdir"* ]]
  cmp "$T/b/config.json" "$T/before.json"
  run snug explain --key web --fix "$T/fixed.json"
  echo "$output"
  [ "$status" -eq 1 ]
  grep -q "^  $MKDIR  *denied  *denied  *1 .* mkdir (/bin/busybox)" <<<"$output"
  [[ "$output" == *'What to add: 1 call'*"\"$MKDIR\""*'snug approve web --profile'*"1 call added"* ]]
  # Evidence of an enforced run is never complete, and changes nothing of what was learnt.
  runs web | jq -e '.[-1] | .mode == "enforce" and .complete == false and .reasons == ["not-learning"] and .ended != null'
  snug show --json web | jq -e '.syscalls[] | select(.name == $n) | .denied == 1 and .count == 0 and .audited == 0 and
    .phase == "workload" and .comm == ["mkdir"] and .exe == ["/bin/busybox"] and .first == .last' --arg n $MKDIR
  [[ "$(snug show web)" == *"web: complete"*"Denied: 1"* ]]
  run ! grep -q "\"$MKDIR\"" <(snug profile web)
  snug approve web --profile "$T/fixed.json"
  crun_as enforce run web
  [ -d "$T/b/rootfs/tmp/x" ]
  # What the approved profile allows by now is settled. (What crun itself needs now and then was not sampled.)
  run snug explain --key web
  echo "$output"
  [ "$status" -lt 2 ]
  [[ "$output" == *"allows "*" of the calls in the evidence"* ]]
  [[ "$output" != *"\"$MKDIR\""* ]]
}

# journal: in place of journald, a socket in $T/journal whose entries go to $T/entries; and a recorder that finds it where journald's is.
journal() {
  mkdir "$T/journal"
  python3 - "$T" <<'P' 3>&- &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1] + "/journal/socket")
while True:
    with open(sys.argv[1] + "/entries", "ab") as f:
        f.write(s.recv(65536) + b"\n")
P
  JOURNAL=$!
  eventually test -S "$T/journal/socket"
  unshare -m sh -c 'mount -t tmpfs none /run && mkdir -p /run/systemd/journal && mount --bind "$0/journal" /run/systemd/journal &&
    exec snugd --background --config "$SNUG_CONFIG"' "$T"
}

@test "a denial is in the journal within a second or so, with its fields, and in the metrics" {
  approved '.root.readonly = false' sh -c 'echo hi'
  end_recorder
  journal
  bundle "$T/b" '.root.readonly = false' mkdir /tmp/x
  run ! crun_as enforce run web
  eventually grep -qx SNUG_KEY=web "$T/entries"
  cat "$T/entries"
  for field in PRIORITY=4 SYSLOG_IDENTIFIER=snugd SNUG_CONTAINER=web SNUG_MODE=enforce SNUG_ACTION=denied SNUG_SYSCALL=$MKDIR SNUG_COMM=mkdir \
    SNUG_EXE=/bin/busybox; do
    grep -qx "$field" "$T/entries"
  done
  grep -qx "MESSAGE=container web, key web: denied $MKDIR by mkdir (/bin/busybox), 1 time" "$T/entries"
  eventually web_has_ended
  snug metrics >"$T/metrics"
  grep -qx "snug_denials_total{key=\"web\",syscall=\"$MKDIR\",action=\"denied\"} 1" "$T/metrics"
  grep -qx 'snug_recorder_up{program="snugd"} 1' "$T/metrics"
  grep -qx 'snug_recorder_healthy 1' "$T/metrics"
  grep -qx 'snug_recorder_runs 0' "$T/metrics"
}

@test "what the runtime itself needs: the start fails, the evidence names it, the fix starts" {
  approved '.process.noNewPrivileges = false' sh -c 'echo started'
  lacks setresuid setresgid
  run crun_as enforce run web
  [ "$status" -ne 0 ]
  [[ "$output" != *started* ]]
  for fixes in 1 2; do
    run snug explain --key web --fix "$T/fixed.json"
    [ "$status" -eq 1 ]
    [[ "$output" == *"denied"*"the runtime's own init, before exec (crun)"*"setresuid"* ]] || [[ "$output" == *setresgid* ]]
    snug approve web --profile "$T/fixed.json"
    run crun_as enforce run web
    if [ "$status" -eq 0 ]; then break; fi
  done
  [ "$output" = started ]
}

@test "an exec into it is booked to it" {
  approved . sh -c 'sleep 0.1'
  bundle "$T/b" . sh -c 'sleep 100'
  # What the container inherits must not keep the suite waiting.
  crun_as enforce create web >/dev/null 2>&1 3>&-
  v2 snug-enforce --cgroup-manager=disabled --root "$T/root" start web
  run v2 snug-enforce --cgroup-manager=disabled --root "$T/root" exec web mkdir /tmp/x
  [ "$status" -ne 0 ]
  # The program's mkdir, or what the runtime's exec needs before it.
  eventually eval 'snug show --json web | jq -e "any(.syscalls[]; .denied > 0)" >/dev/null'
  runs web | jq -e '.[-1] | .mode == "enforce" and .ended == null'
  v2 snug-enforce --cgroup-manager=disabled --root "$T/root" delete --force web
  # The runtime kills, and does not wait for the end.
  eventually web_has_ended
  runs web | jq -e '.[0].mode == "learn" and .[0].complete'
}

@test "what cannot be recorded starts all the same: no recorder to be had, one that hangs, switched off" {
  approved . sh -c 'echo started'
  end_recorder
  # A directory whose name is too long for a socket in it.
  configure 'runtime="/usr/bin/crun"' 'run_dir="'"$T/$(printf '%0120d' 0)"'"'
  [ "$(crun_as enforce run web)" = started ]
  configure 'runtime="/usr/bin/crun"'
  [ "$(enforced_runs)" -eq 0 ]
  # Started, then stopped: it takes connections and answers none.
  [ "$(crun_as enforce run web)" = started ]
  [ "$(enforced_runs)" -eq 1 ]
  HUNG=$(recorder_pid)
  kill -STOP "$HUNG"
  [ "$(crun_as enforce run web)" = started ]
  kill -CONT "$HUNG"
  HUNG=
  [ "$(enforced_runs)" -eq 1 ]
  configure 'runtime="/usr/bin/crun"' 'log_denials=false'
  [ "$(crun_as enforce run web)" = started ]
  [ "$(enforced_runs)" -eq 1 ]
  run snug explain --key web
  [ "$status" -eq 0 ]
}

@test "a runtime that refuses the flag starts without it, and explain says so" {
  configure
  bundle "$T/b" . sh -c 'echo hi'
  snug-learn --root "$T/root" run --bundle "$T/b" web
  # Sampled: runc needs calls that it does not make at each start.
  snug approve web >/dev/null
  bundle "$T/b" . sh -c 'echo hi; mkdir /tmp/x'
  run snug-enforce --root "$T/root" run --bundle "$T/b" web
  # runc copies two pipes, in any order.
  [[ "$output" == *hi* && "$output" == *mkdir* ]]
  if [ "$(runc features | jq '.linux.seccomp.supportedFlags // [] | index("SECCOMP_FILTER_FLAG_LOG") != null')" = true ]; then
    [ "$(enforced_runs)" -eq 1 ]
    skip "this runc takes the flag: $(runc --version | head -1)"
  fi
  [ "$(enforced_runs)" -eq 0 ]
  run snug explain --key web
  echo "$output"
  [ "$status" -eq 0 ]
  [[ "$output" == *"runc version "*"cannot load a filter with SECCOMP_FILTER_FLAG_LOG"*"snug-audit run --bundle BUNDLE ID; snug explain --key web"* ]]
  # That one command, once.
  snug-audit --root "$T/root" run --bundle "$T/b" web || true
  run snug explain --key web
  grep -q "^  $MKDIR  *used  *denied  *1 " <<<"$output"
}

@test "the flags that are written leave the mitigations as they are without" {
  approved . sh -c 'cat /proc/self/status >/dev/stderr'
  crun_as enforce run web 2>"$T/with"
  configure 'runtime="/usr/bin/crun"' 'log_denials=false'
  crun_as enforce run web 2>"$T/without"
  grep -q '^Seccomp:.*2' "$T/with"
  diff <(grep -E '^Specul|^Seccomp' "$T/with") <(grep -E '^Specul|^Seccomp' "$T/without")
}

@test "what a baseline denies while learning is logged and shown, and is not learnt" {
  configure 'runtime="/usr/bin/crun"' 'baseline="keep"'
  bundle "$T/b" '.root.readonly = false | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["'$MKDIR'"], action: "SCMP_ACT_ERRNO"}]}' \
    sh -c 'mkdir /tmp/x || echo denied'
  crun_as learn run first >/dev/null 2>&1
  eventually features_known
  [[ "$(crun_as learn run web 2>/dev/null)" == *denied* ]]
  snug show --json web | jq -e '.syscalls[] | select(.name == $n) | .denied == 1 and .count == 0 and .phase == "workload"' --arg n $MKDIR
  runs web | jq -e '.[-1].complete'
  [[ "$(snug show web)" == *"Denied: 1"* ]]
  configure 'runtime="/usr/bin/crun"' 'baseline="keep"' 'log_denials=false'
  [[ "$(crun_as learn run other 2>/dev/null)" == *denied* ]]
  snug show --json other | jq -e '[.syscalls[] | select(.name == $n)] | length == 0' --arg n $MKDIR
}

@test "what a pod is denied while it learns is shown, and what it may do beyond its own profile" {
  configure 'runtime="/usr/bin/crun"' 'learning="auto"'
  bundle "$T/b" '.root.readonly = false | .process.capabilities = {} | .annotations = {"io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.sandbox-namespace": "shop",
    "io.kubernetes.cri.container-name": "web", "io.kubernetes.cri.image-name": "test"} |
    .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["'$MKDIR'", "unshare"], action: "SCMP_ACT_ERRNO"}]}' \
    sh -c 'unshare -U true 2>/dev/null || echo denied; mkdir /tmp/pod && echo made; rmdir /tmp/pod'
  pod() { v2 snug-learn --cgroup-manager=disabled --root "$T/k8s.io" run --bundle "$T/b" "$1" 2>/dev/null; }
  pod first
  eventually features_known
  run pod second
  [[ "$output" == *denied*made* ]]
  key=k8s/shop/web/test
  runs $key | jq -e '.[-1] | .baseline == "default" and .complete and .opened == [$n]' --arg n $MKDIR
  snug show --json $key | jq -e '.syscalls[] | select(.name == "unshare") | .denied >= 1 and .count == 0 and .phase == "workload"'
  [[ "$(snug show $key)" == *"Denied: 1"* ]]
}
