# Evidence of many nodes: one directory of files, filled by rsync, a ConfigMap or an object store; merged, approved.
bats_require_minimum_version 1.5.0

load helper

# node NAME ID CALLS [REASONS]: the evidence that this node's snugd keeps of the key "web", copied into the fleet's directory.
node() {
  put_evidence web "$(one_run "${4:-}" | sed "s/\"web-1\"/\"$2\"/g")" "$3"
  mkdir -p "$dir/fleet"
  cp "$state/keys/web/evidence.json" "$dir/fleet/$1.json"
  rm -r "$state/keys/web"
}
base() { join "$(call 59 execve runtime 1)" "$(call 0 read workload 7)" "$@"; }

@test "three nodes saw three things: one profile holds them all" {
  node one web-one "$(base "$(call 1 write workload 2)")"
  node two web-two "$(base "$(call 83 mkdir workload 1)")"
  node three web-three "$(base "$(call 87 unlink workload 1)")"
  run_snug merge "$dir/fleet" -o "$dir/web.json"
  [ "$status" -eq 0 ]
  [ "$(jq -r '[.syscalls[] | select(.phase == "workload") | .name] | sort | join(" ")' "$dir/web.json")" = 'mkdir read unlink write' ]
  [ "$(jq -r '[.runs[].id] | sort | join(" ")' "$dir/web.json")" = 'web-one web-three web-two' ]
  run_snug approve --no-sample "$dir/web.json"
  [ "$status" -eq 0 ]
  for name in read write mkdir unlink; do
    jq -e --arg n "$name" '[.syscalls[].names[]] | index($n) != null' "$state/keys/web/approved.json"
  done
}

@test "the same file twice, and merged evidence merged again, add nothing" {
  node one web-one "$(base "$(call 1 write workload 2)")"
  node two web-two "$(base "$(call 83 mkdir workload 1)")"
  run_snug merge "$dir/fleet" -o "$dir/once.json"
  cp "$dir/fleet/one.json" "$dir/fleet/one-again.json"
  run_snug merge "$dir/fleet" -o "$dir/twice.json"
  [ "$status" -eq 0 ]
  [ "$(jq -S '[(.runs | length), (.syscalls | map({name, phase, count}) | sort_by(.name))]' "$dir/twice.json")" = \
    "$(jq -S '[(.runs | length), (.syscalls | map({name, phase, count}) | sort_by(.name))]' "$dir/once.json")" ]
  run_snug merge "$dir/once.json" "$dir/twice.json" -o "$dir/thrice.json"
  [ "$status" -eq 0 ]
  [ "$(jq '.runs | length' "$dir/thrice.json")" -eq 2 ]
}

@test "a node that lost records does not pass for complete" {
  node one web-one "$(base)"
  node two web-two "$(base)" '"overrun"'
  run_snug merge "$dir/fleet" -o "$dir/web.json"
  jq -e '[.runs[] | select(.complete | not) | .reasons[]] | index("overrun") != null' "$dir/web.json"
  [ "$(jq '[.runs[] | select(.complete)] | length' "$dir/web.json")" -eq 1 ]
}

@test "nodes past their first run: what one assumes or asks for stays, what all prove is narrow" {
  later() { # ID QUIET CALLS: a second run that does not log what the first showed, which "learnt" numbers
    local first second quiet='{"upto": 1, "digest": "278d38473b54cfa5", "count": 1, "forms": ["clone:0:0x7e020000:0x0"]'
    first=$(one_run '"overrun"' | sed "s/\"web-1\"/\"$1\"/g")
    second=$(one_run '' | sed "s/\"web-1\"/\"$1-again\"/g; s/T12:00:0/T12:01:0/g; s/\"reasons\": \[\]/&, \"quiet\": $quiet$2}/")
    put_evidence web "$(join "$first" "$second")" "$(join "$(call 56 clone workload 3 | sed 's/ }$/, "learnt": 1 }/')" "$3")"
    mkdir -p "$dir/fleet"
    mv "$state/keys/web/evidence.json" "$dir/fleet/$1.json"
  }
  later one ', "assumed": ["futex"]' "$(call 59 execve runtime 1)"
  later two ', "confirming": ["futex"]' "$(call 83 mkdir workload 1 | sed 's/ }$/, "learnt": 2 }/')"
  run_snug merge "$dir/fleet" -o "$dir/web.json"
  [ "$status" -eq 0 ]
  run_snug approve --no-sample "$dir/web.json"
  [ "$status" -eq 0 ]
  approved="$state/keys/web/approved.json"
  for name in futex mkdir execve; do jq -e --arg n "$name" '[.syscalls[].names[]] | index($n) != null' "$approved"; done
  jq -e '[.syscalls[] | select(.names | index("clone")) | .args[0].value] == [2114060288]' "$approved"
  # A third node whose only run logged the call whatever its arguments.
  node three three "$(base "$(call 56 clone workload 1)")"
  run_snug merge "$dir/fleet" -o "$dir/web.json"
  run_snug approve --no-sample "$dir/web.json"
  jq -e '[.syscalls[] | select(.names | index("clone")) | .args // []] == [[]]' "$approved"
}

@test "a file that is none is named, and nothing is merged" {
  node one web-one "$(base)"
  echo '{' >"$dir/fleet/two.json"
  run_snug merge "$dir/fleet" -o "$dir/web.json"
  refused 2 "$dir/fleet/two.json"
  [ ! -e "$dir/web.json" ]
}
