# Long output on a terminal goes through a pager.
load helper

setup_pager() {
  unset PAGER SNUG_PAGER LESS LESSSECURE PAGERSECURE SUDO_UID DOAS_USER PKEXEC_UID COLUMNS
  export TERM=xterm
  paged="tee $dir/paged"
}

# on LINES COMMAND...: on a terminal with so many lines.
on() { local lines=$1; shift; run python3 "$BATS_TEST_DIRNAME/terminal.py" "$lines" 120 "${typing[@]}" -- "$@"; }

@test "long output on a terminal goes through SNUG_PAGER, else PAGER; short output, and output elsewhere, through none" {
  setup_pager
  "$snug" --help >"$dir/help"
  lines=$(wc -l <"$dir/help")
  export PAGER="tee $dir/paged"
  "$snug" --help | cmp - "$dir/help"
  # The prompt has the last line.
  on $((lines + 1)) "$snug" --help
  [ ! -e "$dir/paged" ]; [ "$output" = "$(cat "$dir/help")" ]
  on "$lines" "$snug" --help
  cmp "$dir/paged" "$dir/help"
  [ "$output" = "$(cat "$dir/help")" ]
  # Lines that the terminal breaks are more than one.
  rm "$dir/paged"
  run python3 "$BATS_TEST_DIRNAME/terminal.py" $((lines + 1)) 30 -- "$snug" --help
  cmp "$dir/paged" "$dir/help"
  SNUG_PAGER="tee $dir/own" on 10 "$snug" --help
  cmp "$dir/own" "$dir/help"
  rm "$dir/paged"
  for none in cat ''; do
    SNUG_PAGER=$none on 10 "$snug" --help
    [ "$output" = "$(cat "$dir/help")" ]; [ ! -e "$dir/paged" ]
  done
}

@test "the exit status stays snug's, whatever the pager does; one that is missing is done without" {
  setup_pager
  put_web
  for pager in 'cat; exit 9' 'head -1' true 'exec >/dev/null; kill -9 $$' no-such-pager; do
    SNUG_PAGER=$pager on 5 "$snug" diff web @moby
    [ "$status" -eq 1 ] || { echo "$pager: $status"; false; }
  done
  [[ "$output" == *no-such-pager*"$("$snug" diff web @moby | tail -1)" ]]
}

@test "an interrupt is the pager's: snug waits for it" {
  setup_pager
  printf '%s\n' 'trap "echo interrupted" INT' 'echo READY' 'until [ "$line" = quit ]; do read -r line </dev/tty; done' 'echo "got $line"; cat >/dev/null' >"$dir/pager"
  typing=(READY '\x03' interrupted 'quit\n')
  SNUG_PAGER="sh $dir/pager" on 10 "$snug" --help
  [ "$status" -eq 0 ]
  [[ "$output" == *"got quit"* ]]
}

@test "less gets FRX, and after sudo starts no commands" {
  setup_pager
  export SNUG_PAGER="env >$dir/env; cat >/dev/null"
  on 10 "$snug" --help
  grep -qx LESS=FRX "$dir/env"
  ! grep -q SECURE "$dir/env" || false
  LESS=S on 10 "$snug" --help
  grep -qx LESS=S "$dir/env"
  if [ "$(id -u)" = 0 ]; then
    for by in SUDO_UID DOAS_USER PKEXEC_UID; do
      on 10 env $by=1000 "$snug" --help
      [ "$(grep -cx 'LESSSECURE=1\|PAGERSECURE=1' "$dir/env")" -eq 2 ]
    done
  fi
}

@test "without a choice it is less, which shows a page and waits" {
  setup_pager
  command -v less >/dev/null || skip "less is missing here"
  typing=(: q)
  on 10 "$snug" --help
  [ "$status" -eq 0 ]
  [[ "$output" == *"$("$snug" --help | head -1)"* ]]
  [[ "$output" != *"$("$snug" --help | tail -1)"* ]]
}
