bats_require_minimum_version 1.5.0
# Docker, a real dockerd on a socket of its own, with the runtimes as `snug setup docker --write` enters them.

setup_file() {
  load lib
  snug_setup
  load callers/daemons
  export T
  docker_start
  image_archive "$T/image.tar"
  docker_ load -i "$T/image.tar"
}
setup() {
  load lib
  load callers/daemons
  PATH=$SNUG_BUILD:$PATH
  configure
}
teardown_file() {
  load lib
  load callers/daemons
  docker_stop
  snug_teardown
}

# Up to version 24 Docker hands on neither a name nor an annotation: the key is the program's name, and nothing can be enforced by a key.
run_() { docker_ run --network none --runtime "snug-$1" "${@:2}"; }
keys() { snug ls --json | jq -r '.[].key'; }
status_of() { docker_ inspect --format '{{.State.Status}}' "$1"; }

@test "learn, approve, enforce by --security-opt; what is outside is refused" {
  [ "$(run_ learn --rm "$IMAGE" sh -c '/bin/ls /bin/busybox; /bin/true')" = /bin/busybox ]
  runs program/sh | jq -e '.[0].complete'
  snug approve --no-sample program/sh >/dev/null
  plain() { docker_ run --rm --network none --security-opt "seccomp=$T/state/keys/program/sh/approved.json" "$IMAGE" sh -c "$1"; }
  [ "$(plain '/bin/ls /bin/busybox; /bin/true')" = /bin/busybox ]
  run plain 'mkdir /tmp/x'
  [ "$status" -ne 0 ]
  # Docker up to 20.10 knows no defaultErrnoRet and answers with EPERM.
  [[ "$output" == *"mkdir"*"not implemented"* || "$output" == *"mkdir"*"not permitted"* ]]
}

@test "enforce by an annotation" {
  [ "$(printf '%s\n1.43\n' "$(docker_ version --format '{{.Server.APIVersion}}')" | sort -V | head -1)" = 1.43 ] ||
    skip "Docker $(docker_ version --format '{{.Server.Version}}') hands no annotations on, that came with 25"
  [ "$(run_ learn --rm --annotation io.snug.profile=dweb "$IMAGE" sh -c 'echo hi')" = hi ]
  snug approve --no-sample dweb
  [ "$(run_ enforce --rm --annotation io.snug.profile=dweb "$IMAGE" sh -c 'echo hi')" = hi ]
}

@test "exec, pause, unpause, top, stats, update, kill, rm of a container that learns" {
  run_ learn --detach --name dlife "$IMAGE" sleep 1000
  docker_ exec dlife mkdir /tmp/by-exec
  calls program/sleep exec | grep -qx mkdir
  docker_ pause dlife
  [ "$(status_of dlife)" = paused ]
  docker_ unpause dlife
  docker_ top dlife | grep -q 'sleep 1000'
  docker_ stats --no-stream --format '{{.Name}}' dlife | grep -qx dlife
  docker_ update --pids-limit 100 dlife
  docker_ kill --signal KILL dlife
  [ "$(docker_ wait dlife)" = 137 ]
  docker_ start dlife
  [ "$(status_of dlife)" = running ]
  docker_ rm --force dlife
  runs program/sleep | jq -e 'length == 2 and all(.complete)'
}

@test "a restart policy: each start is a run of its own" {
  run_ learn --detach --restart on-failure:2 --name dagain "$IMAGE" false
  gave_up() { [ "$(status_of dagain)" = exited ] && [ "$(docker_ inspect --format '{{.RestartCount}}' dagain)" = 2 ]; }
  eventually gave_up
  docker_ rm dagain
  runs program/false | jq -e 'length == 3 and all(.complete)'
}

@test "a container that fails, a program that is missing, the wrapper's own sentence: what the user is told" {
  run run_ learn --rm "$IMAGE" sh -c 'exit 7'
  [ "$status" -eq 7 ]
  run -127 run_ learn --rm "$IMAGE" /no/such/program
  [[ "$output" == *'/no/such/program'* ]]
  run run_ enforce --rm "$IMAGE" sh
  [ "$status" -ne 0 ]
  [[ "$output" == *'Error response from daemon'*'snug: '*'io.snug.profile'* ]]
}

@test "after setup --remove a running container is still managed; nothing is left" {
  run_ learn --detach --name dlast "$IMAGE" sleep 1000
  run snug setup docker --remove --config "$T/daemon.json"
  [ "$status" -eq 0 ]
  [[ "$output" == *'1 container started by snug still runs'* ]]
  cmp "$T/daemon.json" "$T/daemon.before"
  docker_restart
  run ! grep -q snug <(docker_ info --format '{{json .Runtimes}}')
  [ "$(docker_ exec dlast echo hi)" = hi ]
  docker_ stop --time 0 dlast
  docker_ rm dlast
  eventually sh -c "! ls '$T'/run/containers/*/* 2>/dev/null"
  run snug setup docker --remove --config "$T/daemon.json"
  [[ "$output" == *'No container started by snug is running'* ]]
  gone() { [ -z "$(processes_with "-address $T/docker/exec/containerd/containerd.sock")" ]; }
  eventually gone
}
