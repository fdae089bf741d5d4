bats_require_minimum_version 1.5.0
# Nodes of a real cluster: "one" has this machine's containerd and runc, "two" those of SNUG_KUBE_ROOT, "three", where SNUG_KUBE_BIN has it, CRI-O;
# "four" comes later. cluster.bats runs this; the tests need each other, in this order.

loads() {
  load ../lib
  load ../callers/daemons
  load kube
  nodes='one two'
  [ ! -x "${SNUG_KUBE_BIN:-}/crio" ] || nodes='one two three'
}
setup_file() {
  loads
  kube_setup_file
  node_start one 1
  node_start two 2 "${SNUG_KUBE_ROOT:-/}"
  [ "$nodes" = 'one two' ] || node_start three 3 "${SNUG_KUBE_ROOT:-/}" crio
}
setup() {
  loads
  kube_setup
}
teardown_file() {
  loads
  kube_teardown_file
}

# has_learnt APPROVED: what `kubectl snug ls` shows when each node has learnt the key, but for the number of runs: where runc can have denials logged,
# enforced ones are among them. APPROVED is yes or no.
has_learnt() {
  printf 'NODE KEY APPROVED EVIDENCE\n'
  printf '%s\n' $nodes | sort | sed "s#\$# $key $1 complete#"
}
pod() { # NAME NODE [LINE-OF-SPEC...]
  printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: %s, namespace: %s}\nspec:\n  nodeName: %s\n  terminationGracePeriodSeconds: 1\n' "$1" "${NS:-default}" "$2"
  printf '  %s\n' "${@:3}"
  printf '  containers: [{name: web, image: "%s", command: [sh, -c, %s]}]\n' "$IMAGE" "$(jq -Rs . <<<"${SCRIPT:-exec sleep 100000}")"
}
# process_of CONTAINER: its program's pid; pids are this machine's.
process_of() { grep -l "$1" /proc/[0-9]*/cgroup 2>/dev/null | cut -d/ -f3 | while read -r p; do ! grep -qx sleep "/proc/$p/comm" || echo "$p"; done | head -1; }
# undisturbed: what the plain pods were when they were started: their containers, the kubelet's count, and the processes.
plain() {
  local n
  for n in $nodes; do
    kubectl get pod "plain-$n" -o 'jsonpath={.metadata.name} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}{"\n"}'
    cat "$T/node-$n/plain"
    ls -d "/proc/$(cat "$T/node-$n/plain")"
  done
}
undisturbed() { plain | diff "$T/plain" -; }

@test "the API server takes the resource definitions, and holds to their rules" {
  snug setup kubernetes-crds | kubectl apply -f -
  kubectl wait --for=condition=Established crd/evidences.snug.io crd/approvedprofiles.snug.io --timeout=60s
  object() { # KEY
    jq -n --arg k "$1" '{apiVersion: "snug.io/v1alpha1", kind: "Evidence", metadata: {name: "e", namespace: "shop"},
      spec: {key: $k, node: "one", runs: 1, state: "complete", evidence: "aGk="}}'
  }
  run kubectl create -f - < <(object 'k8s/Shop/web/x')
  [ "$status" -ne 0 ]; [[ "$output" == *'spec.key'* ]]
  object k8s/shop/web/docker.io%2Fnginx | kubectl create -f -
  kubectl -n shop patch evidences.snug.io e --type=merge -p '{"spec":{"runs":2}}'
  for change in '"node":"two"' '"key":"k8s/shop/db/x"'; do
    run kubectl -n shop patch evidences.snug.io e --type=merge -p "{\"spec\":{$change}}"
    [ "$status" -ne 0 ]; [[ "$output" == *'evidence stays that of its key and node'* ]]
  done
  [[ "$(kubectl -n shop get evidences.snug.io)" == *NODE*RUNS*EVIDENCE*KEY*one*2*complete*k8s/shop/web/* ]]
  jq -n '{defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 38, architectures: ["SCMP_ARCH_X86_64"], syscalls: [{names: ["read"], action: "SCMP_ACT_ALLOW"}]}' |
    snug cluster approval --approver a --reason r k8s/shop/web/docker.io%2Fnginx | kubectl create --validate=strict -f -
  run kubectl -n shop patch approvedprofiles.snug.io "$(snug cluster names k8s/shop/web/docker.io%2Fnginx | sed -n 's/^profile //p')" --type=merge -p '{"spec":{"key":"k8s/shop/db/x"}}'
  [ "$status" -ne 0 ]; [[ "$output" == *'an approval stays that of its key'* ]]
  kubectl -n shop delete evidences.snug.io,approvedprofiles.snug.io --all
}

@test "install: a node is ready when its engine has the handlers, after one restart; pods that run notice nothing" {
  for n in $nodes; do pod "plain-$n" "$n" | kubectl apply -f -; done
  kubectl wait --for=condition=Ready $(printf 'pod/plain-%s ' $nodes) --timeout=180s
  for n in $nodes; do
    process_of "$(kubectl get pod "plain-$n" -o 'jsonpath={.status.containerStatuses[0].containerID}' | sed 's#.*//##')" >"$T/node-$n/plain"
  done
  plain >"$T/plain"
  manifests
  kubectl snug install -f "$T/snug.yaml" $nodes
  rolled
  patiently 60 is_labelled $nodes
  for n in $nodes; do [ "$(restarts "$n")" = 1 ]; done
  undisturbed
  run kubectl snug doctor
  echo "$output"
  for n in $nodes; do [[ "$output" == *"== $n"* ]]; done
  # Told apart from what the plugin itself says.
  [ -z "$(kubectl -n kube-system exec ds/snug -- sh -c : 2>&1)" ]
}

@test "an update: the next container takes over, no engine restarts, pods that run notice nothing" {
  kubectl -n kube-system set env ds/snug -c node SOME=thing
  rolled
  patiently 60 is_labelled $nodes
  for n in $nodes; do [ "$(restarts "$n")" = 1 ]; done
  undisturbed
}

key=k8s/shop/web/localhost%2Fsnug-test
# deployment NODE REPLICAS [SCRIPT]: there; without a script, its program does something else on each node.
learnt='case $NODE in one) mkdir /tmp/x ;; two) mkdir /tmp/x && rmdir /tmp/x ;; esac; echo it works; exec sleep 100000'
deployment() {
  kubectl apply -f - <<E
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: $2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      nodeSelector: {kubernetes.io/hostname: $1}
      containers:
        - name: web
          image: $IMAGE
          securityContext: {seccompProfile: {type: RuntimeDefault}}
          env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
          command: [sh, -c, '${3:-$learnt}']
E
}
evidence_of() { kubectl -n shop get evidences.snug.io -o json | jq -r --arg n "$1" '.items[] | select(.spec.node == $n) | .spec.state'; }
is_complete() { [ "$(evidence_of "$1")" = complete ]; }
ready_pods() { kubectl -n shop get pods -l app=web -o json | jq -r '.items[] | select(.status.conditions[]? | .type == "Ready" and .status == "True") | .metadata.name'; }
no_pods() { [ -z "$(kubectl -n shop get pods -l app=web -o name)" ]; }

# Recorders of one kernel see each other's containers, so the nodes learn one after the other.
@test "a Deployment learns on one node and on the other; what each has recorded is in the API" {
  for n in $nodes; do
    deployment "$n" 1
    kubectl snug learn deploy/web -n shop
    kubectl -n shop scale deploy/web --replicas=0
    patiently 60 no_pods
    patiently 90 is_complete "$n"
  done
  run kubectl snug ls
  echo "$output"
  [ "$(awk '{print $1, $2, $4, $5}' <<<"$output")" = "$(has_learnt no)" ]
  [ "$(awk 'NR > 1 {print $3}' <<<"$output" | sort -u)" = 1 ]
}

# enforced NODE: the Deployment's pod there may do what was learnt on any node, and nothing else.
enforced() {
  deployment "$1" 0
  kubectl snug enforce deploy/web -n shop
  deployment "$1" 1 'mkdir /tmp/x && rmdir /tmp/x && echo it works; busybox ln -s a /tmp/y || echo refused; exec sleep 100000'
  kubectl -n shop rollout status deploy/web --timeout=120s
  [ "$(kubectl -n shop get pods -l app=web -o 'jsonpath={.items[0].spec.nodeName}')" = "$1" ]
  run kubectl -n shop logs deploy/web
  echo "$output"
  grep -qx 'it works' <<<"$output"
  grep -qx refused <<<"$output"
  kubectl -n shop scale deploy/web --replicas=0
  patiently 60 no_pods
}

@test "enforced before anything is approved: kubectl describe has snug's own sentence" {
  deployment one 0
  kubectl snug enforce deploy/web -n shop
  kubectl -n shop scale deploy/web --replicas=1
  says_why() { kubectl -n shop describe pods -l app=web | tr -s ' \n' ' ' | grep -qF "no approved profile for $key; learn it with snug-learn, then run \`snug approve $key\`"; }
  patiently 60 says_why
  kubectl -n shop scale deploy/web --replicas=0
  patiently 60 no_pods
}

@test "approved once, for both nodes: each enforces what the two have learnt together, and nothing else" {
  run timeout 120 kubectl snug approve "$key" --reason 'tested in staging' --yes
  echo "$output"
  [ "$status" -eq 0 ]
  for n in $nodes; do in_node "$n" test -e "/var/lib/snug/keys/$key/approved.json"; done
  [ "$(kubectl -n shop get approvedprofiles.snug.io -o 'jsonpath={.items[*].spec.reason}')" = 'tested in staging' ]
  for n in $nodes; do enforced "$n"; done
}

agents() { kubectl get pods -l app=agent --field-selector "spec.nodeName=$1" -o name; }
is_ready() { kubectl wait --for=condition=Ready "$(agents "$1")" --timeout=1s; }
has_failed() { kubectl describe "$(agents "$1")" | grep -qE 'cannot start a (stopped process|container that has stopped)'; }
# says COMMAND...: as somebody at a terminal would see it; kept as the story.
says() {
  printf '$ %s\n' "$*" >>"$T/story"
  run "$@"
  printf '%s\n' "$output" >>"$T/story"
}

# The node "two" has the newer runc if SNUG_KUBE_ROOT is one of Debian's later releases: what started yesterday does not start there.
@test "at three in the morning: a DaemonSet whose profile was right for the older runc, from describe to the fix, by what is printed" {
  in_node two runc --version | grep -qE '^runc version 1\.(2\.[89]|[3-9])' || skip "node two needs a runc from 1.2.8 or 1.3.3 on: SNUG_KUBE_ROOT names the root of a newer Debian"
  jq '.defaultErrnoRet = 1 | .syscalls[0].names += ["clock_nanosleep"]' "$SNUG_SOURCE/tests/cli/inputs/newer/learnt-on-1.1.5.json" >"$T/agent.json"
  profile=/var/lib/kubelet/seccomp/profiles/agent.json
  for n in $nodes; do in_node "$n" sh -c "mkdir -p ${profile%/*} && cat >$profile" <"$T/agent.json"; done
  kubectl apply -f - <<E
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: agent
          image: $IMAGE
          command: [sleep, "100000"]
          securityContext: {allowPrivilegeEscalation: false, seccompProfile: {type: Localhost, localhostProfile: profiles/agent.json}}
E
  patiently 60 is_ready one
  patiently 60 has_failed two
  cd "$T"
  : >"$T/story"
  agent=$(agents two)
  says kubectl describe "$agent"
  says kubectl snug explain "pod/${agent#pod/}" -n default
  [ "$status" -eq 1 ]
  next=${lines[-1]#Next: }
  [[ "$next" == "kubectl snug explain pod/${agent#pod/} -n default --fix fixed.json" ]]
  says $next
  in_node two sh -c "cat >$profile" <"$T/fixed.json"
  patiently 360 is_ready two
  says kubectl get pods -l app=agent -o wide
  cat "$T/story"
  [ -z "${SNUG_STORY:-}" ] || cp "$T/story" "$SNUG_STORY"
  kubectl delete daemonset agent
}

@test "uninstall: each node rolls back by itself, after one restart; what was recorded stays" {
  kubectl snug uninstall -f "$T/snug.yaml"
  for n in $nodes; do
    patiently 120 in_node "$n" test ! -e /opt/snug
    [ "$(restarts "$n")" = 2 ]
    run ! in_node "$n" grep -qs snug-enforce /etc/containerd/config.toml /etc/crio/crio.conf.d/99-snug.conf
  done
  [ -z "$(labelled)" ]
  undisturbed
  [ -n "$(kubectl -n shop get evidences.snug.io -o name)" ]
}

@test "installed again while a restart fails: no node is ready before its engine has the handlers" {
  touch "$T/node-two/manager/fail-restart"
  kubectl snug install -f "$T/snug.yaml" $nodes
  rolled
  patiently 60 is_labelled $nodes
  [ "$(restarts one)" = 3 ]
  [ "$(restarts two)" -ge 3 ]
  [ ! -e "$T/node-three" ] || [ "$(restarts three)" = 3 ]
  in_node two grep -q snug-enforce /etc/containerd/config.toml
}

@test "a node is deleted, another one comes: what was learnt on the one stays, and the other enforces it without having learnt" {
  node_stop two
  kubectl delete node two
  node_start four 4
  kubectl label node four snug.io/install=true
  patiently 180 is_labelled ${nodes/two/four}
  patiently 120 in_node four test -e "/var/lib/snug/keys/$key/approved.json"
  enforced four
  in_node four test ! -e "/var/lib/snug/keys/$key/evidence.json"
  run kubectl snug ls
  echo "$output"
  [ "$(awk '{print $1, $2, $4, $5}' <<<"$output")" = "$(has_learnt yes)" ]
  # The controllers forget a node's pods some time after the node.
  is_forgotten() { kubectl snug show "$key" 2>&1 | grep -q 'Evidence of a node where snug no longer runs: two'; }
  patiently 180 is_forgotten
  kubectl snug show "$key"
}
