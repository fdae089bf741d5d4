# What runc 1.3.6 did with real profiles of older runtimes, and said, against the catalogue and the table of sentences.
load helper
bats_require_minimum_version 1.5.0

newer() { echo "$SNUG_SOURCE/tests/cli/inputs/newer/$1"; }

# lacks FILE NNP: the calls that the check says have to be added for starts and execs.
lacks() {
  run_snug check --json --runtime runc-1.3.6 "$(newer "$1")"
  jq -r --argjson n "$2" '[.profiles[0].findings[] | select(.kind == "runtime-floor" and .level == "failure" and .no_new_privileges == $n) |
    .calls[].name] | unique | join(" ")' <<<"$output"
}

@test "a profile that was learnt under runc 1.1.5: exactly what it needs under 1.3.6, and no more" {
  # 0 of 10 started; with both, 100 of 100, and with either of them left out none.
  [ "$(lacks learnt-on-1.1.5.json true)" = "openat2 statx" ]
  [ "$(lacks learnt-on-1.1.5.json false)" = "capget capset chdir openat2 setgid setgroups setuid statx" ]
  run_snug check --runtime runc-1.3.6 "$(newer learnt-on-1.1.5.json)"
  [ "$status" -eq 1 ]
  grep -qxF '    add to the allowed names: "openat2", "statx"' <<<"$output"
  [[ "$output" == *'    with noNewPrivileges false, also add to the allowed names: "capget", '* ]]
  # fcntl is the other way that runc can go in place of openat2.
  [ "$(lacks fixed-by-explain.json true)" = statx ]
  [ -z "$(lacks mended.json true)$(lacks mended.json false)" ]
}

@test "a profile without the calls of the mount API starts and execs, as it did; with them it is warned of" {
  run_snug check --runtime runc-1.3.6 "$(newer without.json)"
  [ "$status" -eq 0 ]
  [[ "$output" != *fsopen* ]]
  run_snug check --runtime runc-1.3.6 "$(newer approved.json)"
  [ "$status" -eq 0 ]
  for c in fsopen fsmount fsconfig open_tree; do grep -qE "^ +$c +part of mounting" <<<"$output"; done
}

@test "what runc 1.3.6 said when a call was refused names the call" {
  run_snug explain "$(newer runc-1.3.6-fcntl-denied.txt)"
  [[ "$output" == *"What to add: 1 call"$'\n'"  \"fcntl\""* ]]
  run_snug explain "$(newer runc-1.3.6-setgid-denied.txt)"
  [[ "$output" == *"What to add: 1 call"$'\n'"  \"setgid\""* ]]
}

@test "what engines and runtimes of today print when a call is refused, alone, names the call" {
  local file call said
  # Obtained from podman 5.8.6, containerd 2.1.9 (ctr), runc 1.3.6 and crun 1.28, with a profile that refuses this one call.
  while read -r file call; do
    run_snug explain --json - <"$(newer "$file.txt")"
    said=$(jq -r '[.sentences[].calls[]] | unique | join(" ")' <<<"$output")
    echo "$file: $said"
    [ "$said" = "$call" ]
  done <<'END'
podman-5.8-runc-1.3.6-statx statx
containerd-2.1-runc-1.3.6-getdents64 getdents64
podman-5.8-crun-1.28-exec-fstat fstat
podman-5.8-crun-1.28-exec-setgroups setgroups
crun-1.28-exec-openat openat
crun-1.28-exec-read read
crun-1.28-exec-write write
END
}
