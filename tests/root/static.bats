bats_require_minimum_version 1.5.0
# Programs for nodes that have none of the libraries: built with -Dstatic=true, run in a root that holds no library, and in one that holds a
# runtime and containerd with the libraries of these two alone.

setup_file() {
  load lib
  snug_setup
  export T STATIC=$SNUG_SOURCE/build-static
  [ -f "$STATIC/build.ninja" ] || meson setup "$STATIC" "$SNUG_SOURCE" -Dwerror=true -Dstatic=true -Dsystemd_unit_dir=no >"$T/log" 2>&1 || cat "$T/log" >&2
  ninja -C "$STATIC" snug snugd snug-agent snug-runtime snug-canary >"$T/log" 2>&1 || { tail -30 "$T/log" >&2; false; }
}
setup() {
  load lib
  unset SNUG_CONFIG
}
teardown_file() {
  load lib
  # The recorder of the root: its socket, if it is still there.
  for p in $(pgrep -x snugd); do
    if [ -e "/proc/$p/root/opt/snug/bin/snugd" ]; then kill "$p" && ended "$p"; fi
  done
  snug_teardown
}

# put_programs ROOT: as they lie on a node.
put_programs() {
  local p
  mkdir -p "$1/opt/snug/bin"
  for p in snug snugd snug-agent snug-runtime snug-canary; do cp "$STATIC/$p" "$1/opt/snug/bin/"; done
  for p in learn audit enforce; do ln -sfn snug-runtime "$1/opt/snug/bin/snug-$p"; done
}

@test "no program needs a loader, and each answers in an empty root" {
  local p
  put_programs "$T/empty"
  for p in snug snugd snug-agent snug-runtime snug-canary; do
    [ -z "$(readelf -l "$STATIC/$p" | grep INTERP)" ]
    [ -z "$(readelf -d "$STATIC/$p" | grep NEEDED)" ]
  done
  [[ "$(chroot "$T/empty" /opt/snug/bin/snug --version)" == 'snug '* ]]
  [[ "$(chroot "$T/empty" /opt/snug/bin/snugd --help)" == 'usage: snugd'* ]]
  [[ "$(chroot "$T/empty" /opt/snug/bin/snug-agent --help)" == 'usage: snug-agent'* ]]
  run chroot "$T/empty" /opt/snug/bin/snug ls
  [ "$status" -eq 0 ]
  [[ "$output" == 'Nothing learnt yet'* ]]
  run chroot "$T/empty" /opt/snug/bin/snug-learn --version
  [ "$status" -eq 1 ]
  [[ "$output" == *'no runc or crun'* ]]
  # An engine that is not there gets no configuration.
  mkdir "$T/empty/etc"
  run chroot "$T/empty" /opt/snug/bin/snug setup containerd --bin /opt/snug/bin --write
  [ "$status" -eq 2 ]
  [[ "$output" == *'is containerd installed here?'* ]]
  [ -z "$(ls "$T/empty/etc")" ]
  # YAML is read too.
  printf 'apiVersion: security-profiles-operator.x-k8s.io/v1\nkind: SeccompProfile\nmetadata:\n  name: a\nspec:\n  defaultAction: SCMP_ACT_ERRNO\n  syscalls:\n  - action: SCMP_ACT_ALLOW\n    names: [read]\n' >"$T/empty/a.yaml"
  chroot "$T/empty" /opt/snug/bin/snug merge /a.yaml >"$T/a.json"
  jq -e '.syscalls[0].names == ["read"]' "$T/a.json"
}

# put_engine ROOT: runc and containerd, and what they need themselves.
put_engine() {
  local p lib
  for p in runc containerd; do
    mkdir -p "$1/usr/sbin" "$1/tmp"
    cp "$(command -v $p)" "$1/usr/sbin/"
    for lib in $(ldd "$(command -v $p)" | grep -o '/[^ )]*'); do
      mkdir -p "$1$(dirname "$lib")"
      cp -L "$lib" "$1$lib"
    done
  done
}

# in_root COMMAND...: with the node's own /proc, /sys and /dev.
in_root() {
  unshare -m sh -c 'root=$1; shift
    mkdir -p $root/proc $root/sys $root/dev $root/run $root/etc
    mount --bind $root $root
    for d in proc sys dev; do mount --rbind /$d $root/$d; done
    cp $(command -v busybox) $root/busybox
    cd $root && ./busybox pivot_root . . && /busybox umount -l . && /busybox rm /busybox && exec "$@"' sh "$T/node" "$@"
}

@test "in a root that holds runc and containerd alone: learn, approve, enforce" {
  put_programs "$T/node"
  put_engine "$T/node"
  [ ! -e "$T/node/bin/sh" ]
  run ! ls "$T"/node/usr/lib/*/libyajl* "$T"/node/lib/*/libyajl*
  mkdir -p "$T/node/b"
  bundle "$T/node/b" '.linux.seccomp = null' sh -c 'echo hi; mkdir /tmp/x 2>/dev/null || true'
  in_root /opt/snug/bin/snug setup containerd --bin /opt/snug/bin >"$T/piece"
  grep -q 'BinaryName = "/opt/snug/bin/snug-enforce"' "$T/piece"
  in_root /opt/snug/bin/snug-runtime --version | grep -q '^runc version'
  # Where CRI-O's packages, k3s and rke2 put theirs.
  for d in usr/libexec/crio usr/lib/cri-o-runc/sbin var/lib/rancher/k3s/data/current/bin var/lib/rancher/rke2/bin; do
    mkdir -p "$T/node/$d"
    mv "$T/node/usr/sbin/runc" "$T/node/$d/"
    in_root /opt/snug/bin/snug-runtime --version | grep -q '^runc version'
    mv "$T/node/$d/runc" "$T/node/usr/sbin/"
  done
  [ "$(in_root /opt/snug/bin/snug-learn run --bundle /b web)" = hi ]
  in_root /opt/snug/bin/snug show --json web | jq -e '.runs[0].complete'
  in_root /opt/snug/bin/snug approve --no-sample web
  [ "$(in_root /opt/snug/bin/snug-enforce run --bundle /b web)" = hi ]
}

@test "the image: static programs and a shell, the same digest each time, below 40 MiB; its script works under that shell" {
  mkdir -p "$T/storage"
  printf '[storage]\ndriver = "vfs"\ngraphroot = "%s/graph"\nrunroot = "%s/run"\n' "$T/storage" "$T/storage" >"$T/storage.conf"
  export CONTAINERS_STORAGE_CONF=$T/storage.conf
  "$SNUG_SOURCE/examples/kubernetes/image/build" --programs "$STATIC" --tag localhost/snug-test:one --output "$T/image.tar" >"$T/one"
  touch "$STATIC"/snug*
  "$SNUG_SOURCE/examples/kubernetes/image/build" --programs "$STATIC" --tag localhost/snug-test:two >"$T/two"
  cat "$T/one"
  grep -q '^digest: sha256:[0-9a-f]\{64\}$' "$T/one"
  diff "$T/one" "$T/two"
  # It holds no libraries, so a kubectl that needs some would never start there.
  run "$SNUG_SOURCE/examples/kubernetes/image/build" --programs "$STATIC" --kubectl "$(command -v ls)" --tag localhost/snug-test:three
  [ "$status" -eq 1 ]
  [[ "$output" == *'/ls is not linked statically'* ]]
  [ "$(awk '/^size/ {print ($2 < 40)}' "$T/one")" = 1 ]
  mkdir -p "$T/layout" "$T/unpacked"
  tar -C "$T/layout" -xf "$T/image.tar"
  manifest=$(jq -r '.manifests[0].digest' "$T/layout/index.json")
  [ "$(jq -r '.config.Cmd | join(" ")' "$T/layout/blobs/sha256/$(jq -r '.config.digest' "$T/layout/blobs/sha256/${manifest#sha256:}" | cut -d: -f2)")" = '/usr/lib/snug/snug-node install' ]
  for layer in $(jq -r '.layers[].digest' "$T/layout/blobs/sha256/${manifest#sha256:}"); do tar -C "$T/unpacked" -xzf "$T/layout/blobs/sha256/${layer#sha256:}"; done
  [[ "$(chroot "$T/unpacked" /usr/lib/snug/snug --version)" == 'snug '* ]]
  # What an engine adds.
  mkdir "$T/unpacked/dev"; mknod -m 666 "$T/unpacked/dev/null" c 1 3
  NODE=/node ON_NODE=/bin/busybox run chroot "$T/unpacked" /usr/lib/snug/snug-node install
  echo "$output"
  [ "$status" -eq 1 ]
  [[ "$output" == *'no systemd on this node; nothing was changed'* ]]
  NODE=/node run chroot "$T/unpacked" /usr/lib/snug/snug-node ready
  [ "$status" -eq 1 ]
  [[ "$output" == *'not installed yet'* ]]
  # `kubectl exec ds/snug -- snug ls` is about the node: what pid 1 has there as its snug, not what is in this image.
  mkdir "$T/unpacked/proc"
  run unshare -m -p -f sh -c 'mount -t tmpfs opt /opt && mkdir -p /opt/snug/bin && mount -t proc proc "$0/proc" &&
    printf "#!/bin/sh\necho on the node: \"\$*\"\n" >/opt/snug/bin/snug && chmod 755 /opt/snug/bin/snug && chroot "$0" /usr/bin/snug ls "a  b"' "$T/unpacked"
  [ "$output" = 'on the node: ls a  b' ]
}
