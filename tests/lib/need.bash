# need COMMAND-OR-FILE=PACKAGE...: installs, with apt-get, the packages whose command (or file: with a slash) is missing.
need() {
  local pair want=() log
  for pair in "$@"; do is_here "${pair%%=*}" || want+=("${pair#*=}"); done
  [ ${#want[@]} -eq 0 ] && return 0
  if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "missing here: ${want[*]} (Debian's names); install them and start again" >&2
    return 1
  fi
  echo "installing: ${want[*]}"
  log=$(mktemp)
  # An old package list names files that the archive no longer has: then update it and try again.
  if ! install_packages "${want[@]}" >"$log" 2>&1; then
    if ! { apt-get update && install_packages "${want[@]}"; } >>"$log" 2>&1; then
      echo "apt-get failed; what it said:" >&2
      grep -E '^(E|W|Err|dpkg)' "$log" >&2
      tail -20 "$log" >&2
      rm -f "$log"
      return 1
    fi
  fi
  rm -f "$log"
  for pair in "$@"; do
    is_here "${pair%%=*}" || { echo "apt-get installed ${pair#*=}, but there is no ${pair%%=*}" >&2; return 1; }
  done
}

is_here() {
  case $1 in
    */*) compgen -G "$1" >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

install_packages() { DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; }

# What building needs, what running the example needs, and what the tests need.
need_build() {
  need gcc=gcc meson=meson ninja=ninja-build pkg-config=pkg-config python3=python3 \
    '/usr/include/seccomp.h=libseccomp-dev' '/usr/include/yajl/yajl_parse.h=libyajl-dev' \
    '/usr/include/sys/capability.h=libcap-dev' /usr/include/yaml.h=libyaml-dev \
    '/usr/include/stdio.h=libc6-dev' '/usr/lib/*-linux-musl/rcrt1.o=musl-dev'
}
need_run() {
  need runc=runc busybox=busybox-static jq=jq pkill=procps
}
need_test() {
  need containerd=containerd podman=podman dockerd=docker.io /usr/lib/python3/dist-packages/grpc_tools=python3-grpc-tools \
    /usr/lib/python3/dist-packages/yaml=python3-yaml systemd-analyze=systemd || return 1
  # Depending on the release, these are separate packages or part of one above.
  need docker=docker-cli kubectl=kubernetes-client || return 1
  # The compiler of 32-bit programs.
  case $(uname -m) in
    x86_64) need '/usr/lib/gcc/*/*/32/libgcc.a=gcc-multilib' || return 1 ;;
    aarch64) need arm-linux-gnueabihf-gcc=gcc-arm-linux-gnueabihf /usr/arm-linux-gnueabihf/lib/libc.a=libc6-dev-armhf-cross || return 1 ;;
  esac
  need bats=bats zsh=zsh crun=crun strace=strace clang=clang /usr/include/bpf/libbpf.h=libbpf-dev bpftool=bpftool auditd=auditd pgrep=procps readelf=binutils '/usr/include/cmocka.h=libcmocka-dev' \
    patch=patch man=man-db curl=curl openssl=openssl || return 1
  if ! is_here nginx; then
    need nginx=nginx || return 1
    # The package starts it, on port 80 of this machine.
    service nginx stop >/dev/null 2>&1
    update-rc.d nginx disable >/dev/null 2>&1 || true
  fi
}
