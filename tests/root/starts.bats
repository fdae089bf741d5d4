bats_require_minimum_version 1.5.0
# What the runtime starts, snug starts; and nothing starts past its profile.

setup() {
  load lib
  load callers/daemons
  snug_setup
}
teardown() { snug_teardown; }

# approve KEY: a profile of this test's own that refuses mkdir.
approve() {
  mkdir -p -m 700 "$T/state/keys/$1"
  echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}' \
    >"$T/state/keys/$1/approved.json"
}
web() { bundle "$T/b" '.root.readonly = false | .annotations = {"io.snug.profile": "web"}' "$@"; }
notes() { find "$T/run/containers" -type f 2>/dev/null; }
no_notes() { [ -z "$(notes)" ]; }
alone() { [ -z "$(find "$T/b" -maxdepth 1 -name '.config*')" ]; }

@test "ids that the runtime takes: a leading dot, 230 and 255 bytes; each has its note, and its delete finds it" {
  approve web
  web sleep 1000
  long=$(printf 'a%.0s' $(seq 230))
  for id in .dot "$long" "${long}b" "$(printf 'c%.0s' $(seq 255))"; do
    for mode in enforce learn; do
      "snug-$mode" --root "$T/root" create --bundle "$T/b" "$id" </dev/null >/dev/null 2>&1 3>&-
      [ "$(notes | wc -l)" -eq 1 ]
      jq -e --arg i "$id" --arg m "$mode" '.id == $i and .mode == $m' "$(notes)"
      "snug-$mode" --root "$T/root" start "$id"
      "snug-$mode" --root "$T/root" exec "$id" true
      "snug-$mode" --root "$T/root" delete --force "$id"
      eventually no_notes
    done
  done
}

@test "a bundle that root's own group may write to, and no other group's" {
  approve web
  web echo hi
  chmod 775 "$T/b"
  chmod 664 "$T/b/config.json"
  [ "$(snug-enforce --root "$T/root" run --bundle "$T/b" web)" = hi ]
  chgrp 1 "$T/b"
  run snug-enforce --root "$T/root" run --bundle "$T/b" web
  [ "$status" -eq 1 ]
  [[ "$output" == "snug: "*"writable by group or others"* ]]
  chgrp 0 "$T/b"
  chmod 777 "$T/b"
  run snug-enforce --root "$T/root" run --bundle "$T/b" web
  [ "$status" -eq 1 ]
}

@test "who may read the bundle cannot hold its lock, and passing through waits for none" {
  approve web
  web echo hi
  flock "$T/b" sleep 1000 3>&- &
  holder=$!
  flock "$T/b/config.json" sleep 1000 3>&- &
  second=$!
  for mode in runtime enforce; do
    [ "$(timeout 20 "snug-$mode" --root "$T/root" run --bundle "$T/b" web)" = hi ]
  done
  # Nor for the lock of another start.
  mkdir -p "$T/run/locks"
  lock=$T/run/locks/$(stat -c '%d %i' "$T/b" | xargs printf '%x-%x')
  flock "$lock" sleep 1000 3>&- &
  third=$!
  eventually sh -c "! flock -n '$lock' true"
  [ "$(timeout 20 snug-runtime --root "$T/root" run --bundle "$T/b" web)" = hi ]
  : >"$T/b/.config.json.snug.new0"
  [ "$(timeout 20 snug-runtime --root "$T/root" run --bundle "$T/b" web)" = hi ]
  for p in "$holder" "$second" "$third"; do pkill -P "$p" sleep || true; kill "$p" || true; done
  wait || true
}

@test "two starts of one bundle after each other's rewriting; no lock is left behind" {
  approve web
  web sh -c 'mkdir /tmp/$$ 2>/dev/null && echo made || echo denied'
  for i in $(seq 8); do snug-enforce --root "$T/root" run --bundle "$T/b" "w$i" >"$T/out$i" 2>&1 3>&- & done
  wait
  for i in $(seq 8); do [ "$(cat "$T/out$i")" = denied ]; done
  eventually alone
  eventually sh -c "[ -z \"\$(ls '$T/run/locks')\" ]"
  eventually no_notes
}

@test "a create that fails leaves no note, and one whose container was deleted past the wrapper is not counted" {
  bundle "$T/b" '.annotations = {"io.snug.profile": "web"}' /no/such/program
  approve web
  for mode in enforce learn; do
    for how in create 'run --detach' run; do
      run "snug-$mode" --root "$T/root" $how --bundle "$T/b" c </dev/null 3>&-
      [ "$status" -ne 0 ]
      eventually no_notes
    done
  done
  web sleep 1000
  for id in one two; do snug-enforce --root "$T/root" create --bundle "$T/b" $id </dev/null >/dev/null 2>&1 3>&-; done
  runc --root "$T/root" delete --force one
  echo 'version = 2' >"$T/c.toml"
  snug setup containerd --write --config "$T/c.toml" --bin "$SNUG_BUILD" >/dev/null
  run snug setup containerd --remove --config "$T/c.toml"
  [[ "$output" == *"1 container started by snug still runs"* ]]
  runc --root "$T/root" delete --force two
  run snug setup containerd --remove --config "$T/c.toml"
  [[ "$output" == *"No container started by snug is running"* ]]
  no_notes
}

@test "one container, however its root is spelled: exec, checkpoint and delete find it" {
  bundle "$T/b" '.annotations["io.snug.profile"] = "web"' sh -c 'while [ ! -e /dev/shm/end ]; do sleep 0.05; done'
  cd "$T"
  snug-learn --root root run --detach --bundle b c1 </dev/null >/dev/null 2>&1 3>&-
  snug-learn --root "$T/root" exec c1 id
  snug-learn --root "$T/b/../root/" exec c1 sh -c 'mkdir /dev/shm/x'
  run -1 snug-learn --root "$T/root/" checkpoint --image-path "$T/i" c1
  [[ "$output" == *'cannot checkpoint container c1'* ]]
  snug-learn --root ./root/ exec c1 sh -c ': >/dev/shm/end'
  eventually eval 'runs web | jq -e ".[0].ended != null" >/dev/null'
  runs web | jq -e 'length == 1 and .[0].complete'
  calls web exec | grep -qx mkdir
  snug-learn --root "$T//root" delete c1
  eventually eval '[ -z "$(find "$T/run/containers" -type f)" ]'
}

@test "what starts a container under snug-enforce is enforced or refused, whatever the subcommand" {
  printf '#!/bin/sh\necho "called: $*"\n' >"$T/runc"
  chmod 755 "$T/runc"
  configure "runtime=\"$T/runc\""
  web echo hi
  for words in "restore --image-path $T/i --bundle $T/b c" "restore -b $T/b -d c" "--root $T/root restore c" "run --bundle $T/b c" "create -b $T/b c" \
    "resurrect c" "--log $T/l clone c"; do
    # shellcheck disable=SC2086
    run snug-enforce $words
    echo "$words: $output"
    [ "$status" -eq 1 ]
    [[ "$output" != *called:* ]]
    [[ "$output" == "snug: "* || -s "$T/l" ]]
  done
  for words in "state c" "kill c KILL" "delete c" "start c" "list" "ps c" "events c" "pause c" "resume c" "update c" "features" "spec" "restore --help" \
    "checkpoint c" "exec c ls" "--version" "mounts add c x"; do
    # shellcheck disable=SC2086
    run snug-enforce $words
    echo "$words: $output"
    [[ "$output" == *called:* ]]
  done
  configure "runtime=\"$T/runc\"" 'mode="enforce"'
  run snug-runtime restore --bundle "$T/b" c
  [ "$status" -eq 1 ]
}

@test "under a name that says nothing no container starts unless the configuration says how" {
  approve web
  web sh -c 'mkdir /tmp/x 2>/dev/null && echo made || echo denied'
  mkdir "$T/bin"
  for name in snug-enfroce snug-enforce2 oci-runtime runc; do cp "$SNUG_BUILD/snug-runtime" "$T/bin/$name"; done
  for name in snug-enfroce snug-enforce2 oci-runtime runc; do
    for words in run create restore; do
      run "$T/bin/$name" --root "$T/root" $words --bundle "$T/b" web
      echo "$name $words: $output"
      [ "$status" -eq 1 ]
      [[ "$output" == "snug: unknown program name '$name'"* ]]
    done
    run "$T/bin/$name" --root "$T/root" state web
    [[ "$output" != *snug:* ]]
  done
  configure 'mode="enforce"'
  for name in oci-runtime runc; do [ "$("$T/bin/$name" --root "$T/root" run --bundle "$T/b" web)" = denied ]; done
  run "$T/bin/snug-enfroce" --root "$T/root" run --bundle "$T/b" web
  [ "$status" -eq 1 ]
}

@test "a bundle that belongs to whom its own mapping makes the container's root, where only root can have put it" {
  approve web
  web echo hi
  chmod 711 "$T"
  map='.linux.namespaces += [{"type": "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 123456, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
  jq "$map" "$T/b/config.json" >"$T/c"; cat "$T/c" >"$T/b/config.json"
  chown 123456:123456 "$T/b"
  enforce() { run snug-enforce --root "$T/root" run --bundle "$T/b" web; echo "$output"; }
  enforce
  [[ "$output" != *snug:* ]]
  eventually alone
  [ "$(stat -c %u "$T/b/config.json")" -eq 0 ]
  # Another's, a file of that user's own, a directory that others may write to, or a parent of somebody else.
  chown 123457 "$T/b"
  enforce
  [[ "$output" == "snug: "*"owned by uid 123457"* ]]
  chown 123456 "$T/b" "$T/b/config.json"
  enforce
  [[ "$output" == "snug: "*"owned by uid 123456"* ]]
  chown 0 "$T/b/config.json"
  chmod 770 "$T/b"
  enforce
  [[ "$output" == "snug: "* ]]
  chmod 755 "$T/b"
  mkdir "$T/home"
  mv "$T/b" "$T/home/b"
  chown 123456 "$T/home"
  run snug-enforce --root "$T/root" run --bundle "$T/home/b" web
  [[ "$output" == "snug: "*"owned by uid 123456"* ]]
}

@test "Podman with a user namespace: learnt and enforced" {
  podman_setup
  configure image_annotations=true
  image_archive "$T/image.tar"
  podman_ load -q -i "$T/image.tar"
  for map in '--uidmap 0:200000:65536' '--uidmap 0:300000:1000 --gidmap 0:400000:1000'; do
    for mode in learn enforce; do
      # shellcheck disable=SC2086
      [ "$(podman_ --runtime snug-$mode run --rm --network none --ulimit nofile=20000:20000 --ulimit nproc=1000:1000 $map \
        --annotation io.snug.profile=mapped "$IMAGE" sh -c 'mkdir /tmp/x 2>/dev/null && echo made || echo denied')" = "$([ $mode = learn ] && echo made || echo denied)" ]
      approve mapped
    done
  done
  podman_stop
}
