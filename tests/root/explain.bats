bats_require_minimum_version 1.5.0
# From "operation not permitted" to the line that fixes it, under the real runc: what the kernel logs is explained, what
# explain writes starts.

setup() {
  load lib
  snug_setup
  "$BATS_TEST_DIRNAME/audit-text" >"$T/stream" 3>&- &
  LISTENER=$!
  eventually grep -q listening "$T/stream"
}
teardown() {
  kill "$LISTENER"
  snug_teardown
}

# whole_profile: what the container of $T/b needs, in $T/whole.json.
whole_profile() {
  snug-learn --root "$T/root" run --bundle "$T/b" whole >/dev/null
  snug profile whole --errno eperm >"$T/whole.json"
}

# lacking ACTION NAME...: that profile with another default action, without these names, in $T/p.json.
lacking() {
  jq --arg a "$1" 'if $a == "SCMP_ACT_ERRNO" then . else del(.defaultErrnoRet) end | .defaultAction = $a |
    .syscalls |= map(.names -= $ARGS.positional) | .syscalls |= map(select(.names | length > 0))' --args "${@:2}" <"$T/whole.json" >"$T/p.json"
}

# start PROFILE: runs the bundle under it with the real runc, in an audit session of its own; the session's records are in
# $T/log.
start() {
  jq --slurpfile p "$1" '.linux.seccomp = $p[0]' <"$T/b/config.json" >"$T/b/config.new"
  mv "$T/b/config.new" "$T/b/config.json"
  rm -f "$T/session"
  status=0
  output=$(
    echo 0 >/proc/self/loginuid
    cat /proc/self/sessionid >"$T/session"
    exec runc --root "$T/root" run --bundle "$T/b" "start-$RANDOM" 2>&1
  ) || status=$?
  echo "start: status $status: $output"
  sleep 0.2
  grep " ses=$(cat "$T/session") " "$T/stream" >"$T/log" || true
}

explain() {
  code=0
  text=$(snug explain "$@") || code=$?
  echo "$text"
}

@test "the profile lacks what runc needs: the start fails, one start with LOG names it, the fix starts" {
  bundle "$T/b" '.process.noNewPrivileges = false' sh -c 'echo started'
  whole_profile
  lacking SCMP_ACT_ERRNO capset faccessat2 setgid
  start "$T/p.json"
  [ "$status" -ne 0 ]
  # From 1.3 on runc aborts in C code where setgid is refused.
  [[ "$output" == *"operation not permitted"* || "$output" == *"SIGABRT: abort"* ]]
  # A filter without the flag LOG leaves no trace in the kernel, and explain says what to do.
  [ ! -s "$T/log" ]
  if [[ "$output" == *"operation not permitted"* ]]; then
    explain - <<<"$output"
    [ "$code" -eq 1 ]
    [[ "$text" == *"There is no seccomp record for it"*"SECCOMP_FILTER_FLAG_LOG"*"snug-audit"* ]]
  fi

  jq 'del(.defaultErrnoRet) | .defaultAction = "SCMP_ACT_LOG"' <"$T/p.json" >"$T/log.json"
  start "$T/log.json"
  [ "$output" = started ]
  explain "$T/log" --profile "$T/p.json" --fix "$T/fixed.json"
  [ "$code" -eq 1 ]
  [[ "$text" == *"the runtime's own init, before exec (runc:[2:INIT])"* ]]
  for call in capset faccessat2 setgid; do [[ "$text" == *"+ "*"\"$call\""* ]]; done
  diff <(jq -r '.syscalls[].names[]' "$T/p.json" | cat - <(printf '%s\n' capset faccessat2 setgid) | sort) \
    <(jq -r '.syscalls[].names[]' "$T/fixed.json" | sort)
  for i in 1 2 3 4 5; do start "$T/fixed.json"; [ "$output" = started ]; done
}

@test "a call of the program's own is denied" {
  bundle "$T/b" '.root.readonly = false' sh -c 'rm -rf /tmp/x; mkdir /tmp/x && echo made'
  whole_profile
  lacking SCMP_ACT_ERRNO $MKDIR
  start "$T/p.json"
  [[ "$output" == *"Operation not permitted"* ]]
  jq 'del(.defaultErrnoRet) | .defaultAction = "SCMP_ACT_LOG"' <"$T/p.json" >"$T/log.json"
  rm -rf "$T/b/rootfs/tmp/x"
  start "$T/log.json"
  [ "$output" = made ]
  explain "$T/log" --profile "$T/p.json" --fix "$T/fixed.json"
  [ "$code" -eq 1 ]
  grep -q "^  $MKDIR  *used  *denied .* sh (/bin/busybox)\|^  $MKDIR  *used  *denied .* mkdir (/bin/busybox)" <<<"$text"
  [[ "$text" != *"own init"* ]]
  rm -rf "$T/b/rootfs/tmp/x"
  start "$T/fixed.json"
  [ "$output" = made ]
}

@test "killed by SCMP_ACT_KILL_PROCESS, the program: named from that very start" {
  bundle "$T/b" '.root.readonly = false' mkdir /tmp/x
  cp "$(command -v busybox)" "$T/b/rootfs/bin/busybox"
  ln -sf busybox "$T/b/rootfs/bin/mkdir"
  whole_profile
  rm -rf "$T/b/rootfs/tmp/x"
  lacking SCMP_ACT_KILL_PROCESS $MKDIR
  start "$T/p.json"
  [ "$status" -eq 159 ]
  explain "$T/log" --profile "$T/p.json" --fix "$T/fixed.json"
  [ "$code" -eq 1 ]
  grep -q "^  $MKDIR  *killed  *denied  *1 .* mkdir (/bin/busybox)" <<<"$text"
  start "$T/fixed.json"
  [ "$status" -eq 0 ]
  [ -d "$T/b/rootfs/tmp/x" ]
}

@test "killed by SCMP_ACT_KILL_PROCESS, the runtime: one call a start, until it starts" {
  bundle "$T/b" '.process.noNewPrivileges = false' sh -c 'echo started'
  whole_profile
  lacking SCMP_ACT_KILL_PROCESS setgid setuid chdir
  fixes=0
  start "$T/p.json"
  while [ "$output" != started ]; do
    [ "$fixes" -lt 3 ]
    explain "$T/log" --profile "$T/p.json" --fix "$T/p.json"
    [ "$code" -eq 1 ]
    [[ "$text" == *killed*"the runtime's own init"*"1 call added"* ]]
    fixes=$((fixes + 1))
    start "$T/p.json"
  done
  [ "$fixes" -eq 3 ]
}

@test "audited by the recorder: --key names it and fixes the profile" {
  bundle "$T/b" '.root.readonly = false' sh -c 'echo hi'
  snug-learn --root "$T/root" run --bundle "$T/b" shell
  snug profile shell >"$T/p.json"
  mkdir -p "$T/state/keys/shell"
  cp "$T/p.json" "$T/state/keys/shell/approved.json"
  bundle "$T/b" '.root.readonly = false' sh -c 'mkdir /tmp/x && echo made'
  [ "$(snug-audit --root "$T/root" run --bundle "$T/b" shell)" = made ]
  explain --key shell --profile "$T/p.json" --fix "$T/fixed.json"
  [ "$code" -eq 1 ]
  jq -e '[.syscalls[].names[]] | index($n)' --arg n $MKDIR "$T/fixed.json"
}

@test "--follow listens to the kernel: names the key and the container, of one key only, and by its cgroup what is none of ours" {
  bundle "$T/b" '.root.readonly = false' sh -c 'echo hi; sleep 0'
  for key in web db; do
    snug-learn --root "$T/root" run --bundle "$T/b" "$key" >/dev/null
    snug approve --no-sample "$key" >/dev/null 2>&1
  done
  bundle "$T/b" '.root.readonly = false | .linux.cgroupsPath = "/snug-follow"' sh -c 'mkdir -p /tmp/x/y; sleep 1'
  snug explain --follow --json >"$T/all" 2>"$T/all.err" 3>&- &
  all=$!
  snug explain --follow --key web >"$T/web" 2>"$T/web.err" 3>&- &
  web=$!
  eventually grep -q listening "$T/all.err"
  eventually grep -q listening "$T/web.err"
  for key in web db; do snug-audit --root "$T/root" run --bundle "$T/b" "$key"; done
  # A call of one that is still there when its record is read: a process that is gone has no cgroup.
  jq '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["nanosleep", "clock_nanosleep"], action: "SCMP_ACT_LOG"}]}' \
    <"$T/b/config.json" >"$T/b/config.new"
  mv "$T/b/config.new" "$T/b/config.json"
  runc --root "$T/root" run --bundle "$T/b" plain
  eventually eval 'jq -se "any(.[]; .place)" "$T/all" >/dev/null'
  kill "$all" "$web"
  for p in "$all" "$web"; do
    status=0
    wait "$p" || status=$?
    [ "$status" -eq 1 ]
  done
  cat "$T/all" "$T/web"
  jq -se '[.[] | select(.name == $n and .phase == "workload") | [.key, .container]] | unique == [["db", "db"], ["web", "web"]]' --arg n $MKDIR "$T/all"
  jq -se '[.[] | select(.name | endswith("nanosleep")) | [.key, .container, .place]] | unique == [[null, null, "snug-follow"]]' "$T/all"
  # By itself with a key, only what the approved profile denies.
  grep -q "^[0-9:]*  used  *$MKDIR \[profile: denied\] by mkdir (/bin/busybox), container web of web$" "$T/web"
  run ! grep -q 'db\|snug-follow' "$T/web"
}

# said RUNTIME NO_NEW_PRIVILEGES CALL: what that runtime prints where this call is refused by ENOSYS, in $T/said.
said() {
  bundle "$T/b" ".process.noNewPrivileges = $2 | .linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", architectures: [\"$OCI_ARCH\"],
    syscalls: [{names: [\"$3\"], action: \"SCMP_ACT_ERRNO\", errnoRet: 38}]}" true
  ! timeout 20 "$1" --root "$T/root" run --bundle "$T/b" "said-$RANDOM" >"$T/said" 2>&1 </dev/null
}

@test "what the runtimes of this machine say of a refused call names it" {
  crun=$SNUG_SOURCE/tests/root/callers/crun
  for pair in "runc true close" "runc true openat" "runc true fstatfs" "runc true getdents64" "runc true execve" "runc false read" "runc false fstat" \
    "runc false chdir" "runc false capget" "runc false capset" "runc false prctl" "runc false setgroups" "runc false setgid" "runc false setuid" \
    "$crun true execve" "$crun false capset" "$crun false prctl" "$crun false setresuid" "$crun false setresgid"; do
    set -- $pair
    said "$@"
    echo "$pair: $(cat "$T/said")"
    run snug explain --json "$T/said"
    [ "$status" -eq 1 ]
    jq -e --arg c "$3" '[.sentences[].calls[]] | index($c)' <<<"$output" >/dev/null
  done
}
