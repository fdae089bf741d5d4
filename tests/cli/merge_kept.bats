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

@test "merge: a list of refusals turns a profile that refuses by default into one that allows, and says so" {
  profile ALLOW '' "$(rule bpf KILL), $(rule chmod ERRNO)" >"$dir/deny.json"
  profile LOG '' "$(rule bpf ERRNO)" >"$dir/log.json"
  profile ERRNO '' "$(rule read ALLOW)" >"$dir/allow.json"
  for deny in deny log; do
    for parts in "@moby $dir/$deny.json" "$dir/$deny.json $dir/allow.json"; do
      run_snug merge $parts
      [ "$status" -eq 1 ]
      [[ "$stderr" == *"$deny.json allows every call that it does not name, and so does the result"*"--within"* ]]
    done
  done
  # Nothing is lost where no part refuses by default, or where the list is the limit.
  for parts in "$dir/deny.json $dir/log.json" "$dir/deny.json" "$dir/allow.json --within $dir/deny.json" "$dir/deny.json --within $dir/allow.json"; do
    run_snug merge $parts
    [ "$status" -eq 0 ]
    [[ "$stderr" != *"does not name"* ]]
  done
}

socket='{"index": 0, "value": 40, "op": "SCMP_CMP'
@test "merge: an errno of its own for some arguments is kept" {
  profile ERRNO '"defaultErrnoRet": 38,' "{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 1, \"args\": [${socket}_EQ\"}]},
    {\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [${socket}_NE\"}]}, $(rule read ALLOW)" >"$dir/podman.json"
  "$snug" merge "$dir/podman.json" >"$dir/one.json"
  "$snug" diff "$dir/podman.json" "$dir/one.json"
  # Where others allow the rest too, each alone and together.
  profile ERRNO '' "{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [${socket}_NE\"}]}" >"$dir/moby.json"
  "$snug" merge "$dir/podman.json" "$dir/moby.json" >"$dir/both.json"
  "$snug" diff "$dir/podman.json" "$dir/both.json"
}

@test "merge: today's defaults are one profile, each whole in it" {
  "$snug" merge @moby @containerd @podman >"$dir/all.json"
  for d in @moby @containerd @podman; do
    run_snug diff --json "$dir/all.json" $d
    [ "$(jq '.counts."refused-by-a"' <<<"$output")" -eq 0 ]
  done
}

@test "merge --without: what the other allows is taken away, what it hands over is not" {
  profile ERRNO '"defaultErrnoRet": 38,' "$(rule read ALLOW), $(rule mkdir ALLOW), $(rule rmdir ALLOW), $(rule chmod NOTIFY)" >"$dir/a.json"
  profile ERRNO '' "$(rule mkdir ALLOW), $(rule rmdir NOTIFY), $(rule chmod ALLOW)" >"$dir/b.json"
  "$snug" merge "$dir/a.json" --without "$dir/b.json" >"$dir/less.json"
  profile ERRNO '"defaultErrnoRet": 38,' "$(rule read ALLOW), $(rule rmdir ALLOW)" >"$dir/want.json"
  "$snug" diff "$dir/less.json" "$dir/want.json"
  # By arguments.
  profile ERRNO '' "{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [${socket}_EQ\"}]}" >"$dir/vsock.json"
  profile ERRNO '' "$(rule socket ALLOW)" >"$dir/socket.json"
  "$snug" merge "$dir/socket.json" --without "$dir/vsock.json" >"$dir/less.json"
  profile ERRNO '' "{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [${socket}_NE\"}]}" >"$dir/want.json"
  "$snug" diff "$dir/less.json" "$dir/want.json"
}

@test "merge --within: what both allow, on all ABIs of the first where the other lists none" {
  profile ALLOW '' "$(rule chmod ERRNO), $(rule chown KILL), $(rule mkdir NOTIFY)" >"$dir/deny.json"
  run_snug merge @moby --within "$dir/deny.json"
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  printf '%s\n' "$output" >"$dir/less.json"
  run_snug diff --json "$dir/less.json" @moby
  [ "$(jq -c '[.differences[] | select(.arches[0] == "x86_64") | [.call, .a]]' <<<"$output")" = \
    '[["chmod","EPERM"],["chown","kill the thread"],["mkdir","handed over (notify)"]]' ] || [ "$(uname -m)" != x86_64 ]
  [ "$(jq -c '.a.only_it_lists + .b.only_it_lists' <<<"$output")" = '[]' ]
  # The other way about little is left, which is told.
  run_snug merge @moby --without "$dir/deny.json"
  [ "$status" -eq 0 ]
  [[ "$stderr" == *"--within takes away what it refuses"* ]]
}

@test "merge --without, --within: several, one behind the other; evidence counts as its profile" {
  profile ERRNO '' "$(rule read ALLOW), $(rule write ALLOW), $(rule mkdir ALLOW), $(rule rmdir ALLOW)" >"$dir/a.json"
  for c in read write mkdir; do profile ERRNO '' "$(rule $c ALLOW)" >"$dir/$c.json"; done
  profile ALLOW '' "$(rule mkdir ERRNO)" >"$dir/deny.json"
  "$snug" merge "$dir/a.json" --without "$dir/read.json,$dir/write.json" --within "$dir/deny.json" >"$dir/less.json"
  profile ERRNO '' "$(rule rmdir ALLOW)" >"$dir/want.json"
  "$snug" diff "$dir/less.json" "$dir/want.json"
  run_snug merge "$dir/a.json" --without "$dir/none.json"
  refused 2 none.json
}

@test "merge: a call that is handed over and no longer is, is told" {
  profile ERRNO '"listenerPath": "/run/x",' "$(rule mkdir NOTIFY), $(rule chmod TRACE)" >"$dir/a.json"
  profile ERRNO '' "$(rule mkdir ALLOW)" >"$dir/b.json"
  run_snug merge "$dir/a.json" "$dir/b.json"
  [ "$status" -eq 0 ]
  [[ "$stderr" == *"mkdir: "*a.json*"hands it over"* ]]
  # What only one speaks of stays as it is.
  [ "$(jq -r '.syscalls[] | select(.names == ["chmod"]).action' <<<"$output")" = SCMP_ACT_TRACE ]
}
