# What the wrapper shows the runtime for containers of `kubectl debug`, and for a pod that asks for no profile: a runtime that only looks.
load helper

setup() {
  dir=$BATS_TEST_TMPDIR
  mkdir -p "$dir/state" "$dir/run" "$dir/b" "$dir/bin"
  export SNUG_CONFIG=$dir/config.json
  jq -n --arg d "$dir" '{state_dir: ($d + "/state"), run_dir: ($d + "/run"), runtime: ($d + "/bin/runc")}' >"$SNUG_CONFIG"
  printf '#!/bin/sh\ncase "$*" in *create*) jq -c .linux.seccomp config.json >%s ;; *) echo "runc version 1.1.5" ;; esac\n' "$dir/seen" >"$dir/bin/runc"
  chmod +x "$dir/bin/runc"
  # Where the bundle's lock and saved file may be made whoever runs this.
  umask 022
}

# started MODE NAME [FILTER]: a container of that name of a pod in the namespace shop; what the runtime saw is in $dir/seen.
started() {
  rm -f "$dir/seen"
  jq -n --arg name "$2" '{ociVersion: "1.0.2", process: {args: ["sh"], capabilities: {bounding: ["CAP_KILL"]}}, root: {path: "rootfs"}, linux: {},
    annotations: {"io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.sandbox-namespace": "shop",
      "io.kubernetes.cri.container-name": $name, "io.kubernetes.cri.image-name": "busybox"}} | '"${3:-.}" >"$dir/b/config.json"
  cp "$dir/b/config.json" "$dir/before"
  (cd "$dir/b" && "$SNUG_BUILD/snug-$1" --root "$dir/k8s.io" create --bundle "$dir/b" one >"$dir/out" 2>&1)
}

@test "kubectl debug: RuntimeDefault for one that asks for nothing, its own profile if it has one, the namespace's before both" {
  for mode in learn audit enforce; do
    started $mode debugger-x7k2b
    jq -e '.defaultAction == "SCMP_ACT_ERRNO" and ([.syscalls[] | select(.action == "SCMP_ACT_ALLOW") | .names[]] | index("read") and (index("bpf") | not))' "$dir/seen"
    # What it asks for itself stays.
    started $mode debugger-x7k2b '.linux.seccomp = {defaultAction: "SCMP_ACT_LOG"}'
    [ "$(cat "$dir/seen")" = '{"defaultAction":"SCMP_ACT_LOG"}' ]
    # A privileged one is what Kubernetes lets it be.
    started $mode debugger-x7k2b '.process.capabilities.bounding += ["CAP_SYS_ADMIN"]'
    [ "$(cat "$dir/seen")" = null ]
    cmp "$dir/b/config.json" "$dir/before"
  done
  mkdir -p "$dir/state/keys/k8s/shop/debugger"
  echo '{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "syscalls": []}' >"$dir/state/keys/k8s/shop/debugger/approved.json"
  for mode in learn audit enforce; do
    started $mode debugger-x7k2b '.linux.seccomp = {defaultAction: "SCMP_ACT_LOG"}'
    jq -e '.defaultErrnoRet == 38' "$dir/seen"
  done
  # One of another name is a container like any other.
  run started enforce debugger-aaaaa
  [ "$status" -ne 0 ]
  grep -q 'no approved profile for k8s/shop/debugger-aaaaa/busybox' "$dir/out"
  [ -z "$(find "$dir/state" -name evidence.json)" ]
}
