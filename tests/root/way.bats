bats_require_minimum_version 1.5.0
# The way of a container, under the real runc: learn once, approve, start every time.

setup_file() { :; }
setup() {
  load lib
  snug_setup
}
teardown() { snug_teardown; }

# starts N: counts in GOOD how many of N enforced starts print what the learnt one did; the others are shown.
starts() {
  local i out
  for i in $(seq "$1"); do
    out=$(snug-enforce --root "$T/root" run --bundle "$T/b" "$ID" 2>&1)
    if [ "$out" = "$EXPECTED" ]; then GOOD=$((GOOD + 1)); else echo "start $i: $out"; fi
  done
}

# learn, approve, then 15 starts idle and 15 with four busy loops (SNUG_STARTS=N for more).
every_start() {
  N=${SNUG_STARTS:-15} GOOD=0 ID=shell-${T##*.}
  bundle "$T/b" "$1" sh -c 'echo hi; ls /; id'
  EXPECTED=$(snug-learn --root "$T/root" run --bundle "$T/b" "$ID")
  [ "$(head -1 <<<"$EXPECTED")" = hi ]
  snug approve "$ID" >/dev/null
  starts "$N"
  busy 4
  starts "$N"
  idle
  echo "$GOOD of $((2 * N)) starts"
  [ "$GOOD" -eq $((2 * N)) ]
}

@test "learnt once, every start is the same (noNewPrivileges)" { every_start '.process.noNewPrivileges = true'; }
@test "learnt once, every start is the same (no noNewPrivileges)" { every_start '.process.noNewPrivileges = false'; }

@test "the learnt calls hold all that strace sees" {
  bundle "$T/b" . sh -c 'echo hi; ls /; id'
  snug-learn --root "$T/root" run --bundle "$T/b" shell
  # strace from inside the container's own view: the same program, root and argument.
  strace -f -qq -o "$T/trace" chroot "$T/b/rootfs" /bin/sh -c 'echo hi; ls /; id' >/dev/null
  # What chroot itself does up to its execve of the shell is not the container's.
  awk '/execve\("\/bin\/sh"/ {on = 1} on' "$T/trace" | grep -oP '^\d+ +\K[a-z_0-9]+(?=\()' | sort -u >"$T/strace"
  calls shell workload >"$T/workload"
  calls shell runtime >"$T/runtime"
  # Harmless forms of prctl pass unlogged from the first run on; the profile holds them all the same.
  snug profile shell 2>/dev/null | jq -e '[.syscalls[].names[]] | index("prctl") != null' >/dev/null
  echo prctl | cat - "$T/runtime" "$T/workload" | sort -u >"$T/learnt"
  echo "strace only: $(comm -13 "$T/learnt" "$T/strace" | xargs)"
  echo "workload only: $(comm -23 "$T/workload" "$T/strace" | xargs)"
  [ -z "$(comm -13 "$T/learnt" "$T/strace")" ]
  # The first execve is the runtime's last call; the rest of strace's names are the workload's.
  [ -z "$(comm -13 "$T/workload" "$T/strace" | grep -vxE 'execve|prctl')" ]
}

@test "two containers at the same time: no call is booked to the other" {
  bundle "$T/a" . sh -c 'i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i+1)); done'
  bundle "$T/b" . sh -c 'mkdir /tmp/x; sleep 2; mkdir /tmp/y'
  sed -i 's/"readonly": true/"readonly": false/' "$T/b/config.json"
  snug-learn --root "$T/root" run --bundle "$T/b" second &
  snug-learn --root "$T/root" run --bundle "$T/a" first
  wait
  runs first | jq -e '.[0].complete and (.[0].records > 300)'
  runs second | jq -e '.[0].complete'
  calls second workload | grep -qx $MKDIR
  run ! grep -qx $MKDIR <(calls first workload)
  # The first one forks 300 processes, the second a handful.
  [ "$(snug show --json first | jq '[.syscalls[] | select(.phase == "workload" and (.name | test("^(fork|vfork|clone)$"))) | .count] | add')" -ge 300 ]
  [ "$(snug show --json second | jq '[.syscalls[] | select(.phase == "workload" and (.name | test("^(fork|vfork|clone)$"))) | .count] | add')" -le 5 ]
}

@test "create, start, exec, delete: the exec is booked to its container" {
  bundle "$T/b" . sleep 100
  snug-learn --root "$T/root" create --bundle "$T/b" web
  snug-learn --root "$T/root" start web
  runs web | jq -e '.[0].complete == false and .[0].reasons == ["running"]'
  snug-learn --root "$T/root" exec web mkdir /tmp/x || true
  calls web exec | grep -qx $MKDIR
  snug-learn --root "$T/root" delete --force web
  runs web | jq -e 'length == 1 and .[0].complete and .[0].reasons == []'
  eventually test -z "$(ls "$T"/run/containers/*/ 2>/dev/null)"
}

@test "a call outside the profile is refused" {
  bundle "$T/b" . sh -c 'echo hi'
  snug-learn --root "$T/root" run --bundle "$T/b" shell
  snug approve shell
  bundle "$T/b" . sh -c 'mkdir /tmp/x'
  run snug-enforce --root "$T/root" run --bundle "$T/b" shell
  [ "$status" -ne 0 ]
  [[ "$output" == *"mkdir"* ]]
}

@test "audit logs what the profile lacks, lets it happen, and learns nothing" {
  bundle "$T/b" . sh -c 'echo hi'
  snug-learn --root "$T/root" run --bundle "$T/b" shell
  snug approve shell
  bundle "$T/b" '.root.readonly = false' sh -c 'mkdir /tmp/x && echo made'
  run snug-audit --root "$T/root" run --bundle "$T/b" shell
  [ "$output" = made ]
  snug show --json shell | jq -e '.syscalls[] | select(.name == $n) | .count == 0 and .audited == 1' --arg n $MKDIR
  run ! grep -q "\"$MKDIR\"" <(snug profile shell)
}

@test "an incomplete run is not approved" {
  bundle "$T/b" . /bin/no-such-program
  run snug-learn --root "$T/root" run --bundle "$T/b" broken
  [ "$status" -ne 0 ]
  run snug approve broken
  [ "$status" -eq 3 ]
  [ ! -e "$T/state/keys/broken/approved.json" ]
}
