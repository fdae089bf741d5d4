bats_require_minimum_version 1.5.0
# Filters that hide calls from the record, wherever they come from and whoever answers for them: a run under one is never complete.

setup() {
  load lib
  load faults
  snug_setup
  fault=$SNUG_BUILD/tests/root/neighbour
  neighbour=$fault
}
teardown() { snug_teardown; }

# victim ARG...: a learnt container that loads a filter and makes a directory that the record does not show.
victim() {
  prepare victim "$writable" /fault "$@"
  snug-learn --root "$T/root" run --detach --bundle "$T/victim" victim </dev/null >/dev/null 2>&1 3>&-
  pid=$(runc --root "$T/root" state victim | jq .pid)
}

# hidden: the directory was made, no record tells of it, the run is stamped, and nothing is approved.
hidden() {
  eventually test -d "$T/victim/rootfs/tmp/hidden"
  eventually eval 'runs victim | jq -e ".[-1].ended" >/dev/null'
  [ -z "$(calls victim workload | grep mkdir)" ]
  runs victim | jq -e '.[-1] | .complete | not'
  runs victim | jq -e '.[-1].reasons == ["own-filter"]'
  run snug approve --no-sample victim
  [ "$status" -eq 3 ]
}

# beside ARG...: another container, past snug, in the victim's pid namespace, where the victim is number 1, and with which it ends.
beside() {
  bundle "$T/neighbour" ".process.capabilities |= map_values(. + [\"CAP_SYS_PTRACE\"])
    | .linux.namespaces |= map(if .type == \"pid\" then .path = \"/proc/$pid/ns/pid\" else . end)" /neighbour "$@"
  cp "$neighbour" "$T/neighbour/rootfs/"
  runc --root "$T/root" run --bundle "$T/neighbour" neighbour </dev/null || true
}

@test "a tracer in another container of the same pid namespace" {
  for how in prctl seccomp; do
    victim traced $how
    beside tracer 1
    hidden
    rmdir "$T/victim/rootfs/tmp/hidden"
    runc --root "$T/root" delete --force victim
  done
}

@test "a listener in a third container" {
  victim listened
  beside listener 1
  hidden
}

@test "a tracer outside of all containers" {
  victim traced prctl
  "$neighbour" tracer "$pid"
  hidden
}

@test "a tracer in another container, where /proc hides processes (hidepid=2)" {
  own_proc hidepid=2
  victim traced prctl
  beside tracer 1
  hidden
}

@test "seccomp(2) by a thread for itself alone" {
  victim thread
  hidden
}

@test "filters of the caller: known at the start, and told" {
  bundle "$T/b" . sh -c 'kill -0 $$'
  for action in log errno trace notify; do
    end_recorder
    "$neighbour" under $action snug-learn --root "$T/root" run --bundle "$T/b" $action
    runs $action | jq -e '.[0] | (.complete | not) and .reasons == ["inherited-filter"]'
    run snug approve --no-sample $action
    [ "$status" -eq 3 ]
    [[ "$output" == *inherits* ]]
  done
  end_recorder
  # An exec brings its own caller's.
  bundle "$T/b" . sleep 1000
  for action in '' notify; do
    snug-learn --root "$T/root" run --detach --bundle "$T/b" "execs$action" </dev/null >/dev/null 2>&1 3>&-
    with=()
    [ -z "$action" ] || with=("$neighbour" under $action)
    "${with[@]}" snug-learn --root "$T/root" exec "execs$action" true
    runc --root "$T/root" kill "execs$action" KILL
    eventually eval "runs execs$action | jq -e '.[-1].ended' >/dev/null"
  done
  runs execs | jq -e '.[0].complete'
  runs execsnotify | jq -e '.[0] | (.complete | not) and .reasons == ["inherited-filter"]'
  # Enforced containers start as ever.
  bundle "$T/b" . echo hi
  snug-learn --root "$T/root" run --bundle "$T/b" plain
  runs plain | jq -e '.[0].complete'
  snug approve --no-sample plain
  [ "$("$neighbour" under log snug-enforce --root "$T/root" run --bundle "$T/b" plain)" = hi ]
}
