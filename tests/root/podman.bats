bats_require_minimum_version 1.5.0
# Podman, rootful, with the runtimes as `snug setup podman --write` enters them.

setup_file() {
  load lib
  snug_setup
  load callers/daemons
  export T
  podman_setup
  image_archive "$T/image.tar"
  podman_ load -i "$T/image.tar"
}
setup() {
  load lib
  load callers/daemons
  PATH=$SNUG_BUILD:$PATH
  configure image_annotations=true
}
teardown_file() {
  load lib
  load callers/daemons
  podman_stop
  snug_teardown
}

LIMITS='--network none --ulimit nofile=20000:20000 --ulimit nproc=1000:1000'
# run_ MODE KEY ARG...
# shellcheck disable=SC2086
run_() { podman_ --runtime "snug-$1" run $LIMITS --annotation "io.snug.profile=$2" "${@:3}"; }

@test "learn, approve, enforce; what is outside is refused" {
  [ "$(run_ learn pway --rm "$IMAGE" sh -c 'echo hi')" = hi ]
  runs pway | jq -e 'length == 1 and .[0].complete'
  snug approve --no-sample pway
  [ "$(run_ enforce pway --rm "$IMAGE" sh -c 'echo hi')" = hi ]
  run run_ enforce pway --rm "$IMAGE" sh -c 'mkdir /tmp/x'
  [ "$status" -ne 0 ]
  [[ "$output" == *"mkdir"*"not implemented"* ]]
  [ "$(run_ audit pway --rm "$IMAGE" sh -c 'mkdir /tmp/x; echo made')" = made ]
  snug show --json pway | jq -e '.syscalls[] | select(.name == $n) | .count == 0 and .audited == 1' --arg n $MKDIR
}

@test "exec, pause, unpause, top, inspect, kill, start again, rm of a container that learns" {
  run_ learn plife --detach --name plife "$IMAGE" sleep 1000
  podman_ exec plife mkdir /tmp/by-exec
  calls plife exec | grep -qx $MKDIR
  podman_ pause plife
  [ "$(podman_ inspect --format '{{.State.Status}}' plife)" = paused ]
  podman_ unpause plife
  podman_ top plife | grep -q 'sleep 1000'
  podman_ kill --signal KILL plife
  [ "$(podman_ wait plife)" = 137 ]
  podman_ start plife
  [ "$(podman_ inspect --format '{{.State.Status}}' plife)" = running ]
  podman_rm plife
  runs plife | jq -e 'length == 2 and all(.complete)'
  eventually sh -c "! ls '$T'/run/containers/*/* 2>/dev/null"
}

@test "a restart policy: each start is a run of its own" {
  run_ learn pagain --detach --restart on-failure:2 --name pagain "$IMAGE" false
  three() { [ "$(runs pagain | jq length)" = 3 ]; }
  eventually three
  podman_rm pagain
  runs pagain | jq -e 'all(.complete)'
}

@test "a container that fails, a program that is missing, the wrapper's own sentence: what the user is told" {
  run run_ learn pfail --rm "$IMAGE" sh -c 'exit 7'
  [ "$status" -eq 7 ]
  run -127 run_ learn pfail --rm "$IMAGE" /no/such/program
  [[ "$output" == *'/no/such/program'* ]]
  run run_ enforce pnothing --rm "$IMAGE" sh
  [ "$status" -ne 0 ]
  [[ "$output" == *'Error: '*'snug: no approved profile for pnothing; learn it'* ]]
}

@test "a container without an annotation: the id is Podman's, the program names the key" {
  # shellcheck disable=SC2086
  [ "$(podman_ --runtime snug-learn run $LIMITS --rm "$IMAGE" echo hi)" = hi ]
  runs program/echo | jq -e '.[0].complete'
}

@test "rootless, by the audit source: one sentence that says what is missing" {
  configure image_annotations=true source='"audit"'
  bundle "$T/rootless" . sh -c 'echo hi'
  chmod 755 "$T" "$T/rootless"
  chown -R nobody "$T/rootless"
  for how in 'setpriv --reuid nobody --clear-groups' 'unshare -U -r'; do
    # shellcheck disable=SC2086
    run $how env "SNUG_CONFIG=$SNUG_CONFIG" "$SNUG_BUILD/snug-learn" --root "$T/rootless/root" run --bundle "$T/rootless" rootless
    [ "$status" -eq 1 ]
    echo "$how: $output"
    [ "$(grep -c '' <<<"$output")" -eq 1 ]
    [[ "$output" == "snug: "*"rootless"* ]]
  done
}

@test "setup --remove takes the runtimes out" {
  run snug setup podman --remove --config "$CONTAINERS_CONF"
  [ "$status" -eq 0 ]
  [ ! -e "$CONTAINERS_CONF" ]
}
