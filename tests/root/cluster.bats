bats_require_minimum_version 1.5.0
# A real cluster: see kube/kube.bash for what it is made of, and kube/way.bats for what is tried on it. No package of Debian's has its programs, so
# this runs where somebody has built them. SNUG_TELL=1 shows each of its tests as it ends.

@test "a real cluster: install, update, learn on each node, approve once, enforce everywhere, roll back, and a node comes later" {
  . "$SNUG_SOURCE/tests/root/kube/kube.bash"
  missing=$(kube_missing)
  [ -z "$missing" ] || skip "$missing"
  bats --tap "$KUBE/way.bats" >"$BATS_TEST_TMPDIR/tap" || { cat "$BATS_TEST_TMPDIR/tap"; false; }
  cat "$BATS_TEST_TMPDIR/tap"
}
