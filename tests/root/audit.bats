bats_require_minimum_version 1.5.0
# Audit mode: the approved profile, but what falls outside it is logged and let happen, reported, and never learnt.

setup() {
  load lib
  snug_setup
  ID=audit-${T##*.}
}
teardown() { snug_teardown; }

# approved ARG...: the program, learnt and approved as $ID.
approved() {
  bundle "$T/b" . "$@"
  snug-learn --root "$T/root" run --bundle "$T/b" "$ID" >/dev/null
  snug approve --no-sample "$ID" >/dev/null
}

# audited NAME: how often a call was logged by audit runs.
audited() { snug show --json "$ID" | jq --arg n "$1" '[.syscalls[] | select(.name == $n) | .audited] | add // 0'; }

# learnt: all that learning knows, to be compared.
learnt() { snug show --json "$ID" | jq -S '[.syscalls[] | select(.count > 0) | [.arch, .nr, .phase, .count]]'; }

@test "what is outside happens, is reported, and changes neither evidence nor verdict nor profile" {
  approved sh -c 'echo hi'
  learnt >"$T/learnt"
  snug profile "$ID" >"$T/profile"
  bundle "$T/b" '.root.readonly = false' sh -c 'echo hi; mkdir /tmp/x && echo made'
  cp "$T/b/config.json" "$T/before.json"
  run -0 snug-audit --root "$T/root" run --bundle "$T/b" "$ID"
  [ "$output" = $'hi\nmade' ]
  cmp "$T/b/config.json" "$T/before.json"
  [ "$(audited mkdir)" -eq 1 ]
  snug show --json "$ID" | jq -e '.syscalls[] | select(.name == "mkdir") | .phase == "workload"'
  # Audit logs execve although it is approved; that is no news.
  [ "$(audited execve)" -eq 0 ]
  [ "$(audited write)" -eq 0 ]
  diff "$T/learnt" <(learnt)
  diff "$T/profile" <(snug profile "$ID")
  runs "$ID" | jq -e '.[-1] | .mode == "audit" and .complete == false and .reasons == ["not-learning"]'
  [[ "$(snug show "$ID")" == *"$ID: complete"*"Outside the approved profile: seen in audit mode, not learnt"*"mkdir "* ]]
  run snug explain --key "$ID"
  [ "$status" -eq 1 ]
  grep -q '^  mkdir  *used  *denied  *1 ' <<<"$output"
  # Enforced, the same start is refused what audit named.
  rmdir "$T/b/rootfs/tmp/x"
  run snug-enforce --root "$T/root" run --bundle "$T/b" "$ID"
  [ "$status" -ne 0 ]
  [ ! -e "$T/b/rootfs/tmp/x" ]
}

@test "a rule on arguments: the form that it allows is silent, any other is logged" {
  approved sh -c 'kill -0 $$; echo done'
  # kill(pid, 0) only: argument 1 compared whole.
  jq '.syscalls |= (map(.names -= ["kill"]) + [{names: ["kill"], action: "SCMP_ACT_ALLOW",
    args: [{index: 1, value: 18446744073709551615, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ"}]}])' \
    <"$T/state/keys/$ID/approved.json" | sed 's/18446744073709552000/18446744073709551615/' >"$T/p.json"
  snug approve "$ID" --profile "$T/p.json" >/dev/null
  [ "$(snug-audit --root "$T/root" run --bundle "$T/b" "$ID")" = done ]
  [ "$(audited kill)" -eq 0 ]
  bundle "$T/b" . sh -c 'kill -0 $$; kill -CONT $$; echo done'
  [ "$(snug-audit --root "$T/root" run --bundle "$T/b" "$ID")" = done ]
  [ "$(audited kill)" -eq 1 ]
  run snug explain --key "$ID"
  [ "$status" -eq 1 ]
  [[ "$output" == *"kill: the profile allows it for some arguments"* ]]
  # And that is what enforcing does with it.
  bundle "$T/b" . sh -c 'kill -0 $$ && echo zero; kill -CONT $$ || echo refused'
  run snug-enforce --root "$T/root" run --bundle "$T/b" "$ID"
  [[ "$output" == *zero*refused* ]]
}

@test "an exec into an audited container is reported too" {
  approved sh -c 'sleep 0.1'
  bundle "$T/b" '.root.readonly = false' sh -c 'sleep 100'
  snug-audit --root "$T/root" create --bundle "$T/b" "$ID" >/dev/null 2>&1 3>&-
  snug-audit --root "$T/root" start "$ID"
  snug-audit --root "$T/root" exec "$ID" mkdir /tmp/y
  [ -d "$T/b/rootfs/tmp/y" ]
  [ "$(audited mkdir)" -eq 1 ]
  snug show --json "$ID" | jq -e '.syscalls[] | select(.name == "mkdir") | .count == 0 and .comm == ["mkdir"]'
  snug-audit --root "$T/root" delete --force "$ID"
  runs "$ID" | jq -e 'length == 2 and .[-1].ended != null'
}

@test "without an approved profile audit starts nothing, or what the caller asked for" {
  bundle "$T/b" . sh -c 'echo started'
  run snug-audit --root "$T/root" run --bundle "$T/b" "$ID"
  [ "$status" -eq 1 ]
  [[ "$output" == *"no approved profile for $ID"* ]]
  configure 'missing_profile="original"'
  [ "$(snug-audit --root "$T/root" run --bundle "$T/b" "$ID")" = started ]
}

@test "a program of another ABI runs: audit kills nothing" {
  command -v gcc >/dev/null && echo 'int main(void){return 0;}' | gcc -m32 -static -x c -o "$T/p32" - 2>/dev/null ||
    skip "no compiler for 32-bit programs here"
  "$T/p32" || skip "this kernel runs no 32-bit programs"
  approved sh -c 'echo hi'
  bundle "$T/b" . /p32
  cp "$T/p32" "$T/b/rootfs/p32"
  run -0 snug-audit --root "$T/root" run --bundle "$T/b" "$ID"
  snug show --json "$ID" | jq -e '[.syscalls[] | select(.arch == "x86" or .arch == "i386") | .audited] | add > 0'
}
