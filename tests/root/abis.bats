bats_require_minimum_version 1.5.0
# A verdict claims no ABI that the run could not show: from the second run on what is known passes unlogged on every ABI alike.

setup() {
  load lib
  snug_setup
}
teardown() { snug_teardown; }

# mixed MODE ARG: a container whose 64-bit program makes one call as ARG says, of which nothing else shows.
mixed() {
  bundle "$T/b" . /neighbour "$2"
  cp "$SNUG_BUILD/tests/root/neighbour" "$T/b/rootfs/"
  run "snug-$1" --root "$T/root" run --bundle "$T/b" "$key"
}

# unseen ARG ABI: known calls are quiet, and one is made by another ABI: the run is complete for its own alone, and everything says so.
unseen() {
  key=unseen-$1
  mixed learn getpid
  mixed learn "$1"
  [ "$status" -eq 0 ]
  # No record tells of it.
  snug show --json "$key" | jq -e '[.syscalls[].arch] | unique == ["x86_64"]'
  runs "$key" | jq -e '.[-1] | .complete and .complete_for == ["x86_64"]'
  snug show --json "$key" | jq -e '.verdict == {complete: true, complete_for: ["x86_64"], reasons: []}'
  for told in "$(snug show "$key")" "$(snug report "$key")" "$(snug approve --no-sample "$key" 2>&1)"; do
    [[ "$told" == *"a call as i386 or x32 can be missed, and the profile kills its process"* ]]
  done
  jq -e '.architectures == ["SCMP_ARCH_X86_64"]' "$T/state/keys/$key/approved.json"
  mixed enforce getpid
  [ "$status" -eq 0 ]
  # As it is said.
  mixed enforce "$1"
  [ "$status" -ne 0 ]
}

# seen ARG ABI: a run that logs the call is complete for that ABI too, and the profile allows it.
seen() {
  key=seen-$1
  mixed learn "$1"
  [ "$status" -eq 0 ]
  runs "$key" | jq -e --arg a "$2" '.[-1] | .complete and .complete_for == ["x86_64", $a]'
  # So is the verdict, after a run that showed nothing of it.
  mixed learn getpid
  runs "$key" | jq -e '.[-1] | .complete and .complete_for == ["x86_64"]'
  snug show --json "$key" | jq -e --arg a "$2" '.verdict.complete_for == ["x86_64", $a]'
  [[ "$(snug show "$key")" == *"It holds for x86_64, $2 only: a call as "* ]]
  snug approve --no-sample "$key" >/dev/null 2>&1
  mixed enforce "$1"
  [ "$status" -eq 0 ]
}

@test "one x32 call by a 64-bit program (x32, as far as this kernel goes)" {
  [ "$(uname -m)" = x86_64 ] || skip "not an x86_64 machine"
  unseen x32
  seen x32 x32
}

@test "one 32-bit call (int 0x80) by a 64-bit program" {
  [ "$(uname -m)" = x86_64 ] || skip "not an x86_64 machine"
  status=0
  "$SNUG_BUILD/tests/root/neighbour" int80 || status=$?
  [ "$status" -ne 3 ] || skip "this kernel takes no call by int 0x80"
  unseen int80
  seen int80 i386
}
