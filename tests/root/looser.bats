bats_require_minimum_version 1.5.0
# Nothing that a container brings along gets it more than its caller asked for.

setup() {
  load lib
  load callers/daemons
  snug_setup
}
teardown() { snug_teardown; }

HEX64=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
MARK='"org.opencontainers.image.os": "linux"'

# approve_open KEY, approve_tight KEY: profiles of this test's own; the tight one refuses mkdir.
approve_() {
  mkdir -p -m 700 "$T/state/keys/$1"
  jq -n --argjson n "$2" '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: $n, action: "SCMP_ACT_ERRNO", errnoRet: 38}]}' \
    >"$T/state/keys/$1/approved.json"
}
approve_open() { approve_ "$1" '["swapon"]'; }
approve_tight() { approve_ "$1" '["mkdir", "mkdirat", "mount", "unshare"]'; }

# brings ID ANNOTATIONS: a container that makes a directory, under snug-$MODE.
brings() {
  rm -rf "$T/b/rootfs/tmp/x"
  bundle "$T/b" ".root.readonly = false | .annotations = {$2}" sh -c 'mkdir /tmp/x && echo made'
  run "snug-${MODE:-enforce}" --root "${ROOT:-$T/root}" run --bundle "$T/b" "$1"
  echo "${MODE:-enforce} $1 {$2}: $status $output"
}
not_made() { [[ "$output" != *made* ]] && [ ! -e "$T/b/rootfs/tmp/x" ]; }

@test "Podman: an image's annotations choose neither profile nor mode" {
  podman_setup
  for profile in tight=tight loose=open; do "approve_${profile#*=}" "${profile%%=*}"; done
  mkdir -p "$T/image/bin" "$T/image/tmp" "$T/image/proc"
  cp "$(command -v busybox)" "$T/image/bin/busybox"
  printf 'FROM scratch\nCOPY . /\n' >"$T/image/Containerfile"
  build() { podman_ build -q --format oci "${@:2}" -t "$1" "$T/image"; }
  build honest --label a=1
  build modes --label a=2 --annotation io.snug.mode=learn
  build chooser --label a=3 --annotation io.snug.profile=loose
  limits='--network none --ulimit nofile=20000:20000 --ulimit nproc=1000:1000'
  # shellcheck disable=SC2086
  try() { run podman_ --runtime snug-enforce run --rm $limits "$@" /bin/busybox sh -c '/bin/busybox mkdir /x && echo made'; echo "$*: $output"; }
  for settings in '' 'annotations=["io.snug.mode"]' 'annotations=["io.snug.mode", "io.snug.profile"]'; do
    configure ${settings:+"$settings"}
    for image in honest modes chooser; do
      try "$image"
      [[ "$output" == *"snug: "*"no key"* ]]
      try --annotation io.snug.profile=tight "$image"
      [[ "$output" == *"snug: "*"image_annotations"* ]]
    done
  done
  # The operator trusts them: a profile counts, and no mode that is looser.
  configure 'image_annotations=true' 'annotations=["io.snug.mode"]'
  try --annotation io.snug.profile=tight honest
  [[ "$output" == *"mkdir"*"not implemented"* ]]
  try --annotation io.snug.profile=tight modes
  # Podman 5 does not hand on an image's annotations: then it is enforced.
  [[ "$output" == *"snug: "*"cannot choose learn"* || "$output" == *"mkdir"*"not implemented"* ]]
  podman_stop
}

@test "marks that an engine leaves beside what it copies; a caller by hand is told from them" {
  approve_open loose
  approve_tight web
  # By hand, in a bundle that no engine made, the annotation is the caller's own.
  brings web '"io.snug.profile": "loose"'
  [[ "$output" == *made* ]]
  for mark in "$MARK" '"io.container.manager": "anything"' '"io.kubernetes.cri-o.TTY": "false"' '"io.buildah.version": ""'; do
    brings web "$mark, \"io.snug.profile\": \"loose\""
    not_made
    brings "$HEX64" "$mark, \"io.snug.profile\": \"loose\""
    not_made
    [[ "$output" == "snug: "*"no key"* ]]
  done
  brings "$HEX64" '"io.snug.profile": "loose"'
  [[ "$output" == "snug: "*"no key"* ]]
  # Docker's --annotation comes from the caller.
  ROOT=$T/root/moby brings "$HEX64" '"io.snug.profile": "loose"'
  [[ "$output" == *made* ]]
}

@test "what a container brings along is no error that on_error or missing_profile let pass" {
  approve_tight web
  configure 'on_error="original"' 'missing_profile="original"' 'image_annotations=true' 'annotations=["io.snug.profile", "io.snug.mode"]'
  for annotations in '"io.snug.profile": "none"' '"io.snug.profile": ""' '"io.snug.mode": "learn"' '"io.snug.mode": "x"' \
    '"run.oci.seccomp_bpf_data": "AAAA"' '"run.oci.seccomp_bpf_file": "/f"' '"run.oci.seccomp.receiver": "/s"' '"run.oci.seccomp.plugins": "p"' \
    '"a": "x\u0000y"'; do
    brings "$HEX64" "$annotations"
    [ "$status" -eq 1 ]
    [[ "$output" == "snug: "* ]]
    not_made
  done
  # One that stands twice.
  bundle "$T/b" '.annotations = {a: "1"}' sh -c 'mkdir /tmp/x && echo made'
  sed -i 's/"a": "1"/"a": "1", "a": "2"/' "$T/b/config.json"
  run snug-enforce --root "$T/root" run --bundle "$T/b" "$HEX64"
  [ "$status" -eq 1 ]
  not_made
  # A caller's own is what the two settings are for.
  brings nothing '"a": "b"'
  [[ "$output" == *made* ]]
}

@test "a learning run under an image's annotation, or its program's name, adds to no other key's evidence" {
  bundle "$T/b" ".annotations = {\"io.snug.profile\": \"web\", $MARK}" sh -c 'echo hi'
  snug-learn --root "$T/root" run --bundle "$T/b" "$HEX64"
  [ "$(snug ls --json | jq -r '.[].key')" = program/sh ]
  bundle "$T/b" . sh -c 'echo hi'
  snug-learn --root "$T/root" run --bundle "$T/b" sh
  [ "$(snug ls --json | jq -r '.[].key' | sort | xargs)" = 'program/sh sh' ]
  snug approve --no-sample program/sh >/dev/null
}

@test "an annotation moves a container to enforce and nowhere else" {
  approve_tight web
  configure 'annotations=["io.snug.mode"]'
  for handler in learn audit enforce; do
    for wanted in learn audit enforce; do
      MODE=$handler brings web "\"io.snug.profile\": \"web\", \"io.snug.mode\": \"$wanted\""
      case $handler-$wanted in
      *-enforce) not_made; [[ "$output" == *'not implemented'* ]] ;;
      learn-learn | audit-audit) [[ "$output" != *snug:* ]] ;;
      *) not_made; [[ "$output" == "snug: "*"cannot choose $wanted"* ]] ;;
      esac
    done
  done
}

# pod HANDLER-MODE ANNOTATIONS PROFILE-OF-THE-POD COMMAND: what containerd writes for a container of a pod.
pod() {
  local dir=$T/pod
  bundle "$dir" '.root.readonly = false | .process.noNewPrivileges = true' sh -c "$4"
  cp "$T/probe" "$dir/rootfs/bin/probe" 2>/dev/null || true
  jq --slurpfile p "$3" ".annotations = {\"io.kubernetes.cri.container-type\": \"container\", \"io.kubernetes.cri.sandbox-namespace\": \"shop\",
    \"io.kubernetes.cri.container-name\": \"web\", \"io.kubernetes.cri.image-name\": \"docker.io/lib/web:1\"$2} | .linux.seccomp = \$p[0]" \
    "$dir/config.json" >"$dir/c"
  cat "$dir/c" >"$dir/config.json"
  rm "$dir/c"
  run "snug-$1" --root "$T/root/k8s.io" run --bundle "$dir" pod
  echo "$1 $2: $status $output"
}
runtime_default() { jq .linux.seccomp "$(printf "%s\n" "$SNUG_SOURCE"/seccomp/policy/defaults/containerd-*-"$(uname -m)".json | sort -V | tail -1)" >"$T/default.json"; }

@test "audit opens for a pod no more than its baseline, and reports what is outside the approved profile" {
  runtime_default
  configure 'annotations=["io.snug.mode"]'
  key=k8s/shop/web/docker.io%2Flib%2Fweb
  mkdir -p -m 700 "$T/state/keys/$key"
  jq '.syscalls |= map(.names -= ["mkdir", "mkdirat"]) | del(.architectures)' "$T/default.json" >"$T/state/keys/$key/approved.json"
  what='unshare -U true 2>/dev/null && echo unshared; mkdir /tmp/x && echo made'
  # By annotation it cannot even be asked for under another handler.
  pod learn ', "io.snug.mode": "audit"' "$T/default.json" "$what"
  [[ "$output" == "snug: "*"cannot choose audit"* ]]
  ln -sf busybox "$T/pod/rootfs/bin/unshare"
  pod audit '' "$T/default.json" "$what"
  [ "$output" = made ]
  snug show --json "$key" | jq -e '[.syscalls[] | select(.audited > 0) | .name] | index("mkdir") != null and index("clone") == null and index("read") == null'
  # A pod that asked for no profile gets RuntimeDefault all the same, unless the operator says that it is unconfined here without snug too.
  echo null >"$T/none.json"
  rm -rf "$T/pod/rootfs/tmp/x"
  pod audit '' "$T/none.json" "$what"
  [ "$output" = made ]
  rm -rf "$T/pod/rootfs/tmp/x"
  configure 'annotations=["io.snug.mode"]' 'pod_minimum="none"'
  pod audit '' "$T/none.json" "$what"
  [ "$output" = $'unshared\nmade' ]
}
