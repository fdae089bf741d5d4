load helper

@test "no command, an unknown one, a bad option: status 2 and one sentence" {
  run_snug
  refused 2 "a command is missing"
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
  [[ "$output" == "snug "* ]]
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
  [ "$status" -eq 2 ] && [ -s "$state/keys/web/approved.json" ]
  cp "$state/keys/web/approved.json" "$dir/first.json"
  unread approve --no-sample --errno eperm web
  [ "$status" -eq 2 ] && ! cmp -s "$state/keys/web/approved.json" "$dir/first.json"
  unread approve web --to 1
  [ "$status" -eq 2 ] && cmp "$state/keys/web/approved.json" "$dir/first.json"
  unread approve other --profile "$dir/first.json"
  [ "$status" -eq 2 ] && cmp "$state/keys/other/approved.json" "$dir/first.json"
  unread setup containerd --write --config "$dir/containerd.toml" --bin "$SNUG_BUILD"
  [ "$status" -eq 2 ] && grep -q snug-enforce "$dir/containerd.toml"
  unread setup containerd --remove --config "$dir/containerd.toml"
  [ "$status" -eq 2 ] && ! grep -q snug "$dir/containerd.toml"
  # These tell nothing on standard output, so that nothing was lost.
  unread profile web -o "$dir/p.json"
  [ "$status" -eq 0 ] && [ -s "$dir/p.json" ]
  unread report web -o "$dir/r.html"
  [ "$status" -eq 0 ] && [ -s "$dir/r.html" ]
  unread merge web other --key both -o "$dir/m.json"
  [ "$status" -eq 0 ] && [ -s "$dir/m.json" ]
}
