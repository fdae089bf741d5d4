bats_require_minimum_version 1.5.0
# examples/kubernetes/image/snug-node, the script of the DaemonSet: on a node that is a directory, with an engine that is a fake, and a restart that
# ends whoever asked for it, as the real one ends what the engine was asked to execute.

load helper

setup() {
  dir=$BATS_TEST_TMPDIR
  image=$dir/image NODE=$dir/n
  mkdir -p "$image" "$NODE/run" "$dir/bin" "$dir/run"
  for p in snug snugd snug-agent snug-runtime snug-canary; do ln -s "$SNUG_BUILD/$p" "$image/$p"; done
  cp "$SNUG_SOURCE/examples/kubernetes/image/snug-node" "$image/"
  : >"$dir/log"
  # What is run on the node: recorded; the programs there see it as their root.
  cat >"$dir/bin/on-node" <<S
#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
case "\$1 \$2" in
  systemctl\ restart) exec $dir/bin/restart ;;
  systemctl\ --version | systemd-run\ --version) exit 0 ;;
  systemctl\ --quiet) exec test -e $dir/active-\$4 ;;
  systemctl\ stop)
    echo "\$*" >>$dir/log
    case "\$*" in *' snug-rollback.service') [ ! -e $dir/rolls-back ] || { kill -KILL \$(cat $dir/rolls-back); rm $dir/rolls-back; } ;; esac
    ;;
  systemctl\ * | systemd-run\ * | *kubectl\ *) echo "\$*" >>$dir/log ;;
  */snug-runtime\ --version) test ! -e $dir/broken ;;
  *) echo "unknown: \$*" >>$dir/log; exit 1 ;;
esac
S
  cat >"$dir/bin/restart" <<S
#!/bin/sh
echo restart >>$dir/log
[ ! -e $dir/failing ] || exit 1
$dir/bin/engine
[ ! -e $dir/deadly ] || kill -KILL \$(cat $dir/container) \$PPID
S
  printf '{"state_dir": "%s", "run_dir": "%s"}\n' "$dir/state" "$dir/run" >"$dir/config.json"
  chmod +x "$dir"/bin/*
  export NODE ON_NODE=$dir/bin/on-node PATIENCE=20 SNUG_CONFIG=$dir/config.json
}
teardown() {
  for p in $(cat "$dir/engine.pid" "$dir/container" 2>/dev/null); do kill -KILL "$p" 2>/dev/null || true; done
}

# node_has ENGINE SOCKET CONFIG NAME FORM: an engine that runs.
node_has() {
  mkdir -p "$(dirname "$NODE$2")" "$(dirname "$NODE$3")"
  cat >"$dir/bin/engine" <<S
#!/bin/sh
[ ! -e $dir/engine.pid ] || kill \$(cat $dir/engine.pid)
rm -f $NODE$2
/usr/bin/python3 -W ignore $BATS_TEST_DIRNAME/fake_cri.py $NODE$2 $NODE$3 $4 $5 >$dir/engine.log 2>&1 3>&- 4>&- </dev/null &
echo \$! >$dir/engine.pid
for i in \$(seq 3000); do [ ! -S $NODE$2 ] || exit 0; sleep 0.02; done
exit 1
S
  chmod +x "$dir/bin/engine"
  "$dir/bin/engine"
}
containerd_node() {
  mkdir -p "$NODE/etc/containerd"
  printf 'version = 2\n' >"$NODE/etc/containerd/config.toml"
  node_has containerd /run/containerd/containerd.sock /etc/containerd/config.toml containerd "${1:-list}"
}

# eventually COMMAND...: at most a minute.
eventually() {
  for _ in $(seq 1200); do "$@" && return 0; sleep 0.05; done
  echo "never came true: $*; $(cat "$dir/log" "$dir/container.log")" >&2
  return 1
}

# container: what the kubelet starts.
container() {
  ${SH:-sh} "$image/snug-node" install >"$dir/container.log" 2>&1 3>&- 4>&- </dev/null &
  echo $! >"$dir/container"
}
ready() { ${SH:-sh} "$image/snug-node" ready >"$dir/ready.log" 2>&1; }
# up: ready, and the container has come to where it stays.
up() { grep -q ': .* knows ' "$dir/container.log" && ready; }
ended() { ! kill -0 "$(cat "$dir/container")" 2>/dev/null; }
end_container() {
  kill -TERM "$(cat "$dir/container")"
  eventually ended
}
restarts() { grep -c '^restart$' "$dir/log" || true; }
# on_the_node: what the timer runs there; the directory of the programs is the node's own.
rollback() {
  sed "s#/opt/snug#$NODE/opt/snug#g; s#=/etc/#=$NODE/etc/#g; s#=/run/#=$NODE/run/#g; s#=/var/#=$NODE/var/#g" "$image/snug-node" >"$NODE/opt/snug/bin/snug-node"
  INVOCATION_ID=${by_hand-1} NODE='' NODE_NAME=${1-} ${SH:-sh} "$NODE/opt/snug/bin/snug-node" rollback
}

@test "a restart that ends its caller: one for the installation, none for the next container, one for the rollback" {
  for SH in 'sh' 'busybox sh'; do
    : >"$dir/log"
    containerd_node
    touch "$dir/deadly"
    run ! ready
    container
    eventually ended
    [ "$(restarts)" = 1 ]
    # The kubelet starts it anew: what it would do has been done.
    container
    eventually up
    [ "$(restarts)" = 1 ]
    grep -q 'BinaryName = "/opt/snug/bin/snug-audit"' "$NODE/etc/containerd/config.toml"
    # An update: the old one leaves a timer, the new one stops it.
    end_container
    grep -q '^systemd-run .*--on-active 300 --on-unit-inactive 600 .*/opt/snug/bin/snug-node rollback$' "$dir/log"
    container
    eventually up
    eventually test "$(tail -1 "$dir/log")" = 'systemctl stop snug-rollback.timer snug-rollback.service'
    [ "$(restarts)" = 1 ]
    # The DaemonSet goes.
    end_container
    rm "$dir/deadly"
    rollback
    [ "$(restarts)" = 2 ]
    [ "$(cat "$NODE/etc/containerd/config.toml")" = 'version = 2' ]
    [ ! -e "$NODE/opt/snug" ]
    [ -e "$NODE/etc/snug/config.json" ]
    # And comes again.
    container
    eventually up
    [ "$(restarts)" = 3 ]
    end_container
  done
}

@test "a restart that fails is tried again, and until it works nothing is ready" {
  export PATIENCE=2
  containerd_node config
  touch "$dir/failing"
  container
  eventually grep -q 'the restart failed' "$dir/container.log"
  run ! ready
  eventually grep -q 'next try' "$dir/container.log"
  run ! ready
  grep -q 'started before' "$dir/ready.log"
  rm "$dir/failing"
  eventually up
  [ "$(restarts)" -ge 2 ]
  tried=$(restarts)
  # A program that does not work here, such as one that finds no runtime.
  touch "$dir/broken"
  run ! ready
  rm "$dir/broken"
  end_container
  # The same for the way back.
  touch "$dir/failing"
  run rollback
  [ "$status" -eq 1 ]
  [[ "$output" == *'could not be restarted'* ]]
  [ -e "$NODE/opt/snug" ]
  rm "$dir/failing"
  rollback
  [ "$(restarts)" = $((tried + 2)) ]
  [ ! -e "$NODE/opt/snug" ]
}

@test "a rollback that goes on when the next container comes takes nothing away from it" {
  containerd_node
  # As slow as an engine that takes its time: it ends by itself once the programs are there, and then takes them away.
  sh -c "until [ -e $NODE/opt/snug/bin/snug ]; do sleep 0.01; done; sleep 0.1; rm -rf $NODE/opt/snug" 3>&- 4>&- </dev/null & echo $! >"$dir/rolls-back"
  container
  eventually up
  [ -e "$NODE/opt/snug/state/engine" ]
  end_container
}

@test "a container that cannot install leaves what was there to the timer" {
  containerd_node
  rm "$image/snugd"
  container
  eventually ended
  grep -q 'lacks .*/snugd' "$dir/container.log"
  [[ "$(tail -1 "$dir/log")" == 'systemd-run '*' rollback' ]]
}

@test "programs stay as long as a container lives that they started, and go then" {
  containerd_node
  container
  eventually up
  end_container
  mkdir -p "$dir/run/containers/root"
  touch "$dir/run/containers/root/web"
  run rollback
  [ "$status" -eq 0 ]
  [ -x "$NODE/opt/snug/bin/snug-runtime" ]
  run ! grep -q snug "$NODE/etc/containerd/config.toml"
  [ "$(restarts)" = 2 ]
  # By hand there is no timer that would come again, so it sets one.
  run ! grep -q 'on-active 600' "$dir/log"
  by_hand='' rollback
  [[ "$(tail -1 "$dir/log")" == *' --on-active 600 --on-unit-inactive 600 '*' rollback' ]]
  # The timer comes again.
  rm "$dir/run/containers/root/web"
  rollback
  [ "$(restarts)" = 2 ]
  [ ! -e "$NODE/opt/snug" ]
  [ "$(tail -1 "$dir/log")" = 'systemctl stop snug-rollback.timer' ]
}

@test "an engine that is not there, or one of two, or a tool that is missing: refused, and nothing was changed" {
  run sh "$image/snug-node" install
  [ "$status" -eq 1 ]
  [[ "$output" == *'no containerd, crio, k3s or rke2'*'nothing was changed'* ]]
  node_has crio /run/crio/crio.sock /etc/crio/crio.conf.d/99-snug.conf cri-o list
  ENGINE=containerd run sh "$image/snug-node" install
  [ "$status" -eq 1 ]
  [[ "$output" == *'no containerd on this node'*'nothing was changed'* ]]
  [ ! -e "$NODE/etc/containerd" ]; [ ! -e "$NODE/opt" ]
  containerd_node
  run sh "$image/snug-node" install
  [ "$status" -eq 1 ]
  [[ "$output" == *'more than one engine on this node: containerd crio; set ENGINE'* ]]
  [ ! -e "$NODE/opt" ]
  mkdir "$dir/few"
  for t in sh cat cp ln mkdir chmod sleep dirname readlink; do ln -s "$(command -v $t)" "$dir/few/$t"; done
  PATH=$dir/few run sh "$image/snug-node" install
  [ "$status" -eq 1 ]
  [[ "$output" == *'missing tools: mv; nothing was changed'* ]]
  [ ! -e "$NODE/opt" ]
  [ "$(restarts)" = 0 ]
  # Nor does the command itself make an engine's directory.
  rm -r "$NODE/etc/containerd"
  for engine in crio containerd docker podman; do
    run "$snug" setup $engine --write --config "$dir/none/conf.d/x.conf"
    [ "$status" -eq 2 ]
    [[ "$output" == *"is $engine installed here?"* ]]
    [ ! -e "$dir/none" ]
  done
}

@test "the tools that are asked for are all that an installation uses" {
  containerd_node
  mkdir "$dir/few"
  for t in $(sed -n 's/^  need \(.*cp.*\)/\1/p' "$image/snug-node"); do ln -s "$(command -v "$t")" "$dir/few/$t"; done
  PATH=$dir/few SH=/bin/sh container
  eventually up
  PATH=$dir/few SH=/bin/sh ready
  end_container
  run ! grep -i 'not found' "$dir/container.log" "$dir/ready.log"
  [[ "$(tail -1 "$dir/log")" == 'systemd-run '*' rollback' ]]
}

@test "CRI-O, k3s and rke2: their files, their sockets, their units" {
  node_has crio /run/crio/crio.sock /etc/crio/crio.conf.d/99-snug.conf cri-o list
  container
  eventually up
  grep -q 'runtime_path = "/opt/snug/bin/snug-learn"' "$NODE/etc/crio/crio.conf.d/99-snug.conf"
  end_container
  rollback
  [ ! -e "$NODE/etc/crio/crio.conf.d/99-snug.conf" ]
  [ "$(restarts)" = 2 ]
  rm -r "$NODE/run/crio"
  for e in k3s rke2; do
    etc=/var/lib/rancher/$e/agent/etc/containerd
    for version in 2 3; do
      mkdir -p "$NODE$etc"
      printf 'version = %s\n' $version >"$NODE$etc/config.toml"
      node_has $e /run/k3s/containerd/containerd.sock $etc/config.toml containerd config
      container
      eventually up
      template=$NODE$etc/config.toml.tmpl
      [ $version = 2 ] || template=$NODE$etc/config-v3.toml.tmpl
      [ "$(head -1 "$template")" = '{{ template "base" . }}' ]
      grep -q 'containerd.runtimes.snug-enforce\]' "$template"
      # The file that is made of it is left alone.
      [ "$(cat "$NODE$etc/config.toml")" = "version = $version" ]
      end_container
      rollback
      [ ! -e "$template" ]
    done
    rm -r "$NODE/var/lib/rancher"
  done
}

@test "the node labels itself by the kubelet's credentials, and says how by hand where it cannot" {
  containerd_node
  export NODE_NAME=one
  container
  eventually up
  eventually grep -q 'kubectl label --overwrite node one snug.io/ready=true' "$dir/container.log"
  end_container
  mkdir -p "$NODE/usr/bin" "$NODE/etc/kubernetes"
  cp /bin/true "$NODE/usr/bin/kubectl"
  touch "$NODE/etc/kubernetes/kubelet.conf"
  container
  eventually grep -qx '/usr/bin/kubectl --kubeconfig /etc/kubernetes/kubelet.conf label --overwrite node one snug.io/ready=true' "$dir/log"
  end_container
  grep -qx '/usr/bin/kubectl --kubeconfig /etc/kubernetes/kubelet.conf label --overwrite node one snug.io/ready-' "$dir/log"
  [ "$(restarts)" = 1 ]
}

@test "snug setup --check: what an engine is asked, and each answer" {
  check() { run_snug setup "$1" --check --bin /opt/bin --config "$2" --socket "$3"; }
  containerd_node config
  file=$NODE/etc/containerd/config.toml socket=$NODE/run/containerd/containerd.sock
  check containerd "$file" "$socket"
  [ "$status" -eq 1 ]
  [[ "$output" == *'lacks the handlers that --write adds' ]]
  "$snug" setup containerd --write --bin /opt/bin --config "$file"
  touch -d '1 hour' "$file"
  check containerd "$file" "$socket"
  [ "$status" -eq 1 ]
  [[ "$output" == 'containerd 1.2.3 started before '*'systemctl restart containerd' ]]
  touch -d '1 hour ago' "$file"
  check containerd "$file" "$socket"
  [ "$status" -eq 1 ]
  [[ "$output" == 'containerd 1.2.3 does not know snug-learn, snug-audit, snug-enforce: '* ]]
  for form in config list none; do
    containerd_node $form
    "$snug" setup containerd --write --bin /opt/bin --config "$file"
    touch -d '1 hour ago' "$file"
    node_has containerd /run/containerd/containerd.sock /etc/containerd/config.toml containerd $form
    check containerd "$file" "$socket"
    [ "$status" -eq 0 ]
    if [ $form = none ]; then [[ "$output" == *'does not say which handlers it has' ]]; else [[ "$output" == 'containerd 1.2.3 knows snug-learn'* ]]; fi
  done
  mkdir -p "$dir/conf.d"
  "$snug" setup crio --write --bin /opt/bin --config "$dir/conf.d/99-snug.conf"
  check crio "$dir/conf.d/99-snug.conf" "$socket"
  [ "$status" -eq 1 ]
  [[ "$output" == "$socket: expected cri-o, found containerd 1.2.3" ]]
  check crio "$dir/conf.d/99-snug.conf" "$dir/nothing"
  [ "$status" -eq 1 ]
  [[ "$output" == "cannot ask the engine: $dir/nothing: cannot connect"* ]]
  run_snug setup docker --check
  refused 2 'no container runtime interface'
}
