# Each form that `snug profile` writes, taken by the program that it is for.

setup_file() {
  load lib
  snug_setup
  load callers/daemons
  export T
  image_archive "$T/image.tar"
  # Evidence as the recorder writes it, of a container that makes every call of Docker's default profile but two: what is
  # tried here is the forms, so nothing need be recorded.
  mkdir -p "$T/state/keys/formats"
  ausyscall x86_64 --dump | jq -Rn --slurpfile moby "$SNUG_SOURCE/seccomp/policy/defaults/moby-28.5-x86_64.json" '
    ([$moby[0].linux.seccomp.syscalls[] | select(.action == "SCMP_ACT_ALLOW" and (.args // []) == []) | .names[]]
      | map({key: ., value: true}) | from_entries | del(.mkdir, .mkdirat)) as $known
    | "2026-01-31T12:00:00.000Z" as $t
    | {version: 1, key: "formats", runs_dropped: 0, runs: [{id: "f", root: "", container: "f", runtime: "/nonexistent",
        runtime_id: "", runtime_version: "", go: true, kernel: "6.1", mode: "learn", baseline: "drop", started: $t, ended: $t,
        records: 1, complete: true, reasons: []}],
      syscalls: [inputs | split("\t") | select(length == 2 and $known[.[1]]) | {arch: "x86_64", nr: (.[0] | tonumber), name: .[1],
        phase: "workload", count: 1, runs: 1, first: $t, last: $t, comm: [], exe: [], denied: 0, audited: 0}]}' \
    >"$T/state/keys/formats/evidence.json"
  for form in oci docker spo systemd; do snug profile formats --format "$form" -o "$T/$form" 2>"$T/$form.err"; done
}
setup() {
  load lib
  load callers/daemons
  PATH=$SNUG_BUILD:$PATH
}
teardown_file() {
  load lib
  load callers/daemons
  snug_teardown
}

names() { jq -r '.syscalls[].names[]' "$1" | sort -u; }

# same CONFIG: the container was started with what the file says. dockerd before 23 does not read the default errno.
same() {
  jq '.linux.seccomp' "$1" >"$T/got"
  diff <(names "$T/docker") <(names "$T/got")
  jq -e '.defaultAction == "SCMP_ACT_ERRNO" and (.architectures | index("SCMP_ARCH_X86_64"))
    and (.defaultErrnoRet == 38 or any(.syscalls[]; .errnoRet == 38))' "$T/got"
}

# allowed and refused, told by a command that starts a container: COMMAND... then the program.
holds() {
  [ "$("$@" sh -c 'echo hi')" = hi ]
  run "$@" sh -c 'mkdir /tmp/x'
  echo "$output"
  [ "$status" -ne 0 ]
  [[ "$output" == *"${REFUSED:-Function not implemented}"* ]]
}

@test "docker: --security-opt seccomp=FILE" {
  printf '{"iptables": false, "bridge": "none", "storage-driver": "vfs", "data-root": "%s/d-root", "exec-root": "%s/d-exec",
    "pidfile": "%s/d.pid", "hosts": ["unix://%s/d.sock"]}\n' "$T" "$T" "$T" "$T" >"$T/daemon.json"
  pid=$(background "$T/dockerd.log" dockerd --config-file "$T/daemon.json")
  docker_() { docker -H "unix://$T/d.sock" "$@"; }
  ready() { for _ in $(seq 20); do eventually docker_ version >/dev/null 2>&1 && return 0; done; return 1; }
  ready
  tar -C "$T/image" -c . | docker_ import - formats >/dev/null
  docker_run() { docker_ run --rm --network none --security-opt "seccomp=$T/docker" formats "$@"; }
  rc=0
  # dockerd before 23 reads no default errno.
  [ "$(docker_ version -f '{{.Server.Version}}' | cut -d. -f1)" -ge 23 ] || REFUSED="Operation not permitted"
  holds docker_run && id=$(docker_ run -d --network none --security-opt "seccomp=$T/docker" formats sh -c 'while read x; do :; done </dev/zero') &&
    same "$(find "$T/d-exec" -path "*/$id/config.json")" && docker_ rm -f "$id" || rc=1
  end_process "$pid"
  unmount_below "$T"
  [ "$rc" -eq 0 ] || tail -5 "$T/dockerd.log"
  [ "$rc" -eq 0 ]
}

@test "podman: --security-opt seccomp=FILE" {
  podman_() { podman --root "$T/p-root" --runroot "$T/p-run" --storage-driver vfs --cgroup-manager=cgroupfs --runtime runc "$@"; }
  tar -C "$T/image" -c . | podman_ import - localhost/formats >/dev/null 2>&1
  podman_run() {
    podman_ run --rm --network=none --ulimit nofile=20000:20000 --ulimit nproc=1000:1000 --security-opt "seccomp=$T/docker" \
      localhost/formats "$@" 2>&1
  }
  holds podman_run
}

@test "containerd: ctr run --seccomp-profile" {
  containerd_config >"$T/containerd.toml"
  containerd_start "$T/containerd.toml"
  containerd_import default --snapshotter native
  n=0
  ctr_run() {
    n=$((n + 1))
    ctr_ run --rm --snapshotter native --seccomp --seccomp-profile "$T/oci" "$IMAGE" "formats-$n-$BASHPID" "$@" 2>&1
  }
  rc=0
  holds ctr_run || rc=1
  containerd_stop
  [ "$rc" -eq 0 ]
}

@test "systemd: a drop-in that systemd-analyze verifies, and a wrong name that it tells" {
  mkdir -p "$T/units/formats.service.d"
  printf '[Service]\nExecStart=/bin/true\n' >"$T/units/formats.service"
  cp "$T/systemd" "$T/units/formats.service.d/seccomp.conf"
  SYSTEMD_UNIT_PATH="$T/units:" run systemd-analyze verify "$T/units/formats.service"
  echo "$output"
  [ "$status" -eq 0 ]
  [[ "$output" != *seccomp.conf* ]]
  # The test can fail: a name that is none is told.
  echo 'SystemCallFilter=nonesuch' >>"$T/units/formats.service.d/seccomp.conf"
  SYSTEMD_UNIT_PATH="$T/units:" run systemd-analyze verify "$T/units/formats.service"
  [[ "$output" == *nonesuch* ]]
}

@test "a SeccompProfile is YAML for others too, with the same names" {
  /usr/bin/python3 -c 'import sys, yaml
d = yaml.safe_load(open(sys.argv[1]))
assert d["apiVersion"] == "security-profiles-operator.x-k8s.io/v1" and d["kind"] == "SeccompProfile", d
print("\n".join(sorted({n for s in d["spec"]["syscalls"] for n in s["names"]})))' "$T/spo" | diff - <(names "$T/oci")
}
