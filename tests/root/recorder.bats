# The recorder killed, restarted, damaged files, many containers at once.
bats_require_minimum_version 1.5.0

setup() {
  load lib
  snug_setup
}
teardown() { snug_teardown; }

kill_recorder() { kill -9 $(recorder_pid); while [ -n "$(recorder_pid)" ]; do sleep 0.01; done; }

@test "a recorder that was killed is followed by one that takes the container up" {
  bundle "$T/b" '.root.readonly = false' sh -c 'while [ ! -e /tmp/go ]; do sleep 0.05; done; mkdir /tmp/x; while [ ! -e /tmp/end ]; do sleep 0.05; done'
  snug-learn --root "$T/root" run --bundle "$T/b" web &
  eventually sh -c "ls $T/run/live/*.json"
  eventually sh -c "snug show web | grep -q nanosleep"
  kill_recorder
  # Any snug or wrapper call brings the next one.
  snug ls >/dev/null
  [ -n "$(recorder_pid)" ]
  touch "$T/b/rootfs/tmp/go"
  eventually sh -c "snug show --json web | jq -e '[.syscalls[].name] | index(\"mkdir\")'"
  runs web | jq -e 'length == 1 and .[0].ended == null and (.[0].reasons | (index("recorder") and index("running")))'
  touch "$T/b/rootfs/tmp/end"
  wait
  # One run, its own, ended, not complete for this reason alone.
  runs web | jq -e 'length == 1 and .[0].ended != null and .[0].reasons == ["recorder"]'
  snug show --json web | jq -e '[.syscalls[] | select(.name == "mkdir") | .phase] == ["workload"]'
  # And nothing of it stands in the way of a whole one.
  bundle "$T/b" . true
  snug-learn --root "$T/root" run --bundle "$T/b" web
  snug ls --json | jq -e '.[0].complete'
}

@test "a container that ended while no recorder was there is ended by the next one, and one of another boot" {
  bundle "$T/b" . sh -c 'sleep 0.5'
  snug-learn --root "$T/root" run --bundle "$T/b" web &
  eventually sh -c "ls $T/run/live/*.json"
  kill_recorder
  wait
  snug ls >/dev/null
  runs web | jq -e 'length == 1 and .[0].ended != null and (.[0].reasons | index("recorder"))'
  # Of another boot.
  snug-learn --root "$T/root" run --bundle "$T/b" other &
  eventually sh -c "ls $T/run/live/*.json"
  kill_recorder
  wait
  sed -i 's/"boot":"[^"]*"/"boot":"x"/' "$T"/run/live/*.json
  snug ls >/dev/null
  [ -z "$(ls "$T/run/live")" ]
  snug-learn --root "$T/root" run --bundle "$T/b" other
  runs other | jq -e 'length == 2 and .[0].ended != null and (.[0].reasons | index("recorder")) and .[1].complete'
}

@test "an exec into a container that was taken up" {
  bundle "$T/b" . sleep 100
  snug-learn --root "$T/root" run --detach --bundle "$T/b" web
  kill_recorder
  snug-learn --root "$T/root" exec web ls / >/dev/null
  runs web | jq -e 'length == 1 and (.[0].reasons | index("recorder"))'
  calls web workload | grep -qx getdents64
  snug-learn --root "$T/root" delete --force web
  runs web | jq -e '.[0].ended != null'
}

@test "SIGTERM: saved, stamped, taken up" {
  bundle "$T/b" . sleep 100
  snug-learn --root "$T/root" run --detach --bundle "$T/b" web
  kill $(recorder_pid)
  eventually test -z "$(recorder_pid)"
  jq -e '.runs[0].reasons | index("recorder")' "$T/state/keys/web/evidence.json"
  snug ls >/dev/null
  snug-learn --root "$T/root" delete --force web
  runs web | jq -e 'length == 1 and .[0].ended != null'
}

@test "damaged evidence is set aside with a message, a newer version is left alone" {
  bundle "$T/b" . true
  snug-learn --root "$T/root" run --bundle "$T/b" web
  snug ls >/dev/null
  kill_recorder
  truncate -s 100 "$T/state/keys/web/evidence.json"
  cp "$T/state/keys/web/evidence.json" "$T/damaged"
  snug-learn --root "$T/root" run --bundle "$T/b" web
  runs web | jq -e '.[-1].complete and any(.note // "" | test("evidence.json.damaged-1"))'
  cmp "$T/damaged" "$T/state/keys/web/evidence.json.damaged-1"
  snug show web 2>&1 >/dev/null | grep -q damaged
  snug ls 2>&1 >/dev/null | grep -q damaged
  kill_recorder
  jq '.version = 99' "$T/state/keys/web/evidence.json" >"$T/newer"
  cp "$T/newer" "$T/state/keys/web/evidence.json"
  run snug-learn --root "$T/root" run --bundle "$T/b" web
  [ "$status" -eq 1 ]
  [[ "$output" == "snug: "*"version 99"* ]]
  cmp "$T/newer" "$T/state/keys/web/evidence.json"
}

@test "session off: told by cgroup, and complete only where every process could be told" {
  configure 'session="off"'
  bundle "$T/b" . sh -c 'id -u; sleep 0.3; cat /proc/self/loginuid'
  run snug-learn --root "$T/root" run --bundle "$T/b" web
  [ "$status" -eq 0 ]
  # The container's processes are in no session of ours: a login inside may set its own.
  [[ "$output" == *4294967295* ]] || [[ "$output" == *"$(cat /proc/self/loginuid)"* ]]
  runs web | jq -e 'length == 1 and .[0].attribution == "cgroup" and .[0].ended != null'
  calls web workload | grep -q nanosleep
  # Short-lived processes are gone when they are looked at: such a run never says complete.
  runs web | jq -e '.[0].complete or (.[0].reasons | index("attribution"))'
  # One that lives long enough to be looked at is told for certain.
  bundle "$T/b" . sleep 1
  snug-learn --root "$T/root" run --detach --bundle "$T/b" long
  sleep 1.3
  snug-learn --root "$T/root" delete --force long
  snug show --json long | jq -c '.runs[0]'
  calls long workload | grep -q nanosleep
}
