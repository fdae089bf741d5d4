# snugd as a service of the node's: its socket handed over by a service manager.
bats_require_minimum_version 1.5.0

setup() {
  load lib
  snug_setup
}
teardown() {
  [ -z "${MANAGER:-}" ] || kill "$MANAGER" 2>/dev/null
  snug_teardown
}

# manager [TYPE]: what a service manager does: it binds the socket and starts snugd when somebody connects.
manager() {
  mkdir -p -m 700 "$T/run"
  python3 - "$T/run/snugd.sock" "$SNUG_BUILD/snugd" "$SNUG_CONFIG" "${1:-SOCK_SEQPACKET}" "$T/ends" <<'P' 2>"$T/manager" &
import os, select, socket, sys
s = socket.socket(socket.AF_UNIX, getattr(socket, sys.argv[4]))
s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o600); s.listen(16)
while True:
  select.select([s], [], [])
  pid = os.fork()
  if pid == 0:
    os.dup2(s.fileno(), 3)
    os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
    os.execv(sys.argv[2], ["snugd", "--config", sys.argv[3]])
  with open(sys.argv[5], "a") as f: print(os.waitpid(pid, 0)[1], file=f, flush=True)
  if sys.argv[4] != "SOCK_SEQPACKET": break
P
  MANAGER=$!
  eventually test -S "$T/run/snugd.sock"
}

@test "its socket comes from a service manager, stays when it ends, and starts the next one" {
  manager
  bundle "$T/b" . sh -c 'echo hi; ls /'
  snug-learn --root "$T/root" run --bundle "$T/b" shell
  runs shell | jq -e '.[-1].complete'
  first=$(recorder_pid)
  [ "$(ps -o ppid= "$first" | xargs)" = "$MANAGER" ]
  kill "$first"
  eventually test -s "$T/ends"
  [ "$(cat "$T/ends")" = 0 ]
  [ -S "$T/run/snugd.sock" ]
  snug-learn --root "$T/root" run --bundle "$T/b" shell
  runs shell | jq -e '.[-1].complete'
  [ "$(ps -o ppid= "$(recorder_pid)" | xargs)" = "$MANAGER" ]
}

@test "a socket of another type is refused" {
  manager SOCK_STREAM
  python3 -c 'import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])' "$T/run/snugd.sock"
  eventually test -s "$T/ends"
  grep -q 'snug: .*SOCK_SEQPACKET' "$T/manager"
}

@test "the capabilities of the unit are enough for the counter" {
  snugd --try-counter 2>"$T/why" || skip "this kernel, or this build, cannot count calls: $(cat "$T/why")"
  bounding=$(sed -n 's/^CapabilityBoundingSet=//p' "$SNUG_BUILD/snugd.service" | tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
  [ -n "$bounding" ]
  setpriv --bounding-set "-all,$bounding" --no-new-privs "$SNUG_BUILD/snugd" --try-counter
}

@test "the units name what is built, and systemd takes them" {
  command -v systemd-analyze >/dev/null || skip "no systemd-analyze here"
  mkdir "$T/units"
  sed "s#^ExecStart=.*#ExecStart=$SNUG_BUILD/snugd#" "$SNUG_BUILD/snugd.service" >"$T/units/snugd.service"
  cp "$SNUG_SOURCE/systemd/snugd.socket" "$T/units"
  run systemd-analyze verify --man=no "$T/units/snugd.service" "$T/units/snugd.socket"
  echo "$output"
  [[ "$output" != *snugd.s* ]]
}
