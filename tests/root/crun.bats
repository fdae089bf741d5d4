bats_require_minimum_version 1.5.0
# crun as the real runtime.

setup() {
  load lib
  snug_setup
  CRUN=$SNUG_SOURCE/tests/root/callers/crun
  configure "runtime=\"$CRUN\""
}
teardown() {
  for id in "$T"/root/*; do [ -e "$id" ] && "$CRUN" --root "$T/root" delete --force "${id##*/}" >/dev/null 2>&1; done
  snug_teardown
}
snug_() { "snug-$1" --root "$T/root" "${@:2}"; }
crun_state() { "$CRUN" --root "$T/root" state "$1" | jq -r .status; }

@test "learn, approve, enforce; what is outside is refused" {
  bundle "$T/b" . sh -c 'echo hi; ls /'
  EXPECTED=$(snug_ learn run --bundle "$T/b" cway)
  [ "$(head -1 <<<"$EXPECTED")" = hi ]
  runs cway | jq -e '.[0].complete'
  snug approve --no-sample cway
  for i in 1 2 3 4 5; do [ "$(snug_ enforce run --bundle "$T/b" cway)" = "$EXPECTED" ]; done
  bundle "$T/b" '.root.readonly = false' sh -c 'mkdir /tmp/x'
  run snug_ enforce run --bundle "$T/b" cway
  [ "$status" -ne 0 ]
  [[ "$output" == *"mkdir"*"not implemented"* ]]
  [ "$(snug_ audit run --bundle "$T/b" cway 2>&1)" = '' ]
  snug show --json cway | jq -e '.syscalls[] | select(.name == $n) | .count == 0 and .audited == 1' --arg n $MKDIR
}

@test "create, state, start, exec, ps, update, pause, resume, kill, delete of a container that learns" {
  bundle "$T/b" . sleep 1000
  cp "$T/b/config.json" "$T/before"
  snug_ learn create --bundle "$T/b" clife
  [ "$(snug_ learn state clife | jq -r .status)" = created ]
  eventually cmp -s "$T/b/config.json" "$T/before"
  snug_ learn start clife
  [ "$(snug_ learn state clife | jq -r .status)" = running ]
  [ "$(snug_ learn exec clife echo hi)" = hi ]
  snug_ learn exec clife mkdir /tmp/by-exec || true
  calls clife exec | grep -qx $MKDIR
  # What this machine's crun cannot do is refused alike.
  for command in 'ps clife' 'update --pids-limit 10 clife' 'pause clife' 'resume clife' 'events clife' 'list'; do
    # shellcheck disable=SC2086
    [ "$(snug_ learn $command 2>&1; echo $?)" = "$("$CRUN" --root "$T/root" $command 2>&1; echo $?)" ]
  done
  snug_ learn kill clife KILL
  stopped() { [ "$(crun_state clife)" = stopped ]; }
  eventually stopped
  snug_ learn delete clife
  runs clife | jq -e 'length == 1 and .[0].complete'
  run snug_ learn checkpoint clife
  [ "$status" -ne 0 ]
}

@test "a program that is missing, and the wrapper's own sentence, in crun's --log too" {
  bundle "$T/b" . /no/such/program
  run snug_ learn run --bundle "$T/b" cnoprog
  [ "$status" -ne 0 ]
  [[ "$output" == *'/no/such/program'* ]]
  run snug_ enforce run --bundle "$T/b" cnothing
  [[ "$output" == *'snug: no approved profile for cnothing'* ]]
  run snug_ enforce --log="$T/log" --log-format=json create --bundle "$T/b" cnothing
  [ "$status" -eq 1 ]
  jq -e '.msg | startswith("snug: no approved profile for cnothing")' "$T/log"
}

@test "a file in place of the bundle's config.json: --config" {
  bundle "$T/b" . sh -c 'echo hi'
  mv "$T/b/config.json" "$T/b/other.json"
  [ "$(cd "$T/b" && snug_ learn run --config other.json cother)" = hi ]
  runs cother | jq -e '.[0].complete'
  eventually sh -c "! ls -A '$T/b' | grep -q snug"
}

@test "all subcommands, errors included: the same output, status and log file" {
  python3 "$BATS_TEST_DIRNAME/subcommands.py" "$SNUG_BUILD" "$T" "$CRUN" >"$T/tap" || { grep -A12 '^not ok' "$T/tap"; false; }
  tail -1 "$T/tap"
  [ "$(grep -c '^ok ' "$T/tap")" -ge 100 ]
}
