# need COMMAND-OR-FILE=PACKAGE...: installs by apt-get the packages whose command (or file, with a slash) is missing.
need() {
  local pair want=() what
  for pair in "$@"; do
    what=${pair%%=*}
    case $what in
      */*) compgen -G "$what" >/dev/null || want+=("${pair#*=}") ;;
      *) command -v "$what" >/dev/null || want+=("${pair#*=}") ;;
    esac
  done
  [ ${#want[@]} -eq 0 ] && return 0
  if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "missing here: ${want[*]} (Debian's names); install them and start again" >&2
    return 1
  fi
  echo "installing: ${want[*]}"
  { DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${want[@]}" ||
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${want[@]}"; }; } \
    >/tmp/snug-install.$$ 2>&1 || { tail -5 /tmp/snug-install.$$ >&2; return 1; }
  rm -f /tmp/snug-install.$$
}

# What building takes, and what running the example takes.
need_build() {
  need gcc=gcc meson=meson ninja=ninja-build pkg-config=pkg-config python3=python3 \
    '/usr/include/seccomp.h=libseccomp-dev' '/usr/include/yajl/yajl_parse.h=libyajl-dev' \
    '/usr/include/sys/capability.h=libcap-dev' /usr/include/yaml.h=libyaml-dev \
    '/usr/include/stdio.h=libc6-dev'
}
need_run() {
  need runc=runc busybox=busybox-static jq=jq pkill=procps
}
need_test() {
  need containerd=containerd podman=podman dockerd=docker.io /usr/lib/python3/dist-packages/grpc_tools=python3-grpc-tools \
    /usr/lib/python3/dist-packages/yaml=python3-yaml systemd-analyze=systemd || return 1
  command -v kubectl >/dev/null || need kubectl=kubernetes-client || return 1
  need bats=bats '/usr/lib/gcc/*/*/32/libgcc.a=gcc-multilib' crun=crun strace=strace auditd=auditd pgrep=procps readelf=binutils '/usr/include/cmocka.h=libcmocka-dev'
}
