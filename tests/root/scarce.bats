# Little of everything: disk, descriptors, file size, a state directory that cannot be written; and a recorder that does not grow.
bats_require_minimum_version 1.5.0

setup() {
  load lib
  snug_setup
  bundle "$T/b" . sh -c 'echo hi'
}
teardown() {
  for m in "$T/small" "$T/state"; do umount --lazy "$m" 2>/dev/null || true; done
  snug_teardown
}

# One sentence, and nothing left behind in the bundle that is given.
refuses() {
  echo "status $status: $output"
  [ "$status" -eq 1 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ "$output" == "snug: "*"$1"* ]]
  [ -z "$(find "${2:-$T/b}" -maxdepth 1 -name '.config.json*')" ]
}
approve_shell() {
  snug-learn --root "$T/root" run --bundle "$T/b" shell >/dev/null
  snug approve --no-sample shell >/dev/null 2>&1
}
small() { # SIZE: a file system that is soon full
  mkdir -p "$T/small"
  mount -t tmpfs -o "size=$1" tmpfs "$T/small"
}
fill() { dd if=/dev/zero of="$1/filler" bs=1k 2>/dev/null || true; }

@test "a full disk under the bundle" {
  small 64k
  mkdir "$T/small/b"
  jq --arg r "$T/b/rootfs" '.root.path = $r' "$T/b/config.json" >"$T/small/b/config.json"
  cp "$T/small/b/config.json" "$T/before"
  fill "$T/small"
  run snug-learn --root "$T/root" run --bundle "$T/small/b" shell
  refuses 'No space left' "$T/small/b"
  cmp "$T/small/b/config.json" "$T/before"
  rm "$T/small/filler"
  run snug-learn --root "$T/root" run --bundle "$T/small/b" shell
  [ "$output" = hi ]
}

@test "a full disk under the run directory: an enforced container starts all the same" {
  approve_shell
  end_recorder
  small 64k
  mkdir -m 700 "$T/small/run"
  fill "$T/small"
  configure "run_dir=\"$T/small/run\""
  [ "$(snug-enforce --root "$T/root" run --bundle "$T/b" shell)" = hi ]
  # A recorder, if denials are logged, has its lock there.
  [ -z "$(find "$T/small/run" -type f ! -name '*.lock')" ] || { find "$T/small/run" -type f -ls; false; }
  run snug-learn --root "$T/root" run --bundle "$T/b" shell
  refuses 'No space left'
  rm "$T/small/filler"
  [ "$(snug-enforce --root "$T/root" run --bundle "$T/b" shell)" = hi ]
}

@test "a full disk under the state directory: refused, or the run is not called complete" {
  small 64k
  mkdir -m 700 "$T/small/state"
  fill "$T/small"
  configure "state_dir=\"$T/small/state\""
  run snug-learn --root "$T/root" run --bundle "$T/b" shell
  [ "$status" -eq 0 ] || refuses ''
  run snug profile shell
  [ "$status" -ne 0 ]
  [ -z "$(find "$T/small/state" -name '.*.tmp')" ]
}

@test "a read-only state directory: enforcing goes on, learning does not lie" {
  approve_shell
  kill $(recorder_pid)
  mount --bind "$T/state" "$T/state"; mount -o remount,ro,bind "$T/state"
  [ "$(snug-enforce --root "$T/root" run --bundle "$T/b" shell)" = hi ]
  before=$(jq '.runs | length' "$T/state/keys/shell/evidence.json")
  run snug-learn --root "$T/root" run --bundle "$T/b" shell
  [ "$status" -eq 0 ] || refuses ''
  [ "$(jq '.runs | length' "$T/state/keys/shell/evidence.json")" = "$before" ]
}

@test "few descriptors: a sentence, or the start as ever" {
  approve_shell
  configure "runtime=\"$SNUG_BUILD/tests/root/fake-runtime\""
  started=0
  for n in $(seq 3 24); do
    run bash -c "exec 2>$T/err; ulimit -n $n; exec snug-enforce --root $T/root run --bundle $T/b shell"
    if [ "$status" -eq 7 ]; then started=$((started + 1)); else
      [ "$status" -ne 0 ]
      [ "$(grep -c '' "$T/err")" -le 1 ]
    fi
    eventually test -z "$(find "$T/b" -maxdepth 1 -name '.config.json*')"
  done
  echo "started with $started of 22"
  [ "$started" -ge 5 ]
}

@test "a file size limit: a sentence, no signal" {
  approve_shell
  for n in 0 1 2; do
    run bash -c "ulimit -f $n; exec snug-enforce --root $T/root run --bundle $T/b shell"
    refuses 'File too large'
  done
}

# grown PID: its memory in KiB and its descriptors.
grown() { echo "$(awk '/VmRSS/ {print $2}' "/proc/$1/status") $(ls "/proc/$1/fd" | wc -l)"; }

@test "snugd after many containers: no growth (SNUG_MANY=N for more than 60)" {
  many=${SNUG_MANY:-60}
  bundle "$T/b0" . sh -c 'echo hi'
  bundle "$T/b1" . sh -c 'echo hi'
  # Two at a time, each from a bundle and with keys of its own.
  half() { # 0 or 1, HOW MANY in all
    for i in $(seq "$1" 2 $(($2 - 1))); do snug-learn --root "$T/root" run --bundle "$T/b$1" "c$((i % 4))" >/dev/null || return; done
  }
  start() {
    half 0 "$1" 3>&- &
    half 1 "$1"
    wait $!
  }
  # Keys that hold as many runs as are kept: from then on nothing may grow.
  start 4
  snug ls >/dev/null
  end_recorder
  for f in "$T"/state/keys/c?/evidence.json; do
    jq '.runs = [range(1000) as $i | .runs[0]]' "$f" >"$T/full"; cat "$T/full" >"$f"
  done
  start 40
  snug ls >/dev/null
  pid=$(recorder_pid | head -1)
  read -r memory fds < <(grown "$pid")
  start "$many"
  snug ls >/dev/null
  read -r memory_after fds_after < <(grown "$pid")
  echo "$many containers: $memory KiB and $fds descriptors before, $memory_after KiB and $fds_after after" | tee >(sed 's/^/# /' >&3)
  snug show --json c1 | jq -e '(.runs | length) == 1000 and .runs[-1].id == "c1" and .runs[-1].complete and .runs[-1].records > 0'
  [ "$fds_after" -le "$fds" ]
  [ "$memory_after" -le $((memory + 1024)) ]
}
