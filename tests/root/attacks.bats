# What an attacker may try, from inside a container, from a pod's annotations, as a local user, or by what a daemon passes on. SECURITY.md
# says what is defended and what is not.
bats_require_minimum_version 1.5.0

setup() {
  load lib
  snug_setup
  bundle "$T/b" . sh -c 'echo hi'
}
teardown() { snug_teardown; }

# In one sentence, with nothing started and nothing left.
refuses() {
  echo "status $status: $output"
  [ "$status" -eq 1 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ "$output" == "snug: "*"$1"* ]]
  [ -z "$(ls -A "$T/root" 2>/dev/null)" ]
  [ -z "$(find "$T/b" -maxdepth 1 -name '.config.json*')" ]
}
learn() { run snug-learn --root "$T/root" run --bundle "${1:-$T/b}" shell; }
approve_shell() {
  snug-learn --root "$T/root" run --bundle "$T/b" shell >/dev/null
  snug approve --no-sample shell >/dev/null 2>&1
}
alone() { [ "$(ls -A "$T/b" | grep -v '^rootfs$')" = config.json ]; }

@test "config.json replaced between its reading and the exchange: refused, the newer file stays" {
  approve_shell
  jq '.hostname = "newer"' "$T/b/config.json" >"$T/newer"
  # Held for a second behind the reading: the helper that is forked then asks for its inotify watch.
  strace -qq -o "$T/trace" -e trace=inotify_init1 -e inject=inotify_init1:delay_enter=1500000:when=1 -b execve \
    snug-enforce --root "$T/root" run --bundle "$T/b" shell >"$T/out" 2>&1 &
  pid=$!
  eventually compgen -G "$T/b/.config.json.snug.*" >/dev/null
  mv "$T/newer" "$T/b/config.json"
  status=0
  wait $pid || status=$?
  output=$(<"$T/out") lines=("$output")
  refuses 'changed after it was read'
  [ "$(jq -r .hostname "$T/b/config.json")" = newer ]
}

@test "config.json replaced again and again while containers start: the newest file stays, nothing is left, nothing half-read starts" {
  approve_shell
  for n in 1 2; do jq ".hostname = \"h$n\" | .process.args = [\"sh\", \"-c\", \"echo h$n\"]" "$T/b/config.json" >"$T/c$n"; done
  touch "$T/go"
  while [ -e "$T/go" ]; do
    for n in 1 2; do cp "$T/c$n" "$T/b/new"; mv "$T/b/new" "$T/b/config.json"; done
  done &
  started=0
  for i in $(seq 25); do
    run snug-enforce --root "$T/root" run --bundle "$T/b" shell
    if [ "$status" -eq 0 ]; then
      [[ "$output" == h[12] ]]
      started=$((started + 1))
    else
      [[ "$output" == "snug: "* ]]
    fi
  done
  rm "$T/go"; wait
  echo "started $started of 25"
  eventually alone
  [[ "$(jq -r .hostname "$T/b/config.json")" == h[12] ]]
  [ "$(jq -c .linux.seccomp "$T/b/config.json")" = "$(jq -c .linux.seccomp "$T/c1")" ]
}

@test "links in the place of the bundle, of its file and of temp names lead nowhere" {
  echo precious >"$T/precious"
  ln -s "$T/precious" "$T/b/.config.json.snug.new0"
  mkdir "$T/b/.config.json.snug.new1"
  mkfifo "$T/b/.config.json.snug.new2"
  ln -s "$T/precious" "$T/b/.config.json.snug.1-2-3"
  learn
  [ "$status" -eq 0 ]
  [ "$(cat "$T/precious")" = precious ]
  [ "$(stat -c %h "$T/precious")" -eq 1 ]
  [ -p "$T/b/.config.json.snug.new2" ]
  rm -r "$T"/b/.config.json.snug.*
  eventually alone
}

@test "a temp file with a false name is not taken for the caller's own" {
  # What INO-SIZE-MTIME does not name the present config.json is a stale copy of ours: removed, not put in place.
  echo '{"evil": 1}' >"$T/b/.config.json.snug.1-2-3"
  cp "$T/b/config.json" "$T/before"
  learn
  [ "$status" -eq 0 ]
  eventually alone
  cmp "$T/b/config.json" "$T/before"
}

@test "keys with every trick stay below state/keys, and root's own container never gets a pod's key" {
  i=0
  while IFS= read -r value; do
    i=$((i + 1))
    bundle "$T/b" ".annotations = {\"io.snug.profile\": $value}" sh -c 'echo hi'
    run snug-learn --root "$T/root" run --bundle "$T/b" "c$i"
    echo "$value: status $status $output"
    [ "$status" -eq 0 ] || [[ "$status" -eq 1 && "$output" == "snug: "* && "${#lines[@]}" -eq 1 ]]
  done <<'V'
"../../../tmp/x"
"/etc/passwd"
"a/../../../b"
"."
".."
"..."
""
"k8s/default/web"
"%2e%2e/%2e%2e"
"a\u0000b"
"line\nbreak"
"\u001b[31mred"
"a b;rm -rf /"
"\ud83d\ude00"
["list"]
7
V
  long=$(printf 'x%.0s' $(seq 5000))
  bundle "$T/b" ".annotations = {\"io.snug.profile\": \"$long\"}" sh -c 'echo hi'
  learn
  [ "$status" -eq 0 ] || [[ "$output" == "snug: "* ]]
  [ -z "$(find "$T" -name evidence.json -not -path "$T/state/keys/*")" ]
  [ ! -e "$T/state/keys/k8s" ]
  snug ls --json | jq -e 'all(.[].key; startswith("k8s/") | not)'
}

@test "annotations that other readers would see otherwise are refused; a mode by annotation counts only where allowed" {
  for a in '{"io.snug.mode": "pass"}' '{"io.snug.mode": "enforce"}'; do
    bundle "$T/b" ".annotations = $a" sh -c 'echo hi'
    learn
    [ "$status" -eq 0 ]
    runs shell | jq -e '.[-1].mode == "learn"'
  done
  configure 'annotations=["io.snug.mode"]'
  bundle "$T/b" '.annotations = {"io.snug.mode": "pass"}' sh -c 'echo hi'
  learn
  refuses 'no such mode'
  sed -i 's/"io.snug.mode": "pass"/"io.snug.mode": "enforce", "io.snug.mode": "learn"/' "$T/b/config.json"
  learn
  refuses 'io.snug.mode'
}

@test "a container that writes to its own bundle: its new config.json is foreign input, and stays as it is" {
  approve_shell
  bundle "$T/b" ".mounts += [{destination: \"/b\", type: \"bind\", source: \"$T/b\", options: [\"rbind\", \"rw\"]}] | .root.readonly = false" \
    sh -c 'cat /b/config.json >/dev/null; echo "{ broken" >/b/new; cat /b/new >/b/config.json; rm /b/new; echo x >/b/.config.json.snug.new0; echo done'
  mkdir -p "$T/b/rootfs/b"
  learn
  [ "$status" -eq 0 ]
  echo "$output"
  # Whatever the runtime itself says beside it.
  grep -qx done <<<"$output"
  [ "$(cat "$T/b/config.json")" = "{ broken" ]
  run snug-enforce --root "$T/root" run --bundle "$T/b" shell
  [ "$status" -eq 1 ]
  [[ "$output" == "snug: "*"config.json: line 1"* ]]
  [ "$(cat "$T/b/config.json")" = "{ broken" ]
  eventually alone
}

@test "a container that floods records: another one beside it loses nothing without a word" {
  bundle "$T/f" . sh -c 'i=0; while [ $i -lt 40000 ]; do kill -0 1; i=$((i+1)); done'
  bundle "$T/b" . sh -c 'i=0; while [ $i -lt 50 ]; do kill -0 1; mkdir -p /tmp; i=$((i+1)); done'
  snug-learn --root "$T/root" run --bundle "$T/f" flood >/dev/null 2>&1 &
  sleep 0.3
  snug-learn --root "$T/root" run --bundle "$T/b" quiet
  wait
  for pair in quiet=50 flood=40000; do
    snug show --json "${pair%=*}" | jq -e --argjson n "${pair#*=}" \
      '.runs[-1].complete == false or ([.syscalls[] | select(.name == "kill") | .count] | add) == $n'
  done
}

@test "a container that makes the barrier's call: it passes no barrier" {
  cat >"$T/fake.c" <<'C'
#include <time.h>
#include <unistd.h>
int main(void)
{
	for (int i = 0; i < 600; i++) {
		for (long n = 0; n < 60; n++)
			syscall(1000000000 + 10 * i + n);
		for (long n = 0; n < 60; n++)
			syscall(1000999000 + 10 * n);
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	return 0;
}
C
  gcc -static -O -o "$T/b/rootfs/fake" "$T/fake.c"
  bundle "$T/b" '.process.args = ["/fake"]' /fake
  snug-learn --root "$T/root" run --bundle "$T/b" shell &
  eventually test -S "$T/run/snugd.sock"
  sleep 1
  # The real probe is held: whatever comes back now is not the probe's.
  probe=$(pgrep -P "$(recorder_pid | head -1)" | head -1)
  kill -STOP "$probe"
  wait
  run snug show shell
  kill -CONT "$probe" || true
  runs shell | jq -e '.[-1] | .complete | not'
}

@test "a container that takes every pid it may have" {
  bundle "$T/b" '.linux.resources.pids.limit = 12' \
    sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 1 & done; wait; echo end'
  learn
  snug show shell
  eventually alone
  recorder_pid
  bundle "$T/b" . sh -c 'echo hi'
  learn
  [ "$output" = hi ]
  runs shell | jq -e '.[-1].complete'
}

@test "a local user at the socket: no answer, whatever the modes of the directory and the socket" {
  learn
  try() {
    setpriv --reuid=65534 --regid=65534 --clear-groups perl -MSocket -e '
      socket(S, AF_UNIX, SOCK_SEQPACKET, 0) && connect(S, pack_sockaddr_un($ARGV[0])) or print("refused"), exit;
      alarm(5); $SIG{PIPE} = "IGNORE";
      send(S, "{\"op\":\"sync\"}", 0) or print("refused"), exit;
      recv(S, $answer, 1000, 0); print(length($answer) ? "answer $answer" : "refused")' "$T/run/snugd.sock"
  }
  chmod 755 "$T"
  [ "$(try)" = refused ]
  chmod 755 "$T/run"
  [ "$(try)" = refused ]
  chmod 777 "$T/run/snugd.sock"
  [ "$(try)" = refused ]
  chmod 700 "$T/run" "$T/run/snugd.sock"
  learn
  [ "$status" -eq 0 ]
}

@test "the caller's environment: LD_PRELOAD and the like reach neither the wrapper nor the recorder" {
  cat >"$T/evil.c" <<'C'
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
__attribute__((constructor)) static void evil(void)
{
	char name[64] = "", path[256];
	int fd = open("/proc/self/comm", O_RDONLY);

	if (fd >= 0 && read(fd, name, sizeof(name) - 1) > 0)
		name[strcspn(name, "\n")] = 0;
	snprintf(path, sizeof(path), "%s.%s", getenv("EVIL_DIR"), name);
	close(open(path, O_WRONLY | O_CREAT, 0600));
}
C
  gcc -shared -fPIC -o "$T/evil.so" "$T/evil.c"
  readelf -l "$SNUG_BUILD/snug-runtime" | grep -q INTERP && skip "the wrapper is not linked statically here"
  EVIL_DIR=$T/was LD_PRELOAD=$T/evil.so snug-learn --root "$T/root" run --bundle "$T/b" shell
  [ ! -e "$T/was.snug-learn" ]
  [ ! -e "$T/was.snugd" ]
  # The runtime gets its caller's environment as it came: that is the caller's business.
  [ -e "$T/was.runc" ] || [ -e "$T/was.runc:[2:INIT]" ] || ls "$T"
  run grep -c EVIL_DIR "/proc/$(recorder_pid | head -1)/environ"
  [ "$output" = 0 ]
}

@test "a configuration that somebody else may write is not read" {
  chmod 666 "$SNUG_CONFIG"; learn; refuses 'writable'; chmod 644 "$SNUG_CONFIG"
  chown nobody "$SNUG_CONFIG"; learn; refuses 'owned by'; chown root "$SNUG_CONFIG"
  learn
  [ "$status" -eq 0 ]
}

@test "a run or state directory that somebody else may write is not used" {
  approve_shell
  for d in run state; do
    chmod 777 "$T/$d"
    run snug-enforce --root "$T/root" run --bundle "$T/b" shell; refuses 'writable'
    chmod 700 "$T/$d"
    chown nobody "$T/$d"
    run snug-enforce --root "$T/root" run --bundle "$T/b" shell; refuses 'owned by'
    chown root "$T/$d"
  done
  # A note there names the program that is executed.
  chown nobody "$T/run"
  run snug-runtime --root "$T/root" state shell
  refuses 'owned by'
}
