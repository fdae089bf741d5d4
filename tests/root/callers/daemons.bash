# Daemons of the test's own: their sockets, state and containers lie below $T. Loaded after lib.bash.
CALLERS=$SNUG_SOURCE/tests/root/callers
IMAGE=localhost/snug-test:1

# image_rootfs DIR, image_archive FILE: a busybox root, and an image of it that every caller can load.
image_rootfs() {
  local c
  mkdir -p "$1/bin" "$1/tmp" "$1/etc"
  cp "$(command -v busybox)" "$1/bin/busybox"
  for c in sh echo ls id sleep mkdir rmdir true false cat kill head; do ln -sf busybox "$1/bin/$c"; done
}
image_archive() {
  image_rootfs "$T/image"
  python3 "$CALLERS/image.py" "$T/image" "$IMAGE" "$1"
}

# background LOG COMMAND...: without the descriptors that bats waits for; prints the pid.
background() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 3>&- 4>&- </dev/null &
  echo $!
}

# end_process PID...: ends what this test started, and waits.
end_process() {
  local p
  kill "$@" 2>/dev/null || true
  for p in "$@"; do ended "$p" || kill -KILL "$p" 2>/dev/null || true; done
}

# processes_with TEXT: pids whose command line holds it, this shell and its children left out.
processes_with() {
  local p
  for p in /proc/[0-9]*; do
    p=${p#/proc/}
    [ "$p" = $$ ] || [ "$p" = "$BASHPID" ] && continue
    if { tr '\0' ' ' <"/proc/$p/cmdline"; } 2>/dev/null | grep -qF -- "$1"; then echo "$p"; fi
  done
}

# unmount_below DIR: the innermost first.
unmount_below() { awk -v d="$1/" 'index($5, d) == 1 {print $5}' /proc/self/mountinfo | sort -r | xargs -r -n1 umount -l 2>/dev/null || true; }

# containerd_config EXTRA: what every containerd here needs; EXTRA is appended.
containerd_config() {
  cat <<E
version = 2
root = "$T/containerd/root"
state = "$T/containerd/state"
[grpc]
  address = "$T/c.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$IMAGE"
  restrict_oom_score_adj = true
  disable_apparmor = true
  disable_tcp_service = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
E
}
containerd_start() {
  background "$T/containerd.log" containerd --config "$T/containerd.toml" >"$T/containerd.pid"
  eventually ctr -a "$T/c.sock" version >/dev/null 2>&1
}
containerd_restart() {
  end_process "$(cat "$T/containerd.pid")"
  containerd_start
}
# containerd_import NAMESPACE ARG...: $T/image.tar. From 2.0 on ctr leaves importing to the daemon, which knows nothing of --snapshotter.
containerd_import() {
  local import=(images import) namespace=$1
  shift
  if ctr images import --help | grep -q -- --local; then import+=(--local); fi
  ctr -a "$T/c.sock" -n "$namespace" "${import[@]}" "$@" "$T/image.tar" >/dev/null
}
containerd_load() {
  image_archive "$T/image.tar"
  containerd_import k8s.io
  containerd_import default --snapshotter native
  mkdir -p "$T/cri"
  (cd "$CALLERS" && /usr/bin/python3 -m grpc_tools.protoc -I. --python_out="$T/cri" --grpc_python_out="$T/cri" cri.proto)
}
ctr_() { ctr -a "$T/c.sock" "$@"; }
cri() { /usr/bin/python3 -W ignore "$CALLERS/cri.py" "$T/cri" "$T/c.sock" "$IMAGE"; }

# containerd_stop: the daemon, its shims, what they ran, their mounts.
containerd_stop() {
  local shim dir
  for shim in $(processes_with "-address $T/c.sock"); do
    for dir in $(ls -d "/proc/$shim/cwd" 2>/dev/null); do pkill -KILL -P "$shim"; done
    end_process "$shim"
  done
  for dir in "$T"/containerd/state/io.containerd.runtime.v2.task/*/*; do
    [ -d "$dir" ] || continue
    runc --root "/run/containerd/runc/$(basename "$(dirname "$dir")")" delete --force "${dir##*/}" >/dev/null 2>&1 || true
  done
  [ ! -e "$T/containerd.pid" ] || end_process "$(cat "$T/containerd.pid")"
  unmount_below "$T"
}

# docker_start: a dockerd whose daemon.json has the runtimes that `snug setup` writes; docker_stop ends it and all that it ran.
docker_start() {
  jq -n --arg t "$T" '{iptables: false, bridge: "none", "storage-driver": "vfs", "data-root": ($t + "/docker/data"),
    "exec-root": ($t + "/docker/exec"), pidfile: ($t + "/docker.pid"), hosts: ["unix://" + $t + "/d.sock"], "live-restore": true}' >"$T/daemon.json"
  cp "$T/daemon.json" "$T/daemon.before"
  snug setup docker --write --config "$T/daemon.json" --bin "$SNUG_BUILD"
  docker_daemon
}
docker_daemon() {
  background "$T/dockerd.log" dockerd --config-file "$T/daemon.json" >/dev/null
  eventually docker_ version >/dev/null 2>&1
}
# A reload does not take a runtime out; containers live on (live-restore).
docker_restart() {
  end_process "$(cat "$T/docker.pid")"
  docker_daemon
}
docker_() { docker -H "unix://$T/d.sock" "$@"; }
docker_stop() {
  local shim
  docker_ ps -aq 2>/dev/null | xargs -r docker -H "unix://$T/d.sock" rm --force >/dev/null 2>&1 || true
  [ ! -e "$T/docker.pid" ] || end_process "$(cat "$T/docker.pid")"
  for shim in $(processes_with "$T/docker/"); do
    pkill -KILL -P "$shim"
    end_process "$shim"
  done
  unmount_below "$T"
}

# podman_setup: the runtimes as `snug setup podman` writes them. Podman gives a runtime no environment, so each finds its configuration
# through a script of that name.
podman_setup() {
  local mode
  mkdir -p "$T/bin"
  for mode in learn audit enforce; do
    printf '#!/bin/sh\nSNUG_CONFIG=%s exec %s/snug-%s "$@"\n' "$SNUG_CONFIG" "$SNUG_BUILD" "$mode" >"$T/bin/snug-$mode"
  done
  chmod 755 "$T"/bin/*
  snug setup podman --write --config "$T/containers.conf.d/snug.conf" --bin "$T/bin"
  export CONTAINERS_CONF=$T/containers.conf.d/snug.conf
}
podman_() {
  podman --root "$T/podman/root" --runroot "$T/podman/runroot" --tmpdir "$T/podman/tmp" --storage-driver vfs --cgroup-manager cgroupfs "$@" \
    2> >(grep -v '^time=.*level=warning' >&2)
}
# podman_rm NAME: Podman cannot remove one whose end it is still cleaning up after.
podman_rm() {
  eventually podman_ rm --force --time 0 "$1"
}
podman_stop() {
  local p
  podman_ rm --all --force --time 0 >/dev/null 2>&1 || true
  for p in $(processes_with "$T/podman/"); do end_process "$p"; done
  unmount_below "$T"
}
