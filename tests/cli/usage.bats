load helper

@test "without a command: what is learnt, what waits for approval, what was denied" {
  run_snug
  [ "$status" -eq 0 ]; [ -z "$stderr" ]
  [[ "$output" == "Learnt: nothing yet"*$'\n'"Waiting for approval: nothing"$'\n'"Denied: nothing"* ]]
  for k in a b c d e f; do put_web $k; done
  put_evidence torn "$(one_run '"overrun"')" "$(call 0 read workload 1)"
  put_evidence app "$(join "$(one_run '')" "$(MODE=enforce one_run '"not-learning"')")" \
    "$(join "$(call 0 read workload 7)" "$(call 59 execve runtime 1)" "$(call 83 mkdir workload 0 0 3)" "$(call 90 chmod workload 0 1)")"
  for k in app b c d e f; do "$snug" approve --no-sample $k >"$dir/out" 2>&1; done
  run_snug
  echo "$output"
  [ "$status" -eq 0 ]; [ -z "$stderr" ]
  [[ "$output" == *"Learnt: 8 keys"*"and 3 more; \`snug ls\`"* ]]
  grep -qxE 'Waiting for approval: 1 key' <<<"$output"
  grep -qxE '  a +1 complete run +snug approve a' <<<"$output"
  grep -qxE 'Denied: 1 key' <<<"$output"
  grep -qxE '  app +chmod, mkdir +snug explain --key app' <<<"$output"
  # What the approved profile allows by now is settled.
  jq '.syscalls += [{names: ["mkdir", "chmod"], action: "SCMP_ACT_ALLOW"}]' "$state/keys/app/approved.json" >"$dir/p.json"
  "$snug" approve app --profile "$dir/p.json" >"$dir/out" 2>&1
  run_snug
  [[ "$output" == *"Denied: nothing"* ]]
  echo '{' >"$state/keys/torn/evidence.json"
  run_snug
  refused 2 "cannot be read"
}

@test "an unknown command, a bad option: status 2 and one sentence" {
  run_snug frobnicate
  refused 2 "no command 'frobnicate'"
  run_snug ls --frobnicate
  refused 2 "ls has no option --frobnicate"
  run_snug ls --json=yes
  refused 2 "--json takes no value"
  run_snug profile web --errno
  refused 2 "--errno needs a value"
  run_snug show
  refused 2 "usage: snug show KEY"
  run_snug show a b
  refused 2 "only one KEY"
  run_snug ls a
  refused 2 "no operand"
  run_snug floor --silent 0
  refused 2 "--silent takes a number"
  run_snug floor --max 12x
  refused 2 "--max takes a number"
  run_snug approve web --to x
  refused 2 "--to takes a number"
}

@test "help of all names each command, help of each its options" {
  run_snug --help
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  for command in ls show profile approve floor explain doctor \
    check diff merge; do
    [[ "$output" == *"  $command "* ]]
  done
  all="$output"
  for command in $(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\).*/\1/p' <<<"$all"); do
    run_snug "$command" --help
    [ "$status" -eq 0 ]
    [[ "$output" == "usage: snug $command "* ]]
    [[ "$output" == *"--help"* ]]
  done
  run_snug floor --help
  [[ "$output" == *"--silent N"*"--max N"* ]]
}

@test "help needs no configuration" {
  export SNUG_CONFIG=/nonexistent
  run_snug ls --help
  [ "$status" -eq 0 ]
  run_snug --version
  [[ "$output" == "snug "*$'\n'"build: "*", "*$'\n'"libraries: libseccomp 2."*", yajl 2."*", libyaml 0."* ]]
}

@test "a broken configuration is named" {
  echo '{"state_dirr": "/x"}' >"$dir/config.json"
  run_snug ls
  refused 2 "state_dirr"
  export SNUG_CONFIG="$dir/none.json"
  run_snug ls
  refused 2 "none.json"
}

@test "a result that cannot be written is an error" {
  put_web
  "$snug" show web >/dev/full 2>"$dir/stderr" && false
  grep -q '^snug: standard output' "$dir/stderr"
}

# unread ARG...: a command whose reader, of both streams, is gone before its first word; $status.
unread() {
  bash -c 'snug=$0 to=$1; shift; { sleep 0.2; "$snug" "$@"; echo $? >"$to"; } 2>&1 | true' "$snug" "$dir/status" "$@" || true
  status=$(cat "$dir/status")
}

@test "what changes something does so before it is told: a reader that ends early ends no act" {
  put_web
  put_web other
  printf 'version = 2\n' >"$dir/containerd.toml"
  unread approve --no-sample web
  [ "$status" -eq 2 ]; [ -s "$state/keys/web/approved.json" ]
  cp "$state/keys/web/approved.json" "$dir/first.json"
  unread approve --no-sample --errno eperm web
  [ "$status" -eq 2 ]; ! cmp -s "$state/keys/web/approved.json" "$dir/first.json" || false
  unread approve web --to 1
  [ "$status" -eq 2 ]; cmp "$state/keys/web/approved.json" "$dir/first.json"
  unread approve other --profile "$dir/first.json"
  [ "$status" -eq 2 ]; cmp "$state/keys/other/approved.json" "$dir/first.json"
  unread setup containerd --write --config "$dir/containerd.toml" --bin "$SNUG_BUILD"
  [ "$status" -eq 2 ]; grep -q snug-enforce "$dir/containerd.toml"
  unread setup containerd --remove --config "$dir/containerd.toml"
  [ "$status" -eq 2 ]; ! grep -q snug "$dir/containerd.toml" || false
  # These tell nothing on standard output, so that nothing was lost.
  unread profile web -o "$dir/p.json"
  [ "$status" -eq 0 ]; [ -s "$dir/p.json" ]
  unread report web -o "$dir/r.html"
  [ "$status" -eq 0 ]; [ -s "$dir/r.html" ]
  unread merge web other --key both -o "$dir/m.json"
  [ "$status" -eq 0 ] && [ -s "$dir/m.json" ]
}
