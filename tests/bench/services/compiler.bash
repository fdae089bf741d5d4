# gcc: compiles a file eight times. Nothing loads it from outside; it waits for its start, and its rate comes from the time that it takes.
compiler_needs=(gcc=gcc bash=bash)
compiler_unit=files/h
compiler_make() {
  # shellcheck disable=SC2016 # the container's shell expands it
  host_bundle "$1" . bash -c 'read -r _ </go; begin=${EPOCHREALTIME/[.,]/}
    for i in 1 2 3 4 5 6 7 8; do gcc -O2 -c /source.c -o /tmp/source.o || exit; done
    echo $((8 * 3600000000 / (${EPOCHREALTIME/[.,]/} - begin))) >/done'
  mkfifo "$1/rootfs/go" "$1/rootfs/done"
  cp tests/root/calls.c "$1/rootfs/source.c"
}
compiler_up() { until_running "$1"; }
compiler_load() {
  timeout 60 bash -c 'echo >"$0"' "$T/compiler/rootfs/go"
  timeout 60 cat "$T/compiler/rootfs/done"
}
compiler_end() { :; }
