# For the benches that let a program work in a container: a state directory for the session, a redis-server with its load, strace. Each
# bench installs what it needs of these.
# Sourced; sets T (removed at the end, with the containers and the recorders of the session), R (the runtime's root) and PATH.
. tests/lib/need.bash
need_build && need_run || exit 1
SNUG_BUILD=${SNUG_BUILD:-$PWD/build}
PATH=$SNUG_BUILD:$PATH
port=$((20000 + $$ % 10000))
T=$(mktemp -d /tmp/snug-bench.XXXXXX)
R=$T/root

config() { # FILE JQ-FILTER
  jq -n --arg t "$T" '{runtime: "/usr/sbin/runc", state_dir: ($t + "/state"), run_dir: ($t + "/run")} | '"$2" >"$T/$1"
}

ours() { # NAME: the pids of this session's processes of that name
  local p
  for p in $(pgrep -x "$1"); do tr '\0' '\n' <"/proc/$p/cmdline" | grep -q "^$T/" && echo "$p"; done 2>/dev/null || true
}
finish() {
  for id in "$R"/*; do [ -e "$id" ] && runc --root "$R" delete --force "${id##*/}" >/dev/null 2>&1; done
  for p in $(ours snugd) $(ours snug-agent); do kill "$p"; done
  rm -rf "$T"
}
trap finish EXIT

# bundle DIR JQ-FILTER ARG...: a bundle that runs ARG... in DIR/rootfs, which it may write to; section says with which filter.
bundle() {
  local dir=$1 filter=$2
  shift 2
  mkdir -p "$dir/rootfs/tmp"
  (cd "$dir" && runc spec)
  jq '.process.terminal = false | .process.args = $ARGS.positional | .root.readonly = false | '"$filter" --args -- "$@" \
    <"$dir/config.json" >"$dir/spec.json"
}

section() { # DIR JQ-FILTER: what the caller asks for
  jq "$2" "$1/spec.json" >"$1/config.json"
}

# host_bundle DIR JQ-FILTER ARG...: a bundle with this machine's programs and its network.
host_bundle() {
  bundle "$1" '.mounts += [{destination: "/usr", source: "/usr", type: "bind", options: ["bind", "ro"]}]
    | .linux.namespaces |= map(select(.type != "network")) | '"$2" "${@:3}"
  mkdir "$1/rootfs/usr"
  ln -s usr/bin usr/sbin usr/lib usr/lib64 "$1/rootfs/"
}

redis_bundle() { # DIR: the server's files, copied with the libraries that it names
  local server f
  server=$(command -v redis-server)
  bundle "$1" '.linux.namespaces |= map(select(.type != "network"))' \
    "$server" --port "$port" --save "" --appendonly no --daemonize no --loglevel warning
  for f in "$server" $(ldd "$server" | grep -o '/[^ ]*'); do
    mkdir -p "$1/rootfs$(dirname "$f")"
    cp -L "$f" "$1/rootfs$f"
  done
}

until_up() {
  local i
  for i in $(seq 500); do redis-cli -p "$port" ping >/dev/null 2>&1 && return 0; sleep 0.02; done
  echo "redis did not come up" >&2
  return 1
}

until_open() { # something listens on the port
  local i
  for i in $(seq 500); do (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return 0; sleep 0.02; done
  echo "nothing listens on port $port" >&2
  return 1
}

until_running() { # ID
  local i
  for i in $(seq 500); do runc --root "$R" state "$1" 2>/dev/null | grep -q '"running"' && return 0; sleep 0.02; done
  echo "$1 did not start" >&2
  return 1
}

# load REQUESTS: requests a second, the geometric mean of SET and GET.
load() {
  redis-benchmark -p "$port" -t set,get -n "$1" -c 20 -q --csv 2>/dev/null | tr -d '"' |
    awk -F, '$1 ~ /^(SET|GET)$/ {s += log($2); n++} END {printf "%.0f\n", exp(s / n)}'
}

# trace ID: strace -f of the container's process and of all that come from it; returns once they are traced. It ends with them.
trace() {
  local pid
  pid=$(runc --root "$R" state "$1" | jq .pid)
  strace -f -qq -o /dev/null -p "$pid" &
  until ! grep -q '^TracerPid:.0$' /proc/"$pid"/task/*/status; do kill -0 $! && sleep 0.02; done
}
