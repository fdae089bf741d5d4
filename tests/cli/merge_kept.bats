# Nothing of a profile is lost in a union without a word.
bats_require_minimum_version 1.5.0
load helper

profile() { printf '{"defaultAction": "SCMP_ACT_%s", %s "syscalls": [%s]}\n' "$1" "$2" "$3"; }
rule() { printf '{"names": ["%s"], "action": "SCMP_ACT_%s"}' "$1" "$2"; }

@test "merge: the listener of what is handed over is kept, and two of them are refused" {
  profile ALLOW '"listenerPath": "/run/x", "listenerMetadata": "m",' "$(rule mkdir NOTIFY)" >"$dir/a.json"
  profile ALLOW '"listenerPath": "/run/y",' "$(rule mkdir NOTIFY)" >"$dir/b.json"
  run_snug merge "$dir/a.json"
  [ "$status" -eq 0 ]
  [[ "$output" == *'"listenerPath": "/run/x"'*'"listenerMetadata": "m"'*SCMP_ACT_NOTIFY* ]]
  run_snug merge "$dir/a.json" "$dir/a.json"
  [[ "$output" == *'"listenerPath": "/run/x"'* ]]
  run_snug merge "$dir/a.json" "$dir/b.json"
  refused 2 "hands calls to another listener"
}

@test "merge: flags stand where all have them, and are told where not" {
  profile ERRNO '"flags": ["SECCOMP_FILTER_FLAG_LOG"],' "$(rule read ALLOW)" >"$dir/a.json"
  profile ERRNO '' "$(rule write ALLOW)" >"$dir/b.json"
  run_snug merge "$dir/a.json" "$dir/a.json"
  [[ "$output" == *'"flags": ["SECCOMP_FILTER_FLAG_LOG"]'* ]]
  run_snug merge "$dir/a.json" "$dir/b.json"
  [[ "$output" != *flags* ]]
  [[ "$stderr" == *'have different "flags"'* ]]
}

@test "merge: what all log is logged, what one allows is allowed" {
  profile ERRNO '' "$(rule mkdir LOG), $(rule read ALLOW)" >"$dir/a.json"
  profile ERRNO '' "$(rule mkdir LOG), $(rule rmdir LOG), $(rule read LOG)" >"$dir/b.json"
  run_snug merge "$dir/a.json" "$dir/b.json"
  [ "$status" -eq 0 ]
  printf '%s\n' "$output" >"$dir/all.json"
  profile ERRNO '' "$(rule mkdir LOG), $(rule rmdir LOG), $(rule read ALLOW)" >"$dir/want.json"
  run_snug diff "$dir/all.json" "$dir/want.json"
  [ "$status" -eq 0 ]
}

@test "merge: a union that refuses nothing says so" {
  profile ALLOW '' "$(rule chmod ERRNO)" >"$dir/deny.json"
  run_snug merge @moby "$dir/deny.json"
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"together these profiles allow everything"* ]]
}
