bats_require_minimum_version 1.5.0
# What the real runtime sees of its caller is the same with and without the wrapper.

setup() {
  load lib
  snug_setup
}
teardown() { snug_teardown; }

@test "argv, env, cwd, descriptors, pid, ppid, umask, signals: the same in every form of call" {
  python3 "$BATS_TEST_DIRNAME/transparent.py" "$SNUG_BUILD" "$T" >"$T/tap" || { grep -A20 '^not ok' "$T/tap"; false; }
  [ "$(grep -c '^ok ' "$T/tap")" -ge 160 ]
}
