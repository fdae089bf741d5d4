bats_require_minimum_version 1.5.0
# Common calls are counted in the kernel in place of logged: the same evidence as by records, without the flood, and never a false "complete".
# SNUG_COUNTER_PROGRAMS: random programs that are learnt both ways (8). SNUG_COUNTER_SEED: which ones.

setup() {
  load lib
  snug_setup
  configure 'learning="auto"'
  bundle "$T/b" '.annotations["io.snug.profile"] = "web"' true
  if ! counts; then skip "this kernel, or this build, cannot count calls: $(cat "$T/why")"; fi
}
teardown() { snug_teardown; }

# run_once: the bundle's program, once.
run_once() { snug-learn --root "$T/root" run --bundle "$T/b" "c$((++N))" </dev/null 3>&-; }

# counts: a first run is counted here.
counts() {
  run_once 2>"$T/why" && runs web | jq -e '.[0].quiet.counted == true' >"$T/why" || return 1
  forget
}

forget() {
  end_recorder
  rm -rf "$T/state"
}

# attached: how many of the program that each call of the host pays for.
attached() {
  local f n=0
  for f in /proc/"$(recorder_pid)"/fdinfo/*; do ! grep -q '^tp_name:.sys_enter$' "$f" 2>/dev/null || n=$((n + 1)); done
  echo "$n"
}

program() { jq '.process.args = $ARGS.positional' --args -- "$@" <"$T/b/config.json" >"$T/b/new" && mv "$T/b/new" "$T/b/config.json"; }

# all PHASE: ABI and name of each call of a phase, but for those whose harmless form is assumed where calls are logged.
all() {
  snug show --json web | jq -r --arg p "$1" '.syscalls[] | select(.phase == $p and .count > 0 and .name != "prctl" and .name != "seccomp") |
    .arch + " " + .name' | sort -u
}

@test "a first run: the same calls as by records, few records, nothing assumed, complete" {
  program sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do ls / >/dev/null; cat /bin/busybox >/dev/null; done; mkdir /dev/shm/x; sleep 0.1; exit 0'
  run_once
  runs web | jq -e '.[0] | .complete and .records < 100 and ((.quiet.assumed // []) == []) and .quiet.counted'
  all workload >"$T/workload.counted"; all runtime >"$T/runtime.counted"
  snug profile web >"$T/counted.json"
  forget
  configure
  run_once
  runs web | jq -e '.[0] | .complete and .records > 200 and (.quiet.counted | not)'
  all workload | diff "$T/workload.counted" -
  # A Go runtime's own calls differ from start to start: these it always makes.
  grep -q ' execve$' "$T/runtime.counted"; grep -q ' close$' "$T/runtime.counted"
  # And narrower than by records: the forms of arguments are known after one run, and no harmless form is assumed.
  snug profile web >"$T/logged.json"
  [ "$(jq '[.syscalls[].names[]] | length' "$T/counted.json")" -ge 20 ]
  jq -e 'any(.syscalls[]; .names == ["fcntl"] and .args)' "$T/counted.json"
  jq -e 'any(.syscalls[]; .names == ["seccomp"]) | not' "$T/counted.json"
}

@test "random programs: what was counted is what was logged" {
  local i seed=${SNUG_COUNTER_SEED:-1} n=${SNUG_COUNTER_PROGRAMS:-8}
  cp "$SNUG_BUILD/tests/root/random-calls" "$T/b/rootfs/bin/"
  for i in $(seq "$n"); do
    program random-calls $((seed * 1000 + i)) $((i % 5 * 20 + 10)) $([ $((i % 2)) = 0 ] || echo fork)
    configure 'learning="auto"'
    run_once
    runs web | jq -e '.[0] | .complete and .quiet.counted and ((.quiet.assumed // []) == [])'
    all workload >"$T/counted"
    forget
    configure
    run_once
    all workload | diff "$T/counted" - || { echo "random-calls $((seed * 1000 + i))"; return 1; }
    forget
  done
  echo "# $n random programs learnt by the counter and by records: 0 differences" >&3
}

@test "exec through snug is counted, into the same run; each exec that is over leaves the counter" {
  program sh -c 'while [ ! -e /dev/shm/end ]; do sleep 0.05; done'
  run_once &
  eventually eval 'runc --root "$T/root" state c2 2>/dev/null | grep -q running'
  snug-learn --root "$T/root" exec c2 sh -c 'chown 0:0 /dev/shm; uname >/dev/null; cat /bin/busybox | id' >/dev/null
  for i in 1 2 3; do snug-learn --root "$T/root" exec c2 true; done
  all exec | grep -q ' uname$'
  # Sessions of the container's own start and of nobody else.
  eventually eval '[ "$(armed)" = 1 ]'
  # And from the recorder's memory and notes.
  eventually eval '[ "$(ls "$T/run/live" | wc -l)" = 1 ]'
  snug-learn --root "$T/root" exec c2 sh -c ': >/dev/shm/end'
  wait
  all exec | grep -q ' getuid$'
  runs web | jq -e 'length == 1 and .[0].complete'
  eventually eval '[ "$(armed)" = 0 ]'
}

@test "a process that goes on in another session, and ends unseen there, is missed: stamped" {
  program sh -c 'while [ ! -e /dev/shm/end ]; do sleep 0.05; done'
  snug-learn --root "$T/root" run --detach --bundle "$T/b" c2 </dev/null >/dev/null 2>&1 3>&-
  run snug-learn --root "$T/root" exec --cap CAP_AUDIT_CONTROL c2 sh -c 'echo 0 >/proc/self/loginuid; umask 077; kill -9 $$'
  [ "$status" = 137 ]
  snug-learn --root "$T/root" exec c2 sh -c ': >/dev/shm/end'
  eventually eval 'runs web | jq -e ".[0].ended != null" >/dev/null'
  runs web | jq -e '.[0] | (.complete | not) and any(.reasons[]; . == "session-changed") and .quiet.counted'
}

@test "the same beside execs that go on, so that /proc is looked at: still missed, still stamped" {
  program sh -c 'while [ ! -e /dev/shm/end ]; do sleep 0.05; done'
  snug-learn --root "$T/root" run --detach --bundle "$T/b" c2 </dev/null >/dev/null 2>&1 3>&-
  run snug-learn --root "$T/root" exec --cap CAP_AUDIT_CONTROL c2 sh -c 'echo 0 >/proc/self/loginuid; umask 077; kill -9 $$'
  [ "$status" = 137 ]
  for i in $(seq 8); do snug-learn --root "$T/root" exec c2 sh -c 'while [ ! -e /dev/shm/end ]; do sleep 0.05; done' </dev/null 3>&- & done
  sleep 13 # two looks
  snug-learn --root "$T/root" exec c2 sh -c ': >/dev/shm/end'
  wait
  eventually eval 'runs web | jq -e ".[0].ended != null" >/dev/null'
  runs web | jq -e '.[0] | (.complete | not) and any(.reasons[]; . == "session-changed") and .quiet.counted'
}

@test "attached while a run needs it, and no longer" {
  program sh -c 'until [ -e /tmp/go ]; do sleep 0.05; done'
  run_once &
  eventually eval '[ "$(attached)" -ge 1 ]'
  : >"$T/b/rootfs/tmp/go"
  wait
  snug show web >/dev/null
  eventually eval '[ "$(attached)" = 0 ]'
}

@test "attached ahead for a start that never comes: detached again" {
  program true
  run_once
  eventually eval '! grep -q "^tp_name:.sys_enter$" /proc/"$(recorder_pid)"/fdinfo/* 2>/dev/null'
  python3 - "$T/run/snugd.sock" <<'END'
import json, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(sys.argv[1])
s.send(json.dumps({"op": "offer", "key": "web", "counted": True}).encode())
assert json.loads(s.recv(65536))["quiet"]["counted"]
END
  eventually eval 'grep -q "^tp_name:.sys_enter$" /proc/"$(recorder_pid)"/fdinfo/* 2>/dev/null'
  eventually eval '! grep -q "^tp_name:.sys_enter$" /proc/"$(recorder_pid)"/fdinfo/* 2>/dev/null'
  run_once
  runs web | jq -e '.[-1] | .complete and .quiet.counted'
}

@test "the recorder is killed: the run is stamped, and the next one is counted again" {
  program sh -c 'until [ -e /tmp/go ]; do sleep 0.05; done; mkdir /dev/shm/late'
  run_once &
  eventually eval 'runc --root "$T/root" state c2 2>/dev/null | grep -q running'
  kill -9 "$(recorder_pid)"
  : >"$T/b/rootfs/tmp/go"
  wait
  runs web | jq -e '.[0] | (.complete | not) and any(.reasons[]; . == "recorder")'
  run_once
  runs web | jq -e '.[-1] | .complete and .quiet.counted'
}

@test "five hundred processes and what they end with: counted to the last call" {
  program sh -c 'for i in $(busybox seq 500); do (:); done; exec random-calls 7 30'
  cp "$SNUG_BUILD/tests/root/random-calls" "$T/b/rootfs/bin/"
  ln -sf busybox "$T/b/rootfs/bin/seq"
  run_once
  runs web | jq -e '.[0] | .complete and .records < 2000'
  all workload >"$T/counted"
  forget
  configure
  run_once
  all workload | diff "$T/counted" -
}

@test "what is not counted is logged: hooks, no session, log-everything" {
  configure 'learning="log-everything"'
  run_once
  runs web | jq -e '.[0] | .complete and (.quiet.counted | not) and .records > 20'
  forget
  configure 'learning="auto"' 'session="off"'
  run_once
  runs web | jq -e '.[0] | (.quiet.counted | not) and ((.quiet.assumed // []) == [])'
}

@test "a flood of a call that is not common: told within a second or two, and the next start is quiet while the first still runs" {
  ms=$(date +%s%3N)
  "$SNUG_BUILD/tests/root/fault" logged 10000
  ms=$(($(date +%s%3N) - ms))
  # A flood is 5,000 in a second (shim/recorder/attribution/flood.h).
  [ $((10000000 / ms)) -ge 8000 ] || skip "this machine, an emulated one perhaps, logs only $((10000000 / ms)) calls a second: no flood"
  program sh -c '/fault flood 12000; until [ -e /tmp/go ]; do sleep 0.05; done'
  cp "$SNUG_BUILD/tests/root/fault" "$T/b/rootfs/fault"
  configure 'learning="log-everything"'
  run_once &
  eventually eval 'runs web | jq -e ".[0].note // \"\" | contains(\"of getppid; now that getppid is known\")" >/dev/null'
  N=$((N + 1)) # the one in the background has its own
  run_once &
  eventually eval '[ "$(runs web | jq length)" = 2 ]'
  : >"$T/b/rootfs/tmp/go"
  wait
  runs web | jq -e '.[0].records > 12000 and .[1].records < 1000 and all(.[]; .complete)'
}

@test "the second run: what is known passes, and its calls are counted too" {
  program sh -c 'ls / >/dev/null'
  run_once
  program sh -c 'ls / >/dev/null; kill -0 1; cat /etc/passwd 2>/dev/null; id >/dev/null; exit 0'
  run_once
  runs web | jq -e '.[1] | .complete and .new >= 1 and .quiet.counted'
  all workload | grep -q ' kill$'
}
