# snugd as a service of the node's: its socket handed over by a service manager.
bats_require_minimum_version 1.5.0

setup() {
  load lib
  snug_setup
}
teardown() {
  [ -z "${MANAGER:-}" ] || kill "$MANAGER" 2>/dev/null
  [ ! -e "$T/long/rootfs/tmp" ] || touch "$T/long/rootfs/tmp/go"
  # What a failed test left is no other one's.
  if [ -n "${UNITS:-}" ]; then
    units_gone >/dev/null 2>&1 || true
    rm -rf /var/lib/snug
  fi
  snug_teardown
}

# manager [TYPE [SECONDS]]: what a service manager does: it binds the unit's socket, in place of whatever is there, and starts snugd when
# somebody connects, SECONDS later. Each end's status goes to $T/ends.
manager() {
  mkdir -p -m 700 "$T/run"
  SOCKET=$T/run/$(sed -n 's#^ListenSequentialPacket=.*/##p' "$SNUG_SOURCE/systemd/snugd.socket")
  python3 - "$SOCKET" "$SNUG_BUILD/snugd" "$SNUG_CONFIG" "${1:-SOCK_SEQPACKET}" "$T/ends" "${2:-0}" <<'P' 2>"$T/manager" &
import os, select, socket, sys, time
s = socket.socket(socket.AF_UNIX, getattr(socket, sys.argv[4]))
if os.path.exists(sys.argv[1]): os.unlink(sys.argv[1])
s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o600); s.listen(16)
open(sys.argv[5] + ".bound", "w")
while True:
  select.select([s], [], [])
  pid = os.fork()
  if pid == 0:
    time.sleep(float(sys.argv[6]))
    os.dup2(s.fileno(), 3)
    os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
    os.execv(sys.argv[2], ["snugd", "--config", sys.argv[3]])
  with open(sys.argv[5], "a") as f: print(os.waitpid(pid, 0)[1], file=f, flush=True)
  if sys.argv[4] != "SOCK_SEQPACKET": break
P
  MANAGER=$!
  eventually test -e "$T/ends.bound"
}

# long: starts a container that learns until $T/long/rootfs/tmp/go exists, with a recorder that its wrapper starts; $FIRST is the recorder.
long() {
  bundle "$T/long" '.root.readonly = false' sh -c 'while [ ! -e /tmp/go ]; do sleep 0.05; done; ls /'
  snug-learn --root "$T/root" run --bundle "$T/long" long >"$T/long.out" 2>&1 &
  LONG=$!
  eventually sh -c "ls $T/run/live/*.json >/dev/null 2>&1"
  FIRST=$(recorder_pid)
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
  [ -S "$SOCKET" ]
  snug-learn --root "$T/root" run --bundle "$T/b" shell
  runs shell | jq -e '.[-1].complete'
  [ "$(ps -o ppid= "$(recorder_pid)" | xargs)" = "$MANAGER" ]
}

@test "a recorder that a wrapper started goes on serving after the socket was enabled, and no start fails" {
  long
  manager
  bundle "$T/b" . sh -c 'ls /'
  for _ in $(seq "${SNUG_STARTS:-4}"); do
    snug-learn --root "$T/root" run --bundle "$T/b" shell
  done
  [ "$(recorder_pid)" = "$FIRST" ]
  touch "$T/long/rootfs/tmp/go"
  wait "$LONG"
  runs shell | jq -e --argjson n "${SNUG_STARTS:-4}" 'length == $n and all(.complete)'
  runs long | jq -e 'length == 1 and .[0].complete'
  [ ! -e "$T/ends" ]
  # It leaves the node to the service.
  end_recorder
  snug-learn --root "$T/root" run --bundle "$T/b" shell
  runs shell | jq -e '.[-1].complete'
  [ "$(ps -o ppid= "$(recorder_pid)" | xargs)" = "$MANAGER" ]
}

@test "a service that is started beside such a recorder leaves, and sends its clients there" {
  long
  manager
  run -0 timeout 60 python3 - "$SOCKET" <<'P'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(sys.argv[1]); s.send(b'{"op":"health"}')
try: print("answer", s.recv(1000))
except ConnectionResetError: print("hung up")
P
  [ "$output" = "hung up" ]
  eventually test -s "$T/ends"
  [ "$(cat "$T/ends")" = 0 ]
  [ "$(recorder_pid)" = "$FIRST" ]
  touch "$T/long/rootfs/tmp/go"
  wait "$LONG"
  runs long | jq -e '.[0].complete'
}

@test "a service that is started while another recorder begins or ends waits for it" {
  manager
  flock "$T/run/snugd.lock" sleep 1 &
  eventually eval '! flock -n "$T/run/snugd.lock" true'
  bundle "$T/b" . sh -c 'ls /'
  snug-learn --root "$T/root" run --bundle "$T/b" shell
  runs shell | jq -e '.[-1].complete'
  [ ! -s "$T/ends" ]
}

@test "a learning start waits for a service that starts slowly, and says so; an enforced one does not" {
  [ -n "${SNUG_FULL:-}" ] || skip "takes 15 s; SNUG_FULL=1 runs it"
  manager SOCK_SEQPACKET 13
  bundle "$T/b" . sh -c 'ls /'
  began=$SECONDS
  snug-learn --root "$T/root" run --bundle "$T/b" shell 2>"$T/said"
  [ $((SECONDS - began)) -ge 12 ]
  [ "$(cat "$T/said")" = "snug: container shell waits until systemd has started snugd.service" ]
  runs shell | jq -e '.[-1].complete'
  snug approve --no-sample shell
  end_recorder
  began=$SECONDS
  snug-enforce --root "$T/root" run --bundle "$T/b" shell
  [ $((SECONDS - began)) -lt 8 ]
}

# systemd's own, with the default directories. units [LINE]: installs the units, LINE added to the service.
units() {
  [ "${SNUG_GUEST_INIT:-}" = systemd ] || skip "needs systemd and the default directories: SNUG_GUEST_INIT=systemd tests/machines runs it"
  unset SNUG_CONFIG
  UNITS=yes
  sed "s#^ExecStart=.*#ExecStart=$SNUG_BUILD/snugd#; /^ExecStart=/i ${1:-# nothing else}" "$SNUG_BUILD/snugd.service" >/etc/systemd/system/snugd.service
  cp "$SNUG_SOURCE/systemd/snugd.socket" /etc/systemd/system
  systemctl daemon-reload
}
units_gone() {
  systemctl disable --now snugd.socket
  systemctl stop snugd.service
  systemctl reset-failed snugd.socket snugd.service || true
  pkill -x snugd || true
  while pgrep --runstates DRSTt -x snugd; do sleep 0.1; done
}

@test "systemd: its socket is enabled beside a recorder that a wrapper started, and its service takes over" {
  units
  bundle "$T/long" '.root.readonly = false' sh -c 'while [ ! -e /tmp/go ]; do sleep 0.05; done; ls /'
  snug-learn --root "$T/root" run --bundle "$T/long" long >"$T/long.out" 2>&1 &
  long=$!
  until ls /run/snug/live/*.json; do sleep 0.2; done
  first=$(pgrep -x snugd)
  systemctl enable --now snugd.socket
  bundle "$T/b" . sh -c 'ls /'
  for _ in $(seq "${SNUG_STARTS:-4}"); do snug-learn --root "$T/root" run --bundle "$T/b" shell; done
  [ "$(pgrep -x snugd)" = "$first" ]
  [ "$(systemctl show -P MainPID snugd.service)" = 0 ]
  touch "$T/long/rootfs/tmp/go"
  wait "$long"
  runs long | jq -c '.[] | {complete, reasons, records}'
  runs long | jq -e 'length == 1 and .[0].complete'
  runs shell | jq -e --argjson n "${SNUG_STARTS:-4}" 'length == $n and all(.complete)'
  kill "$first"
  while kill -0 "$first"; do sleep 0.1; done 2>/dev/null
  snug-learn --root "$T/root" run --bundle "$T/b" shell
  runs shell | jq -e '.[-1].complete'
  [ "$(systemctl show -P MainPID snugd.service)" = "$(pgrep -x snugd)" ]
  units_gone
}

@test "systemd: a learning start waits for a service that starts slowly" {
  units "ExecStartPre=/bin/sleep 13"
  systemctl enable --now snugd.socket
  bundle "$T/b" . sh -c 'ls /'
  snug-learn --root "$T/root" run --bundle "$T/b" slow 2>"$T/said"
  grep -qx "snug: container slow waits until systemd has started snugd.service" "$T/said"
  runs slow | jq -e '.[-1].complete'
  units_gone
}

@test "systemd: where the service cannot start, systemd gives up, and the wrapper starts a recorder" {
  units "ExecStartPre=/bin/false"
  systemctl enable --now snugd.socket
  bundle "$T/b" . sh -c 'ls /'
  snug-learn --root "$T/root" run --bundle "$T/b" failed
  runs failed | jq -e '.[-1].complete'
  [ "$(systemctl show -P ActiveState snugd.socket)" = failed ]
  units_gone
}

@test "systemd: journald that reads the records is told, and learning beside it is complete" {
  units
  snug doctor --json >"$T/json" || true
  jq -c '.checks[] | select(.code == "readers")' "$T/json"
  jq -e '.checks[] | select(.code == "readers") | .result == "warns" and (.found | contains("journald"))' "$T/json"
  systemctl enable --now snugd.socket
  bundle "$T/b" . sh -c 'ls /; for i in 1 2 3 4 5 6 7 8 9; do id; done'
  snug-learn --root "$T/root" run --bundle "$T/b" beside
  runs beside | jq -e '.[-1].complete'
  units_gone
}

@test "a socket of another type is refused" {
  manager SOCK_STREAM
  python3 -c 'import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])' "$SOCKET"
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
