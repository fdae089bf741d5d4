# The recorder killed, restarted, damaged files, many containers at once.
bats_require_minimum_version 1.5.0

setup() {
  load lib
  snug_setup
}
teardown() { snug_teardown; }

kill_recorder() {
  local p pids
  eventually eval '[ -n "$(recorder_pid)" ]'
  pids=$(recorder_pid)
  kill -9 $pids
  # Its name is gone before the thread that saves has left the kernel: a file that the test then damages could still be replaced.
  for p in $pids; do ended "$p"; done
}
# Any snug or wrapper call brings the next one, as long as a container lives.
next_recorder() { eventually eval 'snug ls >/dev/null; [ -n "$(recorder_pid)" ]'; }

@test "one whose run directory was taken away leaves the next one's socket when it ends" {
  snug ls >/dev/null 2>&1
  snugd --background --config "$SNUG_CONFIG"
  first=$(recorder_pid)
  rm -rf "$T/run"
  snugd --background --config "$SNUG_CONFIG"
  [ "$(recorder_pid | wc -l)" -eq 2 ]
  kill "$first"
  ended "$first"
  [ -S "$T/run/snugd.sock" ]
  bundle "$T/b" . true
  snug-learn --root "$T/root" run --bundle "$T/b" rec-web
  runs rec-web | jq -e '.[0].complete'
  [ "$(recorder_pid | wc -l)" -eq 1 ]
}

@test "the first caller's limits are not the node's" {
  (ulimit -S -t 100 -f 1000 -n 128; snugd --background --config "$SNUG_CONFIG")
  limits=/proc/$(recorder_pid)/limits
  cat "$limits"
  grep -q "^Max cpu time  *unlimited" "$limits"
  grep -q "^Max file size  *unlimited" "$limits"
  [ "$(awk '/^Max open files/ {print $4}' "$limits")" -ge 4096 ]
}

@test "a recorder that was killed is followed by one that takes the container up" {
  bundle "$T/b" '.root.readonly = false' sh -c 'while [ ! -e /tmp/go ]; do sleep 0.05; done; mkdir /tmp/x; while [ ! -e /tmp/end ]; do sleep 0.05; done'
  snug-learn --root "$T/root" run --bundle "$T/b" rec-web &
  eventually sh -c "ls $T/run/live/*.json"
  eventually sh -c "snug show rec-web | grep -q nanosleep"
  kill_recorder
  next_recorder
  touch "$T/b/rootfs/tmp/go"
  eventually eval 'snug show --json rec-web | jq -e "[.syscalls[].name] | index(\"$MKDIR\")"'
  runs rec-web | jq -e 'length == 1 and .[0].ended == null and (.[0].reasons | (index("recorder") and index("running")))'
  touch "$T/b/rootfs/tmp/end"
  wait
  # One run, its own, ended, not complete for this reason alone.
  runs rec-web | jq -e 'length == 1 and .[0].ended != null and .[0].reasons == ["recorder"]'
  snug show --json rec-web | jq -e '[.syscalls[] | select(.name == $n) | .phase] == ["workload"]' --arg n $MKDIR
  # And nothing of it stands in the way of a whole one.
  bundle "$T/b" . true
  snug-learn --root "$T/root" run --bundle "$T/b" rec-web
  snug ls --json | jq -e '.[0].complete'
}

# killed_before_its_end KEY: a container that ends only after the recorder was killed.
killed_before_its_end() {
  bundle "$T/b" '.root.readonly = false' sh -c 'while [ ! -e /tmp/go ]; do sleep 0.05; done'
  snug-learn --root "$T/root" run --bundle "$T/b" "$1" &
  eventually sh -c "ls $T/run/live/*.json"
  kill_recorder
  touch "$T/b/rootfs/tmp/go"
  wait
  rm "$T/b/rootfs/tmp/go"
}

@test "a container that ended while no recorder was there is ended by the next one, and one of another boot" {
  killed_before_its_end rec-web
  next_recorder
  runs rec-web | jq -e 'length == 1 and .[0].ended != null and (.[0].reasons | index("recorder"))'
  # Of another boot. The notes of the run above are of no interest.
  kill_recorder
  rm -f "$T"/run/live/*.json
  killed_before_its_end rec-other
  sed -i 's/"boot":"[^"]*"/"boot":"x"/' "$T"/run/live/*.json
  next_recorder
  [ -z "$(ls "$T/run/live")" ]
  bundle "$T/b" . true
  snug-learn --root "$T/root" run --bundle "$T/b" rec-other
  runs rec-other | jq -e 'length == 2 and .[0].ended != null and (.[0].reasons | index("recorder")) and .[1].complete'
}

@test "an exec into a container that was taken up" {
  bundle "$T/b" . sleep 100
  snug-learn --root "$T/root" run --detach --bundle "$T/b" rec-web
  kill_recorder
  snug-learn --root "$T/root" exec rec-web ls / >/dev/null
  runs rec-web | jq -e 'length == 1 and (.[0].reasons | index("recorder"))'
  calls rec-web exec | grep -qx getdents64
  snug-learn --root "$T/root" delete --force rec-web
  runs rec-web | jq -e '.[0].ended != null'
}

@test "SIGTERM: saved, stamped, taken up" {
  bundle "$T/b" . sleep 100
  snug-learn --root "$T/root" run --detach --bundle "$T/b" rec-web
  end_recorder
  jq -e '.runs[0].reasons | index("recorder")' "$T/state/keys/rec-web/evidence.json"
  snug ls >/dev/null
  snug-learn --root "$T/root" delete --force rec-web
  runs rec-web | jq -e 'length == 1 and .[0].ended != null'
}

@test "damaged evidence is set aside with a message, a newer version is left alone" {
  bundle "$T/b" . true
  snug-learn --root "$T/root" run --bundle "$T/b" rec-web
  snug ls >/dev/null
  kill_recorder
  truncate -s 100 "$T/state/keys/rec-web/evidence.json"
  cp "$T/state/keys/rec-web/evidence.json" "$T/damaged"
  snug-learn --root "$T/root" run --bundle "$T/b" rec-web
  runs rec-web | jq -e '.[-1].complete and any(.note // "" | test("evidence.json.damaged-1"))'
  cmp "$T/damaged" "$T/state/keys/rec-web/evidence.json.damaged-1"
  snug show rec-web 2>&1 >/dev/null | grep -q damaged
  snug ls 2>&1 >/dev/null | grep -q damaged
  kill_recorder
  jq '.version = 99' "$T/state/keys/rec-web/evidence.json" >"$T/newer"
  cp "$T/newer" "$T/state/keys/rec-web/evidence.json"
  run snug-learn --root "$T/root" run --bundle "$T/b" rec-web
  [ "$status" -eq 1 ]
  [[ "$output" == "snug: "*"version 99"* ]]
  cmp "$T/newer" "$T/state/keys/rec-web/evidence.json"
}

@test "session off: told by cgroup, and complete only where every process could be told" {
  configure 'session="off"'
  bundle "$T/b" . sh -c 'id -u; sleep 0.3; cat /proc/self/loginuid'
  run snug-learn --root "$T/root" run --bundle "$T/b" rec-web
  [ "$status" -eq 0 ]
  # The container's processes are in no session of ours: a login inside may set its own.
  [[ "$output" == *4294967295* ]] || [[ "$output" == *"$(cat /proc/self/loginuid)"* ]]
  runs rec-web | jq -e 'length == 1 and .[0].attribution == "cgroup" and .[0].ended != null'
  calls rec-web workload | grep -q nanosleep
  # Short-lived processes are gone when they are looked at: such a run never says complete.
  runs rec-web | jq -e '.[0].complete or (.[0].reasons | index("attribution"))'
  # One that lives long enough to be looked at is told for certain.
  bundle "$T/b" . sleep 1
  snug-learn --root "$T/root" run --detach --bundle "$T/b" rec-long
  sleep 1.3
  snug-learn --root "$T/root" delete --force rec-long
  snug show --json rec-long | jq -c '.runs[0]'
  calls rec-long workload | grep -q nanosleep
}

# The container makes a call of a new number every few milliseconds and notes when. A call is excused if no recorder was there, or if one was killed less than BOUND
# after it; SNUG_KILLS=100 for the whole proof.
@test "kill -9 of the recorder at random moments: the container unharmed, nothing read earlier than the bound missing, the run stamped" {
  kills=${SNUG_KILLS:-6} BOUND=1000
  cat >"$T/calls.c" <<'C'
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>
int main(int argc, char **argv) {
  FILE *log = fopen("/tmp/log", "w");
  int n = 0, pause = atoi(argv[1]);
  for (; n < 3900 && access("/tmp/end", F_OK) != 0; n++) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (syscall(10000 + n) != -1 || errno != ENOSYS) return 1;
    fprintf(log, "%d %lld\n", 10000 + n, (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000);
    usleep(pause * 1000);
  }
  while (access("/tmp/end", F_OK) != 0)
    usleep(10000);
  fclose(log);
  printf("unharmed %d\n", n);
  return 0;
}
C
  bundle "$T/b" '.root.readonly = false' /calls $((kills > 20 || PATIENCE > 100 ? 150 : 6))
  gcc -static -O1 -o "$T/b/rootfs/calls" "$T/calls.c"
  date +%s%3N >"$T/up"
  snug-learn --root "$T/root" run --bundle "$T/b" rec-web >"$T/out" &
  eventually test -e "$T/b/rootfs/tmp/log"
  for i in $(seq "$kills"); do
    sleep "$((RANDOM % 3)).$((RANDOM % 900 + 100))"
    date +%s%3N >>"$T/down"
    kill_recorder
    next_recorder
    date +%s%3N >>"$T/up"
  done
  touch "$T/b/rootfs/tmp/end"
  wait
  grep -q '^unharmed' "$T/out"
  date +%s%3N >>"$T/down"
  runs rec-web | jq -e 'length == 1 and .[0].ended != null and .[0].reasons == ["recorder"]'
  snug show --json rec-web | jq '[.syscalls[].nr]' >"$T/seen"
  python3 - "$T" $BOUND "$(wc -l <"$T/down")" <<'P'
import json, sys
t, bound = sys.argv[1], int(sys.argv[2])
numbers = lambda name: [int(line) for line in open(f"{t}/{name}")]
up, down, seen = numbers("up"), numbers("down"), set(json.load(open(f"{t}/seen")))
made = [tuple(map(int, line.split())) for line in open(f"{t}/b/rootfs/tmp/log")]
missing = watched = worst = 0
for number, ms in made:
    for a, b in zip(up, down):
        if a <= ms < b:
            watched += 1
            last = b == down[-1]
            if number not in seen:
                worst = max(worst, b - ms)
                if last or b - ms > bound:
                    missing += 1
                    print("missing", number, b - ms, "ms before the kill", file=sys.stderr)
print(f"# {len(down) - 1} kills, {len(made)} calls, {watched} while a recorder was there; the oldest lost one was made {worst} ms before a kill", file=sys.stderr)
sys.exit(missing > 0 or not watched)
P
}

# As many as a node has, each registered and recorded for real, without the weight of containers. All register at once, and none waits for
# longer than ten seconds: an emulated machine answers fewer in that time.
@test "1,000 containers learn at once: all complete, in 16 MiB, and 50 replicas share a key" {
  many=$((PATIENCE > 100 ? 300 : 1000))
  snugd --background --config "$SNUG_CONFIG"
  mkfifo "$T/in" "$T/out"
  "$SNUG_BUILD/tests/root/learners" "$T/run" $many 100 <"$T/in" >"$T/out" &
  exec 9>"$T/in"
  read -r -t 100 line <"$T/out"
  [ "$line" = ready ]
  resident=$(awk '/^VmRSS/ {print $2}' "/proc/$(recorder_pid)/status")
  echo "# resident with $many containers: $resident KiB" >&3
  [ "$resident" -le 16384 ]
  exec 9>&-
  wait
  # An emulated machine ends them all in more than the ten seconds for which snug waits.
  all_complete() { [ "$(snug ls --json | jq '[.[] | select(.complete)] | length')" = $many ]; }
  eventually all_complete
  "$SNUG_BUILD/tests/root/learners" "$T/run" 50 200 1 shared </dev/null
  runs shared0 | jq -e 'length == 50 and all(.complete)'
  snug show --json shared0 | jq -e '[.syscalls[] | select(.name == "getpid") | .count, .runs] == [200, 50]'
}

@test "execs that are over are forgotten, but not one that left a process behind" {
  bundle "$T/b" . sh -c 'until [ -e /tmp/end ]; do sleep 0.1; done'
  snug-learn --root "$T/root" run --detach --bundle "$T/b" probed
  for i in $(seq 12); do snug-learn --root "$T/root" exec probed true; done
  snug-learn --root "$T/root" exec probed sh -c '(until [ -e /tmp/go ]; do sleep 0.1; done; mkdir /dev/shm/late) >/dev/null 2>&1 &'
  # The container's and the last exec's; on a busy machine some of the others are forgotten by now.
  [ "$(ls "$T/run/live" | wc -l)" -ge 2 ]
  # Two looks, and some seconds between them.
  eventually eval '[ "$(ls "$T/run/live" | wc -l)" -le 8 ]' || eventually eval '[ "$(ls "$T/run/live" | wc -l)" -le 8 ]' ||
    eventually eval '[ "$(ls "$T/run/live" | wc -l)" -le 8 ]'
  : >"$T/b/rootfs/tmp/go"
  eventually eval 'snug show --json probed | jq -e "any(.syscalls[]; .name == \"$MKDIR\" and .phase == \"exec\")" >/dev/null'
  : >"$T/b/rootfs/tmp/end"
  eventually eval 'runs probed | jq -e ".[0].ended != null" >/dev/null'
  runs probed | jq -e 'length == 1 and .[0].complete'
}

@test "clients that hang, flood and lie harm nobody" {
  bundle "$T/b" . true
  snug-learn --root "$T/root" run --bundle "$T/b" rec-web
  python3 - "$T/run/snugd.sock" <<'P' &
import json, os, resource, socket, sys, time
def connect():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect(sys.argv[1])
    s.settimeout(10)
    return s
def ask(text):
    s = connect()
    s.send(text if isinstance(text, bytes) else json.dumps(text).encode())
    try:
        return json.loads(s.recv(65536) or b"null")
    except OSError:
        return None
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
crowd = [connect() for _ in range(1500)]         # more than the recorder keeps
for text in (b"", b"{", b"[]", b"\0" * 70000, b"{}", b'{"op":"x"}', b"[" * 60000, b'{"op":"register"}', b'{"op":"version","runtime_id":7}'):
    answer = ask(text)
    assert answer is None or answer["ok"] is False, (text[:20], answer)
good = {"op": "register", "command": "run", "mode": "learn", "space": "keys", "id": "x", "root": "/r", "key": "rec-lie", "runtime": "/r",
        "runtime_id": "r", "baseline": "drop", "go": False}
session = int(open("/proc/self/sessionid").read())
for lie in ({"session": 1}, {"session": session + 1 if session < 2**32 - 1 else 5}, {"session": 2**32 - 1}, {"session": -1}, {"session": "x"},
            {"session": 1, "key": "../x"}, {"session": 1, "mode": "x"}):
    answer = ask(dict(good, **lie))
    assert answer["ok"] is False, (lie, answer)
flood = connect()                                # asks and never reads
flood.setblocking(False)
for _ in range(20000):
    try:
        flood.send(b'{"op":"version","runtime_id":"x"}')
    except BlockingIOError:
        time.sleep(0.0005)
    except OSError:
        break
open(sys.argv[1] + ".done", "w").close()
time.sleep(60)
P
  eventually test -e "$T/run/snugd.sock.done" || eventually test -e "$T/run/snugd.sock.done"
  snug-learn --root "$T/root" run --bundle "$T/b" rec-web
  runs rec-web | jq -e 'length == 2 and all(.complete)'
  [ ! -e "$T/state/keys/rec-lie" ]
  kill %1
}
