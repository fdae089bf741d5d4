bats_require_minimum_version 1.5.0
# Each system call on the wrapper's way from argv to execve, and on its helper's way to the end, made to fail. SNUG_FULL=1: all of
# them with every error, some thousands; else every 30th.

setup() {
  load lib
  snug_setup
  [ -x "$SNUG_BUILD/tests/root/inject" ] || skip "the tracer that makes calls fail knows x86_64 alone"
}
teardown() { snug_teardown; }

@test "whatever call fails: not started in a sentence, or started as ever; the bundle as it was, nothing left over" {
  run python3 "$BATS_TEST_DIRNAME/injection.py" "$SNUG_BUILD" "$T" "$([ -n "${SNUG_FULL:-}" ] && echo 1 || echo 30)"
  echo "$output"
  [ -z "${SNUG_FULL:-}" ] || sed 's/^/# /' <<<"$output" >&3
  [ "$status" -eq 0 ]
  [[ "$output" == *" injections, 0 wrong"* ]]
}
