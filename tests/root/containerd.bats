bats_require_minimum_version 1.5.0
# containerd, a real one on a socket of its own: ctr, and pods through the container runtime interface with runtime handlers.

setup_file() {
  load lib
  snug_setup
  load callers/daemons
  export T
  containerd_config >"$T/containerd.toml"
  cp "$T/containerd.toml" "$T/containerd.before"
  snug setup containerd --write --config "$T/containerd.toml" --bin "$SNUG_BUILD"
  cat >>"$T/containerd.toml" <<E
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.open]
    runtime_type = "io.containerd.runc.v2"
    pod_annotations = ["*"]
    container_annotations = ["*"]
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.open.options]
      BinaryName = "$SNUG_BUILD/snug-enforce"
E
  containerd_start
  containerd_load
}
setup() {
  load lib
  load callers/daemons
  PATH=$SNUG_BUILD:$PATH
  configure
}
# What refused a container may have told nobody but containerd or the kernel.
teardown() {
  [ -z "${BATS_TEST_COMPLETED:-}" ] || return 0
  grep -E 'level=(warning|error)' "$T/containerd.log" | tail -8
  dmesg 2>/dev/null | grep -v 'audit' | tail -8 || true
}
teardown_file() {
  load lib
  load callers/daemons
  containerd_stop
  snug_teardown
}

bundle_of() { echo "$T/containerd/state/io.containerd.runtime.v2.task/k8s.io/$1"; }
seccomp_of() { # PID
  awk '/^Seccomp:/ {print $2}' "/proc/$1/status"
}
keys() { snug ls --json | jq -r '.[].key'; }

# --- ctr ---

ctr_run() { ctr_ run --snapshotter native --runc-binary "$SNUG_BUILD/snug-$1" "${@:2}"; }

@test "ctr run: learn, approve, enforce; what is outside is refused" {
  [ "$(ctr_run learn --rm "$IMAGE" ctr-way sh -c 'echo hi')" = hi ]
  runs ctr-way | jq -e 'length == 1 and .[0].complete'
  snug approve --no-sample ctr-way
  [ "$(ctr_run enforce --rm "$IMAGE" ctr-way sh -c 'echo hi')" = hi ]
  run ctr_run enforce --rm "$IMAGE" ctr-way sh -c 'mkdir /tmp/x'
  [ "$status" -ne 0 ]
  [[ "$output" == *"mkdir"*"not implemented"* ]]
}

@test "ctr: exec, kill, pause, resume, delete of a container that learns" {
  ctr_run learn --detach "$IMAGE" ctr-life sleep 1000
  ctr_ task exec --exec-id one ctr-life mkdir /tmp/x
  calls ctr-life exec | grep -qx mkdir
  ctr_ task pause ctr-life
  [ "$(ctr_ task ls | awk '$1 == "ctr-life" {print $3}')" = PAUSED ]
  ctr_ task resume ctr-life
  ctr_ task metrics ctr-life | grep -q '^cpuacct\|^pids\|usage'
  ctr_ task ps ctr-life | grep -q '[0-9]'
  ctr_ task kill --signal KILL ctr-life
  eventually sh -c "ctr -a '$T/c.sock' task ls | grep 'ctr-life.*STOPPED'"
  ctr_ task delete ctr-life || true
  ctr_ container delete ctr-life
  runs ctr-life | jq -e '.[0].complete'
}

@test "ctr: a program that is missing, and the wrapper's own sentence, reach the user" {
  run ctr_run learn "$IMAGE" ctr-noprog /no/such/program
  [ "$status" -ne 0 ]
  [[ "$output" == *'/no/such/program'* ]]
  run ctr_run enforce "$IMAGE" ctr-nothing sh
  [ "$status" -ne 0 ]
  [[ "$output" == *'snug: no approved profile for ctr-nothing; learn it'* ]]
  run runs ctr-noprog
  jq -e '.[0].complete == false' <<<"$output"
  ctr_ container delete ctr-noprog ctr-nothing || true
}

# --- pods ---

@test "a pod that learns: two containers, two keys, the pause untouched; approved, exported, enforced by a handler and by plain runc" {
  configure "export_dir=\"$T/kubelet/seccomp/snug\""
  cri <<E
pod learn shop snug-learn
start learn web -- sh -c "/bin/ls /; /bin/true; exec sleep 1000"
start learn db -- sh -c "mkdir /tmp/x; sleep 1000"
E
  [ "$(keys | grep '^k8s/shop/')" = "k8s/shop/db/localhost%2Fsnug-test
k8s/shop/web/localhost%2Fsnug-test" ]
  pause=$(cri <<<'id learn')
  jq -e '.linux.seccomp == null' "$(bundle_of "$pause")/config.json"
  [ "$(seccomp_of "$(cat "$(bundle_of "$pause")/init.pid")")" = 0 ]
  web=$(cri <<<'id learn web')
  eventually jq -e '.linux.seccomp == null' "$(bundle_of "$web")/config.json"
  [ "$(seccomp_of "$(cat "$(bundle_of "$web")/init.pid")")" = 2 ]
  cri <<<'remove-pod learn'
  run snug approve --no-sample 'k8s/shop/web/localhost%2Fsnug-test'
  [ "$status" -eq 0 ]
  [[ "$output" == *'localhostProfile: snug/shop/web/localhost%2Fsnug-test.json'* ]]
  profile="$T/kubelet/seccomp/snug/shop/web/localhost%2Fsnug-test.json"
  cmp "$profile" "$T/state/keys/k8s/shop/web/localhost%2Fsnug-test/approved.json"
  snug approve --no-sample 'k8s/shop/db/localhost%2Fsnug-test' >/dev/null
  # By the handler, and as the kubelet hands a Localhost profile to plain runc.
  run cri <<E
pod enforce shop snug-enforce
start enforce web -- sh -c "/bin/ls / || exit 4; mkdir /tmp/x || exit 5"
wait enforce web
start enforce db -- sh -c "mkdir /tmp/x && exit 7"
wait enforce db
remove-pod enforce
pod plain shop -
start plain web seccomp=$profile -- sh -c "/bin/ls / || exit 4; mkdir /tmp/x || exit 5"
wait plain web
remove-pod plain
E
  [ "$status" -eq 0 ]
  [ "$(grep exit <<<"$output" | xargs)" = 'exit 5 exit 7 exit 5' ]
}

@test "exec, kill, restart: one key; replicas share it" {
  run cri <<E
pod life shop snug-learn
start life api -- sleep 1000
exec life api -- mkdir /tmp/by-exec
exec life api -- sh -c "exit 3"
stop life api
wait life api
start life api attempt=1 -- sleep 1000
pod replica shop snug-learn
start replica api -- sleep 1000
remove-pod replica
remove-pod life
E
  [ "$status" -eq 0 ]
  [ "$(grep exit <<<"$output" | xargs)" = 'exit 0 exit 3 exit 137' ]
  [ "$(keys | grep -c '^k8s/shop/api/')" -eq 1 ]
  runs 'k8s/shop/api/localhost%2Fsnug-test' | jq -e 'length == 3 and all(.complete)'
  calls 'k8s/shop/api/localhost%2Fsnug-test' exec | grep -qx mkdir
}

@test "a container that fails, a program that is missing, the wrapper's own sentence: what the kubelet is told" {
  run cri <<E
pod fails shop snug-learn
start fails seven -- sh -c "exit 7"
wait fails seven
start fails none -- /no/such/program
pod nothing empty snug-enforce
start nothing web -- sh
remove-pod fails
remove-pod nothing
E
  [ "$status" -eq 1 ]
  [[ "$output" == *'exit 7'* ]]
  [[ "$output" == *'refused: '*'/no/such/program'* ]]
  [[ "$output" == *'refused: '*'snug: no approved profile for k8s/empty/web/localhost%2Fsnug-test; learn it'* ]]
  runs 'k8s/shop/none/localhost%2Fsnug-test' | jq -e '.[0].complete == false'
}

# refused TEXT HANDLER ANNOTATION=VALUE...: one attempt of a pod in the namespace "attacker" and what must come of it; all of a test are
# made at once by attempts.
refused() {
  printf '%s\n' "$1" >>"$T/expected"
  printf 'attempt'  >>"$T/attempts"
  printf ' %q' "${@:2}" >>"$T/attempts"
  echo >>"$T/attempts"
}
attempts() {
  local bad=0 line expected
  cri <"$T/attempts" >"$T/results"
  [ "$(wc -l <"$T/results")" = "$(wc -l <"$T/expected")" ]
  while read -r line <&5 && read -r expected <&6; do
    [[ "$line" == *": "*"snug: "*"$expected"* ]] || { echo "not refused with '$expected': $line"; bad=1; }
  done 5<"$T/results" 6<"$T/expected"
  rm "$T/attempts" "$T/expected"
  return $bad
}
NOTHING='no approved profile for k8s/attacker/web/localhost%2Fsnug-test;'

@test "a pod reaches no other namespace's profile and no looser mode by any annotation" {
  configure 'annotations=["io.snug.profile", "io.snug.mode"]'
  # Profiles that would let everything happen, where a pod might want to get at them.
  for key in k8s/victim/web k8s/victim/web/localhost%2Fsnug-test loose k8s; do
    mkdir -p "$T/state/keys/$key"
    echo '{"defaultAction": "SCMP_ACT_ALLOW"}' >"$T/state/keys/$key/approved.json"
  done
  for name in victim/web ../victim/web k8s/victim/web /k8s/victim/web loose ../../loose ../../../keys/loose %2E%2E/victim/web . ..; do
    refused 'no approved profile for k8s/attacker/' snug-enforce "io.snug.profile=$name"
  done
  refused 'annotation io.snug.profile is empty' snug-enforce io.snug.profile=
  for mode in learn audit; do refused "cannot choose $mode" snug-enforce "io.snug.mode=$mode"; done
  for mode in pass LEARN none off; do refused "no such mode '$mode'" snug-enforce "io.snug.mode=$mode"; done
  refused 'cannot choose learn' snug-audit io.snug.mode=learn
  refused 'no approved profile for k8s/attacker/' snug-learn io.snug.mode=enforce io.snug.profile=loose
  # Under a handler that hands every annotation on, the CRI's own cannot be forged either.
  for forged in io.kubernetes.cri.container-type=sandbox io.kubernetes.cri.sandbox-namespace=victim io.kubernetes.cri.container-name=db \
    io.kubernetes.cri.image-name=other io.kubernetes.cri-o.Namespace=victim io.kubernetes.cri-o.Name=k8s_web_pod_victim_uid_0; do
    refused "$NOTHING" open "$forged"
  done
  refused "one of them is forged" open io.kubernetes.cri-o.ContainerType=sandbox
  refused 'run.oci.seccomp_bpf_data makes crun load another filter' open run.oci.seccomp_bpf_data=AAAA
  attempts
}

@test "where the configuration does not list them, a pod's annotations count for nothing" {
  refused "$NOTHING" snug-enforce io.snug.profile=loose
  refused "$NOTHING" snug-enforce io.snug.mode=learn
  attempts
}

@test "a pod that learns gets what every pod may have and no more, whatever annotation asks for a looser baseline" {
  deny='{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
    "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}'
  echo "$deny" >"$T/loose.json"
  jq '.syscalls[0].names += ["unshare"]' <<<"$deny" >"$T/tight.json"
  # ends STATUS PROFILE ANNOTATION: 2 mkdir was denied, 1 unshare, 3 both.
  ends() {
    run cri <<E
pod keep shop snug-learn $3
start keep web seccomp=$T/$2.json $3 -- sh -c "mkdir /tmp/x 2>/dev/null && m=0 || m=2; unshare -U true 2>/dev/null && u=0 || u=1; exit \$((m + u))"
wait keep web
remove-pod keep
E
    echo "$2 $3: $output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"exit $1"* ]]
  }
  for annotation in io.snug.baseline=drop io.snug.mode=learn io.snug.profile=mine; do
    configure 'annotations=["io.snug.profile", "io.snug.mode"]'
    # The runtimes' default profile lets a pod make directories, and no namespaces.
    ends 1 tight "$annotation"
    ends 0 loose "$annotation"
    configure 'annotations=["io.snug.profile", "io.snug.mode"]' 'baseline="keep"'
    ends 3 tight "$annotation"
    ends 2 loose "$annotation"
  done
}

@test "a pod that asks for no profile learns under what RuntimeDefault allows; unconfined only where the configuration says so" {
  # Unsharing asks for nothing that its capabilities would forbid; RuntimeDefault does.
  unshared() { # NAMESPACE
    cri <<E
pod min $1 snug-learn
start min web -- sh -c "unshare -U true 2>/dev/null && exit 5 || exit 6"
wait min web
remove-pod min
E
  }
  [[ "$(unshared least)" == *'exit 6'* ]]
  runs 'k8s/least/web/localhost%2Fsnug-test' | jq -e '.[-1].baseline == "default"'
  configure 'pod_minimum="none"'
  [[ "$(unshared open)" == *'exit 5'* ]]
}

@test "kubectl debug: into a pod that learns or is enforced, under RuntimeDefault or the namespace's own profile, and never a key of its own" {
  for mode in learn enforce; do
    run cri <<E
pod dbg debugged snug-$mode
start dbg debugger-x7k2b -- sh -c "unshare -U true 2>/dev/null && exit 5; mkdir /tmp/x || exit 6; exit 7"
wait dbg debugger-x7k2b
remove-pod dbg
E
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *'exit 7'* ]]
  done
  # Denials are shown under the namespace's name for them, if the runtime logs any; nothing is learnt.
  run ! eval "keys | grep debugger-"
  [ "$(snug show --json k8s/debugged/debugger 2>/dev/null | jq '[.runs[] | select(.mode == "learn")] | length')" = 0 ] || run ! eval "keys | grep debugger"
  # A name that kubectl does not make is a container like any other.
  run cri <<E
pod dbg debugged snug-enforce
start dbg debugger-aaaaa -- sh
remove-pod dbg
E
  [[ "$output" == *'no approved profile for k8s/debugged/debugger-aaaaa/'* ]]
  # A profile of the namespace's.
  jq -n '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"}]}' >"$T/debug.json"
  mkdir -p "$T/state/keys/k8s/debugged/debugger"
  cp "$T/debug.json" "$T/state/keys/k8s/debugged/debugger/approved.json"
  run cri <<E
pod dbg debugged snug-enforce
start dbg debugger-x7k2b -- sh -c "mkdir /tmp/x || exit 6; exit 7"
wait dbg debugger-x7k2b
remove-pod dbg
E
  [[ "$output" == *'exit 6'* ]]
}

# What is left over: one line each.
leftovers() {
  echo "shims $(processes_with "-address $T/c.sock" | wc -l)"
  echo "wrappers and helpers $(ls -l /proc/[0-9]*/exe 2>/dev/null | grep -c "$SNUG_BUILD/snug-runtime")"
  echo "descriptors of the recorder $(for p in $(recorder_pid); do ls "/proc/$p/fd" | grep -vx '[012]'; done | wc -l)"
  echo "recorders $(recorder_pid | wc -l)"
  echo "mounts $(grep -c "$T" /proc/self/mountinfo)"
  echo "notes $(find "$T/run/containers" -type f 2>/dev/null | wc -l)"
  echo "bundles $(ls "$T/containerd/state/io.containerd.runtime.v2.task/k8s.io" | wc -l)"
  echo "runs that go on $(snug ls --json | jq -r '.[].key' | grep '^k8s/many/' | while read -r k; do snug show --json "$k" | jq '.runs[] | select(.ended == null) | 1'; done | wc -l)"
}

@test "pods one after the other and at the same time leave nothing behind" {
  count=${SNUG_PODS:-5}
  tasks=$T/containerd/state/io.containerd.runtime.v2.task/k8s.io
  cri <<<"one-after-the-other 1 snug-learn $tasks"
  eventually sh -c "! ls '$T'/run/containers/*/* 2>/dev/null"
  # One that goes on, so that the recorder is there before and after.
  cri <<E
pod stays shop snug-learn
start stays web -- sleep 1000
E
  leftovers >"$T/before"
  cat "$T/before"
  grep -qx 'recorders 1' "$T/before"
  run cri <<E
one-after-the-other $count snug-learn $tasks
at-the-same-time $((count > 20 ? 20 : count)) snug-learn $tasks
E
  echo "$output"
  [ "$output" = "$count as it was
$((count > 20 ? 20 : count)) as it was" ]
  same() { leftovers >"$T/after"; diff "$T/before" "$T/after"; }
  eventually same
  cri <<E
stop stays web
remove-pod stays
E
  # Leaving nothing behind is asked for here; which of them a busy node let be complete is shown.
  runs 'k8s/many/web/localhost%2Fsnug-test' | jq -c 'map(select(.complete | not) | .reasons)'
  runs 'k8s/many/web/localhost%2Fsnug-test' | jq -e 'all(.ended) and any(.complete)'
}

@test "after setup --remove a running pod is still managed, and no new one finds a handler" {
  cri <<E
pod last shop snug-learn
start last web -- sleep 1000
E
  cp "$T/containerd.toml" "$T/with"
  run snug setup containerd --remove --config "$T/containerd.toml"
  [ "$status" -eq 0 ]
  [[ "$output" == *'started by snug still run:'* || "$output" == *'started by snug still runs:'* ]]
  run ! grep -q 'snug-learn' "$T/containerd.toml"
  containerd_restart
  run cri <<E
exec last web -- echo hi
stop last web
remove-pod last
pod new shop snug-learn
E
  echo "$output"
  [ "$status" -eq 1 ]
  # containerd 2 looks the handler up for an exec too.
  if [[ "$(containerd --version)" == *'/v2 '* ]]; then
    [ "$(grep -c 'no runtime for "snug-learn" is configured' <<<"$output")" -eq 2 ]
    [[ "$output" != *'exit 0'* ]]
  else
    [[ "$output" == *'hi'*'exit 0'*'no runtime for "snug-learn" is configured'* ]]
  fi
  eventually sh -c "! ls '$T'/run/containers/*/* 2>/dev/null"
  cp "$T/with" "$T/containerd.toml"
  containerd_restart
}

@test "a configuration that names no runtime: with the handlers in it containerd still serves pods, and says that it knows them" {
  mkdir -p "$T/second"
  printf 'version = 2\nroot = "%s/root"\nstate = "%s/state"\n[grpc]\n  address = "%s/s.sock"\n' "$T/second" "$T/second" "$T/second" >"$T/second/c.toml"
  check() { snug setup containerd --check --config "$T/second/c.toml" --bin "$SNUG_BUILD" --socket "$T/second/s.sock"; }
  up() { ctr -a "$T/second/s.sock" version >/dev/null 2>&1; }
  second=$(background "$T/second/log" containerd --config "$T/second/c.toml")
  eventually up
  run check
  [ "$status" -eq 1 ]
  snug setup containerd --write --config "$T/second/c.toml" --bin "$SNUG_BUILD"
  run check
  echo "$output"
  [ "$status" -eq 1 ]
  [[ "$output" == *'started before'* ]]
  end_process "$second"
  second=$(background "$T/second/log" containerd --config "$T/second/c.toml")
  eventually check || { grep -i 'cri' "$T/second/log"; end_process "$second"; false; }
  end_process "$second"
}
