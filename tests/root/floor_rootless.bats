bats_require_minimum_version 1.5.0
# What runtimes need to start an ordinary user's containers: sampled by notify, as that user. Nothing here reads the kernel's audit stream.

setup_file() {
  load lib
  load user
  user_files
}

setup() {
  load lib
  load user
  user_dirs
}

teardown() { user_end; }

teardown_file() { rm -rf "$T"; }

# here COMMAND...: as the user, where crun starts rootless containers: it refuses a hybrid of both versions of cgroups.
here() {
  local p=(setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups env -i "PATH=$T/bin:/usr/sbin:/usr/bin:/sbin:/bin" "HOME=$T/home"
    "XDG_RUNTIME_DIR=$HERE/run" "XDG_STATE_HOME=$HERE/state" "XDG_CONFIG_HOME=$HERE/config")
  if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then
    timeout -k 5 120 "${p[@]}" "$@"
  else
    timeout -k 5 120 unshare -m sh -c 'mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$@"' sh "${p[@]}" "$@"
  fi
}

# start PROGRAM BUNDLE ID
start() { here "$1" --root "$HERE/run/runc" run --bundle "$HERE/$2" "$3" 2>"$HERE/err"; }

# stay RUNTIME ID: a start by create and start, of a program that stays; false unless it does.
stay() {
  local pid status=1
  here "$1" --root "$HERE/run/runc" create --bundle "$HERE/stay" --pid-file "$HERE/run/pid" "$2" </dev/null >/dev/null 2>&1 &&
    here "$1" --root "$HERE/run/runc" start "$2" >/dev/null 2>&1 && pid=$(cat "$HERE/run/pid") && status=0
  # It is the runtime's own process first.
  while [ "$status" = 0 ] && ! grep -qs snug-canary "/proc/$pid/comm"; do [ -d "/proc/$pid" ] && sleep 0.02 || status=1; done
  here "$1" --root "$HERE/run/runc" delete --force "$2" >/dev/null 2>&1
  return $status
}

# floors: those of the runtime $1 for key web, as JSON.
floors() { here snug floor --json --show --key web --runtime "$1" 2>/dev/null | jq '.runtimes[0].floors'; }

# needed RUNTIME: the calls without which it starts nothing.
needed() { floors "$1" | jq -r '.[] | select(.phase == "create") | .calls[] | select(.use == "needs") | .name'; }

# without CALL: the approved profile of key bare less the call and, as it was sampled, its older siblings.
without() {
  local all
  all=$(awk -F, -v call="$1" '$1 == call {print $2} END {print call}' "$SNUG_SOURCE/seccomp/syscall/siblings.csv" | jq -R . | jq -sc .)
  jq --slurpfile p "$HERE/state/snug/keys/bare/approved.json" --argjson all "$all" \
    '.linux.seccomp = ($p[0] | .syscalls |= map(.names -= $all | select(.names != [])))' "$HERE/before.json" >"$HERE/bare/config.json"
  # To stay, the program makes some more.
  jq --arg root "$HERE/bare/rootfs" --argjson all "$all" '.root.path = $root | .process.args += ["wait"]
    | .linux.seccomp.syscalls += [{names: (["pause", "ppoll", "alarm", "setitimer", "rt_sigaction"] - $all), action: "SCMP_ACT_ALLOW"}]' \
    "$HERE/bare/config.json" >"$HERE/stay/config.json"
}

# learnt_and_enforced RUNTIME: a key of one learning run; its approval samples the runtime.
learnt_and_enforced() {
  local began=$SECONDS i
  config_ "{\"runtime\": \"$(command -v "$1")\"}"
  user_bundle web "$(keyed web) | .process.noNewPrivileges = false" sh -c 'ls / >/dev/null; echo hi'
  [ "$(start snug-learn web learn)" = hi ]
  here snug approve web >"$HERE/out" 2>"$HERE/err" || { cat "$HERE/err"; false; }
  echo "sampled in $((SECONDS - began)) s" >&3
  grep -qE "^rootless floor of $1 .*: [0-9]+ calls from [0-9]+ starts and [0-9]+ execs; at most a [1-5]% chance" "$HERE/err"
  run ! grep -q "not sampled" "$HERE/err"
  floors "$1" | jq -e 'length == 2 and all(.[]; .rootless and .silent >= 30) and ([.[].phase] | sort == ["create", "exec"])'
  # Nothing is left, and a second approval starts no canary.
  [ -z "$(ls "$HERE/run/snug/canary" "$HERE/run/snug/agent" | grep -v :)" ]
  here snug approve web 2>&1 | grep -q "^No change"
  for i in $(seq "${SNUG_STARTS:-10}"); do
    [ "$(start snug-enforce web "e$i")" = hi ] || { cat "$HERE/err"; false; }
  done
}

# no_start_without RUNTIME: each needed call is left out in turn; then `run` and create with start do not both succeed. The program makes no calls that
# could be a runtime's fallback by chance.
no_start_without() {
  local call
  user_bundle bare "$(keyed bare) | .process.noNewPrivileges = false" /snug-canary
  mkdir "$HERE/stay"
  install -m 755 "$T/bin/snug-canary" "$HERE/bare/rootfs"
  start snug-learn bare learn-bare
  here snug approve bare >/dev/null 2>"$HERE/err"
  run ! grep -q "^sampling" "$HERE/err"
  cp "$HERE/bare/config.json" "$HERE/before.json"
  # The profile itself is no obstacle.
  without nothing
  start "$1" bare whole && stay "$1" staying || { cat "$HERE/err"; false; }
  needed "$1" >"$HERE/needed"
  [ -s "$HERE/needed" ]
  for call in $(cat "$HERE/needed"); do
    without "$call"
    ! start "$1" bare "run-$call" || ! stay "$1" "stay-$call" || { echo "$1 starts without $call"; false; }
  done
}

@test "runc as an ordinary user: sampled within a minute; 10 of 10 enforced; none without a needed call" {
  learnt_and_enforced runc
  no_start_without runc
  grep -qx capset "$HERE/needed"; grep -qx write "$HERE/needed"
  # What it calls to enter a container is known too.
  floors runc | jq -e '.[] | select(.phase == "exec") | [.calls[] | select(.use == "needs") | .name] | index("execve") and index("setuid")'
}

@test "crun as an ordinary user: sampled within a minute; 10 of 10 enforced; none without a needed call" {
  learnt_and_enforced crun
  no_start_without crun
  grep -qx setresuid "$HERE/needed"; grep -qx pselect6 "$HERE/needed"
  # What hands over the listener is in no profile: the bare program makes no such call.
  jq -e '[.syscalls[].names[]] | index("kill") == null and index("wait4") == null' "$HERE/state/snug/keys/bare/approved.json"
}

@test "containers without a user namespace of their own, as rootless Podman's" {
  config_ '{"runtime": "/usr/sbin/runc"}'
  user_bundle web "$(keyed web) | del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(select(.type != \"user\"))" sh -c 'echo hi'
  [ "$(here unshare --user --map-root-user --mount snug-learn --root "$HERE/run/runc" run --bundle "$HERE/web" one 2>"$HERE/err")" = hi ]
  here snug floor --silent 10 --max 20 --key web >"$HERE/out" 2>"$HERE/err" || { cat "$HERE/err"; false; }
  grep -qE '^  fstatfs +[0-9]+ +needed +[0-9]+ +needed ' "$HERE/out"
}

@test "where no canary can start, a profile is approved without a floor, with the reason" {
  config_ '{"runtime": "/usr/sbin/runc"}'
  user_bundle web "$(keyed web)" sh -c 'echo hi'
  [ "$(start snug-learn web one)" = hi ]
  mv "$T/bin/snug-canary" "$T/snug-canary"
  run here snug floor --key web
  [ "$status" -eq 2 ]
  [[ "$output" == *"snug-canary"* ]]
  run here snug approve web
  mv "$T/snug-canary" "$T/bin/snug-canary"
  [ "$status" -eq 0 ]
  [[ "$output" == *"the runtime is not sampled: "*"snug-canary"*"; what it may need beyond the runs seen here comes from what snug knows of it"* ]]
  config_ '{"runtime": "/usr/sbin/runc", "source": "audit"}'
  run here snug floor --key web
  [ "$status" -eq 2 ]
  [[ "$output" == *'canaries cannot be recorded by the audit source'*'"source": "notify"'* ]]
}

@test "an interrupted sampling leaves no container, and the next one goes on" {
  config_ '{"runtime": "/usr/sbin/runc"}'
  here snug floor --max 400 --silent 400 >"$HERE/out" 2>&1 &
  begun() { compgen -G "$HERE/run/snug/canary/*/*/snug-canary-*" >/dev/null; }
  eventually begun
  pkill -INT -u "$USER_ID" -x snug
  wait $! && status=0 || status=$?
  [ "$status" -ne 0 ]
  [ -z "$(ls "$HERE/run/snug/canary")" ]
  # One that init has not reaped yet is no container.
  run ! pgrep --runstates DRSTt -u "$USER_ID" snug-canary
  here snug floor --silent 2 --max 10 >"$HERE/out" 2>"$HERE/err" || [ $? -eq 1 ]
  grep -q '^rootless floor of runc' "$HERE/out"
}
