# Profiles where people have them: what engines print of containers, and bundles.
bats_require_minimum_version 1.5.0
load helper

READ='{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}'
setup() {
  cli_setup
  dir=$dir/files # apart from the configuration
  mkdir "$dir"
  echo "$READ" >"$dir/read.json"
}

# spec: a runtime's configuration with that profile.
spec() { jq -n --argjson p "$READ" '{ociVersion: "1.0.2", process: {}, linux: {seccomp: $p}}'; }

@test "docker inspect: the profile's text, unconfined, the default" {
  jq -n --arg p "$READ" '[{Id: "1", Name: "/web", State: {Pid: 7}, HostConfig: {Privileged: false, SecurityOpt: ["no-new-privileges", "seccomp=\($p)"]}}]' >"$dir/web.json"
  "$snug" diff "$dir/web.json" "$dir/read.json"
  "$snug" merge - <"$dir/web.json" | "$snug" diff - "$dir/read.json"
  jq '.[0].HostConfig.SecurityOpt = ["seccomp=unconfined"]' "$dir/web.json" >"$dir/un.json"
  run_snug check --no-sample "$dir/un.json"
  [ "$status" -eq 1 ]
  [[ "$output" == *"un.json: container web"* ]]
  # Nothing is said of it: the engine's own; a privileged one has none.
  jq '.[0].HostConfig.SecurityOpt = null' "$dir/web.json" >"$dir/default.json"
  run_snug diff "$dir/default.json" @moby
  [ "$status" -eq 0 ]
  [[ "$stderr" == *"container web: "*dockerd* ]]
  jq '.[0].HostConfig.SecurityOpt = null | .[0].HostConfig.Privileged = true' "$dir/web.json" >"$dir/priv.json"
  "$snug" diff "$dir/priv.json" "$dir/un.json"
  # Several containers are several profiles.
  jq -s 'add' "$dir/web.json" "$dir/un.json" >"$dir/two.json"
  run_snug diff "$dir/two.json" "$dir/read.json"
  refused 2 "2 profiles"
}

@test "podman inspect: the runtime's configuration, else the file that was named" {
  spec >"$dir/config.json"
  jq -n --arg c "$dir/config.json" '[{Id: "1", Name: "web", OCIConfigPath: $c, OCIRuntime: "crun", HostConfig: {SecurityOpt: []}}]' >"$dir/web.json"
  "$snug" diff "$dir/web.json" "$dir/read.json"
  jq --arg f "seccomp=$dir/read.json" '.[0].OCIConfigPath = "/none/config.json" | .[0].HostConfig.SecurityOpt = [$f]' "$dir/web.json" >"$dir/gone.json"
  "$snug" diff "$dir/gone.json" "$dir/read.json"
  jq '.[0].HostConfig.SecurityOpt = ["seccomp=/none/x.json"]' "$dir/gone.json" >"$dir/lost.json"
  run_snug diff "$dir/lost.json" "$dir/read.json"
  refused 2 "/none/x.json"
  # A configuration without a filter confines nothing.
  jq 'del(.linux.seccomp)' "$dir/config.json" >"$dir/c2.json"; mv "$dir/c2.json" "$dir/config.json"
  run_snug check --no-sample "$dir/web.json"
  [ "$status" -eq 1 ]
}

@test "ctr containers info: the specification in it" {
  profile='{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read","exit_group"],"action":"SCMP_ACT_ALLOW"}]}'
  echo "$profile" >"$dir/same.json"
  jq -n --argjson p "$profile" '{ID: "web", Labels: {}, Image: "i", Runtime: {Name: "io.containerd.runc.v2"}, SpecTypeURL: "types.containerd.io/opencontainers/runtime-spec/1/Spec",
    Spec: {ociVersion: "1.1.0", process: {args: ["sh"]}, linux: {seccomp: $p}}}' >"$dir/ctr.json"
  run_snug diff "$dir/ctr.json" "$dir/same.json"
  [ "$status" -eq 0 ]
  run_snug check --no-sample --json "$dir/ctr.json"
  [ "$(jq -r '.profiles[0].profile' <<<"$output")" = "$dir/ctr.json: container web" ]
  jq 'del(.Spec.linux)' "$dir/ctr.json" >"$dir/none.json"
  run_snug diff "$dir/none.json" "$dir/same.json"
  [ "$status" -eq 1 ]
}

@test "crictl inspect: the specification in it" {
  jq -n --argjson s "$(spec)" '{status: {metadata: {name: "pause"}}, info: {runtimeSpec: $s}}' >"$dir/pod.json"
  "$snug" diff "$dir/pod.json" "$dir/read.json"
  run_snug check --no-sample --json "$dir/pod.json"
  [ "$(jq -r '.profiles[0].profile' <<<"$output")" = "$dir/pod.json: container pause" ]
}

@test "a bundle's directory stands for its configuration" {
  mkdir -p "$dir/bundle/rootfs"
  spec >"$dir/bundle/config.json"
  echo '{}' >"$dir/bundle/state.json"
  "$snug" diff "$dir/bundle" "$dir/read.json"
  run_snug check --no-sample --json "$dir/bundle/"
  [ "$(jq '.profiles_checked' <<<"$output")" -eq 1 ]
  # A directory of profiles of which one has that name is none.
  mkdir "$dir/profiles"; cp "$dir/read.json" "$dir/profiles/config.json"; cp "$dir/read.json" "$dir/profiles/other.json"
  run_snug check --no-sample --json "$dir/profiles"
  [ "$(jq '.profiles_checked' <<<"$output")" -eq 2 ]
}

@test "a process that is not there, and a word that names none" {
  run_snug show pid:4194305
  refused 2 pid
  run_snug merge container:
  refused 2 "container:"
  run_snug check --no-sample pid:x
  refused 2 "pid:x"
}
