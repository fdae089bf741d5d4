# `snug metrics`: the text format by a strict reader of our own, and once by promtool.
load helper

# page ARG...: runs it, checks the form, and leaves the samples in $dir/samples, one a line.
page() {
  "$snug" metrics "$@" >"$dir/page" 2>"$dir/stderr" || { cat "$dir/stderr"; return 1; }
  python3 "$BATS_TEST_DIRNAME/prometheus_text.py" "$dir/page" >"$dir/samples"
}
has() { grep -qxF -- "$1" "$dir/samples" || { echo "no sample: $1"; cat "$dir/samples"; return 1; }; }
# needs_promtool: skips where there is none.
needs_promtool() { command -v promtool >/dev/null || skip "there is no promtool here (Debian: prometheus)"; }
has_no() { ! grep -F -- "$1" "$dir/samples"; }

@test "an empty state directory, and no recorder: figures all the same, and none is started" {
  page
  has "snug_keys 0"
  has "snug_recorder_up program=snugd 0"
  has "snug_recorder_up program=snug-agent 0"
  has_no snug_recorder_counts_calls
  [ -z "$(ls "$dir/run")" ]
}

@test "what the evidence of a key says" {
  put_evidence web "$(join "$(one_run '')" "$(one_run '"overrun","serial-gap"')" "$(one_run '"overrun"')" "$(MODE=enforce one_run '"not-learning"')" \
    "$(MODE=enforce ENDED=null one_run '"running","not-learning"')")" \
    "$(join "$(call 0 read workload 7)" "$(call 59 execve runtime 1)" "$(call 83 mkdir workload 0 0 3)" "$(call 83 mkdir runtime 0 0 2)" "$(call 90 chmod workload 0 4)")"
  put_web k8s/shop/app/reg.example%3A5000%2Fweb
  "$snug" approve --no-sample k8s/shop/app/reg.example%3A5000%2Fweb
  page
  has "snug_keys 2"
  has "snug_runs_total key=web 5"
  has "snug_live_runs key=web program=snugd 1"
  has "snug_complete_runs key=web 1"
  has "snug_incomplete_runs key=web reason=overrun 2"
  has "snug_incomplete_runs key=web reason=serial-gap 1"
  has_no reason=not-learning
  has "snug_records_total key=web 17"
  has "snug_denials_total key=web syscall=mkdir action=denied 5"
  has "snug_denials_total key=web syscall=chmod action=audited 4"
  has "snug_denials_total key=web syscall=other action=denied 0"
  has "snug_key_complete key=web 0"
  has "snug_key_settled key=web 0"
  has "snug_key_complete key=k8s/shop/app/reg.example%3A5000%2Fweb 1"
  has "snug_denials_total key=k8s/shop/app/reg.example%3A5000%2Fweb syscall=other action=denied 0"
  has "snug_key_last_new_call_timestamp_seconds key=web 1769860801.000"
  has_no "snug_key_approved_timestamp_seconds key=web"
  saved=$(sed -n 's/^snug_key_approved_timestamp_seconds key=k8s.* //p' "$dir/samples")
  [ "${saved%.*}" = "$(stat -c %Y "$state/keys/k8s/shop/app/reg.example%3A5000%2Fweb/approved.json")" ]
}

@test "promtool finds nothing to object to" {
  needs_promtool
  put_evidence web "$(one_run '"overrun"')" "$(join "$(call 0 read workload 7)" "$(call 83 mkdir workload 0 1 3)")"
  put_web app
  "$snug" approve --no-sample app
  run promtool check metrics < <("$snug" metrics)
  echo "$output"
  [ "$status" -eq 0 ] && [ -z "$output" ]
}

@test "a container that is denied many calls makes no more than 64 of them series; the sum stays" {
  calls=()
  for nr in $(seq 0 70); do calls+=("$(call $((1000 + nr)) x workload 0 0 2)"); done
  put_evidence web "$(MODE=enforce one_run '"not-learning"')" "$(join "${calls[@]}")"
  page
  [ "$(grep -c '^snug_denials_total .*action=denied' "$dir/samples")" -eq 65 ]
  [ "$(awk '/^snug_denials_total/ {n += $NF} END {print n}' "$dir/samples")" -eq 142 ]
}

@test "the keys are bounded, and how many are left out is told" {
  for k in a b c d; do put_web $k; done
  page --max-keys 3
  has "snug_keys 4"
  has "snug_keys_left_out 1"
  [ "$(grep -c ^snug_runs_total "$dir/samples")" -eq 3 ]
  run_snug metrics --max-keys 0
  refused 2 "--max-keys takes a number"
}

@test "a damaged key is counted and named, and hides no other" {
  put_web web
  put_web torn
  echo '{' >"$state/keys/torn/evidence.json"
  page
  has "snug_keys_unreadable 1"
  has "snug_runs_total key=web 1"
  has_no key=torn
  grep -q '^snug: .*torn' "$dir/stderr"
}

@test "a recorder that runs says what it does; one that hangs or lies costs two seconds at most" {
  # The lock and the socket are what `snug` sees of a recorder.
  python3 - "$dir/run" >"$dir/ready" 3>&- <<'P' &
import fcntl, signal, socket, sys
run = sys.argv[1]
lock = open(run + "/snugd.lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(run + "/snugd.sock")
s.listen()
print("ready", flush=True)
for answer in (b'{"ok":true,"healthy":1,"runs":3,"counter":1,"counted":2}', b'{"ok":false,"error":"no such operation"}', b'{"ok":true,"runs":"x\\n"}', b"\xff", None):
    c, _ = s.accept()
    assert c.recv(65536) == b'{"op":"status"}'
    if answer is not None:
        c.send(answer)
    else:
        hung = c
signal.pause()
P
  fake=$!
  for _ in $(seq 500); do [ -s "$dir/ready" ] && break; sleep 0.02; done
  page
  has "snug_recorder_up program=snugd 1"
  has "snug_recorder_healthy 1"
  has "snug_recorder_runs 3"
  has "snug_recorder_counts_calls 1"
  has "snug_recorder_counted_runs 2"
  for _ in 1 2 3 4; do
    page
    has "snug_recorder_up program=snugd 1"
    has_no snug_recorder_runs
  done
}

teardown() { if [ -n "${fake:-}" ]; then kill "$fake"; fi; }

@test "-o replaces the file at once, and only a regular one outside the state directory" {
  put_web
  run_snug metrics -o "$dir/snug.prom"
  [ "$status" -eq 0 ]; [ -z "$output" ]
  python3 "$BATS_TEST_DIRNAME/prometheus_text.py" "$dir/snug.prom" >/dev/null
  [ "$(stat -c %a "$dir/snug.prom")" = 644 ]
  run_snug metrics -o "$state/x.prom"
  refused 2 "state directory"
  run_snug metrics -o /dev/null
  refused 2 "not a regular file"
}

@test "snug-metrics(1) has every family" {
  for f in $(sed -n 's/^\tX([A-Z_]*, "\(snug_[a-z_]*\)",.*/\1/p' "$SNUG_SOURCE/shim/cli/metrics/metrics.h"); do
    grep -q "$f" "$SNUG_SOURCE/man/snug-metrics.1" || { echo "no $f in snug-metrics(1)"; false; }
  done
  [ "$(grep -c '^	X(' "$SNUG_SOURCE/shim/cli/metrics/metrics.h")" -ge 19 ]
}

examples="$SNUG_SOURCE/examples/prometheus"

@test "the alert rules: valid, and each fires when it should, and only then" {
  needs_promtool
  promtool check rules "$examples/snug.rules.yml"
  promtool test rules "$examples/snug.rules.test.yml"
}

# known_names FILE: names that begin with snug_ in it are metrics in the table.
known_names() {
  grep -oE '\bsnug_[a-z_]+' "$1" | sort -u >"$dir/used"
  sed -n 's/^\tX([A-Z_]*, "\(snug_[a-z_]*\)",.*/\1/p' "$SNUG_SOURCE/shim/cli/metrics/metrics.h" | sort -u >"$dir/known"
  [ "$(wc -l <"$dir/used")" -ge "$2" ] && [ -z "$(comm -23 "$dir/used" "$dir/known")" ] || { comm -23 "$dir/used" "$dir/known"; return 1; }
}

@test "rules and dashboard use metrics that exist; every alert says why" {
  known_names "$examples/snug.rules.yml" 4
  known_names "$examples/grafana.json" 12
  python3 - "$examples" <<'P'
import sys, yaml, json
rules = [r for g in yaml.safe_load(open(sys.argv[1] + "/snug.rules.yml"))["groups"] for r in g["rules"]]
assert len(rules) == 3 and all({"summary", "description", "reason"} <= set(r["annotations"]) for r in rules)
board = json.load(open(sys.argv[1] + "/grafana.json"))
assert len({p["id"] for p in board["panels"]}) == len(board["panels"]) >= 10
assert all(p["title"] and p["description"] and p["targets"] for p in board["panels"])
P
}

@test "the dashboard's queries are valid PromQL" {
  needs_promtool
  jq '{groups: [{name: "dashboard", rules: [.panels[].targets[].expr | {record: "x:\(. | @base64 | gsub("[^A-Za-z0-9]"; ""))", expr: gsub("\\$(instance|key)"; ".*")}]}]}' \
    "$examples/grafana.json" >"$dir/rules.yml"
  promtool check rules "$dir/rules.yml"
}
