load helper

@test "ls of nothing tells how to begin, with status 0" {
  run_snug ls
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  [[ "$stderr" == "Nothing learnt yet: "*"snug-learn"* ]]
  [ "$(grep -c '' "$dir/stderr")" -eq 1 ]
  rm -r "$state"
  run_snug ls
  [ "$status" -eq 0 ]
  [ "$(grep -c '' "$dir/stderr")" -eq 1 ]
  run_snug ls --json
  [ "$output" = "[]" ]
}

@test "ls lists the keys in order, in columns" {
  put_web web
  put_evidence k8s/prod/nginx/library%2Fnginx "$(one_run '"overrun"')" "$(call 0 read workload 1)"
  SPACE=floor put_web runc-0123/0011223344556677
  run_snug ls
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  expected='KEY                             RUNS  CALLS  EVIDENCE  LAST NEW CALL        RUNS SINCE  NEXT NEW  APPROVED
k8s/prod/nginx/library%2Fnginx  1     1      overrun   2026-01-31 12:00:01  0           -         no
web                             1     5      complete  2026-01-31 12:00:01  1           -         no'
  diff <(echo "$expected") <(echo "$output")
}

@test "ls --json" {
  put_web web
  put_evidence other "$(ENDED=null one_run '"running"')" ""
  run_snug ls --json
  [ "$status" -eq 0 ]
  python3 - "$output" <<'PY'
import json, sys
rows = json.loads(sys.argv[1])
settled = {"complete_runs": 0, "silent_runs": 0, "silent_hours": 0.0, "method": "none", "chance": 1.0, "bound": 1.0, "learning": "on"}
assert rows[0].pop("settled") == settled
assert rows[1].pop("settled") == dict(settled, complete_runs=1, silent_runs=1, silent_hours=0.001)
assert rows == [
  {"key": "other", "runs": 1, "complete_runs": 0, "live": 1, "calls": 0, "complete": False, "reasons": ["running"],
   "last_new_call": None, "approved": False},
  {"key": "web", "runs": 1, "complete_runs": 1, "live": 0, "calls": 5, "complete": True, "reasons": [],
   "last_new_call": "2026-01-31T12:00:01.000Z", "approved": False}], rows
PY
}

@test "one broken file does not hide the others" {
  put_web web
  put_web bad
  echo '{"version": 1, "key": "bad", ' >"$state/keys/bad/evidence.json"
  run_snug ls
  refused 2 "bad"
  [[ "$output" == *web* ]]
  run_snug show bad
  refused 2 "keys/bad/evidence.json"
}

@test "an approved profile that cannot be read is told by ls and show, and --to puts a kept one in its place" {
  put_web web
  put_web other
  run_snug approve web --no-sample
  run_snug approve other --no-sample
  echo '{' >"$state/keys/web/approved.json"
  run_snug ls
  refused 2 "keys/web/approved.json: line 1: not JSON"
  grep -q '^other .* yes$' <<<"$output"
  grep -q '^web .* damaged$' <<<"$output"
  run_snug show web
  [ "$status" -eq 0 ]
  [[ "$output" == *"cannot be read, so nothing starts under it: "*"To fix it: \`snug approve web --to N\`"* ]]
  run_snug approve web --no-sample
  [ "$status" -eq 2 ]
  [[ "${stderr##*$'\n'}" == "snug: "*"approved.json: line 1: not JSON"*"--to N"* ]]
  [ "$(cat "$state/keys/web/approved.json")" = '{' ]
  run_snug approve web --to 1
  [ "$status" -eq 0 ]
  cmp "$state/keys/web/approved.1.json" "$state/keys/web/approved.json"
  run_snug ls
  [ "$status" -eq 0 ]
}

@test "a key that was approved before anything was learnt is listed, and told as that" {
  put_web web
  "$snug" profile web 2>/dev/null >"$dir/p.json"
  run_snug approve typo --profile "$dir/p.json"
  [ "$status" -eq 0 ]
  [[ "$stderr" == *"typo is a new key"* ]]
  run_snug show typo
  refused 2 "'typo' has an approved profile, but nothing was recorded for it"
}

@test "show: verdict, runs, calls by phase, audited and denied apart" {
  put_evidence web "$(one_run '')" "$(join "$(call 59 execve runtime 1)" "$(call 0 read workload 7)" \
    "$(call 165 mount workload 0 3)" "$(call 101 ptrace workload 0 0 4)")"
  run_snug show web
  [ "$status" -eq 0 ]
  expected='web: complete
  The newest learning run lost nothing: every call it made is listed here.
  It holds for x86_64 only: a call as i386 or x32 can be missed, and the profile kills its process.
  Learning runs: 1, complete: 1, running now: 0.
  Settled: 1 complete runs (0.0 hours) since the last new call.
  Chance of a new call in the next run: unknown from a single run.

Runs: 1
  CONTAINER  MODE   RUNTIME             STARTED              ENDED                RECORDS  NEW  QUIET  VERDICT
  web-1      learn  runc version 1.1.5  2026-01-31 12:00:00  2026-01-31 12:00:05  12       0    0      complete

Calls of the runtime itself, to start the container: 1
  CALL    COUNT  RUNS  FIRST SEEN           BY
  execve  1      1     2026-01-31 12:00:01  web

Calls of the program: 1
  CALL  COUNT  RUNS  FIRST SEEN           BY
  read  7      1     2026-01-31 12:00:01  web

Outside the approved profile: seen in audit mode, not learnt: 1
  CALL   COUNT  RUNS  FIRST SEEN           BY
  mount  3      1     2026-01-31 12:00:01  web

Denied: 1
  CALL    COUNT  RUNS  FIRST SEEN           BY
  ptrace  4      1     2026-01-31 12:00:01  web'
  diff <(echo "$expected") <(echo "$output")
}

@test "show names each reason and its fix" {
  put_evidence web "$(one_run '"overrun","log-off"')" "$(call 0 read workload 7)"
  run_snug show web
  [ "$status" -eq 0 ]
  [[ "$output" == "web: not complete"* ]]
  [[ "$output" == *"overrun: "*"To fix it: "*"log-off: "*"To fix it: sysctl"* ]]
}

@test "show --json is the evidence" {
  put_web
  run_snug show web --json
  [ "$status" -eq 0 ]
  python3 - "$output" "$state/keys/web/evidence.json" <<'PY'
import json, sys
got, want = json.loads(sys.argv[1]), json.load(open(sys.argv[2]))
assert got["key"] == want["key"] and got["version"] == 1
assert {(c["nr"], c["phase"], c["count"]) for c in got["syscalls"]} == {(c["nr"], c["phase"], c["count"]) for c in want["syscalls"]}
PY
}

@test "keys that are none, or not there" {
  put_web
  for key in ../web /web ./web; do
    run_snug show "$key"
    refused 2 "$key: No such file or directory"
  done
  run_snug show "$dir"
  refused 2 "$dir: is a directory"
  run_snug show <("$snug" merge web 2>/dev/null)
  [ "$status" -eq 0 ]
  for key in web/ web//a . .. a/../web "" 'we b' evidence.json; do
    run_snug show "$key"
    refused 2 "is not a key"
  done
  run_snug show nobody
  refused 2 "unknown key 'nobody'"
  rm -r "$state"
  run_snug show web
  refused 2 "unknown key"
}

@test "no link is followed below the state directory" {
  put_web
  ln -s web "$state/keys/link"
  run_snug show link
  refused 2 ""
  run_snug ls
  [[ "$output" != *link* ]]
  mv "$state/keys/web/evidence.json" "$dir/away.json"
  ln -s "$dir/away.json" "$state/keys/web/evidence.json"
  run_snug show web
  refused 2 "link"
}

@test "a file that belongs to another key is refused" {
  put_web web
  mkdir "$state/keys/other"
  cp "$state/keys/web/evidence.json" "$state/keys/other/"
  run_snug show other
  refused 2 "another key"
}

@test "what a container calls itself is no terminal escape" {
  put_evidence web "$(one_run '')" "$(call 0 read workload 1 0 0 '\\\\x1b[31m')"
  run_snug show web
  [[ "$output" != *$'\e'* ]]
}

@test "a chance of nothing is never told: the bound is" {
  run_no() { printf '%s' "$(one_run '')" | sed "s/web-1/web-$1/g; s/\"reasons\": \[\]/\"reasons\": [], \"new\": $2/"; }
  put_evidence web "$(join "$(run_no 1 2)" "$(run_no 2 0)")" "$(call 0 read workload 7 | sed 's/"runs": 1/"runs": 2/')"
  run_snug show web
  [[ "$output" == *"at most 100% (rule of three, 95%), as too few complete runs brought none."* && "$output" != *" 0%"* ]]
  run_snug ls
  [[ "$output" == *"<100%"* && "$output" != *"~0%"* ]]
  run_snug report -o "$dir/report.html" web
  grep -q 'at most 100% (rule of three, 95%)' "$dir/report.html"
}

@test "how settled a key is: Good-Turing while every call is logged, the share of new runs once known calls are quiet" {
  run_no() { printf '%s' "$(one_run '')" | sed "s/web-1/web-$1/g; s/\"reasons\": \[\]/\"reasons\": [], \"new\": $2$3/"; }
  quiet=', "quiet": {"upto": 0, "digest": "0000000000000000", "count": 5, "forms": []}'
  put_evidence web "$(join "$(run_no 1 2)" "$(run_no 2 0)" "$(run_no 3 1)" "$(run_no 4 0)")" \
    "$(join "$(call 0 read workload 7)" "$(call 1 write workload 2)" | sed 's/"runs": 1/"runs": 4/') , $(call 83 mkdir workload 1)"
  run_snug show web
  [[ "$output" == *"Settled: 1 complete runs"*"about 25% (Good-Turing"* ]]
  put_evidence web "$(join "$(run_no 1 2)" "$(run_no 2 0 "$quiet")" "$(run_no 3 1 "$quiet")" "$(run_no 4 0 "$quiet")" \
    "$(run_no 5 0 "$quiet")" "$(run_no 6 0 "$quiet")" "$(run_no 7 0 "$quiet")" "$(run_no 8 0 "$quiet")" "$(run_no 9 0 "$quiet")")" ""
  run_snug show web
  [[ "$output" == *"Settled: 6 complete runs"*"about 12% (the share of later runs"*"at most 50% (rule of three, 95%)"* ]]
  run_snug ls --json
  jq -e '.[0].settled | .silent_runs == 6 and .method == "rate" and .chance == 0.125 and .bound == 0.5' <<<"$output"
  run_snug show --json web
  jq -e '.settled.method == "rate"' <<<"$output"
}

@test "show tells of learning that is over, and of every approved profile" {
  put_web
  printf '{"state_dir": "%s", "run_dir": "%s", "learn_for": "1h"}\n' "$state" "$dir/run" >"$dir/config.json"
  run_snug ls
  [[ "$output" == *"learning is over"* ]]
  run_snug approve web --no-sample
  run_snug approve web --no-sample --errno eperm
  run_snug show web
  [[ "$output" == *"Learning is over"*"APPROVED  SAVED"*"1 "*" 2 "*"in force"* ]]
  run_snug approve web --to 1
  run_snug show web
  [[ "$output" == *"  1         "*"in force"*"  2  "* ]]
}

@test "show tells what was quiet, assumed and opened beyond the caller's profile" {
  quiet='"opened": ["mount", "bpf"], "opened_more": true, "quiet": {"upto": 1, "digest": "00000000000000ab", "count": 1, "assumed": ["getppid"]}'
  put_evidence web "$(one_run '' | sed "s/\"reasons\": \[\]/&, $quiet/")" "$(call 0 read workload 7)"
  run_snug show web
  [ "$status" -eq 0 ]
  [[ "$output" == *"1 known calls (digest 00000000000000ab), 1 assumed"* ]]
  [[ "$output" == *"Hot set: 1"*"getppid  assumed, in the profile; not seen yet"* ]]
  [[ "$output" == *"while learning (baseline drop), though the caller's own profile refuses it: 2 and more"*"bpf"* ]]
}

@test "a key typed with a slash: the message tells how it is written" {
  put_web web%2Fone
  run_snug show web/one
  refused 2 "%2F"
  run_snug show k8s/shop/web
  refused 2 "unknown key"
  [[ "$stderr" != *%2F* ]]
}

@test "ls: a start that failed is no run of the program, but the newest run all the same" {
  failed=$(one_run '"filter-not-seen"' | sed 's/web-1/web-2/g')
  put_evidence web "$(join "$(one_run '')" "$failed")" "$(join "$(call 59 execve runtime 1)" "$(call 0 read workload 7)")"
  run_snug ls
  [ "$status" -eq 0 ]
  [[ "$(sed 's/  */ /g' <<<"$output")" == *$'\nweb 1 2 filter-not-seen '* ]]
  run_snug show web
  [[ "$output" == *"Learning runs: 1, complete: 1, running now: 0; starts that failed: 1."* ]]
  # Where records were lost, the filter's may be among them.
  lossy=$(one_run '"overrun","filter-not-seen"' | sed 's/web-1/web-2/g')
  put_evidence web "$(join "$(one_run '')" "$lossy")" "$(join "$(call 59 execve runtime 1)" "$(call 0 read workload 7)")"
  run_snug show web
  [[ "$output" == *"Learning runs: 2, complete: 1, running now: 0."* ]]
}
