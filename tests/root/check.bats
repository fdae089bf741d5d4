bats_require_minimum_version 1.5.0
# A good profile meets another runtime: told before the roll-out, seen to be true, and fixed.
# SNUG_STARTS: how often the fixed profile is started (10; 100 for all).

setup() {
  load lib
  snug_setup
  real_crun
}
teardown() { snug_teardown; }

# start PROFILE: runs the bundle under it with the real runc.
start() {
  jq --slurpfile p "$1" '.linux.seccomp = $p[0]' <"$T/b/config.json" >"$T/b/config.new"
  mv "$T/b/config.new" "$T/b/config.json"
  status=0
  output=$(runc --root "$T/root" run --bundle "$T/b" "check-${T##*.}" 2>&1) || status=$?
}

# lacks KIND: names that a check with --json found missing.
lacks() { jq -r --arg k "$1" '.profiles[0].findings[] | select(.kind == $k) | .calls[].name' "$T/found.json" | sort -u; }

@test "learnt for crun, checked for runc: fails with the names, does not start, starts every time with them" {
  bundle "$T/b" '.process.noNewPrivileges = false' sh -c 'echo started'
  configure "runtime=\"$crun\""
  [ "$(snug-learn --root "$T/root" run --bundle "$T/b" shell)" = started ]
  # Few samples: what runtimes call at every start is what this is about.
  snug floor --silent 5 --max 10 --runtime "$crun" --key shell >/dev/null || [ $? -eq 1 ]
  snug floor --silent 5 --max 10 --runtime "$crun" --runtime /usr/sbin/runc >/dev/null || [ $? -eq 1 ]
  snug profile shell >"$T/learnt.json"

  snug check --runtime "$crun" "$T/learnt.json"
  run snug check --runtime runc "$T/learnt.json"
  echo "$output"
  [ "$status" -eq 1 ]
  snug check --json --runtime runc "$T/learnt.json" >"$T/found.json" || true
  # Which ones depends on the two versions: faccessat2 with runc 1.1.5 and crun 1.8.
  missing=$(lacks runtime-floor | head -1)
  [ -n "$missing" ]
  grep -qE "^ +$missing +ENOSYS +.* of " <<<"$output"
  [[ "$output" == *"to the allowed names: "*"\"$missing\""* ]]

  start "$T/learnt.json"
  echo "without: status $status: $output"
  [ "$status" -ne 0 ]
  [[ "$output" != *started* ]]

  jq --argjson add "$( (lacks runtime-floor; lacks runtime-scheduler) | jq -R . | jq -s .)" \
    '.syscalls[0].names |= (. + $add | unique)' "$T/learnt.json" >"$T/fixed.json"
  snug check --runtime runc,"$crun" "$T/fixed.json"
  good=0
  for i in $(seq "${SNUG_STARTS:-10}"); do
    start "$T/fixed.json"
    if [ "$output" = started ]; then good=$((good + 1)); else echo "start $i: $output"; fi
  done
  echo "$good of ${SNUG_STARTS:-10} starts"
  [ "$good" -eq "${SNUG_STARTS:-10}" ]
}

@test "a node's floor file tells on another machine which profiles of a fleet break" {
  bundle "$T/b" '.process.noNewPrivileges = false' sh -c 'echo started'
  snug floor --json --silent 5 --max 10 --runtime runc >"$T/node.json" || [ $? -eq 1 ]
  jq -e '.kernel == $k and (.runtimes[0].version | startswith("runc version")) and
    ([.runtimes[0].floors[] | [.phase, .no_new_privileges]] | length == 4)' --arg k "$(uname -r)" "$T/node.json"
  mkdir -p "$T/fleet/ns"
  jq '{defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 38, architectures: ["SCMP_ARCH_X86_64"],
    syscalls: [{names: ([.runtimes[].floors[].calls[].name] + ["exit", "exit_group", "rt_sigreturn"] | unique),
    action: "SCMP_ACT_ALLOW"}]}' "$T/node.json" >"$T/fleet/good.json"
  jq '.syscalls[0].names -= ["openat", "faccessat2"]' "$T/fleet/good.json" >"$T/fleet/ns/bad.json"
  # Another machine: nothing of this one's state, and no root.
  mkdir -m 777 "$T/elsewhere"
  chmod 755 "$T"
  echo "{\"state_dir\": \"$T/elsewhere/state\", \"run_dir\": \"$T/elsewhere/run\"}" >"$T/elsewhere/config.json"
  run --separate-stderr env SNUG_CONFIG="$T/elsewhere/config.json" setpriv --reuid 65534 --regid 65534 --clear-groups \
    "$SNUG_BUILD/snug" check --json --floor-file "$T/node.json" "$T/fleet"
  [ "$status" -eq 1 ]
  jq -e '.profiles_checked == 2 and .profiles_failed == 1' <<<"$output"
  jq -e '.profiles[] | select(.profile | endswith("ns/bad.json")) | [.findings[] | select(.kind == "runtime-floor") | .calls[].name]
    | unique == ["faccessat2", "openat"]' <<<"$output"
}

@test "a sampling that is stopped at any moment leaves neither canaries nor processes behind" {
  local delay pid
  for delay in 1 3 7; do
    snug floor --silent 10 --max 20 --runtime runc >/dev/null 2>"$T/err" &
    pid=$!
    sleep "$delay"
    kill -TERM "$pid" || true
    wait "$pid" || true
    cat "$T/err"
    [ -z "$(ls -A "$T/run/canary")" ]
    run ! pgrep -f "$T/run/canary"
  done
}

@test "runc answers ENOSYS above the highest number for the architectures that a profile names, and check knows" {
  bundle "$T/b" . calls plain3
  cp "$SNUG_BUILD/tests/root/calls" "$T/b/rootfs/bin/"
  configure
  [ "$(snug-learn --root "$T/root" run --bundle "$T/b" shell)" = cloned ]
  # Without all that is newer than clone3, and without its own name.
  snug profile shell | jq --argjson newer '["clone3","close_range","openat2","pidfd_getfd","faccessat2","epoll_pwait2","futex_waitv"]' \
    'del(.["x-snug"]) | .defaultErrnoRet = 1 | .syscalls |= ([.[] | .names -= $newer | select(.names != [])] + [{names: ["clone"], action: "SCMP_ACT_ALLOW"}])' >"$T/named.json"
  jq -e '.architectures | length > 0' "$T/named.json"
  jq 'del(.architectures)' "$T/named.json" >"$T/unnamed.json"
  start "$T/named.json"
  echo "named: $output"
  [ "$output" = cloned ]
  start "$T/unnamed.json"
  echo "unnamed: $output"
  [[ "$output" != *cloned* ]]
  for p in named unnamed; do
    snug check --json --no-sample --runtime runc-1.1.5 "$T/$p.json" >"$T/found.json" || true
    lacks fallback >"$T/$p"
    cat "$T/$p"
  done
  ! grep -qx clone3 "$T/named" || false
  grep -qx clone3 "$T/unnamed"
}
