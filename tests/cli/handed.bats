# What is handed over to a tracer or an agent is neither allowed nor refused, and every command says so.
bats_require_minimum_version 1.5.0
load helper

profile() { # NAME DEFAULT ACTION
  jq -n --arg d "SCMP_ACT_$2" --arg a "SCMP_ACT_$3" '{defaultAction: $d, listenerPath: "/run/agent", syscalls: [
    {names: ["mkdir"], action: $a}, {names: ["chmod"], action: "SCMP_ACT_ERRNO"}] | map(select(.action != $d))}' >"$dir/$1.json"
}
setup() {
  cli_setup
  profile notify ALLOW NOTIFY
  profile trace ALLOW TRACE
  profile refuse ALLOW ERRNO
  profile allow ALLOW LOG
}
kinds() { jq -c '[.differences[] | select(.arches | index("x86_64")) | [.call, .kind, .a, .b]]' <<<"$output"; }

@test "diff: a call that is handed over is not one that the other refuses, or allows" {
  run_snug diff --json "$dir/notify.json" "$dir/refuse.json"
  [ "$status" -eq 1 ]
  [ "$(jq '.counts | .["handed-over"] > 0 and .["refused-by-a"] + .["refused-by-b"] == 0' <<<"$output")" = true ]
  [ "$(jq -r '.differences[0] | "\(.call): \(.a), \(.b)"' <<<"$output")" = "mkdir: handed over (notify), EPERM" ]
  run_snug diff "$dir/allow.json" "$dir/trace.json"
  [ "$status" -eq 1 ]
  [[ "$output" == *"1 call handed over"*"mkdir  log "*"handed over (trace)"* ]]
}

@test "check: calls that are handed over are a warning of their own, and none that is refused" {
  run_snug check --no-sample --json "$dir/notify.json"
  [ "$(jq -c '[.profiles[0].findings[] | select(.kind == "handed-over") | [.level, .calls[].name]]' <<<"$output")" = '[["warning","mkdir"]]' ]
  run_snug check --no-sample "$dir/notify.json"
  [[ "$output" == *"refuses only the 1 listed call and"* ]]
  [[ "$output" == *SCMP_ACT_NOTIFY* ]]
  run_snug check --no-sample "$dir/trace.json"
  [[ "$output" == *"SCMP_ACT_TRACE"*"ENOSYS"* ]]
  run_snug check --no-sample --json "$dir/refuse.json"
  [ "$(jq -c '[.profiles[0].findings[] | select(.kind == "handed-over")]' <<<"$output")" = '[]' ]
}

@test "check: for which arguments a call is handed over, by their names" {
  echo '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"},
    {"names":["unshare"],"action":"SCMP_ACT_NOTIFY","args":[{"index":0,"value":268435456,"op":"SCMP_CMP_EQ"}]},
    {"names":["unshare"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":268435456,"op":"SCMP_CMP_NE"}]}]}' >"$dir/p.json"
  run_snug check --no-sample --json "$dir/p.json"
  [ "$(jq -r '.profiles[0].findings[] | select(.kind == "handed-over") | .calls[].when' <<<"$output")" = "only arg0 != CLONE_NEWUSER" ]
}

@test "check: the form that a runtime misses, by its name" {
  echo '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["prctl"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":15,"op":"SCMP_CMP_EQ"}]}]}' >"$dir/p.json"
  run_snug check --json --runtime runc-1.1.5 "$dir/p.json"
  jq -e '[.profiles[0].findings[].calls[]? | select(.name == "prctl" and .when == "only arg0 == PR_SET_NAME")] | length > 0' <<<"$output"
}

@test "check: what only hands over refuses nothing" {
  jq '.syscalls |= map(select(.names == ["mkdir"]))' "$dir/notify.json" >"$dir/only.json"
  run_snug check --no-sample "$dir/only.json"
  [[ "$output" == *"refuses nothing: it hands 1 call over"* ]]
}

@test "check: the end of a program that is handed to a tracer fails as a refused one" {
  jq -n '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["exit_group"], action: "SCMP_ACT_TRACE"}]}' >"$dir/end.json"
  run_snug check --no-sample --json "$dir/end.json"
  [ "$status" -eq 1 ]
  [ "$(jq '[.profiles[0].findings[] | select(.kind == "always-needed" and .level == "failure")] | length' <<<"$output")" -eq 1 ]
}
