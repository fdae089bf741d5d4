load helper
bats_require_minimum_version 1.5.0
# `snug check --fix`: the profile with what the runtime lacks, and nothing else.

# floor GO: what a runtime of x86_64 needs at starts, and at execs without noNewPrivileges.
floor() {
  cat >"$dir/floor.json" <<E
{"version": 1, "kernel": "6.1.0", "machine": "x86_64", "libseccomp": "2.5.4", "libseccomp_lacks": [], "runtimes": [
 {"path": "/usr/sbin/runc", "id": "runc-1", "version": "runc version 1.1.5", "go": $1, "floors": [
  {"phase": "create", "no_new_privileges": true, "shape": "0123", "started_as": "x", "starts": 80, "silent": 60,
   "calls": [{"name": "close", "nr": 3, "seen": 80}, {"name": "statx", "nr": 332, "seen": 80}]},
  {"phase": "exec", "no_new_privileges": false, "shape": "0124", "started_as": "x", "starts": 80, "silent": 60,
   "calls": [{"name": "setgid", "nr": 106, "seen": 80}]}]}]}
E
}
check() { run_snug check --floor-file "$dir/floor.json" "$@"; }

written='["clock_getres","clock_gettime","close","exit","exit_group","getcpu","getrandom","gettimeofday","restart_syscall","rt_sigreturn","time"]'
# profile [RULE]: an allow-list as people write it.
profile() {
  printf '{ "defaultAction":"SCMP_ACT_ERRNO",   "defaultErrnoRet": 38, "x-owner": "team a",\n  "syscalls": [\n    { "names": %s, "action": "SCMP_ACT_ALLOW" }%s ] }\n' \
    "$written" "${1:+,$1}"
}

@test "check --fix: starts and execs, with and without noNewPrivileges; no other byte changes" {
  floor false
  profile >"$dir/p.json"
  check "$dir/p.json"
  [ "$status" -eq 1 ]
  [[ "$output" == *$'\nThe same command with --fix OUT writes the profile with these calls.' ]]
  check --fix "$dir/fixed.json" "$dir/p.json"
  [ "$status" -eq 1 ]
  [[ "$output" == *"$dir/fixed.json: written, 2 calls added, line 3"*"--- $dir/p.json"*"+++ $dir/fixed.json"* ]]
  jq -e '.syscalls[0].names | index("statx") and index("setgid")' "$dir/fixed.json"
  [ "$(tr -d ' ' <"$dir/fixed.json" | sed 's/"setgid",*//; s/"statx",*//')" = "$(tr -d ' ' <"$dir/p.json")" ]
  check "$dir/fixed.json"
  [ "$status" -eq 0 ]
  [[ "$output" != *"--fix"* ]]
}

@test "check --fix: with --json the output stays one value" {
  floor false
  profile >"$dir/p.json"
  check --json --fix "$dir/fixed.json" "$dir/p.json"
  [ "$status" -eq 1 ]
  jq -e '.profiles | length == 1' <<<"$output"
  jq -e '.syscalls[0].names | index("statx")' "$dir/fixed.json"
}

@test "check --fix: nothing is missing, and the file is the same" {
  floor false
  profile | sed 's/"close"/"close","setgid","statx"/' >"$dir/p.json"
  check --fix "$dir/fixed.json" "$dir/p.json"
  [ "$status" -eq 0 ]
  [[ "$output" == *"$dir/fixed.json: written, unchanged: no call is missing; names cannot mend the rest, see above" ]]
  cmp "$dir/p.json" "$dir/fixed.json"
}

@test "check --fix: a call that is harmless with some arguments only is not opened by its name" {
  floor true
  profile >"$dir/p.json"
  check --fix "$dir/fixed.json" "$dir/p.json"
  [ "$status" -eq 1 ]
  [[ "${output//[$'\n ']/}" == *'to"syscalls":{"names":["clone"]'* ]]
  [[ "$output" == *"calls added, line 3; add the rules printed above by hand"* ]]
  jq -e '[.syscalls[].names[]] | index("futex") and (index("clone") | not)' "$dir/fixed.json"
}

@test "check --fix: what cannot be fixed so is refused, and nothing is written" {
  floor false
  profile '{"names": ["statx"], "action": "SCMP_ACT_KILL_PROCESS"}' >"$dir/p.json"
  check --fix "$dir/fixed.json" "$dir/p.json"
  refused 2 "a rule denies statx; remove it there first"
  mkdir "$dir/several"
  profile >"$dir/several/a.json"
  profile | sed 's/team a/team b/' >"$dir/several/b.json"
  check --fix "$dir/fixed.json" "$dir/several"
  refused 2 "--fix takes one profile: name its file, not a directory or a list"
  check --fix "$dir/fixed.json" "$dir/several/a.json" "$dir/several/b.json"
  refused 2 "--fix takes one profile"
  echo '{' >"$dir/broken.json"
  check --fix "$dir/fixed.json" "$dir/broken.json"
  refused 2 "broken.json is no profile that can be read"
  [ ! -e "$dir/fixed.json" ]
  check --fix "$dir/several/a.json" "$dir/several/a.json"
  [ "$status" -eq 2 ]
}

@test "check --fix: what a higher number takes out of the runtime's stub is added, or said" {
  # Killed by default: it needs more than names, and all of it is named.
  printf '{"defaultAction":"SCMP_ACT_KILL_PROCESS","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}' >"$dir/kill.json"
  for runtime in runc-1.1.15 runc-1.3.6; do
    run_snug check --runtime $runtime --fix "$dir/fixed.json" "$dir/kill.json"
    [ "$status" -eq 1 ]
    run_snug check --json --runtime $runtime "$dir/fixed.json"
    left=$(jq -r '[.profiles[].findings[] | select(.level == "failure") | .calls[].name] | unique[]' <<<"$output")
    run_snug check --runtime $runtime --fix "$dir/again.json" "$dir/kill.json"
    for name in $left; do
      [[ "$output" == *'must be answered with ENOSYS'*"\"$name\""* ]]
    done
  done
  # An old list, whose programs fell back from clone3 because the stub answered for it.
  jq -n '{defaultAction: "SCMP_ACT_ERRNO", architectures: ["SCMP_ARCH_X86_64"], syscalls: [{names: ["clone", "rseq"], action: "SCMP_ACT_ALLOW"}]}' >"$dir/old.json"
  run_snug check --runtime runc-1.3.6 --fix "$dir/fixed.json" "$dir/old.json"
  [[ "$output" == *"written, "*"must be answered with ENOSYS"*'{"names": ['*'"clone3"'*'], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}'* ]]
}

@test "check --fix: a call that is allowed for some arguments is not opened for all" {
  floor false
  jq '.runtimes[0].floors[0].calls += [{name: "clone", nr: 56, seen: 3}]' "$dir/floor.json" >"$dir/f.json"
  mv "$dir/f.json" "$dir/floor.json"
  profile '{"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]}' >"$dir/p.json"
  check --fix "$dir/fixed.json" "$dir/p.json"
  jq -e '.syscalls[0].names | index("statx") and (index("clone") | not)' "$dir/fixed.json"
  check "$dir/p.json"
  [[ "$(tr -s ' \n' ' ' <<<"$output")" == *'allow it for the arguments that the runtime uses'* ]]
}

@test "check --fix: what is read is not overwritten" {
  floor false
  profile >"$dir/p.json"
  cp "$dir/p.json" "$dir/kept.json"
  cp "$dir/floor.json" "$dir/kept-floor.json"
  check --fix "$dir/floor.json" "$dir/p.json"
  refused 2 'refusing to overwrite the input'
  run_snug check --floor-file "$dir/floor.json" --fix "$dir/p.json" - <"$dir/p.json"
  refused 2 'refusing to overwrite the input'
  cmp "$dir/p.json" "$dir/kept.json"
  cmp "$dir/floor.json" "$dir/kept-floor.json"
}

@test "check decides minKernel by the kernel of the node whose floor it was given" {
  floor false
  profile '{"names":["setgid","statx"],"action":"SCMP_ACT_ALLOW","includes":{"minKernel":"6.2"}}' >"$dir/p.json"
  check "$dir/p.json"
  [ "$status" -eq 1 ]
  [[ "$output" == *statx* ]]
  sed -i 's/"6.1.0"/"6.2.0"/' "$dir/floor.json"
  check "$dir/p.json"
  [ "$status" -eq 0 ]
}
