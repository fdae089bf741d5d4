bats_require_minimum_version 1.5.0
# Nodes "one" and "two" (and later "three") of a real cluster. cluster.bats runs this; the tests need each other, in this order.

loads() {
  load ../lib
  load ../callers/daemons
  load kube
}
setup_file() {
  loads
  snug_setup
  export T
  kube_images
  kube_start
  node_start one 1
  node_start two 2 "${SNUG_KUBE_ROOT:-/}"
  kubectl create namespace shop
}
setup() {
  loads
  PATH=$SNUG_SOURCE/examples/kubernetes:$SNUG_KUBE_BIN:$SNUG_BUILD:$PATH
  export KUBECONFIG=$T/admin.conf KUBECTL_SNUG_ON_NODE=/node/run/manager/on-node
}
teardown_file() {
  loads
  kube_stop
  snug_teardown
}

nodes='one two'
pod() { # NAME NODE [LINE-OF-SPEC...]
  printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: %s, namespace: %s}\nspec:\n  nodeName: %s\n  terminationGracePeriodSeconds: 1\n' "$1" "${NS:-default}" "$2"
  printf '  %s\n' "${@:3}"
  printf '  containers: [{name: web, image: "%s", command: [sh, -c, %s]}]\n' "$IMAGE" "$(jq -Rs . <<<"${SCRIPT:-exec sleep 100000}")"
}
# restarts NODE: how often somebody has restarted its engine.
restarts() { cat "$T/node-$1/manager/containerd.restarts" 2>/dev/null | wc -l; }
labelled() { kubectl get nodes -l snug.io/ready=true -o 'jsonpath={range .items[*]}{.metadata.name} {end}'; }
is_labelled() { [ "$(labelled)" = "$1" ]; }
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
rolled() { kubectl -n kube-system rollout status ds/snug --timeout=180s; }
manifests() {
  mkdir -p "$T/kustom"
  snug setup kubernetes --image localhost/snug:test >"$T/kustom/snug.yaml"
  cat >"$T/kustom/kustomization.yaml" <<'E'
resources: [snug.yaml]
patches:
  - target: {kind: DaemonSet}
    patch: |
      - {op: add, path: /spec/template/spec/containers/0/env/-, value: {name: ON_NODE, value: /node/run/manager/on-node}}
      - {op: replace, path: /spec/template/spec/containers/0/env/2/value, value: "20"}
E
  kubectl kustomize "$T/kustom" >"$T/snug.yaml"
}

@test "the API server takes the resource definitions, and holds to their rules" {
  snug setup kubernetes-crds | kubectl apply -f -
  kubectl wait --for=condition=Established crd/evidences.snug.io crd/approvedprofiles.snug.io --timeout=60s
  object() { # KEY
    jq -n --arg k "$1" '{apiVersion: "snug.io/v1alpha1", kind: "Evidence", metadata: {name: "e", namespace: "shop"},
      spec: {key: $k, node: "one", runs: 1, state: "complete", evidence: "aGk="}}'
  }
  run kubectl create -f - < <(object 'k8s/Shop/web/x')
  [ "$status" -ne 0 ] && [[ "$output" == *'spec.key'* ]]
  object k8s/shop/web/docker.io%2Fnginx | kubectl create -f -
  kubectl -n shop patch evidences.snug.io e --type=merge -p '{"spec":{"runs":2}}'
  for change in '"node":"two"' '"key":"k8s/shop/db/x"'; do
    run kubectl -n shop patch evidences.snug.io e --type=merge -p "{\"spec\":{$change}}"
    [ "$status" -ne 0 ] && [[ "$output" == *'evidence stays that of its key and node'* ]]
  done
  [[ "$(kubectl -n shop get evidences.snug.io)" == *NODE*RUNS*EVIDENCE*KEY*one*2*complete*k8s/shop/web/* ]]
  jq -n '{defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 38, architectures: ["SCMP_ARCH_X86_64"], syscalls: [{names: ["read"], action: "SCMP_ACT_ALLOW"}]}' |
    snug cluster approval --approver a --reason r k8s/shop/web/docker.io%2Fnginx | kubectl create --validate=strict -f -
  run kubectl -n shop patch approvedprofiles.snug.io "$(snug cluster names k8s/shop/web/docker.io%2Fnginx | sed -n 's/^profile //p')" --type=merge -p '{"spec":{"key":"k8s/shop/db/x"}}'
  [ "$status" -ne 0 ] && [[ "$output" == *'an approval stays that of its key'* ]]
  kubectl -n shop delete evidences.snug.io,approvedprofiles.snug.io --all
}

@test "install: a node is ready when its engine has the handlers, after one restart; pods that run notice nothing" {
  for n in $nodes; do pod "plain-$n" "$n" | kubectl apply -f -; done
  kubectl wait --for=condition=Ready pod/plain-one pod/plain-two --timeout=120s
  for n in $nodes; do
    node_ctr "$n" task ls | awk -v id="$(kubectl get pod "plain-$n" -o 'jsonpath={.status.containerStatuses[0].containerID}' | sed 's#.*//##')" '$1 == id {print $2}' \
      >"$T/node-$n/plain"
  done
  plain >"$T/plain"
  manifests
  kubectl snug install -f "$T/snug.yaml" one two
  rolled
  patiently 60 is_labelled 'one two '
  for n in $nodes; do [ "$(restarts "$n")" = 1 ]; done
  undisturbed
  run kubectl snug doctor
  echo "$output"
  [[ "$output" == *'== one'*'== two'* ]]
  # Told apart from what the plugin itself says.
  [ -z "$(kubectl -n kube-system exec ds/snug -- sh -c : 2>&1)" ]
}

@test "an update: the next container takes over, no engine restarts, pods that run notice nothing" {
  kubectl -n kube-system set env ds/snug -c node SOME=thing
  rolled
  patiently 60 is_labelled 'one two '
  for n in $nodes; do [ "$(restarts "$n")" = 1 ]; done
  undisturbed
}

key=k8s/shop/web/localhost%2Fsnug-test
# deployment NODE: one replica there, whose program does something else on each node.
deployment() {
  kubectl apply -f - <<E
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: ${2:-1}
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
          command: [sh, -c, 'case \$NODE in one) mkdir /tmp/x ;; two) mkdir /tmp/x && rmdir /tmp/x ;; esac; echo it works; exec sleep 100000']
E
}
evidence_of() { kubectl -n shop get evidences.snug.io -o json | jq -r --arg n "$1" '.items[] | select(.spec.node == $n) | .spec.state'; }
is_complete() { [ "$(evidence_of "$1")" = complete ]; }
ready_pods() { kubectl -n shop get pods -l app=web -o json | jq -r '.items[] | select(.status.conditions[]? | .type == "Ready" and .status == "True") | .metadata.name'; }
no_pods() { [ -z "$(kubectl -n shop get pods -l app=web -o name)" ]; }

# Recorders of one kernel see each other's containers, so the nodes learn one after the other.
@test "a Deployment learns on one node and on the other; what each has recorded is in the API" {
  for n in $nodes; do
    deployment "$n"
    kubectl snug learn deploy/web -n shop
    kubectl -n shop scale deploy/web --replicas=0
    patiently 60 no_pods
    patiently 90 is_complete "$n"
  done
  run kubectl snug ls
  echo "$output"
  [ "$(sed 's/  */ /g' <<<"$output")" = $'NODE KEY RUNS APPROVED EVIDENCE\none '"$key"$' 1 no complete\ntwo '"$key"' 1 no complete' ]
}

@test "uninstall: each node rolls back by itself, after one restart; what was recorded stays" {
  kubectl snug uninstall -f "$T/snug.yaml"
  for n in $nodes; do
    patiently 120 in_node "$n" test ! -e /opt/snug
    [ "$(restarts "$n")" = 2 ]
    run ! in_node "$n" grep -q snug /etc/containerd/config.toml
  done
  is_labelled ''
  undisturbed
  [ -n "$(kubectl -n shop get evidences.snug.io -o name)" ]
}

@test "installed again while a restart fails: no node is ready before its engine has the handlers" {
  touch "$T/node-two/manager/fail-restart"
  kubectl snug install -f "$T/snug.yaml" one two
  rolled
  patiently 60 is_labelled 'one two '
  [ "$(restarts one)" = 3 ]
  [ "$(restarts two)" -ge 3 ]
  in_node two grep -q snug-enforce /etc/containerd/config.toml
}
