# A cluster of this machine's own: etcd, the API server, the controllers and the scheduler on addresses of the loopback device, and nodes that are
# mount namespaces, each with its own root, containerd, kubelet and journald. Loaded after lib.bash and callers/daemons.bash.
#
# SNUG_KUBE_BIN   the folder of kube-apiserver, kube-controller-manager, kube-scheduler, kubelet, etcd, and kubectl if it is to be of the same version
# SNUG_KUBE_ROOT  optional: the root of another Debian, whose containerd, runc and CNI plugins a second node uses
#                 (for CRI-O: SNUG_KUBE_BIN has crio and pinns, the root conmon and the libraries that crio wants)
#
# What is not as on a real node: the nodes share the kernel, its pids and its network (records of the audit subsystem are for the initial namespaces
# alone), so "the node" is not what pid 1 sees, and kube/on-node stands for `nsenter -t 1`; and kube/node-manager stands for systemd.
KUBE=$SNUG_SOURCE/tests/root/kube
KUBE_NET=10.231 # .0.N are the nodes, .N.0/24 the pods of a node, .128.0/24 the services; on this machine's loopback device and its own pairs alone
KUBE_API=$KUBE_NET.128.1
PAUSE=localhost/snug-pause:1
KUBE_SYSCTLS='vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes net.ipv4.ip_forward'

# kube_missing: what keeps a cluster from running here, or nothing.
kube_missing() {
  local p
  if [ -z "${SNUG_KUBE_BIN:-}" ]; then
    echo "no Kubernetes here: SNUG_KUBE_BIN=DIR names the folder of kube-apiserver, kube-controller-manager, kube-scheduler, kubelet and etcd"
    return
  fi
  for p in kube-apiserver kube-controller-manager kube-scheduler kubelet etcd; do
    [ -x "$SNUG_KUBE_BIN/$p" ] || { echo "SNUG_KUBE_BIN has no $p"; return; }
  done
  [ -x /usr/lib/cni/ptp ] || echo "the CNI plugins are missing: containernetworking-plugins has them"
}

# certificate NAME SUBJECT [SAN]: a key and a certificate of the cluster's own authority.
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/pki/$1.key" -out "$T/pki/$1.csr" -subj "$2" 2>/dev/null
  openssl x509 -req -in "$T/pki/$1.csr" -CA "$T/pki/ca.crt" -CAkey "$T/pki/ca.key" -CAcreateserial -days 2 -out "$T/pki/$1.crt" \
    -extfile <(printf 'extendedKeyUsage=clientAuth,serverAuth\n%s' "${3:+subjectAltName=$3}") 2>/dev/null
}

# kubeconfig NAME: of the certificate of that name, as one file.
kubeconfig() {
  cat <<E
apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "https://$KUBE_API", certificate-authority-data: $(base64 -w0 "$T/pki/ca.crt")}}]
users: [{name: $1, user: {client-certificate-data: $(base64 -w0 "$T/pki/$1.crt"), client-key-data: $(base64 -w0 "$T/pki/$1.key")}}]
contexts: [{name: test, context: {cluster: test, user: $1}}]
current-context: test
E
}

kube_start() {
  local p
  PATH=$SNUG_KUBE_BIN:$PATH
  mkdir -p "$T/pki" "$T/etcd"
  chmod 755 "$T"
  sysctl $KUBE_SYSCTLS >"$T/sysctls" 2>/dev/null || true
  sysctl -qw net.ipv4.ip_forward=1
  ip address add "$KUBE_API/32" dev lo
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/pki/ca.key" -out "$T/pki/ca.crt" -days 2 -subj /CN=test-ca 2>/dev/null
  openssl genrsa -out "$T/pki/sa.key" 2048 2>/dev/null
  certificate apiserver /CN=kube-apiserver "IP:$KUBE_API,DNS:kubernetes.default.svc"
  certificate admin /O=system:masters/CN=admin
  certificate controller /CN=system:kube-controller-manager
  certificate scheduler /CN=system:kube-scheduler
  for p in admin controller scheduler; do kubeconfig $p >"$T/$p.conf"; done
  background "$T/etcd.log" etcd --name test --data-dir "$T/etcd" --listen-client-urls http://127.0.0.1:23790 --advertise-client-urls http://127.0.0.1:23790 \
    --listen-peer-urls http://127.0.0.1:23800 --initial-advertise-peer-urls http://127.0.0.1:23800 --initial-cluster test=http://127.0.0.1:23800 \
    --unsafe-no-fsync --log-level warn >"$T/kube.pids"
  printf 'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata}]\n' >"$T/audit.yaml"
  background "$T/apiserver.log" kube-apiserver --bind-address "$KUBE_API" --secure-port 443 --advertise-address "$KUBE_API" --etcd-servers http://127.0.0.1:23790 \
    --service-cluster-ip-range "$KUBE_NET.128.0/24" --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction --client-ca-file "$T/pki/ca.crt" \
    --tls-cert-file "$T/pki/apiserver.crt" --tls-private-key-file "$T/pki/apiserver.key" --kubelet-client-certificate "$T/pki/admin.crt" \
    --kubelet-client-key "$T/pki/admin.key" --kubelet-preferred-address-types InternalIP --service-account-key-file "$T/pki/sa.key" \
    --service-account-signing-key-file "$T/pki/sa.key" --service-account-issuer https://kubernetes.default.svc --allow-privileged=true \
    --audit-policy-file "$T/audit.yaml" --audit-log-path "$T/audit.log" --profiling=false >>"$T/kube.pids"
  export KUBECONFIG=$T/admin.conf
  patiently 180 answers
  background "$T/controller.log" kube-controller-manager --bind-address 127.0.0.1 --kubeconfig "$T/controller.conf" --authentication-kubeconfig "$T/controller.conf" \
    --authorization-kubeconfig "$T/controller.conf" --service-account-private-key-file "$T/pki/sa.key" --root-ca-file "$T/pki/ca.crt" \
    --use-service-account-credentials --leader-elect=false --profiling=false --node-monitor-grace-period=60s >>"$T/kube.pids"
  background "$T/scheduler.log" kube-scheduler --bind-address 127.0.0.1 --kubeconfig "$T/scheduler.conf" --authentication-kubeconfig "$T/scheduler.conf" \
    --authorization-kubeconfig "$T/scheduler.conf" --leader-elect=false --profiling=false >>"$T/kube.pids"
  patiently 60 kubectl get serviceaccount default
}
answers() { kubectl get --raw /readyz >/dev/null 2>&1; }

# patiently SECONDS COMMAND...: as eventually, with a limit of its own; a cluster on two processors is slow.
patiently() {
  local deadline=$((SECONDS + $1))
  shift
  while [ $SECONDS -lt $deadline ]; do "$@" >/dev/null 2>&1 && return 0; sleep 0.5; done
  echo "never came true: $*" >&2
  return 1
}

# node_start NAME NUMBER [ROOT [ENGINE]]: a node whose programs are this machine's, or those of the Debian in ROOT. The engine is containerd, or crio.
node_start() {
  local name=$1 number=$2 root=${3:-/} engine=${4:-containerd} dir=$T/node-$1 group
  mkdir -p "$dir"/{containerd,crio,kubelet,manager}
  printf '%s\n' "$engine" >"$dir/manager/engine"
  printf '%s\n' "$name" >"$dir/manager/name"
  printf '%s\n' "$KUBE_NET.0.$number" >"$dir/manager/address"
  ip address add "$KUBE_NET.0.$number/32" dev lo
  certificate "node-$name" "/O=system:nodes/CN=system:node:$name"
  kubeconfig "node-$name" >"$dir/manager/kubelet.conf"
  if [ "$engine" = crio ]; then node_crio >"$dir/manager/crio.conf"; else node_containerd "$root" >"$dir/manager/containerd.toml"; fi
  node_kubelet "$name" "$number" "$engine" >"$dir/manager/kubelet.yaml"
  printf '{"cniVersion": "0.4.0", "name": "test", "plugins": [{"type": "ptp", "ipam": {"type": "host-local", "subnet": "%s.%s.0/24",
    "routes": [{"dst": "0.0.0.0/0"}]}}]}\n' "$KUBE_NET" "$number" >"$dir/manager/cni.conflist"
  cp "$T/pki/ca.crt" "$KUBE/node-manager" "$KUBE/node-systemctl" "$KUBE/node-runc" "$KUBE/on-node" "$dir/manager/"
  for group in $(cgroups); do mkdir -p "$group/snug-$name"; done
  # Into the store of an engine that is not running yet, or through one that is.
  [ "$engine" != crio ] || crio_import "$dir/crio"
  background "$dir/log" unshare --mount --uts --propagation private "$KUBE/node" "$name" "$dir" "$root" "$SNUG_KUBE_BIN" >"$dir/pid"
  patiently 60 test -e "$dir/manager/ready" || { tail -n 20 "$dir/log" "$dir/manager/log" >&2; return 1; }
  cp "$dir/pid" "$dir/manager/pid"
  [ "$engine" = crio ] || node_import "$name"
  patiently 180 kubectl wait --for=condition=Ready "node/$name" --timeout=1s
}
cgroups() { awk '$3 ~ /^cgroup2?$/ {print $2}' /proc/mounts | sort -u; }

# in_node NAME COMMAND...: with the node's programs.
in_node() { nsenter -t "$(cat "$T/node-$1/pid")" -m -u -- "${@:2}"; }
node_ctr() { in_node "$1" ctr -a /run/containerd/containerd.sock -n k8s.io "${@:2}"; }
node_import() {
  local f import='images import'
  if node_ctr "$1" images import --help | grep -q -- --local; then import='images import --local'; fi
  patiently 60 node_ctr "$1" version
  for f in "$T"/images/*.tar; do node_ctr "$1" $import - <"$f" >/dev/null; done
}

crio_import() { # DIR
  local f
  for f in "$T"/images/*.tar; do podman --root "$1" --runroot "$1.run" --storage-driver vfs load -q -i "$f" >/dev/null || return; done
}

node_crio() {
  cat <<E
[crio]
root = "/var/lib/containers/storage"
runroot = "/run/containers/storage"
storage_driver = "vfs"
[crio.image]
pause_image = "$PAUSE"
signature_policy = "/run/manager/policy.json"
[crio.network]
network_dir = "/etc/cni/net.d"
plugin_dirs = ["/usr/lib/cni"]
[crio.runtime]
cgroup_manager = "cgroupfs"
conmon_cgroup = "pod"
pinns_path = "/run/snug-kube/pinns"
default_runtime = "runc"
[crio.runtime.runtimes.runc]
runtime_path = "/run/manager/node-runc"
monitor_path = "/usr/bin/conmon"
E
}

node_containerd() { # ROOT
  case $(chroot "$1" containerd --version) in
    *'/v2 '*)
      cat <<E
version = 3
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "$PAUSE"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["/usr/lib/cni"]
    conf_dir = "/etc/cni/net.d"
E
      ;;
    *)
      cat <<E
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$PAUSE"
  restrict_oom_score_adj = true
  disable_apparmor = true
  disable_tcp_service = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/etc/cni/net.d"
E
      ;;
  esac
}

node_kubelet() { # NAME NUMBER ENGINE
  cat <<E
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $KUBE_NET.0.$2
healthzPort: 0
readOnlyPort: 0
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: /run/manager/ca.crt}}
authorization: {mode: Webhook}
containerRuntimeEndpoint: unix:///run/$3/$3.sock
cgroupDriver: cgroupfs
cgroupRoot: /snug-$1
failCgroupV1: false
failSwapOn: false
makeIPTablesUtilChains: false
clusterDNS: [$KUBE_NET.128.10]
clusterDomain: cluster.local
resolvConf: ""
maxPods: 250
evictionHard: {memory.available: 1Mi, nodefs.available: 1Mi, imagefs.available: 1Mi}
imageGCHighThresholdPercent: 100
nodeStatusUpdateFrequency: 5s
E
}

# of_node NAME: the processes of its groups and of its mount namespace.
of_node() {
  local group
  for group in $(cgroups); do find "$group/snug-$1" -name cgroup.procs -exec cat {} + 2>/dev/null; done
  find /proc -mindepth 3 -maxdepth 3 -path '/proc/[0-9]*/ns/mnt' -lname "$2" 2>/dev/null | cut -d/ -f3
}

# node_stop NAME: all that runs on it, its mounts, groups and address; its files stay until the test's end.
node_stop() {
  local name=$1 dir=$T/node-$1 pid own group
  pid=$(cat "$dir/pid")
  own=$(readlink "/proc/$pid/ns/mnt" 2>/dev/null) || own=none
  kill -KILL "$pid" 2>/dev/null
  for _ in 1 2 3; do
    of_node "$name" "${own//[/\\[}" | sort -u | xargs -r kill -KILL 2>/dev/null || true # some have ended by themselves
    sleep 0.3
  done
  for group in $(cgroups); do find "$group/snug-$name" -depth -type d -exec rmdir {} \; 2>/dev/null; done
  ip address del "$(cat "$dir/manager/address")/32" dev lo 2>/dev/null
  rm -f "$dir/pid"
}

kube_stop() {
  local d
  for d in "$T"/node-*; do [ ! -e "$d/pid" ] || node_stop "${d##*/node-}"; done
  [ ! -e "$T/kube.pids" ] || end_process $(tac "$T/kube.pids")
  ip address del "$KUBE_API/32" dev lo 2>/dev/null
  [ ! -e "$T/sysctls" ] || sysctl -q -p "$T/sysctls"
  return 0
}

# kube_images: the DaemonSet's image of the tree under test, and a small one for pods, as archives that nodes import.
kube_images() {
  local static=$SNUG_SOURCE/build-static
  mkdir -p "$T/images" "$T/storage"
  [ -f "$static/build.ninja" ] || meson setup "$static" "$SNUG_SOURCE" -Dwerror=true -Dstatic=true -Dsystemd_unit_dir=no >"$T/build.log" 2>&1
  ninja -C "$static" snug snugd snug-agent snug-runtime snug-canary >"$T/build.log" 2>&1 || { tail -30 "$T/build.log" >&2; return 1; }
  printf '[storage]\ndriver = "vfs"\ngraphroot = "%s/graph"\nrunroot = "%s/run"\n' "$T/storage" "$T/storage" >"$T/storage.conf"
  CONTAINERS_STORAGE_CONF=$T/storage.conf "$SNUG_SOURCE/examples/kubernetes/image/build" --programs "$static" --kubectl "$(PATH=$SNUG_KUBE_BIN:$PATH command -v kubectl)" \
    --tag localhost/snug:test --output "$T/images/snug.tar" >"$T/image.log"
  image_archive "$T/images/small.tar"
  python3 "$CALLERS/image.py" "$T/image" "$PAUSE" "$T/images/pause.tar" /bin/sleep 1000000000
}

# What each suite here does before all its tests, before each, and after all.
kube_setup_file() {
  snug_setup
  export T
  kube_images
  kube_start
  kubectl create namespace shop
}
kube_setup() {
  PATH=$SNUG_SOURCE/examples/kubernetes:$SNUG_KUBE_BIN:$SNUG_BUILD:$PATH
  export KUBECONFIG=$T/admin.conf KUBECTL_SNUG_ON_NODE=/node/run/manager/on-node
}
kube_teardown_file() {
  kube_stop
  snug_teardown
}

# Of a cluster on which snug is installed.
# restarts NODE: how often somebody has restarted its engine.
restarts() { cat "$T/node-$1/manager/$(cat "$T/node-$1/manager/engine").restarts" 2>/dev/null | wc -l; }
labelled() { kubectl get nodes -l snug.io/ready=true -o 'jsonpath={range .items[*]}{.metadata.name} {end}'; }
is_labelled() { [ "$(labelled | xargs -n1 | sort)" = "$(printf "%s\n" "$@" | sort)" ]; } # NODE...
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
