bats_require_minimum_version 1.5.0
# snug-cluster, the agent of a node, with the real kubectl where a test is about it and an API server of the tests' own, which enforces the schemas and the agent's rights.
load helper

setup() {
  command -v kubectl >/dev/null || skip "kubectl is missing: kubernetes-client has it"
  dir=$BATS_TEST_TMPDIR NODE=$dir/n
  state=$NODE/var/lib/snug
  mkdir -p "$state" "$dir/run" "$NODE/opt/snug/bin"
  ln -s "$SNUG_BUILD/snug" "$NODE/opt/snug/bin/snug"
  printf '{"state_dir": "%s", "run_dir": "%s", "learn_for": 0, "export_dir": "%s"}\n' "$state" "$dir/run" "$NODE/seccomp/snug" >"$dir/config.json"
  # The node's journal: what journalctl prints is in $dir/journal, once.
  mkdir -p "$NODE/bin"
  cat >"$NODE/bin/journalctl" <<S
#!/bin/sh
for a; do case \$a in --cursor-file=*) touch "$NODE\${a#--cursor-file=}" ;; esac; done
mv $dir/journal $dir/journal.taken 2>/dev/null && cat $dir/journal.taken
exit 0
S
  chmod +x "$NODE/bin/journalctl"
  printf '#!/bin/sh\np=$1\nshift\ncase $p in journalctl) p=$NODE/bin/$p ;; /opt/*) p=%s$p ;; esac\nexec "$p" "$@"\n' "$NODE" >"$dir/on-node"
  chmod +x "$dir/on-node"
  printf '{"apiVersion": "v1", "kind": "Config", "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:PORT"}}],
    "users": [{"name": "agent", "user": {"as": "agent"}}, {"name": "admin", "user": {}}],
    "contexts": [{"name": "agent", "context": {"cluster": "c", "user": "agent"}}, {"name": "admin", "context": {"cluster": "c", "user": "admin"}}],
    "current-context": "admin"}\n' >"$dir/kube.json"
  export NODE SNUG_CONFIG=$dir/config.json
  key=k8s/shop/web/docker.io%2Fnginx
  echo '[]' >"$dir/objects.json"
  api
}
teardown() { for p in ${agent:-} ${api:-}; do kill "$p" && wait "$p" || true; done 2>/dev/null; }

api() {
  rm -f "$dir/port"
  /usr/bin/python3 "$BATS_TEST_DIRNAME/fake_api.py" "$dir" "$SNUG_SOURCE/examples/kubernetes/crds.yaml" "$SNUG_SOURCE/examples/kubernetes/snug.yaml" \
    >"$dir/api.log" 2>&1 3>&- </dev/null & api=$!
  eventually test -s "$dir/port"
  sed "s/PORT/$(cat "$dir/port")/" "$dir/kube.json" >"$dir/admin"
  sed 's/"current-context": "admin"/"current-context": "agent"/' "$dir/admin" >"$dir/agent"
  export KUBECONFIG=$dir/admin
}
# quick: the agent's next kubectl is curl, which starts in a tenth of the time, with kubectl's words for what it reads and prints.
quick() {
  cat >"$dir/kubectl" <<S
#!/bin/bash
verb=\$2 path=\$4
case \$verb in get) set -- ;; create) set -- --data-binary "@\$6" ;; replace) set -- -X PUT --data-binary "@\$6" ;; esac
out=\$(curl -s -w '\n%{http_code}' -H 'Impersonate-User: agent' "\$@" "http://127.0.0.1:\$(cat $dir/port)\$path") || { echo 'Unable to connect to the server' >&2; exit 1; }
code=\${out##*\$'\n'} out=\${out%\$'\n'*}
[ "\$code" -ge 400 ] || { printf '%s\n' "\$out"; exit 0; }
jq -r '"Error from server (\\(.reason)): \\(.message)"' <<<"\$out" >&2
exit 1
S
  chmod +x "$dir/kubectl"
  export KUBECTL=$dir/kubectl
}
# agent [SETTING=VALUE...]: starts it; its output is in $dir/agent.log.
agent() {
  env NODE_NAME=one ON_NODE="$dir/on-node" KUBECONFIG="$dir/agent" TICK=0.2 POLL=0 "$@" ${SH:-sh} "$SNUG_SOURCE/examples/kubernetes/image/snug-cluster" \
    >>"$dir/agent.log" 2>&1 3>&- 4>&- </dev/null & agent=$!
}
stop() { kill "$agent" && wait "$agent" || true; agent=; }
# eventually COMMAND...: at most a minute.
eventually() {
  for _ in $(seq ${PATIENCE_ROUNDS:-1200}); do "$@" && return 0; sleep 0.05; done
  echo "never came true: $*; $(cat "$dir/agent.log" "$dir/log")" >&2
  return 1
}
# evidence RUNS CALLS [KEY]: what snugd saves, in one step as snugd does.
evidence() {
  state=$dir/new put_evidence "${3:-$key}" "$1" "$(join "$(call 59 execve runtime 1)" "$2")"
  mkdir -p "$state/keys/${3:-$key}" && mv "$dir/new/keys/${3:-$key}/evidence.json" "$state/keys/${3:-$key}/"
}
published() { curl -s "http://127.0.0.1:$(cat "$dir/port")/apis/snug.io/v1alpha1/evidences" | jq -r "$@"; }
packed() { published --arg k "$key" '.items[] | select(.spec.key == $k) | .spec.evidence' | base64 -d | gzip -d; }
is_published() { packed 2>/dev/null | cmp -s - "$state/keys/$key/evidence.json"; }
# recorded: it has written down what it has published; a restart before that publishes once more.
recorded() { grep -qF " $(sha256sum <"$state/keys/$key/evidence.json" | cut -d' ' -f1) " "$NODE/opt/snug/state/cluster/keys/$key/published"; }
counts() { grep -c "^agent $1 " "$dir/verbs" || true; }
says() { grep -qF -- "$1" "$dir/agent.log"; }
idle() { local n; n=$(counts list); eventually past $((n + 2)); } # two more rounds
past() { [ "$(counts list)" -ge "$1" ]; }

# full: these start an agent, an API server and kubectl or curl dozens of times.
full() { [ -n "${SNUG_FULL:-}" ] || skip "the agent makes dozens of requests, which takes many seconds: SNUG_FULL=1 runs it"; }

@test "evidence goes to the API when a run ends: one request for each change, none without one, not again after a restart" {
  full
  [ -n "${SNUG_FULL:-}" ] || quick
  evidence "$(one_run '')" "$(call 83 mkdir workload 1)"
  put_evidence web "$(one_run '')" "$(call 83 mkdir workload 1)"
  agent
  eventually is_published
  published -e --arg k "$key" '.items | length == 1 and (.[0] | .spec.key == $k and .spec.node == "one" and .spec.runs == 1 and .spec.state == "complete" and
    .metadata.namespace == "shop" and (.metadata | has("ownerReferences") | not))'
  # The file is written anew, with the same in it.
  cp "$state/keys/$key/evidence.json" "$dir/same"; touch "$dir/same"; mv "$dir/same" "$state/keys/$key/evidence.json"
  idle
  [ "$(counts create),$(counts get),$(counts update)" = 1,0,0 ]
  # A run goes on: nothing yet. It ends.
  evidence "$(join "$(one_run '')" "$(ENDED=null one_run '"running"' | sed 's/web-1/web-2/g')")" "$(call 87 unlink workload 1)"
  idle
  [ "$(counts update)" = 0 ]
  evidence "$(join "$(one_run '')" "$(one_run '' | sed 's/web-1/web-2/g')")" "$(call 87 unlink workload 1)"
  eventually is_published
  eventually recorded
  [ "$(counts create),$(counts get),$(counts update)" = 1,0,1 ]
  stop
  agent
  idle
  [ "$(counts create),$(counts get),$(counts update)" = 1,0,1 ]
  stop
  # The node has forgotten what it wrote: the API's object has a version that it asks for. It was deleted: it is made anew.
  rm -r "$NODE/opt/snug/state"
  agent
  eventually test "$(counts create),$(counts get),$(counts update)" = 1,0,1
  eventually grep -q '^agent get' "$dir/verbs"
  idle
  [ "$(counts create),$(counts get),$(counts update)" = 2,1,2 ]
  curl -sf -X DELETE "http://127.0.0.1:$(cat "$dir/port")/apis/snug.io/v1alpha1/namespaces/shop/evidences/$(published '.items[0].metadata.name')" >/dev/null
  evidence "$(one_run '')" "$(call 84 rmdir workload 1)"
  idle
  eventually is_published
  mkdir -p "$dir/bundles/abc"
  echo '{"annotations": {"io.kubernetes.cri-o.Name": "k8s_web_web-0_shop_u-2_0"}}' >"$dir/bundles/abc/config.json"
  stop
  agent BUNDLES="$dir/bundles"
  denied abc mkdir >"$dir/journal.new"; mv "$dir/journal.new" "$dir/journal"
  eventually events '.items | length == 1'
  # Everything that the role grants was needed, and nothing else was asked for.
  [ "$(sed -n 's/^agent //p' "$dir/verbs" | sort -u)" = "$(/usr/bin/python3 - "$SNUG_SOURCE/examples/kubernetes/snug.yaml" <<'P'
import sys, yaml
[role] = [d for d in yaml.safe_load_all(open(sys.argv[1])) if d["kind"] == "ClusterRole"]
print(*sorted(f"{v} {r}" for rule in role["rules"] for v in rule["verbs"] for r in rule["resources"]), sep="\n")
P
)" ]
}

@test "in its pod: with the account that the kubelet gives it, by TLS, and no program but those of the image" {
  teardown
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/tls.pem" -out "$dir/ca.crt" -days 2 -subj /CN=api \
    -addext subjectAltName=IP:127.0.0.1 2>/dev/null
  cat "$dir/ca.crt" >>"$dir/tls.pem"
  api
  mkdir "$dir/account" "$dir/image"
  mv "$dir/ca.crt" "$dir/account/"
  printf agents-token >"$dir/account/token"
  # As the image's build lists them; its busybox has to have them all.
  ln -s "$(command -v busybox)" "$dir/image/busybox"
  for p in $(sed -n '/^applets=/,/"$/p' "$SNUG_SOURCE/examples/kubernetes/image/build" | tr -d '"\\' | sed 's/^applets=//'); do ln -s busybox "$dir/image/$p"; done
  kubectl=$(command -v kubectl)
  evidence "$(one_run '')" "$(call 83 mkdir workload 1)"
  env -u KUBECONFIG NODE_NAME=one ON_NODE="$dir/on-node" TICK=0.2 POLL=0 KUBECTL="$kubectl" ACCOUNT="$dir/account" KUBERNETES_SERVICE_HOST=127.0.0.1 \
    KUBERNETES_SERVICE_PORT="$(cat "$dir/port")" HOME="$dir" PATH="$dir/image" "$dir/image/sh" "$SNUG_SOURCE/examples/kubernetes/image/snug-cluster" \
    >>"$dir/agent.log" 2>&1 3>&- 4>&- </dev/null & agent=$!
  eventually grep -qs '^agent create evidences' "$dir/verbs"
  eventually grep -q '^agent list approvedprofiles' "$dir/verbs"
  run ! says 'not found'
}

# denied CONTAINER CALL [KEY]: what snugd tells the journal, as journalctl prints it.
denied() {
  jq -nc --arg c "$1" --arg n "$2" --arg k "${3:-$key}" '{__REALTIME_TIMESTAMP: "1769860800123456", MESSAGE: ("container " + $c + ", key " + $k + ": denied " + $n + " by x (/bin/x), 3 times"),
    PRIORITY: "4", SNUG_KEY: $k, SNUG_CONTAINER: $c, SNUG_MODE: "enforce", SNUG_ACTION: "denied", SNUG_COUNT: "3", SNUG_SYSCALL: [$n, "x"]}'
}
events() { curl -s "http://127.0.0.1:$(cat "$dir/port")/api/v1/events" | jq -e "$@" >/dev/null; }

@test "a denial becomes an Event on its pod, at most one a minute for each key; a journal that lies makes none" {
  quick
  mkdir -p "$dir/bundles/abc" "$dir/bundles/crio" "$dir/bundles/other"
  echo '{"annotations": {"io.kubernetes.cri.sandbox-namespace": "shop", "io.kubernetes.cri.sandbox-name": "web-0", "io.kubernetes.cri.sandbox-uid": "u-1",
    "io.kubernetes.cri.container-name": "web"}}' >"$dir/bundles/abc/config.json"
  echo '{"annotations": {"io.kubernetes.cri-o.Name": "k8s_db_db-0_shop_u-2_0"}}' >"$dir/bundles/crio/config.json"
  echo '{"annotations": {"io.kubernetes.cri.sandbox-namespace": "evil", "io.kubernetes.cri.sandbox-name": "e", "io.kubernetes.cri.container-name": "web"}}' \
    >"$dir/bundles/other/config.json"
  # What was in the journal before the agent came is not told.
  denied abc rmdir >"$dir/journal"
  agent BUNDLES="$dir/bundles" EVERY=100000
  idle
  {
    denied abc mkdir
    denied abc unlink
    denied crio mknod k8s/shop/db/mysql
    denied other chmod k8s/shop/evil/x
    denied ../abc chmod k8s/shop/evil/x
    denied gone chmod k8s/shop/evil/y
    denied abc chmod web
    denied abc chmod 'k8s/shop/ x'
    echo '{"MESSAGE": [1, 2], "SNUG_KEY": 7}'
    echo '{'
  } >"$dir/journal.new"
  mv "$dir/journal.new" "$dir/journal"
  eventually events '.items | length == 2'
  events --arg k "$key" 'any(.items[]; .involvedObject == {apiVersion: "v1", kind: "Pod", namespace: "shop", name: "web-0", uid: "u-1", fieldPath: "spec.containers{web}"} and
    .reason == "SeccompDenied" and .type == "Warning" and .count == 3 and .lastTimestamp == "2026-01-31T12:00:00Z" and .source.host == "one" and
    .message == "container abc, key " + $k + ": denied unlink by x (/bin/x), 3 times")'
  events 'any(.items[]; .involvedObject.name == "db-0" and .involvedObject.uid == "u-2" and .involvedObject.fieldPath == "spec.containers{db}")'
  denied abc mkdir >"$dir/journal.new"; mv "$dir/journal.new" "$dir/journal"
  eventually test ! -e "$dir/journal"
  idle
  [ "$(counts create)" -eq 2 ]
}

@test "a run that goes on is copied every SNAPSHOT seconds; kubectl itself, with its words for what it is refused" {
  full
  evidence "$(ENDED=null one_run '"running"')" "$(call 83 mkdir workload 1)"
  agent SNAPSHOT=1 POLL=30
  eventually is_published
  [ "$(published '.items[].spec.state')" = running ]
  evidence "$(ENDED=null one_run '"running"')" "$(call 87 unlink workload 1)"
  eventually is_published
  [ "$(counts create),$(counts get),$(counts update)" = 1,0,1 ]
  # It forgets what it wrote: AlreadyExists.
  stop
  rm -r "$NODE/opt/snug/state"
  evidence "$(one_run '')" "$(call 84 rmdir workload 1)"
  agent SNAPSHOT=1 POLL=30
  eventually is_published
  [ "$(counts create),$(counts get),$(counts update)" = 2,1,2 ]
  # It was deleted: NotFound.
  curl -sf -X DELETE "http://127.0.0.1:$(cat "$dir/port")/apis/snug.io/v1alpha1/namespaces/shop/evidences/$(published '.items[0].metadata.name')" >/dev/null
  evidence "$(one_run '' | sed 's/:05.000Z/:06.000Z/')" "$(call 84 rmdir workload 1)"
  eventually is_published
  [ "$(counts create),$(counts get),$(counts update)" = 3,1,3 ]
}

@test "the API is away, refuses, or has no such namespace: told, tried less and less often, and the node goes on" {
  full
  quick
  echo '503 ServiceUnavailable' >"$dir/fail"
  evidence "$(one_run '')" "$(call 83 mkdir workload 1)"
  agent RETRY=100000
  eventually says 'next try in'
  sleep 0.5
  # Nothing is asked meanwhile.
  [ "$(grep -cv 'GET /version' "$dir/log")" -eq 1 ]
  stop
  rm "$dir/fail"
  evidence "$(one_run '')" "$(call 83 mkdir workload 1)" k8s/no-shop/web/nginx
  evidence "$(one_run '')" "$(call 83 mkdir workload 1)" k8s/Shop/web/nginx
  mkdir -p "$state/keys/k8s/shop/a b"
  cp "$state/keys/$key/evidence.json" "$state/keys/k8s/shop/a b/"
  echo '{' >"$dir/broken"; mkdir -p "$state/keys/k8s/shop/broken/x"; mv "$dir/broken" "$state/keys/k8s/shop/broken/x/evidence.json"
  agent
  eventually is_published
  idle
  says 'k8s/no-shop/web/nginx: Error from server (NotFound): namespaces "no-shop" not found'
  says 'Shop is no namespace'
  says 'k8s/shop/broken/x/evidence.json'
  [ "$(published '.items | length')" -eq 1 ]
  # What the API will never take is not tried again.
  [ "$(counts create)" -eq 2 ]
}

@test "approved profiles come to the node and its export_dir; a deleted one stays and is told; a forged one is named" {
  quick
  approve() { "$snug" cluster approval --approver a --reason r "$1" <"$dir/p.json" >"$dir/object.json"; }
  post() { curl -sf --data-binary "@$dir/object.json" "http://127.0.0.1:$(cat "$dir/port")/apis/snug.io/v1alpha1/namespaces/$1/approvedprofiles" >/dev/null; }
  jq -n '{defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 38, architectures: ["SCMP_ARCH_X86_64"], syscalls: [{names: ["read"], action: "SCMP_ACT_ALLOW"}]}' \
    >"$dir/p.json"
  # More than a page of others.
  for i in $(seq 26); do approve "k8s/shop/web/image-$i"; cat "$dir/object.json"; done | jq -s . >"$dir/many.json"
  teardown
  cp "$dir/many.json" "$dir/objects.json"
  api
  approve "$key"; post shop
  approve k8s/shop/evil/nginx; sed -i 's/"k8s\/shop\/evil/"k8s\/shop\/web/' "$dir/object.json"; post shop
  SH='busybox sh' agent
  eventually test -e "$NODE/opt/snug/state/cluster/have"
  idle
  cmp "$state/keys/$key/approved.json" "$dir/p.json"
  cmp "$NODE/seccomp/snug/shop/web/docker.io%2Fnginx.json" "$dir/p.json"
  [ "$(ls "$state/keys/k8s/shop/web" | wc -l)" -eq 27 ]
  [ "$(ls "$state/keys/k8s/shop")" = web ]
  says "approved $key 1 sha256:"
  [ "$(grep -c 'is called shop-web-nginx-' "$dir/agent.log")" -eq 1 ]
  curl -sf -X DELETE "http://127.0.0.1:$(cat "$dir/port")/apis/snug.io/v1alpha1/namespaces/shop/approvedprofiles/$("$snug" cluster names "$key" | sed -n 's/^profile //p')" >/dev/null
  eventually says "$key: its approval was deleted in the API; this node keeps the profile"
  idle
  cmp "$state/keys/$key/approved.json" "$dir/p.json"
  [ "$(grep -c 'was deleted' "$dir/agent.log")" -eq 1 ]
}
