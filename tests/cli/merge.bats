load helper

# run_of CONTAINER MINUTE REASONS [ENDED]: a learning run that began at 12:MINUTE.
run_of() {
  ENDED=${4:-'"2026-01-31T13:00:00.000Z"'} one_run "$3" |
    sed "s/\"web-1\"/\"$1\"/g; s/12:00:00.000Z/12:$2:00.000Z/"
}

# evidence NAME KEY RUNS CALLS: a file of another node.
evidence() {
  put_evidence "$2" "$3" "$4"
  mv "$state/keys/$2/evidence.json" "$dir/$1.json"
  rm -r "${state:?}/keys"
}

# field EXPRESSION: of the merged evidence in $output, by python; r: runs by id, c: calls by name.
field() {
  python3 -c 'import json,sys
e = json.load(sys.stdin)
r = {x["id"]: x for x in e["runs"]}
c = {x["name"]: x for x in e["syscalls"]}
print(eval(sys.argv[1]))' "$1" <<<"$output"
}

@test "merge: runs and calls of two nodes are united, counts add up" {
  evidence a web "$(run_of a-1 01 '')" "$(join "$(call 0 read workload 7)" "$(call 59 execve runtime 1)")"
  evidence b web "$(run_of b-1 02 '')" "$(join "$(call 0 read workload 5 0 0 nginx)" "$(call 1 write workload 2)")"
  run_snug merge "$dir/b.json" "$dir/a.json"
  [ "$status" -eq 0 ]
  [ "$(field 'list(r), sorted(c), c["read"]["count"], c["read"]["runs"], sorted(c["read"]["comm"])')" = \
    "(['a-1', 'b-1'], ['execve', 'read', 'write'], 12, 2, ['nginx', 'web'])" ]
  [[ "$stderr" == *"2 evidence files with 2 runs and 3 calls; together complete"* ]]
  first="$output"
  run_snug merge "$dir/a.json" "$dir/b.json"
  [ "$(field 'c["read"]["count"]')" = 12 ]
}

@test "merge: a run that several files hold counts once" {
  evidence a web "$(run_of a-1 01 '')" "$(call 0 read workload 7)"
  evidence later web "$(join "$(run_of a-1 01 '')" "$(run_of a-2 05 '')")" "$(join "$(call 0 read workload 9)" "$(call 1 write workload 2)")"
  evidence b web "$(run_of b-1 02 '')" "$(call 0 read workload 5)"
  run_snug merge "$dir/a.json" "$dir/a.json" "$dir/later.json" "$dir/b.json"
  [ "$(field 'sorted(r), c["read"]["count"], c["write"]["count"]')" = "(['a-1', 'a-2', 'b-1'], 14, 2)" ]
  printf '%s\n' "$output" >"$dir/all.json"
  # Merging again changes nothing.
  run_snug merge "$dir/all.json" "$dir/b.json" "$dir/a.json"
  [ "$output" = "$(cat "$dir/all.json")" ]
  # The same container on another node, or another time, is another run.
  sed 's/12:01:00.000Z/12:01:00.001Z/' "$dir/a.json" >"$dir/other.json"
  run_snug merge "$dir/a.json" "$dir/other.json"
  [ "$(field 'len(e["runs"]), c["read"]["count"]')" = "(2, 14)" ]
}

@test "merge: two sights of one run: the end counts, and whatever speaks against it" {
  evidence live web "$(run_of a-1 01 '"running"' null)" "$(call 0 read workload 3)"
  evidence ended web "$(run_of a-1 01 '')" "$(call 0 read workload 7)"
  run_snug merge "$dir/ended.json" "$dir/live.json"
  [ "$(field 'e["runs"][0]["reasons"], e["runs"][0]["ended"] is not None, c["read"]["count"]')" = "([], True, 7)" ]
  evidence late web "$(run_of a-1 01 '"late-record"')" "$(call 0 read workload 7)"
  run_snug merge "$dir/ended.json" "$dir/late.json"
  [ "$(field 'e["runs"][0]["complete"], sorted(e["runs"][0]["reasons"])')" = "(False, ['late-record'])" ]
  # The newest run of a node that is still live is not complete, whatever others say.
  evidence b web "$(join "$(run_of b-1 02 '')" "$(run_of b-2 03 '"running"' null)")" "$(call 0 read workload 1)"
  run_snug merge "$dir/b.json" "$dir/ended.json"
  [[ "$stderr" == *"together NOT complete"* ]]
}

@test "merge: incomplete evidence of one node never becomes complete by another's" {
  evidence a web "$(run_of a-1 01 '"serial-gap"')" "$(call 0 read workload 7)"
  evidence b web "$(run_of b-1 02 '')" "$(call 0 read workload 5)"
  run_snug merge "$dir/a.json" "$dir/b.json" -o "$dir/all.json"
  [ "$status" -eq 0 ]
  [[ "$stderr" == *"together NOT complete"* ]]
  run_snug profile "$dir/all.json"
  refused 3 "evidence merged into this one was not complete"
  run_snug approve "$dir/all.json" --no-sample
  [ "$status" -eq 3 ]
  # And not by being merged again.
  run_snug merge "$dir/all.json" "$dir/b.json" -o "$dir/again.json"
  run_snug profile "$dir/again.json"
  [ "$status" -eq 3 ]
}

@test "merge: the result is taken by profile, approve and show" {
  evidence a web "$(run_of a-1 01 '')" "$(join "$(call 0 read workload 7)" "$(call 59 execve runtime 1)")"
  evidence b web "$(run_of b-1 02 '')" "$(call 165 mount workload 2)"
  mkdir "$dir/nodes"
  mv "$dir/a.json" "$dir/b.json" "$dir/nodes"
  run_snug merge "$dir/nodes" -o "$dir/all.json"
  [ "$status" -eq 0 ]
  run_snug profile "$dir/all.json"
  [ "$status" -eq 0 ]
  [[ "$output" == *'"mount"'*'"read"'* ]]
  run_snug show "$dir/all.json"
  [[ "$output" == "web: complete"* ]]
  run_snug approve "$dir/all.json" --no-sample
  [ "$status" -eq 0 ]
  [[ "$output" == *"containers of web may make"* ]]
  grep -q '"mount"' "$state/keys/web/approved.json"
}

@test "merge: keys that differ want a name; keys stand for their evidence" {
  put_web web
  put_web shop
  run_snug merge web shop
  refused 2 "--key"
  run_snug merge web shop --key both
  [ "$status" -eq 0 ]
  # The same run in both: one program under two names.
  [ "$(field 'e["key"], len(e["runs"])')" = "('both', 1)" ]
}

@test "merge: profiles: what any allows, arguments included; masked and full is full" {
  cat >"$dir/a.json" <<'JSON'
{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "syscalls": [{"names": ["read", "clone"], "action": "SCMP_ACT_ALLOW"},
 {"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 0, "op": "SCMP_CMP_EQ"}]}]}
JSON
  cat >"$dir/b.json" <<'JSON'
{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["write"], "action": "SCMP_ACT_ALLOW"},
 {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1},
 {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]},
 {"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]}]}
JSON
  cat >"$dir/want.json" <<'JSON'
{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "syscalls": [{"names": ["clone", "read", "write"], "action": "SCMP_ACT_ALLOW"},
 {"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 0, "op": "SCMP_CMP_EQ"}]},
 {"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]}]}
JSON
  run_snug merge "$dir/a.json" "$dir/b.json" -o "$dir/all.json"
  [ "$status" -eq 0 ]
  "$snug" diff "$dir/all.json" "$dir/want.json"
  run_snug merge @moby-20.10 @containerd-1.6 @podman-4.3 -o "$dir/all.json"
  [ "$status" -eq 0 ]
  for d in @moby-20.10 @containerd-1.6 @podman-4.3; do
    run_snug diff --json "$dir/all.json" $d
    python3 -c 'import json,sys
d = json.loads(sys.argv[1])
assert d["counts"]["refused-by-a"] == 0, d
assert all(r["a"] == "allow" for r in d["differences"] if r["kind"] == "arguments"), d' "$output"
  done
}

@test "merge: what one refuses by arguments and another allows by arguments is parted by them" {
  echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["clone"], "action": "SCMP_ACT_ERRNO",
    "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_LE"}]}]}' >"$dir/a.json"
  echo '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["clone"], "action": "SCMP_ACT_ALLOW",
    "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]}]}' >"$dir/b.json"
  run_snug merge "$dir/a.json" "$dir/b.json"
  [ "$status" -eq 1 ]
  printf '%s\n' "$output" >"$dir/all.json"
  # Neither may set an argument twice in a rule: 0, and 2 to 8 in blocks.
  echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
    {"names": ["clone"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 0, "op": "SCMP_CMP_EQ"}]},
    {"names": ["clone"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 18446744073709551614, "valueTwo": 2, "op": "SCMP_CMP_MASKED_EQ"}]},
    {"names": ["clone"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 18446744073709551612, "valueTwo": 4, "op": "SCMP_CMP_MASKED_EQ"}]},
    {"names": ["clone"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]}]}' >"$dir/want.json"
  "$snug" diff "$dir/all.json" "$dir/want.json"
}

@test "merge: an ABI that only one lists is told" {
  echo '{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]}' >"$dir/a.json"
  echo '{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"]}' >"$dir/b.json"
  run_snug merge --machine x86_64 "$dir/a.json" "$dir/b.json"
  [ "$status" -eq 0 ]
  [[ "$stderr" == "i386: "*"a.json lists this ABI and "*"b.json does not"* ]]
  run_snug merge --machine x86_64 "$dir/a.json" --within "$dir/b.json"
  [ "$status" -eq 0 ]
  [[ "$stderr" == "i386: "*"programs of it are killed"* ]]
  [[ "$output" != *SCMP_ARCH_X86\"* ]]
}

# quiet_run CONTAINER MINUTE REASONS QUIET: one that did not log what its evidence numbers 1; QUIET: further members. The digest is its own.
quiet_run() {
  run_of "$1" "$2" "$3" | sed "s/\"reasons\": \[[^]]*\]/&, \"quiet\": {\"upto\": 1, \"digest\": \"$DIGEST\", \"count\": 1$4}/"
}
# learnt N CALL: the same, numbered.
learnt() { sed "s/ }\$/, \"learnt\": $1 }/" <<<"$2"; }
NARROW=', "forms": ["clone:0:0x7e020000:0x0"]'

# quiet_node NAME REASONS QUIET [CALL]: first a run that logged everything and lost something, so that it leaves nothing open, then a quiet one.
quiet_node() {
  DIGEST=${DIGEST:-278d38473b54cfa5}
  evidence "$1" web "$(join "$(run_of "$1-1" 01 '"overrun"')" "$(quiet_run "$1-2" 05 "$2" "$3")")" \
    "$(join "$(learnt 1 "$(call 56 clone workload 3)")" ${4:+"$(learnt 2 "$4")"})"
}

@test "merge: runs that did not log what was known are kept; arguments are narrow where they are so in each part" {
  quiet_node a '' "$NARROW"
  quiet_node b '' "$NARROW" "$(call 1 write workload 2)"
  run_snug merge "$dir/a.json" "$dir/b.json" -o "$dir/all.json"
  [ "$status" -eq 0 ]
  [[ "$stderr" == *"together complete"* ]]
  jq -e '[.runs[] | select(.quiet) | .quiet | .upto == 0 and .count == 1] == [true, true]' "$dir/all.json"
  jq -e '.arguments == [{"form": "clone:0:0x7e020000:0x0", "known": "narrow", "runs": 2}]' "$dir/all.json"
  run_snug profile "$dir/all.json"
  [ "$status" -eq 0 ]
  jq -e '[.linux.seccomp // . | .syscalls[] | select(.names == ["clone"]) | .args | length] == [1]' <<<"$output"
  run_snug approve "$dir/all.json" --no-sample
  [ "$status" -eq 0 ]
  # One that never asked leaves the call whole, and one that merely does without it does not.
  evidence c web "$(run_of c-1 03 '')" "$(call 87 unlink workload 2)"
  run_snug merge "$dir/all.json" "$dir/c.json"
  [ "$(field 'e["arguments"][0]["known"]')" = narrow ]
  evidence c web "$(run_of c-1 03 '')" "$(call 56 clone workload 2)"
  run_snug merge "$dir/all.json" "$dir/c.json" -o "$dir/whole.json"
  jq -e '.arguments[0].known == "unknown"' "$dir/whole.json"
  run_snug profile "$dir/whole.json"
  [ "$status" -eq 0 ]
  jq -e '[.linux.seccomp // . | .syscalls[] | select(.names | index("clone"))] | length == 1 and .[0].args == null' <<<"$output"
  # Merging again changes nothing.
  run_snug merge "$dir/whole.json" "$dir/a.json" "$dir/b.json"
  [ "$output" = "$(cat "$dir/whole.json")" ]
}

@test "merge: a quiet run that lost something, or whose calls are not held, does not pass for complete" {
  quiet_node a '' "$NARROW"
  quiet_node b '"overrun"' "$NARROW"
  run_snug merge "$dir/a.json" "$dir/b.json"
  [[ "$stderr" == *"together NOT complete"* ]]
  [ "$(field 'e["arguments"][0]["known"]')" = unknown ]
  DIGEST=0123456789abcdef quiet_node b '' "$NARROW"
  run_snug merge "$dir/a.json" "$dir/b.json" -o "$dir/all.json"
  [[ "$stderr" == *"together NOT complete"* ]]
  run_snug approve "$dir/all.json" --no-sample
  [ "$status" -eq 3 ]
  # A call that is taken out of the merged file is missed.
  quiet_node b '' "$NARROW" "$(call 83 mkdir workload 2)"
  run_snug merge "$dir/a.json" "$dir/b.json" -o "$dir/all.json"
  run_snug profile "$dir/all.json"
  [ "$status" -eq 0 ]
  jq 'del(.syscalls[] | select(.name == "mkdir"))' "$dir/all.json" >"$dir/less.json"
  run_snug profile "$dir/less.json"
  [ "$status" -eq 3 ]
}

@test "merge: what one part assumes is in the profile until one has seen it, whoever found it absent" {
  quiet_node a '' ', "forms": [], "assumed": ["futex", "getppid"]'
  quiet_node b '' ', "forms": [], "assumed": ["poll"], "confirming": ["futex"]'
  quiet_node c '' ', "forms": []' "$(call 110 getppid workload 1)"
  run_snug merge "$dir/b.json" "$dir/c.json"
  [ "$(field '{x["name"]: x["known"] for x in e["assumed"]}')" = "{'futex': 'absent', 'poll': 'assumed'}" ]
  run_snug merge "$dir/a.json" "$dir/b.json" "$dir/c.json" -o "$dir/all.json"
  [ "$status" -eq 0 ]
  jq -e '[.assumed[] | .name + " " + .known] == ["futex assumed", "getppid confirmed", "poll assumed"]' "$dir/all.json"
  run_snug profile "$dir/all.json"
  [ "$status" -eq 0 ]
  [[ "$output" == *'"futex"'*'"getppid"'*'"poll"'* ]]
}

@test "merge: bad input is one sentence" {
  evidence a web "$(run_of a-1 01 '')" "$(call 0 read workload 7)"
  run_snug merge "$dir/a.json" @moby
  refused 2 "is evidence and"
  run_snug merge "$dir/a.json" --format oci
  refused 2 "--format applies to profiles"
  run_snug merge @moby --format yaml
  refused 2 "--format is"
  run_snug merge "$dir/a.json" --key ../x
  refused 2 '--key: "../x" is not a key'
  sed 's/"web"/"..\/x"/' "$dir/a.json" >"$dir/evil.json"
  run_snug merge "$dir/evil.json"
  refused 2 'evil.json: "../x" is not a key'
  run_snug merge nobody
  refused 2 "neither a key nor a file"
  sed -i 's/"complete": true/"complete": false/' "$dir/a.json"
  run_snug merge "$dir/a.json"
  refused 2 "a.json: runs[0].complete, line 5: contradicts"
  evidence a web "$(run_of a-1 01 '')" "$(call 0 read workload 7)"
  run_snug merge "$dir/a.json" -o "$dir"
  [ "$status" -eq 2 ]
  [[ "${stderr##*$'\n'}" == "snug: "*"not a regular file" ]]
}
