bats_require_minimum_version 1.5.0
# What learning costs a node and the API with many pods, each of which the kubelet probes by an exec: SNUG_PODS of them (200), for SNUG_MINUTES (10),
# probed each SNUG_PROBE seconds (120: once a minute is more than two processors carry). Takes half an hour; by hand, as
# `bats tests/root/kube/many.bats` with the settings of kube.bash and cluster.bats. Prints a line each minute; the verdict is that nothing but what
# was learnt grows, and that each pod is ready to the end.

loads() {
  load ../lib
  load ../callers/daemons
  load kube
}
setup_file() {
  loads
  kube_setup_file
  node_start one 1
}
setup() {
  loads
  kube_setup
}
teardown_file() {
  loads
  kube_teardown_file
}

deployments=20
# workload NUMBER REPLICAS: a key of its own.
workload() {
  cat <<E
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web-$1, namespace: shop}
spec:
  replicas: $2
  selector: {matchLabels: {app: web-$1}}
  template:
    metadata: {labels: {app: web-$1, many: "yes"}}
    spec:
      runtimeClassName: snug-learn
      terminationGracePeriodSeconds: 1
      containers:
        - name: web-$1
          image: $IMAGE
          securityContext: {seccompProfile: {type: RuntimeDefault}}
          readinessProbe: {exec: {command: ["true"]}, periodSeconds: ${SNUG_PROBE:-120}, timeoutSeconds: 30, failureThreshold: 10}
          command: [sleep, "100000"]
E
}
ready() { kubectl -n shop get pods -l many=yes -o json | jq '[.items[] | select(any(.status.conditions[]?; .type == "Ready" and .status == "True"))] | length'; }
has_ready() { [ "$(ready)" -ge "$1" ]; }
recorder() { pgrep -f '^/opt/snug/bin/snugd' | head -1; }
agent() { pgrep -f 'snug-cluster$' | head -1; }
rss() { awk '/^VmRSS/ {print $2}' "/proc/$1/status"; }
requests() { jq -r 'select(.user.username == "system:serviceaccount:kube-system:snug") | .verb + " " + (.objectRef.resource // "-")' "$T/audit.log" | wc -l; }
# measured: files below the run directory, below the state directory; the recorder's KiB, descriptors, CPU seconds; the agent's KiB; requests until now.
measured() {
  local r a
  r=$(recorder) a=$(agent)
  printf '%s %s %s %s %s %s %s\n' "$(in_node one find /run/snug | wc -l)" "$(in_node one find /var/lib/snug | wc -l)" "$(rss "$r")" "$(ls "/proc/$r/fd" | wc -l)" \
    "$(awk '{print int(($14 + $15) / 100)}' "/proc/$r/stat")" "$(rss "$a")" "$(requests)"
}

@test "many pods with exec probes: files, memory and descriptors stay, and so do the requests a minute" {
  pods=${SNUG_PODS:-200} minutes=${SNUG_MINUTES:-10}
  snug setup kubernetes-crds | kubectl apply -f - >/dev/null
  manifests
  kubectl snug install -f "$T/snug.yaml" one
  rolled
  patiently 120 is_labelled one
  # Two processors cannot start them all within the kubelet's two minutes.
  for i in $(seq $deployments); do
    workload "$i" $((pods / deployments)) | kubectl apply -f - >/dev/null
    patiently 900 has_ready $((i * pods / deployments))
  done
  echo "# $pods pods are ready after $SECONDS s" >&3
  echo '# minute: files in run and state; recorder KiB, descriptors, CPU s; agent KiB; requests, in this minute' >&3
  before=$(requests)
  for ((m = 1; m <= minutes; m++)); do
    sleep 60
    read -r run state memory fds cpu agent total < <(measured)
    echo "# $m: $run $state; $memory $fds $cpu; $agent; $((total - before))" >&3
    before=$total
    if [ "$m" = 1 ]; then first_run=$run first_fds=$fds first_memory=$memory; fi
  done
  has_ready "$pods"
  [ "$run" -le $((first_run + pods / 10)) ]
  [ "$fds" -le $((first_fds + pods / 10)) ]
  [ "$memory" -le $((first_memory * 5 / 4)) ]
  jq -r 'select(.user.username == "system:serviceaccount:kube-system:snug") | .verb + " " + (.objectRef.resource // "-")' "$T/audit.log" | sort | uniq -c | sed 's/^/# /' >&3
}
