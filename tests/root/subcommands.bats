bats_require_minimum_version 1.5.0
# Every subcommand of runc says the same with the wrapper as without it.

setup() {
  load lib
  snug_setup
}
teardown() { snug_teardown; }

@test "all subcommands, errors included: the same output, status and log file" {
  python3 "$BATS_TEST_DIRNAME/subcommands.py" "$SNUG_BUILD" "$T" >"$T/tap" || { grep -A12 '^not ok' "$T/tap"; false; }
  tail -1 "$T/tap"
  [ "$(grep -c '^ok ' "$T/tap")" -ge 300 ]
}
