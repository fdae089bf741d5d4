# An archMap is a table of machines, of which Docker and Podman take one row: that of the machine they run on.
bats_require_minimum_version 1.5.0
load helper

calls='"capget","capset","chdir","close","epoll_ctl","execve","exit","exit_group","faccessat2","fchown","fcntl","fstat","fstatfs","futex","getcwd",
  "getdents64","getpid","getppid","newfstatat","openat","prctl","read","rt_sigreturn","setgid","setgroups","setuid","write"'

# docker ENTRIES: a profile of Docker's form.
docker() { printf '{"defaultAction":"SCMP_ACT_ERRNO","archMap":[%s],"syscalls":[{"names":[%s],"action":"SCMP_ACT_ALLOW"}]}\n' "$1" "$calls"; }

# entry ARCH SUB...
entry() {
  local subs=() s
  for s in "${@:2}"; do subs+=("\"SCMP_ARCH_$s\""); done
  printf '{"architecture":"SCMP_ARCH_%s","subArchitectures":[%s]}' "$1" "$(join "${subs[@]}")"
}

host() {
  [ "$(uname -m)" = x86_64 ] || skip "the entries below are for x86_64"
  no_floor
}

# arches: what a profile in $output lists.
arches() { sed -n 's/.*"architectures": \[\(.*\)\].*/\1/p' <<<"$output" | tr -d ' "'; }

@test "check: an entry for a machine that nobody here knows is no failure" {
  host
  docker "$(entry X86_64 X86 X32),$(entry AARCH64 ARM),$(entry LOONGARCH64),$(entry S390X S390)" >"$dir/p.json"
  run_snug check --no-sample "$dir/p.json"
  echo "$output"
  [ "$status" -eq 0 ]
  run_snug check --no-sample --all "$dir/p.json"
  [[ "$output" == *"note: an archMap entry is for a machine unknown to snug"*LOONGARCH64* ]]
}

@test "check: an unknown ABI in the entry of the machine at hand is a failure, in another machine's none" {
  host
  docker "$(entry X86_64 X86 NONSENSE)" >"$dir/p.json"
  run_snug check --no-sample "$dir/p.json"
  [ "$status" -eq 1 ]
  [[ "$output" == *NONSENSE* ]]
  docker "$(entry X86_64 X86),$(entry AARCH64 NONSENSE)" >"$dir/p.json"
  run_snug check --no-sample "$dir/p.json"
  [ "$status" -eq 0 ]
  run_snug check --no-sample --machine arm64 "$dir/p.json"
  [ "$status" -eq 1 ]
}

@test "merge: the plain form lists this machine's entry alone" {
  host
  docker "$(entry S390X),$(entry X86_64 X86),$(entry X86_64 X32)" >"$dir/p.json"
  run_snug merge --format oci "$dir/p.json"
  [ "$status" -eq 0 ]
  [ "$(arches)" = SCMP_ARCH_X86_64,SCMP_ARCH_X86 ]
  docker "$(entry S390X)" >"$dir/p.json"
  run_snug merge --format oci "$dir/p.json"
  [ "$(arches)" = SCMP_ARCH_X86_64 ]
}

@test "diff: entries of other machines make no difference" {
  host
  docker "$(entry X86_64 X86)" >"$dir/a.json"
  docker "$(entry X86_64 X86),$(entry AARCH64 ARM)" >"$dir/b.json"
  run_snug diff "$dir/a.json" "$dir/b.json"
  [ "$status" -eq 0 ]
  docker "$(entry X86_64)" >"$dir/b.json"
  run_snug diff "$dir/a.json" "$dir/b.json"
  [ "$status" -eq 1 ]
  [[ "$output" == *"Only $dir/a.json lists i386"* ]]
}

# floor_of MACHINE NAME:NR...: the floor file of a node.
floor_of() {
  local c calls=()
  for c in "${@:2}"; do calls+=("{\"name\": \"${c%:*}\", \"nr\": ${c#*:}, \"seen\": 80}"); done
  printf '{"version": 1, "kernel": "6.1.0", "machine": "%s", "libseccomp": "2.5.4", "libseccomp_lacks": [], "runtimes": [{"path": "/usr/sbin/runc",
    "id": "runc-1", "version": "runc version 1.1.5", "go": true, "floors": [{"phase": "create", "no_new_privileges": true, "shape": "0123",
    "started_as": "x", "starts": 80, "silent": 70, "calls": [%s]}]}]}\n' "$1" "$(join "${calls[@]}")"
}

@test "check: for another node's floor its own entry counts, and its own ABI is in every filter" {
  floor_of aarch64 close:57 execve:221 openat:56 write:64 >"$dir/floor.json"
  for map in "$(entry AARCH64 ARM)" "$(entry X86_64 X86),$(entry AARCH64 ARM)" "$(entry X86_64 X86)"; do
    docker "$map" >"$dir/p.json"
    run_snug check --floor-file "$dir/floor.json" "$dir/p.json"
    echo "$output"
    [ "$status" -eq 0 ]
    grep -qE 'p.json +[0-9]+ warnings +ok' <<<"$output"
  done
}

@test "check --machine: for another machine than this one" {
  docker "$(entry X86_64 X86)" >"$dir/p.json"
  run_snug check --no-sample --machine aarch64 "$dir/p.json"
  [ "$status" -eq 0 ]
  [[ "$output" == *", aarch64, libseccomp"* ]]
  run_snug check --machine sparc "$dir/p.json"
  refused 2 "unknown machine 'sparc'"
  floor_of aarch64 close:57 >"$dir/floor.json"
  run_snug check --machine aarch64 --floor-file "$dir/floor.json" "$dir/p.json"
  refused 2 "--floor-file already names the machine"
}

@test "diff --machine: what both mean on another machine" {
  docker "$(entry X86_64 X86),$(entry AARCH64 ARM)" >"$dir/p.json"
  docker "$(entry X86_64 X86),$(entry AARCH64)" >"$dir/q.json"
  run_snug diff --machine x86_64 "$dir/p.json" "$dir/q.json"
  [ "$status" -eq 0 ]
  run_snug diff --json --machine arm64 "$dir/p.json" "$dir/q.json"
  [ "$status" -eq 1 ]
  [ "$(jq -c '[.arches, .a.only_it_lists]' <<<"$output")" = '[["aarch64"],["arm"]]' ]
  run_snug diff --machine sparc "$dir/p.json" "$dir/q.json"
  refused 2 "unknown machine"
}

@test "check: what could not be read is not said not to start" {
  echo '{' >"$dir/bad.json"
  run_snug check --no-sample "$dir/bad.json"
  [ "$status" -eq 1 ]
  grep -qE 'bad.json +FAILS +not read' <<<"$output"
  [[ "$output" != *"does not start"* ]]
}

@test "check: beside architectures Docker and Podman refuse it, and runtimes start" {
  printf '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64"],"archMap":[{"architecture":"SCMP_ARCH_X86_64"}],"syscalls":[{"names":["chmod"],"action":"SCMP_ACT_ERRNO"}]}' >"$dir/p.json"
  run_snug check --json --runtime runc-1.1.5 "$dir/p.json"
  [ "$status" -eq 1 ]
  [ "$(jq -r '.profiles[0].findings[] | select(.level == "failure") | .kind' <<<"$output")" = ambiguous ]
  [[ "$output" == *"Docker and Podman reject"* ]]
  run_snug merge "$dir/p.json"
  [ "$status" -eq 0 ]
  [[ "$stderr$output" == *'left out "archMap"'* ]]
}

@test "diff --machine: a default is that machine's own where one was obtained there, and says whose it is" {
  run_snug diff --machine arm64 @moby @containerd
  [[ "$output" == *"@moby (the default of dockerd "*" on aarch64)"*"@containerd (the default of containerd "*" on aarch64)"* ]]
  run_snug diff --machine riscv64 @moby @containerd
  [[ "$output" == *"@moby (the default of dockerd "*" on x86_64)"* ]]
}
