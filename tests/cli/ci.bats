load helper

# The jobs of examples/ci: their shell steps, as they stand there, in a folder with profiles.
setup_profiles() {
  export PATH="$SNUG_BUILD:$PATH" RUNTIMES=runc-1.3.6,crun-1.28 PROFILES=profiles
  mkdir -p "$dir/profiles"
  cp "$SNUG_SOURCE/seccomp/policy/defaults/containerd-2.1-x86_64.json" "$dir/profiles/good.json"
}

steps_github() { sed -n '/^ *run: |$/,$p' "$SNUG_SOURCE/examples/ci/github.yml" | sed 1d; }
steps_gitlab() { sed -n '/^  script:$/,$p' "$SNUG_SOURCE/examples/ci/gitlab.yml" | sed '1d; s/^ *- //'; }

@test "the CI jobs pass good profiles and fail one that would break a named runtime" {
  setup_profiles
  cd "$dir"
  for job in github gitlab; do
    "steps_$job" >"$job.sh"
    grep -q 'snug check --runtime "\$RUNTIMES"' "$job.sh"
    rm -f profiles/bad.json
    bash -e "$job.sh"
    echo '{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "syscalls": [{"names": ["read", "write", "exit_group"],
      "action": "SCMP_ACT_ALLOW"}]}' >profiles/bad.json
    run bash -e "$job.sh"
    echo "$output"
    [ "$status" -eq 1 ]
    [[ "$output" == *"bad.json "*"FAILS"* ]]
    [[ "$output" == *openat2* ]]
  done
}

@test "the runtimes that the CI jobs name are in the catalogue" {
  for f in github gitlab; do
    for r in $(sed -n 's/^ *RUNTIMES: \([^ ]*\).*/\1/p' "$SNUG_SOURCE/examples/ci/$f.yml" | tr , ' '); do
      "$snug" floor --list | grep -q "^$r "
    done
  done
}
