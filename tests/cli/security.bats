# SECURITY.md names the tests that try what it promises.

setup() { cd "${SNUG_SOURCE:?}" || exit; }
check() { run python3 tests/cli/security.py "$@"; echo "$output"; }

@test "each line of what is defended names tests, and they are there" {
  check SECURITY.md tests
  [ "$status" -eq 0 ]
}

@test "a test that is gone, a suite that is gone, and a line without any are found" {
  for edit in 's/root\/injection: whatever call fails/root\/injection: whatever falls/' 's/root\/looser: Podman/root\/loosest: Podman/' \
    's/unit\/test_monotone: histories/unit\/test_monotone: history/' 's/ \[root\/attacks: a local user at the socket\]//'; do
    sed "$edit" SECURITY.md >"$BATS_TEST_TMPDIR/s.md"
    ! cmp -s SECURITY.md "$BATS_TEST_TMPDIR/s.md" || false
    check "$BATS_TEST_TMPDIR/s.md" tests
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
  done
}
