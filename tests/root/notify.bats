bats_require_minimum_version 1.5.0
# Learning by notify: an ordinary user without root, audit or daemon; and root of a container that is a node.
# Nothing here reads the kernel's audit stream.

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

# run_ MODE BUNDLE ID: the container. Its standard error goes to $HERE/err.
run_() { timeout -k 5 60 setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups env -i "PATH=$T/bin:/usr/sbin:/usr/bin:/sbin:/bin" "HOME=$T/home" \
  "XDG_RUNTIME_DIR=$HERE/run" "XDG_STATE_HOME=$HERE/state" "XDG_CONFIG_HOME=$HERE/config" \
  "snug-$1" --root "$HERE/run/runc" run --bundle "$HERE/$2" "$3" 2>"$HERE/err"; }
runs_of() { as snug show --json "$1" | jq .runs; }
calls_of() { as snug show --json "$1" | jq -r '.syscalls[] | select(.phase == "workload" and .count > 0) | .name' | sort -u; }

# worker: the process of the agent that learns.
worker() { cat "$HERE/run/snug/agent.lock"; }

@test "an ordinary user learns, approves and enforces" {
  user_bundle web "$(keyed web)" sh -c 'mkdir /tmp/a; ls / >/dev/null; echo hi'
  [ "$(run_ learn web one)" = hi ]
  grep -qx "snug: container one is learnt by notify: .*" "$HERE/err"
  runs_of web | jq -e 'length == 1 and (.[0] | .complete and .attribution == "listener" and .end_proof == "listeners" and .reasons == []
    and (.runtime_version | startswith("runc version")))'
  calls_of web | grep -qx mkdir
  as snug approve --no-sample web
  rm -rf "$HERE/web/rootfs/tmp/a"
  for i in $(seq "${SNUG_STARTS:-10}"); do
    rm -rf "$HERE/web/rootfs/tmp/a"
    [ "$(run_ enforce web "e$i")" = hi ] || { cat "$HERE/err"; false; }
  done
  # What was not learnt is refused.
  user_bundle other "$(keyed web)" sh -c 'mkdir /tmp/b; cat /proc/self/status >/dev/null; kill -0 $$; chown 0 /tmp/b; ln -s x /tmp/l || echo refused'
  run run_ enforce other other
  [[ "$output" == *refused* ]]
  [ ! -e "$HERE/other/rootfs/tmp/l" ]
}

@test "one run tells which arguments are needed; a user namespace only where it was made" {
  user_bundle with "$(keyed with)" calls user
  user_bundle without "$(keyed without)" calls plain
  [ "$(run_ learn with w1)" = cloned ]
  [ "$(run_ learn without w2)" = cloned ]
  as snug show --json with | jq -e '[.arguments[] | select(.form | startswith("clone:")) | .known] == ["wide"]'
  as snug show --json without | jq -e '[.arguments[] | select(.form | startswith("clone:")) | .known] == ["narrow"]'
  as snug approve --no-sample with
  as snug approve --no-sample without
  [ "$(run_ enforce with w3)" = cloned ]
  [ "$(run_ enforce without w4)" = cloned ]
  user_bundle mixed "$(keyed without)" calls user
  run run_ enforce mixed w5
  [[ "$output" == "clone: "* ]]
}

@test "a user namespace that was made by clone3 may be made by clone3 and by clone" {
  user_bundle three "$(keyed three)" calls user3
  user_bundle older "$(keyed three)" calls user
  [ "$(run_ learn three c1)" = cloned ]
  runs_of three | jq -e '.[0].complete'
  # Its flags were read.
  as snug show --json three | jq -e '[.arguments[] | select(.form | startswith("clone:")) | .known] == ["wide"]'
  as snug approve --no-sample three
  [ "$(run_ enforce three c2)" = cloned ]
  [ "$(run_ enforce older c3)" = cloned ]
}

@test "clone3 answered with ENOSYS: one run tells whether its fallback makes a user namespace" {
  config_ '{"experiments": true}'
  for word in user3 plain3; do
    user_bundle $word "$(keyed $word)" calls $word
    [ "$(run_ learn $word $word)" = cloned ]
    as snug approve --no-sample $word
    [ "$(run_ enforce $word again-$word)" = cloned ]
  done
  as snug show --json user3 | jq -e '[.arguments[] | select(.form | startswith("clone")) | .known] == ["wide", "narrow"]'
  as snug show --json plain3 | jq -e '[.arguments[] | select(.form | startswith("clone")) | .known] == ["narrow", "narrow"]'
  user_bundle mixed "$(keyed plain3)" calls user3
  run run_ enforce mixed mixed
  [[ "$output" == "clone: "* ]]
}

# runc as root: rootless it cannot take the listener of a process that it has let join a user namespace (pidfd_getfd wants CAP_SYS_PTRACE there).
@test "an exec is of its container" {
  bundle "$HERE/long" "$(keyed long) | .root.readonly = false" sleep 100
  echo '{"source": "notify", "run_dir": "'"$HERE/noderun"'", "state_dir": "'"$HERE/nodestate"'"}' >"$HERE/node.json"
  export SNUG_CONFIG=$HERE/node.json
  "$T/bin/snug-learn" --root "$HERE/rootrun" run --detach --bundle "$HERE/long" long </dev/null >/dev/null 2>&1
  "$T/bin/snug-learn" --root "$HERE/rootrun" exec long mkdir /tmp/by-exec
  script -qec "$T/bin/snug-learn --root $HERE/rootrun exec -t long kill -0 1" /dev/null >/dev/null
  "$T/bin/snug-learn" --root "$HERE/rootrun" kill long KILL
  eventually sh -c "runc --root '$HERE/rootrun' state long | grep -q stopped"
  "$T/bin/snug" show --json long >"$HERE/shown"
  "$T/bin/snug-learn" --root "$HERE/rootrun" delete long
  jq -e '.runs | length == 1 and .[0].complete and .[0].attribution == "listener"' "$HERE/shown"
  jq -e '[.syscalls[] | select(.name == "mkdir") | [.phase, .count]] == [["exec", 1]]' "$HERE/shown"
  jq -e '[.syscalls[] | select(.name == "kill") | .phase] == ["terminal"]' "$HERE/shown"
  jq -e '[.syscalls[] | select(.name == "nanosleep" or .name == "clock_nanosleep") | .phase] == ["workload"]' "$HERE/shown"
}

# crun loads the container's filter only when that is started, so the exec's listener comes first.
@test "an exec into a container that is not started yet: the run goes on, and has what the program does" {
  real_crun
  bundle "$HERE/early" "$(keyed early) | .root.readonly = false" sh -c 'mkdir /tmp/by-program'
  echo '{"runtime": "'"$crun"'", "source": "notify", "run_dir": "'"$HERE/noderun"'", "state_dir": "'"$HERE/nodestate"'"}' >"$HERE/node.json"
  export SNUG_CONFIG=$HERE/node.json
  "$T/bin/snug-learn" --root "$HERE/rootrun" create --bundle "$HERE/early" early </dev/null >/dev/null 2>&1
  "$T/bin/snug-learn" --root "$HERE/rootrun" exec early true
  "$T/bin/snug" show --json early | jq -e '.runs | length == 1 and .[0].ended == null'
  "$T/bin/snug-learn" --root "$HERE/rootrun" start early
  eventually test -d "$HERE/early/rootfs/tmp/by-program"
  eventually sh -c "'$T/bin/snug-learn' --root '$HERE/rootrun' state early | grep -q stopped"
  "$T/bin/snug" show --json early >"$HERE/shown"
  "$T/bin/snug-learn" --root "$HERE/rootrun" delete early
  jq -e '.runs | length == 1 and .[0].complete' "$HERE/shown"
  jq -e '[.syscalls[] | select(.name == "mkdir") | .phase] == ["workload"]' "$HERE/shown"
}

@test "floods, many processes, and an interrupted call" {
  user_bundle flood "$(keyed flood)" calls flood 100000
  [ "$(run_ learn flood flood)" = "called 100000" ]
  as snug show --json flood | jq -e '.runs[0].complete and (.syscalls[] | select(.name == "getppid") | .count == 100000)'
  user_bundle forks "$(keyed forks)" calls forks 1000
  [ "$(run_ learn forks forks)" = "forked 1000" ]
  as snug show --json forks | jq -e '.runs[0].complete'
  user_bundle signal "$(keyed signal)" calls signal
  [ "$(run_ learn signal signal)" = "Interrupted system call" ]
  runs_of signal | jq -e '.[0].complete'
}

@test "a container that is killed in a call is complete; one that never began is not" {
  user_bundle killed "$(keyed killed)" sh -c 'sleep 100'
  as snug-learn --root "$HERE/run/runc" run --detach --bundle "$HERE/killed" killed </dev/null >/dev/null 2>&1
  as runc --root "$HERE/run/runc" kill killed KILL
  as snug-learn --root "$HERE/run/runc" delete --force killed
  runs_of killed | jq -e '.[0] | .complete and .end_proof == "listeners"'
  user_bundle never "$(keyed never)" /no/such/program
  run run_ learn never never
  [ "$status" -ne 0 ]
  runs_of never | jq -e '.[0] | (.complete | not) and .ended != null and .reasons == ["filter-not-seen"]'
}

@test "a listener of the program's own is refused, and stamped" {
  user_bundle own "$(keyed own)" calls listener
  [ "$(run_ learn own own)" = busy ]
  runs_of own | jq -e '.[0] | (.complete | not) and .reasons == ["own-listener"]'
  run as snug approve --no-sample own
  [ "$status" -eq 3 ]
}

@test "another user at the agent's sockets: no answer, whatever the modes; the agent cannot be traced" {
  user_bundle web "$(keyed web)" true
  run_ learn web one
  # try SOCKET TYPE: what somebody else gets who sends it a request.
  try() {
    setpriv --reuid=65534 --regid=65534 --clear-groups perl -MSocket -e '
      socket(S, AF_UNIX, $ARGV[1] eq "stream" ? SOCK_STREAM : SOCK_SEQPACKET, 0) && connect(S, pack_sockaddr_un($ARGV[0])) or print("refused"), exit;
      alarm(5); $SIG{PIPE} = "IGNORE";
      send(S, "{\"op\":\"sync\"}", 0) or print("closed"), exit;
      recv(S, $answer, 1000, 0); print(length($answer) ? "answer $answer" : "closed")' "$1" "$2"
  }
  for s in "agent.sock seqpacket" "listener.sock stream"; do
    set -- $s
    [ -S "$HERE/run/snug/$1" ]
    chmod 700 "$HERE/run" "$HERE/run/snug"
    [ "$(try "$HERE/run/snug/$1" "$2")" = refused ]
    chmod 755 "$T/home" "$HERE" "$HERE/run" "$HERE/run/snug"
    chmod 777 "$HERE/run/snug/$1"
    [ "$(try "$HERE/run/snug/$1" "$2")" = closed ]
  done
  # What its own user may not trace belongs to root in /proc.
  [ "$(stat -c %u "/proc/$(worker)/fd")" = 0 ]
  run as ls "/proc/$(worker)/fd"
  [ "$status" -ne 0 ]
}

@test "the agent is killed: the container is stopped, or goes on, as configured; the run is stamped" {
  # It does not end before it is told to, which is after the agent's death.
  user_bundle kill "$(keyed kill)" sh -c 'echo begun; until [ -e /tmp/go ]; do mkdir /tmp/x; sleep 0.01; done 2>/dev/null; echo done'
  for way in fail original; do
    config_ "{\"on_error\": \"$way\"}"
    for i in $(seq "${SNUG_KILLS:-2}"); do
      rm -f "$HERE/kill/rootfs/tmp/go"
      run_ learn kill "$way-$i" >"$HERE/out" & container=$!
      eventually grep -q begun "$HERE/out"
      sleep "0.$((RANDOM % 4))"
      kill -9 "$(worker)"
      touch "$HERE/kill/rootfs/tmp/go"
      wait "$container" && status=0 || status=$?
      case $way in
        fail) [ "$status" -ne 0 ] || grep -q done "$HERE/out" ;;
        original) [ "$status" -eq 0 ]; grep -q done "$HERE/out" ;;
      esac
      runs_of kill | jq -e --arg id "$way-$i" '.[] | select(.id == $id) | .ended != null and (.complete | not) and .reasons == ["recorder"]'
    done
  done
}

@test "what cannot be is told in a sentence" {
  user_bundle plain "$(keyed plain)" true
  # Notify rules of the caller's own.
  user_bundle notify "$(keyed notify) | .linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", listenerPath: \"/x\", syscalls: [{names: [\"chmod\"], action: \"SCMP_ACT_NOTIFY\"}]}" true
  run run_ learn notify notify
  [ "$status" -eq 1 ]
  grep -q "^snug: .*notify rules do not go together with learning by notify" "$HERE/err"
  # A directory whose name is too long for a socket.
  long=$HERE/$(printf 'x%.0s' $(seq 100))
  config_ "{\"run_dir\": \"$long\"}"
  run run_ learn plain plain
  [ "$status" -eq 1 ]
  grep -q "^snug: .*too long for a socket" "$HERE/err"
  # Audit records, and snug-audit.
  config_ '{"source": "audit"}'
  run run_ learn plain plain
  [ "$status" -eq 1 ]
  grep -q '^snug: .*rootless.*"source": "notify"' "$HERE/err"
  config_ '{"baseline": "keep"}'
  run run_ learn plain plain
  [ "$status" -eq 1 ]
  grep -q '^snug: .*"baseline": "drop"' "$HERE/err"
  config_ '{}'
  run run_ audit plain plain
  [ "$status" -eq 1 ]
  grep -q "^snug: .*cannot be audited" "$HERE/err"
  # Nobody else's directory is believed.
  config_ "{\"run_dir\": \"$HERE/open\"}"
  as mkdir -m 777 "$HERE/open"
  run run_ learn plain plain
  [ "$status" -eq 1 ]
  grep -q "^snug: $HERE/open: .*mode 0777" "$HERE/err"
}

# Podman wants the user to have a name, and asks for no more ids than one where it has no others.
pod() {
  unshare -m sh -c 'mount --bind "$0" /etc/passwd && exec "$@"' "$T/passwd" setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups env -i \
    "PATH=$T/bin:/usr/sbin:/usr/bin:/sbin:/bin" "HOME=$T/home" "XDG_RUNTIME_DIR=$HERE/run" \
    podman --root "$HERE/pod/root" --runroot "$HERE/pod/runroot" --tmpdir "$HERE/pod/tmp" --storage-driver vfs --cgroup-manager cgroupfs "$@" 2>>"$HERE/err"
}

@test "rootless podman learns; what was approved starts under any runtime" {
  load callers/daemons
  image_archive "$T/image.tar"
  chmod -R a+rX "$T/image.tar"
  { cat /etc/passwd; echo "snug-test:x:$USER_ID:$USER_ID::$T/home:/bin/sh"; } >"$T/passwd"
  pod load -i "$T/image.tar" >/dev/null || { cat "$HERE/err"; false; }
  # Podman 4 calls the runtime with HOME and XDG_RUNTIME_DIR alone, Podman 5 with its own environment: it gets no more here.
  as mkdir -p "$HERE/home"
  [ "$(pod run --rm --network none --runtime "$T/bin/snug-learn" "$IMAGE" sh -c 'mkdir /tmp/q; echo hi')" = hi ] || { cat "$HERE/err"; false; }
  state=$(as env -u XDG_STATE_HOME snug ls --json | jq -c .)
  echo "$state"
  jq -e '.[] | select(.key == "program/sh") | .complete' <<<"$state"
  as env -u XDG_STATE_HOME snug approve program/sh >/dev/null
  profile=$T/home/.local/state/snug/keys/program/sh/approved.json
  for i in $(seq "${SNUG_STARTS:-3}"); do
    [ "$(pod run --rm --network none --runtime /usr/sbin/runc --security-opt "seccomp=$profile" "$IMAGE" sh -c 'mkdir /tmp/q; echo hi')" = hi ]
  done
  run pod run --rm --network none --runtime /usr/sbin/runc --security-opt "seccomp=$profile" "$IMAGE" sh -c 'ln -s x /tmp/l && echo linked; true'
  [[ "$output" != *linked* ]]
}

steps_github() { sed -n '/^ *run: |$/,/^      - uses/p' "$SNUG_SOURCE/examples/ci/learn-github.yml" | sed '1d; $d'; }
steps_gitlab() { sed -n '/^  script:$/,$p' "$SNUG_SOURCE/examples/ci/learn-gitlab.yml" | sed '1d; s/^ *- //'; }

@test "the CI jobs that learn: the profile and the report, and a profile that would have to grow" {
  load callers/daemons
  [ -e "$T/image.tar" ] || image_archive "$T/image.tar"
  chmod -R a+rX "$T/image.tar"
  { cat /etc/passwd; echo "snug-test:x:$USER_ID:$USER_ID::$T/home:/bin/sh"; } >"$T/passwd"
  pod load -i "$T/image.tar" >/dev/null || { cat "$HERE/err"; false; }
  # Podman as the job calls it, with the options that this machine needs.
  as mkdir -p "$HERE/job/profiles" "$HERE/bin"
  printf '#!/bin/sh\nword=$1; shift\n[ "$word" = run ] && set -- --network none "$@"\nexec /usr/bin/podman --root %s/pod/root --runroot %s/pod/runroot --tmpdir %s/pod/tmp --storage-driver vfs --cgroup-manager cgroupfs $word "$@"\n' \
    "$HERE" "$HERE" "$HERE" >"$HERE/bin/podman"
  chmod 755 "$HERE/bin/podman"
  printf 'FROM %s\n' "$IMAGE" >"$HERE/job/Containerfile"
  echo '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}' >"$HERE/job/profiles/small.json"
  cp "$SNUG_SOURCE/seccomp/policy/defaults/containerd-2.1-x86_64.json" "$HERE/job/profiles/large.json"
  for job in github gitlab; do
    "steps_$job" >"$HERE/job/$job.sh"
    grep -q 'podman run .*snug-learn' "$HERE/job/$job.sh"
  done
  job() {
    unshare -m sh -c 'mount --bind "$0" /etc/passwd && exec "$@"' "$T/passwd" setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups env -i -C "$HERE/job" \
      "PATH=$HERE/bin:$T/bin:/usr/sbin:/usr/bin:/sbin:/bin" "HOME=$HERE/job" "XDG_RUNTIME_DIR=$HERE/run" IMAGE=localhost/app TESTS="mkdir /tmp/q" \
      "PROFILE=profiles/$2.json" bash -e "$1.sh"
  }
  run job github large
  echo "$output"
  [ "$status" -eq 0 ]
  [ -s "$HERE/job/seccomp/report.html" ]; jq -e '.syscalls | length > 0' "$HERE/job/seccomp/profile.json"
  run job gitlab small
  echo "$output"
  [ "$status" -eq 1 ]
  [[ "$output" == *"the profile would have to grow by "*mkdir* ]]
}

@test "doctor says what is learnt by" {
  as snug doctor >"$HERE/told" || true
  grep -q '^ok  *notify ' "$HERE/told"
  grep -q '^Containers are learnt by notify here: ' "$HERE/told"
  as snug doctor --json | jq -e '.source == "notify" and .learn and ([.checks[].code] | index("stream") == null and index("notify") != null)'
  run env SNUG_CONFIG= unshare --net "$SNUG_BUILD/snug" doctor --json
  jq -e '.source == "notify"' <<<"$output"
}

@test "twenty containers of one user at once" {
  user_bundle many . sh -c 'ls / >/dev/null; sleep 0.5; true'
  for i in $(seq "${SNUG_MANY:-20}"); do
    cp -r "$HERE/many" "$HERE/many$i"
    chown -R "$USER_ID:$USER_ID" "$HERE/many$i"
    as snug-learn --root "$HERE/run/runc" run --bundle "$HERE/many$i" "many-$i" >/dev/null 2>>"$HERE/err" &
  done
  wait
  as snug ls --json | jq -e --argjson n "${SNUG_MANY:-20}" '[.[] | select(.key | startswith("many-")) | select(.complete)] | length == $n'
}

@test "root of a container as node, without the host's pid and network namespace" {
  bundle "$HERE/node" . sh -c 'mkdir /tmp/x; echo hi'
  echo '{"run_dir": "'"$HERE/noderun"'", "state_dir": "'"$HERE/nodestate"'"}' >"$HERE/node.json"
  run env SNUG_CONFIG="$HERE/node.json" unshare --pid --net --mount --fork --mount-proc sh -c '
    "$0/snug-learn" --root "$1/noderoot" run --bundle "$1/node" node 2>"$1/err" && "$0/snug" show --json node >"$1/shown"
    kill -9 -1' "$T/bin" "$HERE"
  [[ "$output" == hi* ]]
  grep -q "^snug: container node is learnt by notify: .*initial pid and network namespace" "$HERE/err"
  jq -e '.runs[0].complete and .runs[0].attribution == "listener"' "$HERE/shown"
}

@test "root where audit is switched off" {
  bundle "$HERE/off" . sh -c 'mkdir /tmp/x; echo hi'
  echo '{"run_dir": "'"$HERE/offrun"'", "state_dir": "'"$HERE/offstate"'"}' >"$HERE/off.json"
  export SNUG_CONFIG=$HERE/off.json
  noaudit() { "$SNUG_BUILD/tests/root/neighbour" noaudit "$@"; }
  [ "$(noaudit "$T/bin/snug-learn" --root "$HERE/offroot" run --bundle "$HERE/off" off 2>"$HERE/err")" = hi ]
  grep -q "^snug: container off is learnt by notify: .*(audit=0)" "$HERE/err"
  "$T/bin/snug" show --json off | jq -e '.runs[0].complete and .runs[0].attribution == "listener"'
  noaudit "$T/bin/snug" doctor --json >"$HERE/told" || true
  jq -e '.source == "notify"' "$HERE/told"
  kill "$(cat "$HERE/offrun/agent.lock")"
}
