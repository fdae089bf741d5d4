bats_require_minimum_version 1.5.0
# kubectl snug without a cluster: the real kubectl, an API server of the tests' own, and two nodes that are two state directories.
load helper

setup() {
  command -v kubectl >/dev/null || skip "kubectl is missing: kubernetes-client has it"
  dir="$BATS_TEST_TMPDIR"
  snug="$SNUG_BUILD/snug"
  PATH=$SNUG_SOURCE/examples/kubernetes:$SNUG_BUILD:$PATH
  for node in one two three; do
    mkdir -p "$dir/$node/state" "$dir/$node/run"
    printf '{"runtime": "/bin/true", "state_dir": "%s", "run_dir": "%s", "learn_for": 0}\n' "$dir/$node/state" "$dir/$node/run" >"$dir/$node/config.json"
  done
  # `kubectl exec` wants a kubelet. A pod of the DaemonSet is called after its node.
  printf '#!/bin/sh\nnode=${1#snug-}\nshift\nSNUG_CONFIG=%s/$node/config.json exec "$@"\n' "$dir" >"$dir/exec"
  chmod +x "$dir/exec"
  export TMPDIR=$dir KUBECTL_SNUG_EXEC=$dir/exec KUBECTL_SNUG_NO_WAIT=1 KUBECONFIG=$dir/kubeconfig HOME=$dir
  key=k8s/shop/web/docker.io%2Fnginx
  nodes one two
}
teardown() { [ -z "${api:-}" ] || { kill "$api" && wait "$api" 2>/dev/null || true; }; }

# nodes NODE...: starts the API server of a cluster with these nodes, a pod and a Deployment.
nodes() {
  teardown
  rm -f "$dir/port"
  printf '%s\n' "$@" | jq -R '{kind: "Pod", apiVersion: "v1", metadata: {name: ("snug-" + .), namespace: "kube-system", labels: {app: "snug"}},
      spec: {nodeName: .},
      status: {phase: "Running", conditions: [{type: "Ready", status: (if $ENV.away == . then "False" else "True" end)}]}}' |
    jq -s --argjson kept "${kept:-[]}" '. + $kept + [
      {kind: "Pod", apiVersion: "v1", metadata: {name: "web-1", namespace: "shop", ownerReferences: [{kind: "ReplicaSet", name: "web-5c"}]},
       spec: {nodeName: "two", runtimeClassName: "snug-enforce", containers: [{name: "web", image: "nginx"}]}, status: {phase: "Running"}},
      {kind: "ReplicaSet", apiVersion: "apps/v1", metadata: {name: "web-5c", namespace: "shop", ownerReferences: [{kind: "Deployment", name: "web"}]}},
      {kind: "Pod", apiVersion: "v1", metadata: {name: "agent-1", namespace: "shop", ownerReferences: [{kind: "DaemonSet", name: "agent"}]},
       spec: {nodeName: "one", securityContext: {seccompProfile: {type: "Localhost", localhostProfile: "profiles/agent.json"}},
              initContainers: [{name: "wait", image: "busybox", securityContext: {seccompProfile: {type: "RuntimeDefault"}}}],
              containers: [{name: "agent", image: "busybox"}]}, status: {phase: "Running"}},
      {kind: "Deployment", apiVersion: "apps/v1", metadata: {name: "web", namespace: "shop", generation: 1}, spec: {replicas: 1, template: {spec: {containers: []}}},
       status: {observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1}},
      {kind: "Node", apiVersion: "v1", metadata: {name: "one"}}]' >"$dir/objects.json"
  /usr/bin/python3 "$BATS_TEST_DIRNAME/fake_api.py" "$dir" "$SNUG_SOURCE/examples/kubernetes/crds.yaml" >"$dir/api.log" 2>&1 3>&- </dev/null & api=$!
  for _ in $(seq 500); do [ -s "$dir/port" ] && break; sleep 0.02; done
  kubectl config set-cluster c --server "http://127.0.0.1:$(cat "$dir/port")" >/dev/null
  kubectl config set-credentials admin --username nobody --password none >/dev/null
  kubectl config set-context c --cluster c --user admin >/dev/null
  kubectl config use-context c >/dev/null
}

# evidence NODE REASONS CALLS: what snugd has of the key on this node, and its agent has published.
evidence() {
  state=$dir/$1/state put_evidence "$key" "$(one_run "$2" | sed "s/web-1/web-$1/g")" "$(join "$(call 59 execve runtime 1)" "$(call 0 read workload 7)" "$3")"
  publish "$1"
}
publish() { SNUG=$snug SNUG_CONFIG=$dir/$1/config.json "$BATS_TEST_DIRNAME/../lib/publish" "http://127.0.0.1:$(cat "$dir/port")" "$1" "$key"; }
post() { curl -sf --data-binary @- "$(api)/$1" >/dev/null; }
api() { echo "http://127.0.0.1:$(cat "$dir/port")/apis/snug.io/v1alpha1/namespaces/${2:-shop}"; }
profiles() { curl -s "$(api)/approvedprofiles"; }
evidences() { curl -s "$(api)/evidences"; }
approved() { jq -r '.syscalls[].names[]' "$dir/$1/state/keys/$key/approved.json"; }
class() { kubectl -n shop get deploy/web -o 'jsonpath={.spec.template.spec.runtimeClassName}'; }

full() { [ -n "${SNUG_FULL:-}" ] || skip "kubectl starts some 30 times, which takes seconds: SNUG_FULL=1 runs it"; }

@test "two nodes saw two things: one approval holds both, is kept in the API, and reaches a node that comes later" {
  evidence one '' "$(call 83 mkdir workload 1)"
  evidence two '' "$(call 87 unlink workload 1)"
  run kubectl-snug ls
  [ "$(sed 's/  */ /g' <<<"$output")" = $'NODE KEY RUNS APPROVED EVIDENCE\none '"$key"$' 1 no complete\ntwo '"$key"' 1 no complete' ]
  kubectl snug ls -o json -n shop | jq -e '[.items[] | .node, .evidence, .approved] == ["one", "complete", false, "two", "complete", false]'
  kubectl-snug show "$key" -o json | jq -e '[.runs[].id] | sort == ["web-one", "web-two"]'
  # Without a terminal nobody can be asked.
  run kubectl-snug approve "$key" </dev/null
  [ "$status" -eq 2 ]; [[ "$output" == *"--yes approves without asking"* ]]
  [ ! -e "$dir/one/state/keys/$key/approved.json" ]
  run kubectl-snug approve "$key" --yes --reason 'ticket 7: "all" of it'
  [ "$status" -eq 0 ]; [[ "$output" == *"one: approved $key (sha256:"*"two: approved $key (sha256:"* ]]
  cmp "$dir/one/state/keys/$key/approved.json" "$dir/two/state/keys/$key/approved.json"
  approved one | grep -qx mkdir; approved one | grep -qx unlink
  profiles | jq -e --arg k "$key" '.items | length == 1 and (.[0].spec |
    .key == $k and .approver == "admin" and .reason == "ticket 7: \"all\" of it" and (.digest | startswith("sha256:")))'
  # A third node, which never learnt; the first is gone, but not what it has seen.
  kept=$(jq -s 'map(.items[])' <(profiles) <(evidences))
  nodes two three
  run kubectl-snug rollout
  [ "$status" -eq 0 ]; [[ "$output" == *"three: has 1 approved profiles"* ]]
  cmp "$dir/three/state/keys/$key/approved.json" "$dir/two/state/keys/$key/approved.json"
  evidence two '' "$(call 84 rmdir workload 1)"
  run kubectl-snug diff "$key"
  [ "$status" -eq 1 ]; [[ "$output" == *rmdir* ]]
  run kubectl-snug approve "$key" --yes --reason again
  [ "$status" -eq 0 ]; [[ "$output" == *"Nodes without evidence of it: three"*"Evidence of a node where snug no longer runs: one"* ]]
  approved two | grep -qx mkdir; approved two | grep -qx rmdir
  profiles | jq -e '.items | length == 1 and .[0].spec.reason == "again"'
  # Another namespace cannot approve what this one's pods may do.
  kept=$(profiles | jq '[.items[] | .metadata.namespace = "evil" | .spec.profile = "{}"]')
  nodes three
  run kubectl-snug rollout
  [ "$status" -eq 2 ]; [[ "$output" == *"belongs to another namespace"* ]]
  approved three | grep -qx mkdir
}

@test "a node that lost records does not pass for complete; one without the key is named; a conflict is told" {
  full
  evidence one '' "$(call 83 mkdir workload 1)"
  run kubectl-snug approve "$key" --yes
  [ "$status" -eq 0 ]; [[ "$output" == *"Nodes without evidence of it: two"* ]]
  evidence two '"overrun"' "$(call 87 unlink workload 1)"
  run kubectl-snug approve "$key" --yes
  [ "$status" -eq 3 ]
  ! approved one | grep -qx unlink || false
  # Somebody else approves while this one reads: the last program before the question is `snug cluster approval`.
  sed -i "s|^node=|case \$* in *'cluster approval'*) [ -e $dir/object ] \&\& curl -s -X PUT --data-binary @$dir/object $(api)/approvedprofiles/\$(jq -r .metadata.name $dir/object) >/dev/null \&\& rm $dir/object ;; esac\n&|" "$dir/exec"
  profiles | jq '.items[0] | .spec.reason = "mine"' >"$dir/object"
  evidence two '' "$(call 87 unlink workload 1)"
  run kubectl-snug approve "$key" --yes
  [ "$status" -eq 2 ]; [[ "$output" == *"somebody else has approved a profile of it meanwhile"* ]]
  profiles | jq -e '.items[0].spec.reason == "mine"'
  ! approved one | grep -qx unlink || false
  run kubectl-snug approve "$key" --yes
  [ "$status" -eq 0 ]
  approved one | grep -qx unlink
  # A node that cannot be reached has it from the API later.
  sed -i '2i [ "$1" != snug-two ] || exit 1' "$dir/exec"
  run kubectl-snug approve "$key" --yes --without exec
  [ "$status" -eq 2 ]; [[ "$output" == *"the nodes take it from there within a minute"* ]]
  # Two objects that claim to be one node's.
  evidences | jq '.items[0] | .metadata.name = "other"' | post evidences
  run kubectl-snug show "$key"
  [ "$status" -eq 2 ] && [[ "$output" == *"two objects claim to be the evidence of $key on "* ]]
}

# full: most of these tests' time is kubectl's start, four times for each command.

@test "approvals as the security-profiles-operator's SeccompProfile, where it is installed" {
  full
  evidence one '' "$(call 83 mkdir workload 1)"
  run kubectl-snug approve "$key" --as spo --yes
  [ "$status" -eq 2 ]; [[ "$output" == *"is not installed"* ]]
  touch "$dir/spo"
  kept=$(evidences | jq .items)
  nodes one two
  for reason in 'a "b" \c' again; do
    run kubectl-snug approve "$key" --as spo --yes --reason "$reason"
    [ "$status" -eq 0 ]; [[ "$output" == *"SeccompProfile shop-web-docker-io-nginx-"* ]]
    curl -s "http://127.0.0.1:$(cat "$dir/port")/apis/security-profiles-operator.x-k8s.io/v1/seccompprofiles" | jq -e --arg k "$key" --arg r "$reason" '.items | length == 1 and (.[0] | .metadata.annotations["snug.io/key"] == $k and
      .metadata.annotations["snug.io/reason"] == $r and (.metadata.annotations | has("spo.x-k8s.io/syscall-coverage")) and any(.spec.syscalls[]; .names | index("mkdir")))'
  done
  [ ! -e "$dir/one/state/keys/$key/approved.json" ]
}

@test "learn, enforce and stop give a workload its RuntimeClass, and put back what was there" {
  kubectl snug learn deploy/web -n shop
  [ "$(class)" = snug-learn ]
  kubectl-snug enforce -n=shop deploy/web
  [ "$(class)" = snug-enforce ]
  kubectl-snug stop deploy/web --namespace shop
  [ -z "$(class)" ]
  run kubectl-snug stop deploy/web -n shop
  [ "$status" -eq 2 ]; [[ "$output" == *"was not given a RuntimeClass"* ]]
  kubectl -n shop patch deploy/web --type=merge -p '{"spec":{"template":{"spec":{"runtimeClassName":"kata"}}}}'
  kubectl-snug audit deploy/web -n shop
  kubectl-snug stop deploy/web -n shop
  [ "$(class)" = kata ]
}

@test "explain pod/NAME looks on the pod's node, and ends with one command" {
  state=$dir/two/state put_evidence "$key" "$(MODE=enforce one_run '"not-learning"')" "$(join "$(call 59 execve runtime 1)" "$(call 83 mkdir workload 0 0 3)")"
  run kubectl-snug explain pod/web-1 -n shop
  [ "$status" -eq 1 ]
  [[ "$output" == *"Pod shop/web-1 on two:"*mkdir* ]]
  [ "${lines[-1]}" = "Next: kubectl snug audit deployment/web -n shop" ]
  run kubectl-snug frobnicate
  [ "$status" -eq 2 ]
}

@test "explain pod/NAME checks the Localhost profile on the pod's node, and --fix writes it with what the runtime lacks" {
  mkdir -p "$dir/kubelet/seccomp/profiles"
  export SNUG_KUBELET_ROOT=$dir/kubelet
  jq -n '{defaultAction: "SCMP_ACT_ERRNO", syscalls: [{names: ["read", "write"], action: "SCMP_ACT_ALLOW"}]}' >"$dir/kubelet/seccomp/profiles/agent.json"
  run kubectl-snug explain pod/agent-1 -n shop
  echo "$output"
  [ "$status" -eq 1 ]
  [[ "$output" == *"The profile of agent, $dir/kubelet/seccomp/profiles/agent.json:"*"every program needs these calls to exit cleanly"* ]]
  [ "${lines[-1]}" = "Next: kubectl snug explain pod/agent-1 -n shop --fix fixed.json" ]
  run kubectl-snug explain pod/agent-1 -n shop --fix "$dir/fixed.json"
  [ "$status" -eq 1 ]
  [[ "$output" == *"$dir/fixed.json: profiles/agent.json with what it lacks."* ]]
  [[ "$output" == *"written, "*"calls added"* && "$output" != *"+++"* ]]
  jq -e '.syscalls[0].names | index("exit_group") and index("read")' "$dir/fixed.json"
  cp "$dir/fixed.json" "$dir/kubelet/seccomp/profiles/agent.json"
  run kubectl-snug explain pod/agent-1 -n shop
  [ "${lines[-1]}" = "Next: kubectl snug learn daemonset/agent -n shop" ]
  run kubectl-snug explain pod/agent-1 -n shop --fix "$dir/fixed.json"
  [ "$status" -eq 2 ]; [[ "$output" == *"no profile of pod agent-1 fails: there is nothing to fix"* ]]
  run ! ls -d "$dir"/snug-fix.*
}

@test "what a pod's author writes is neither an option of kubectl's, nor a command, nor a path" {
  mkdir -p "$dir/kubelet/seccomp" "$dir/kubelet/pods"
  export SNUG_KUBELET_ROOT=$dir/kubelet
  jq -n '{defaultAction: "SCMP_ACT_ERRNO", syscalls: []}' | tee "$dir/kubelet/pods/evil.json" >"$dir/kubelet/seccomp/good.json"
  # pod NAME OWNER PROFILE
  pod() {
    jq -n --arg name "$1" --arg owner "$2" --arg path "$3" '{kind: "Pod", apiVersion: "v1", metadata: {name: $name, namespace: "shop", ownerReferences: [{kind: "ReplicaSet", name: $owner}]},
      spec: {nodeName: "one", containers: [{name: "x", image: "busybox", securityContext: {seccompProfile: {type: "Localhost", localhostProfile: $path}}}]}, status: {phase: "Running"}}'
  }
  deploy='{"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": "inj", "namespace": "shop", "annotations": {"snug.io/runtime-class-before": "x\",\"hostPID\":true,\"z\":\""}}, "spec": {"template": {"spec": {}}}}'
  kept=$({ pod option --server=http://127.0.0.1:9 good.json; pod command 'web; touch x #' good.json; pod break web-5c $'a\nx ../pods/evil.json|Localhost|good.json'
    pod up web-5c ../pods/evil.json; pod dots web-5c none..json; pod odd web-5c 'my profile.json'; echo "$deploy"; } | jq -s .) nodes one two
  for p in option command; do
    run kubectl-snug explain pod/$p -n shop
    [ "$status" -eq 1 ]
    [ "${lines[-1]}" = "Next: kubectl snug explain pod/$p -n shop --fix fixed.json" ]
    [[ "$output" != *'127.0.0.1:9'* && "$output" != *touch* ]]
  done
  for p in break up odd; do
    run kubectl-snug explain pod/$p -n shop
    [[ "$output" == *'unusual names that were not looked at: '* && "$output" != *evil.json:* && "$output" != *'fix fixed.json' ]]
  done
  # A file that is not there is what keeps the container from starting.
  run kubectl-snug explain pod/dots -n shop
  [ "$status" -eq 1 ]
  [[ "$output" == *'There is no such file on this node'* ]]
  [ "${lines[-1]}" = "Next: bring the profile to one as $dir/kubelet/seccomp/none..json" ]
  run kubectl-snug stop deploy/inj -n shop
  [ "$status" -eq 2 ]
  [[ "$output" == *'snug.io/runtime-class-before is not the name of a RuntimeClass'* ]]
  kubectl -n shop get deploy/inj -o json | jq -e '.spec.template.spec == {}'
}

@test "install applies and labels, and names what is missing; uninstall deletes, but not what the cluster has learnt" {
  full
  "$snug" setup kubernetes --image registry.example/snug:1 >"$dir/snug.yaml" 2>/dev/null
  evidence one '' "$(call 83 mkdir workload 1)"
  run kubectl-snug install -f "$dir/snug.yaml" one
  [ "$status" -eq 0 ]; [[ "$output" == *"daemonset.apps/snug created"*"node/one labeled"* ]]; [[ "$output" != *"definitions are missing"* ]]
  grep -q '^person create clusterrolebindings' "$dir/verbs"
  run kubectl-snug uninstall -f "$dir/snug.yaml"
  [ "$status" -eq 0 ]; [[ "$output" == *'daemonset.apps "snug" deleted'* ]]
  evidences | jq -e '.items | length == 1'
  run kubectl-snug install; [ "$status" -eq 2 ]; [[ "$output" == *"install takes -f FILE"* ]]
  run kubectl-snug uninstall; [ "$status" -eq 2 ] && [[ "$output" == *"uninstall takes -f FILE"* ]]
}

@test "doctor, check and report: each node's answer under its name, the worst as the status" {
  full
  evidence one '' "$(call 83 mkdir workload 1)"
  evidence two '' "$(call 87 unlink workload 1)"
  run kubectl-snug doctor
  [ "$status" -le 1 ]; [[ "$output" == *"== one"*"== two"* ]]
  jq -n '{defaultAction: "SCMP_ACT_ERRNO", syscalls: [{names: ["read", "nosuchcall"], action: "SCMP_ACT_ALLOW"}]}' >"$dir/p.json"
  run kubectl-snug check -f "$dir/p.json"
  [ "$status" -eq 1 ]; [[ "$output" == *"== one"*nosuchcall*"== two"*nosuchcall* ]]
  run kubectl-snug check; [ "$status" -eq 2 ]; [[ "$output" == *"check takes -f FILE"* ]]
  kubectl-snug report "$key" >"$dir/page.html"
  grep -q '<html' "$dir/page.html"; grep -q mkdir "$dir/page.html"; grep -q unlink "$dir/page.html"
  # A profile of one's own against the merged evidence; a name that is no key goes to the node as it is.
  run kubectl-snug diff "$key" @containerd
  [ "$status" -eq 1 ]
  run kubectl-snug diff "$key"
  [ "$status" -eq 2 ]; [[ "$output" == *"nothing is approved for $key yet"* ]]
  # Nothing is left on the node.
  run ! ls -d "$dir"/snug-merge.*
}

@test "a node that is away is asked for nothing that another one can do" {
  away=one nodes one two
  sed -i '2i [ "$1" != snug-one ] || exit 1' "$dir/exec"
  evidence two '' "$(call 87 unlink workload 1)"
  run kubectl-snug show "$key" -o json
  [ "$status" -eq 0 ] && [[ "$output" == *unlink* ]]
}

@test "what is sent to a node and arrives cut off is sent again" {
  sed -i "2i [ ! -e $dir/cut ] || case \"\$*\" in *snug-in.*) rm $dir/cut; exec </dev/null ;; esac" "$dir/exec"
  evidence one '' "$(call 83 mkdir workload 1)"
  : >"$dir/cut"
  run kubectl-snug show "$key"
  [ "$status" -eq 0 ]; [[ "$output" == *mkdir* ]]
  [ ! -e "$dir/cut" ]
  sed -i "2s/rm [^;]*; //" "$dir/exec"
  : >"$dir/cut"
  run kubectl-snug show "$key"
  [ "$status" -eq 2 ] && [[ "$output" == *"what was sent to pod snug-one arrived cut off, five times"* ]]
}

@test "by kubectl exec: it names the container, and does not tell a status that is an answer as a failure" {
  evidence one '"overrun"' "$(call 83 mkdir workload 1)"
  mkdir "$dir/bin"
  cat >"$dir/bin/kubectl" <<S
#!/bin/bash
case "\$*" in *' exec '*) ;; *) exec $(command -v kubectl) "\$@" ;; esac
[[ "\$*" == '-n kube-system exec -i snug-'*' -c node -- nsenter -t 1 -m -u -i -n -- sh -c '* ]] || { echo "other words: \$*" >&2; exit 9; }
pod=\$5
shift 16
$dir/exec "\$pod" "\$@" || { rc=\$?; echo "command terminated with exit code \$rc" >&2; exit \$rc; }
S
  chmod +x "$dir/bin/kubectl"
  unset KUBECTL_SNUG_EXEC
  PATH=$dir/bin:$PATH run kubectl-snug approve "$key" --yes
  echo "$output"
  [ "$status" -eq 3 ] && [[ "$output" == *'receive buffer overflowed'* ]] && [[ "$output" != *'command terminated'* ]]
}

@test "learn waits for the rollout" {
  unset KUBECTL_SNUG_NO_WAIT
  run kubectl-snug learn deploy/web -n shop
  [ "$status" -eq 0 ] && [[ "$output" == *"successfully rolled out"* ]]
}
