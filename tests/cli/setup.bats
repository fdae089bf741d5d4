# snug setup: what it prints for each caller, merges into the caller's file, takes out again. No daemon, no root.
bats_require_minimum_version 1.5.0

load helper

PYTHON=/usr/bin/python3
# toml FILE EXPRESSION: of the parsed file, called c.
toml() { $PYTHON -c 'import sys, tomllib; c = tomllib.load(open(sys.argv[1], "rb")); print(eval(sys.argv[2]))' "$@"; }
V2='c["plugins"]["io.containerd.grpc.v1.cri"]["containerd"]["runtimes"]'
V3='c["plugins"]["io.containerd.cri.v1.runtime"]["containerd"]["runtimes"]'

# setup_at FILE ARG...: CALLER is set; the programs lie in /opt/bin.
setup_at() { run_snug setup "$CALLER" --bin /opt/bin --config "$@"; }

@test "the examples are what setup prints" {
  local caller file
  while read -r caller file; do
    if [ "$caller" = containerd ]; then echo "version = ${file//[!0-9]/}" >"$dir/c"; fi
    if [ "$caller" = containerd ]; then set -- --config "$dir/c"; else set --; fi
    run_snug setup "$caller" --bin /usr/bin "$@"
    [ "$status" -eq 0 ]
    diff "$SNUG_SOURCE/examples/$file" <(printf '%s\n' "$output")
  done <<E
containerd containerd/snug-2.toml
containerd containerd/snug-3.toml
crio crio/99-snug.conf
docker docker/daemon.json
podman podman/snug.conf
kubernetes kubernetes/snug.yaml
kubernetes-crds kubernetes/crds.yaml
E
}

@test "containerd: merged into a file of version 2, 3 and 4, twice is as good as once, taken out to the byte" {
  CALLER=containerd
  for version in 2 3 4; do
    if [ $version = 2 ]; then
      table='plugins."io.containerd.grpc.v1.cri".containerd' runtimes=$V2
    else
      table="plugins.'io.containerd.cri.v1.runtime'.containerd" runtimes=$V3
    fi
    printf '# my own\nversion = %s\n[%s]\n  default_runtime_name = "mine"\n[%s.runtimes.mine]\n  runtime_type = "io.containerd.runc.v2"\n' \
      $version "$table" "$table" >"$dir/config.toml"
    printf '[%s.runtimes.mine.options]\n  SystemdCgroup = true # as the kubelet\n[%s.runtimes.runc.options]\n  SystemdCgroup = false' \
      "$table" "$table" >>"$dir/config.toml"
    chmod 600 "$dir/config.toml"
    cp -p "$dir/config.toml" "$dir/before"
    setup_at "$dir/config.toml"
    [ "$(grep -c "^\[$(printf '%s' "$table" | sed 's/\./\\./g').runtimes.snug-[a-z]*]" <<<"$output")" -eq 3 ]
    if command -v containerd >/dev/null && ! containerd --config "$dir/config.toml" config dump >/dev/null 2>&1; then
      # The containerd of this machine is older than that version.
      setup_at "$dir/config.toml" --write
      refused 2 'containerd rejects it'
      cmp "$dir/config.toml" "$dir/before"
      continue
    fi
    setup_at "$dir/config.toml" --write
    [ "$status" -eq 0 ]
    [[ "$output" == *'systemctl restart containerd'* ]]
    for mode in learn audit enforce; do
      [ "$(toml "$dir/config.toml" "$runtimes['snug-$mode']['options']")" = "{'BinaryName': '/opt/bin/snug-$mode', 'SystemdCgroup': True}" ]
      [ "$(toml "$dir/config.toml" "$runtimes['snug-$mode']['pod_annotations']")" = "['io.snug.*']" ]
    done
    [ "$(toml "$dir/config.toml" "$runtimes['mine']['runtime_type']")" = io.containerd.runc.v2 ]
    [ "$(stat -c %a "$dir/config.toml")" = 600 ]
    cmp "$dir/config.toml.before-snug" "$dir/before"
    cp "$dir/config.toml" "$dir/once"
    setup_at "$dir/config.toml" --write
    [[ "$output" == *'already contains snug'* ]]
    cmp "$dir/config.toml" "$dir/once"
    # What the user changes meanwhile stays, and the first backup too.
    setup_at "$dir/config.toml" --remove
    [ "$status" -eq 0 ]
    cmp "$dir/config.toml" "$dir/before"
    [ ! -e "$dir/config.toml.before-snug" ]
    setup_at "$dir/config.toml" --write
    sed -i 's/# my own/# changed/' "$dir/config.toml"
    setup_at "$dir/config.toml" --remove
    [ "$(head -1 "$dir/config.toml")" = '# changed' ]
    run ! grep -q snug "$dir/config.toml"
    cmp "$dir/config.toml.before-snug" "$dir/before"
    rm "$dir"/config.toml*
  done
}

@test "containerd: a file that names no runtime gets the default named too, which it would lose" {
  CALLER=containerd
  for version in 2 3; do
    if [ $version = 2 ]; then runtimes=$V2; else runtimes=$V3; fi
    echo "version = $version" >"$dir/config.toml"
    setup_at "$dir/config.toml"
    printf 'version = %s\n%s\n' $version "$output" >"$dir/c.toml"
    [ "$(toml "$dir/c.toml" "$runtimes['runc']")" = "{'runtime_type': 'io.containerd.runc.v2'}" ]
    # One that is there is not named twice, and another default needs none.
    for own in runc mine; do
      t='plugins."io.containerd.grpc.v1.cri".containerd'
      [ $version = 2 ] || t="plugins.'io.containerd.cri.v1.runtime'.containerd"
      printf 'version = %s\n[%s]\ndefault_runtime_name = "%s"\n[%s.runtimes.%s]\nruntime_type = "x"\n' $version "$t" $own "$t" $own >"$dir/config.toml"
      setup_at "$dir/config.toml"
      { cat "$dir/config.toml"; printf '%s\n' "$output"; } >"$dir/c.toml"
      [ "$(toml "$dir/c.toml" "sorted($runtimes)")" = "['$own', 'snug-audit', 'snug-enforce', 'snug-learn']" ]
    done
  done
}

@test "containerd: a missing file, a moved program, other people's handlers, what containerd would not take" {
  CALLER=containerd
  setup_at "$dir/config.toml" --write
  [ "$(toml "$dir/config.toml" 'c["version"] in (2, 3)')" = True ]
  run_snug setup containerd --bin /elsewhere --config "$dir/config.toml" --write
  [ "$(grep -c '/elsewhere/snug-' "$dir/config.toml")" -eq 3 ]
  [ "$(grep -c BinaryName "$dir/config.toml")" -eq 3 ]
  run_snug setup containerd --bin /elsewhere --config "$dir/config.toml" --remove
  [ ! -e "$dir/config.toml" ]
  for text in 'version = 1' '' '[plugins]'; do
    [ -n "$text" ] || continue
    echo "$text" >"$dir/config.toml"
    setup_at "$dir/config.toml" --write
    refused 2 'version 1'
    [ "$(cat "$dir/config.toml")" = "$text" ]
  done
  echo 'version = 5' >"$dir/config.toml"
  setup_at "$dir/config.toml" --write
  refused 2 'version 5; handlers need a file of version 2, 3 or 4'
  printf 'version = 2\n\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.snug-learn]\n' >"$dir/config.toml"
  setup_at "$dir/config.toml" --write
  refused 2 'line 3: there already is a handler snug-learn'
  printf 'version = 2\n# snug: begin\n' >"$dir/config.toml"
  setup_at "$dir/config.toml" --write
  refused 2 'snug: end'
  if command -v containerd >/dev/null; then
    printf 'version = 2\nplugins = 7\n' >"$dir/config.toml"
    setup_at "$dir/config.toml" --write
    refused 2 'containerd rejects it'
    [ "$(cat "$dir/config.toml")" = "$(printf 'version = 2\nplugins = 7')" ]
    [ "$(ls -A "$dir" | grep -c snug-check)" -eq 0 ]
  fi
}

@test "docker: merged into daemon.json, every other value as it was, taken out again" {
  CALLER=docker
  printf '{"log-level":"warn", "max-concurrent-downloads": 1e1,\n "runtimes": {"kata": {"path": "/usr/bin/kata",  "runtimeArgs": []}},\n "labels": ["a\\u0041=b"]}' >"$dir/daemon.json"
  cp "$dir/daemon.json" "$dir/before"
  setup_at "$dir/daemon.json" --write
  [ "$status" -eq 0 ]
  jq -e '.runtimes | keys == ["kata", "snug-audit", "snug-enforce", "snug-learn"]' "$dir/daemon.json"
  jq -e '.runtimes["snug-learn"].path == "/opt/bin/snug-learn"' "$dir/daemon.json"
  grep -qF '1e1' "$dir/daemon.json"
  grep -qF '"a\u0041=b"' "$dir/daemon.json"
  [ "$(jq -S 'del(.runtimes["snug-learn", "snug-audit", "snug-enforce"])' "$dir/daemon.json")" = "$(jq -S . "$dir/before")" ]
  setup_at "$dir/daemon.json" --write
  [[ "$output" == *'already contains snug'* ]]
  jq '. + {debug: true}' "$dir/daemon.json" >"$dir/x"; cat "$dir/x" >"$dir/daemon.json"
  setup_at "$dir/daemon.json" --remove
  [ "$(jq -S . "$dir/daemon.json")" = "$(jq -S '. + {debug: true}' "$dir/before")" ]
  cp "$dir/before" "$dir/daemon.json"; rm "$dir/daemon.json.before-snug"
  setup_at "$dir/daemon.json" --write
  setup_at "$dir/daemon.json" --remove
  cmp "$dir/daemon.json" "$dir/before"
  rm "$dir"/daemon.json*
  setup_at "$dir/daemon.json" --write
  jq -e '.runtimes | length == 3' "$dir/daemon.json"
  setup_at "$dir/daemon.json" --remove
  [ ! -e "$dir/daemon.json" ]
}

@test "docker: what is no JSON is named with its line and left alone" {
  CALLER=docker
  for text in '{' '[]' '{"runtimes": []}' '{"a": 1, "a": 2}'; do
    printf '%s' "$text" >"$dir/daemon.json"
    setup_at "$dir/daemon.json" --write
    refused 2 "$dir/daemon.json"
    [ "$(cat "$dir/daemon.json")" = "$text" ]
    [ ! -e "$dir/daemon.json.before-snug" ]
  done
}

@test "crio and podman: a file of its own in the drop-in directory" {
  for CALLER in crio podman; do
    setup_at "$dir/conf.d/snug.conf" --write
    [ "$status" -eq 0 ]
    [ "$(stat -c '%a' "$dir/conf.d")" = 755 ]
    if [ $CALLER = crio ]; then
      for mode in learn audit enforce; do
        [ "$(toml "$dir/conf.d/snug.conf" "c['crio']['runtime']['runtimes']['snug-$mode']")" = \
          "{'runtime_path': '/opt/bin/snug-$mode', 'runtime_type': 'oci', 'runtime_root': '/run/snug-crio/k8s.io'}" ]
      done
    else
      [ "$(toml "$dir/conf.d/snug.conf" "c['engine']['runtimes']['snug-enforce']")" = "['/opt/bin/snug-enforce']" ]
      [ "$(toml "$dir/conf.d/snug.conf" "'snug-learn' in c['engine']['runtime_supports_json']")" = True ]
    fi
    setup_at "$dir/conf.d/snug.conf" --write
    [[ "$output" == *'already contains snug'* ]]
    setup_at "$dir/conf.d/snug.conf" --remove
    [ "$(ls -A "$dir/conf.d")" = "" ]
    rmdir "$dir/conf.d"
    setup_at "$dir/none/conf.d/snug.conf" --write
    refused 2 "is $CALLER installed here?"
  done
}

@test "kubernetes: manifests that kubectl reads, and the script of the image that they call" {
  run_snug setup kubernetes --image registry.example/snug:1
  printf '%s\n' "$output" >"$dir/k.yaml"
  $PYTHON -c 'import yaml, sys; print(*[d["kind"] for d in yaml.safe_load_all(open(sys.argv[1]))])' "$dir/k.yaml" >"$dir/kinds"
  [ "$(cat "$dir/kinds")" = 'RuntimeClass RuntimeClass RuntimeClass ServiceAccount ClusterRole ClusterRoleBinding DaemonSet' ]
  [ "$(kubectl annotate --local -f "$dir/k.yaml" a=b -o name | wc -l)" -eq 7 ]
  $PYTHON - "$dir/k.yaml" "$SNUG_SOURCE/examples/kubernetes/image" <<'P'
import sys, yaml
[ds] = [x for x in yaml.safe_load_all(open(sys.argv[1])) if x["kind"] == "DaemonSet"]
pod = ds["spec"]["template"]["spec"]
c, agent = pod["containers"]
assert c["image"] == agent["image"] == "registry.example/snug:1"
# Only the agent has the token, and it is not privileged.
assert not pod["automountServiceAccountToken"] and [m["name"] for m in c["volumeMounts"]] == ["node"]
assert "privileged" not in agent["securityContext"] and agent["command"] == ["/usr/lib/snug/snug-cluster"]
# No hook: a restart of the engine would end it, and the kubelet would begin again.
assert "lifecycle" not in c
# The node's own namespaces: audit records go to no others, and ON_NODE is a process of the host.
assert pod["hostPID"] and pod["hostNetwork"] and c["securityContext"]["privileged"]
script = open(sys.argv[2] + "/snug-node").read()
cluster = open(sys.argv[2] + "/snug-cluster").read()
for command in c["command"], c["readinessProbe"]["exec"]["command"]:
    assert command[0] == "/usr/lib/snug/snug-node" and command[1] + "() {" in script, command
for e in c["env"]:
    assert e["name"] + "-" in script or e["name"] + ":-" in script, e
for e in agent["env"]:
    assert e["name"] in cluster, e
P
  # What selects nodes: the wish for the DaemonSet, the state for pods.
  [ "$(grep -c 'snug.io/ready: "true"' "$dir/k.yaml")" -eq 3 ]
  [ "$(grep -c 'snug.io/install: "true"' "$dir/k.yaml")" -eq 1 ]
}

@test "--remove tells how many containers still need the programs" {
  mkdir -p "$dir/run/containers/a" "$dir/run/containers/b"
  CALLER=docker
  setup_at "$dir/daemon.json" --remove
  [[ "$output" == *'No container started by snug is running'* ]]
  touch "$dir/run/containers/a/one" "$dir/run/containers/b/two" "$dir/run/containers/b/.temp"
  setup_at "$dir/daemon.json" --remove
  [[ "$output" == *'2 containers started by snug still run'* ]]
  [[ "$output" != *'refuses exec'* ]]
  CALLER=containerd
  setup_at "$dir/config.toml" --remove
  [[ "$output" == *'restart it once they have ended: containerd 2 refuses exec into a pod whose handler is gone'* ]]
}

@test "bad usage" {
  run_snug setup lxc; refused 2 'containerd, crio, k3s, rke2, docker, podman, kubernetes'
  run_snug setup; refused 2 'usage: snug setup CALLER'
  run_snug setup docker --write --remove; refused 2 'cannot be combined'
  run_snug setup kubernetes --write; refused 2 'kubectl apply'
  run_snug setup docker --config daemon.json --write; refused 2 'absolute'
  run_snug setup docker --bin bin; refused 2 '--bin'
  ln -s /dev/null "$dir/link"
  run_snug setup docker --config "$dir/link" --write; refused 2 "$dir/link"
}
