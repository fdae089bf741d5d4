bats_require_minimum_version 1.5.0
# The bad day: one sentence that begins "snug:", exit 1, no container, the bundle as it was, nothing half-written.

setup() {
  load lib
  snug_setup
  bundle "$T/b" . sh -c 'echo hi'
}
teardown() { snug_teardown; }

# refuses WORDS: the last run failed as it should.
refuses() {
  echo "status $status: $output"
  [ "$status" -eq 1 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ "$output" == "snug: "*"$1"* ]]
  [ -z "$(ls -A "$T/root" 2>/dev/null)" ]
  [ -z "$(find "$T/state" -type f 2>/dev/null)" ]
  [ -z "$(find "$T/b" -maxdepth 1 -name '.config.json*')" ]
}
learn() { run snug-learn --root "$T/root" run --bundle "$T/b" shell; }

@test "broken JSON is named with its line" {
  printf '{\n "linux": {,\n}' >"$T/b/config.json"
  learn
  refuses 'config.json: line 2'
  [ "$(cat "$T/b/config.json")" = "$(printf '{\n "linux": {,\n}')" ]
}

@test "two linux, two seccomp, another spelling" {
  for text in '{"linux":{},"linux":{}}' '{"linux":{"seccomp":null,"seccomp":null}}' '{"linux":{},"LINUX":{}}' '{"linux":{"Seccomp":{}}}'; do
    printf '%s' "$text" >"$T/b/config.json"
    learn
    refuses 'config.json'
    [ "$(cat "$T/b/config.json")" = "$text" ]
  done
}

@test "config.json is a link, a directory, a fifo, too large, missing" {
  mv "$T/b/config.json" "$T/c"
  ln -s "$T/c" "$T/b/config.json"; learn; refuses config.json; rm "$T/b/config.json"
  mkdir "$T/b/config.json"; learn; refuses config.json; rmdir "$T/b/config.json"
  mkfifo "$T/b/config.json"; learn; refuses config.json; rm "$T/b/config.json"
  truncate -s 100M "$T/b/config.json"; learn; refuses config.json; rm "$T/b/config.json"
  learn; refuses config.json
}

@test "a bundle that others may write, a file that others may write" {
  chmod 777 "$T/b"; learn; refuses 'writable'; chmod 755 "$T/b"
  chmod 666 "$T/b/config.json"; learn; refuses 'writable'; chmod 644 "$T/b/config.json"
  chown nobody "$T/b/config.json"; learn; refuses 'owned by'
}

@test "a read-only bundle" {
  mount --bind "$T/b" "$T/b"; mount -o remount,ro,bind "$T/b"
  learn
  umount "$T/b"
  refuses 'ead-only'
}

@test "a missing runtime, a relative one, the wrapper itself" {
  configure 'runtime="/no/such/runc"'; learn; refuses '/no/such/runc'
  configure 'runtime="runc"'; learn; refuses 'absolute'
  configure "runtime=\"$SNUG_BUILD/snug-learn\""; learn; refuses 'snug'
  ln "$SNUG_BUILD/snug-runtime" "$T/hard" 2>/dev/null || ln -s "$SNUG_BUILD/snug-runtime" "$T/hard"
  configure "runtime=\"$T/hard\""; learn; refuses 'snug'
}

@test "an unknown setting, a wrong type" {
  configure 'no_such=1'; learn; refuses 'no_such, line'
  configure 'mode=7'; learn; refuses 'mode, line'
}

@test "a key with ../ stays in its directory" {
  bundle "$T/b" '.annotations = {"io.snug.profile": "../../../etc/x"}' sh -c 'echo hi'
  run snug-learn --root "$T/root" run --bundle "$T/b" shell
  [ "$status" -eq 0 ]
  [ "$(snug ls --json | jq -r '.[].key')" = '%2E.%2F..%2F..%2Fetc%2Fx' ]
  [ "$(find "$T" -name evidence.json | wc -l)" -eq 1 ]
  run snug approve '../x'
  [ "$status" -eq 2 ]
}

@test "enforce without an approved profile, and without a key" {
  run snug-enforce --root "$T/root" run --bundle "$T/b" shell
  refuses 'no approved profile'
  run snug-enforce --root "$T/root" run --bundle "$T/b" "$(printf 'a%.0s' $(seq 64))"
  refuses 'no key'
  configure 'missing_profile="original"'
  [ "$(snug-enforce --root "$T/root" run --bundle "$T/b" shell)" = hi ]
  # What is said in the log needs nothing of the machine: not its time zone, which may be damaged.
  { printf 'TZif2'; head -c 15 /dev/zero; printf '\x7f\xff\xff\xff%.0s' $(seq 6); head -c 200 /dev/zero; } >"$T/zone"
  [ "$(TZ=:$T/zone snug-enforce --root "$T/root" run --bundle "$T/b" shell)" = hi ]
}

@test "whatever fails for lack of memory is told, with and without a log" {
  told=0
  for kb in $(seq 64 16 1024); do
    for log in '' "--log=$T/log"; do
      rm -f "$T/log"
      # The first limits are too low for the kernel to start any program.
      run prlimit --data=$((kb << 10)) -- snug-enforce --root "$T/root" $log run --bundle "$T/b" shell
      [ "$status" -eq 1 ] || { [ $told = 0 ] && continue; }
      [[ "$output$(cat "$T/log" 2>/dev/null)" == *"snug: "* ]] || { echo "$kb KiB: nothing"; false; }
      told=$((told + 1))
    done
  done
  [ $told -gt 50 ]
}

@test "a pod that names a profile which is not there gets rid of none by it" {
  pod='"io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.sandbox-namespace": "shop",
    "io.kubernetes.cri.container-name": "web", "io.kubernetes.cri.image-name": "docker.io/library/web:1"'
  configure 'missing_profile="original"' 'on_error="original"' 'annotations=["io.snug.profile", "io.snug.mode"]'
  enforce() { snug-enforce --root "$T/root/k8s.io" run --bundle "$T/b" pod; }
  bundle "$T/b" ".annotations = {$pod}" sh -c 'echo hi'
  [ "$(enforce)" = hi ]
  for chosen in 'profile": "none"' 'profile": ""' 'mode": "none"'; do
    bundle "$T/b" ".annotations = {$pod, \"io.snug.$chosen}" sh -c 'echo hi'
    run enforce
    echo "$chosen: $output"
    [ "$status" -eq 1 ]
    [[ "$output" == "snug: "* ]]
  done
}

@test "a start without an id is refused, where snug has a part in it" {
  for how in create run 'run --detach'; do
    for mode in learn audit enforce; do
      run "snug-$mode" --root "$T/root" $how --bundle "$T/b"
      refuses 'the container id is missing'
    done
    run snug-runtime --root "$T/root" $how --bundle "$T/b"
    [[ "$output" != *snug:* ]]
  done
}

@test "a broken configuration: nothing starts, what is there is ended all the same" {
  bundle "$T/b" . sleep 1000
  snug-runtime --root "$T/root" create --bundle "$T/b" old </dev/null >/dev/null 2>&1 3>&-
  cp "$SNUG_CONFIG" "$T/good"
  echo '{"runtime": 1}' >"$SNUG_CONFIG"
  for mode in runtime learn enforce; do
    run "snug-$mode" --root "$T/root" run --bundle "$T/b" new
    [ "$status" -eq 1 ]
    [[ "$output" == "snug: configuration: "*"runtime"* ]]
    run "snug-$mode" --root "$T/root" exec old true
    [ "$status" -eq 255 ]
  done
  [ "$(snug-enforce --root "$T/root" state old | jq -r .status)" = created ]
  snug-learn --root "$T/root" kill old KILL
  eventually snug-learn --root "$T/root" delete old
  [ ! -e "$T/root/old" ]
  # "container does not exist" of a runtime that may not be its own would make the caller forget it.
  mkdir "$T/root/old"
  touch "$T/root/old/status"
  run snug-learn --root "$T/root" delete --force old
  [ "$status" -eq 1 ]
  [[ "$output" == "snug: configuration: "*"runtime"* ]]
  cp "$T/good" "$SNUG_CONFIG"
}

@test "a recorder that does not answer" {
  mkdir -p "$T/run"; chmod 700 "$T/run"
  python3 - "$T/run/snugd.sock" <<'P' &
import socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(sys.argv[1]); s.listen(8); time.sleep(30)
P
  eventually test -S "$T/run/snugd.sock"
  learn
  kill %1
  refuses 'does not answer'
}

@test "an idle recorder answers each request, however quickly its probe comes back" {
  snugd --background --config "$SNUG_CONFIG"
  for i in $(seq 300); do snug ls >/dev/null; done
}

@test "no permission for audit" {
  run setpriv --bounding-set=-audit_read,-audit_control --inh-caps=-all \
    env "PATH=$PATH" "SNUG_CONFIG=$SNUG_CONFIG" snug-learn --root "$T/root" run --bundle "$T/b" shell
  refuses 'audit'
}

@test "the log action switched off" {
  old=$(cat /proc/sys/kernel/seccomp/actions_logged)
  echo "${old/ log/}" >/proc/sys/kernel/seccomp/actions_logged
  learn
  echo "$old" >/proc/sys/kernel/seccomp/actions_logged
  refuses 'actions_logged'
}

@test "on_error original: the container starts as its caller asked" {
  configure 'on_error="original"'
  old=$(cat /proc/sys/kernel/seccomp/actions_logged)
  echo "${old/ log/}" >/proc/sys/kernel/seccomp/actions_logged
  learn
  echo "$old" >/proc/sys/kernel/seccomp/actions_logged
  [ "$status" -eq 0 ]
  [ "$output" = hi ]
}

@test "the error goes to --log in the runtime's form, exec exits with 255" {
  printf '{' >"$T/b/config.json"
  run snug-learn --root "$T/root" --log "$T/log.json" --log-format json create --bundle "$T/b" shell
  [ "$status" -eq 1 ]
  [ -z "$output" ]
  jq -e '.level == "error" and (.msg | startswith("snug: ")) and (.time | length > 10)' "$T/log.json"
  [ "$(wc -l <"$T/log.json")" -eq 1 ]
}

@test "annotations that make crun load another filter, a checkpoint of a learning container" {
  bundle "$T/b" '.annotations = {"run.oci.seccomp_bpf_data": "AAAA"}' sh -c 'echo hi'
  learn
  refuses 'run.oci.seccomp_bpf_data'
  bundle "$T/b" . sleep 100
  snug-learn --root "$T/root" run --detach --bundle "$T/b" web
  run snug-learn --root "$T/root" checkpoint web
  [ "$status" -eq 1 ]
  [[ "$output" == "snug: "*checkpoint* ]]
}
