# What tests/packages/* have in common; need.bash must have been sourced.

# need_packaging ARCH: compilers, libraries and the emulator for ARCH. The compiler's cache is the root's own.
need_packaging() {
  local lib cc=gcc pairs=()
  lib=/usr/lib/$(multiarch "$1")
  if [ "$1" != "$(dpkg --print-architecture)" ]; then
    dpkg --print-foreign-architectures | grep -qx "$1" || { dpkg --add-architecture "$1" && apt-get update >/dev/null; } || return 1
    cc=$(multiarch "$1")-gcc
    pairs=("$cc=crossbuild-essential-$1" "$(multiarch "$1")-pkg-config=pkgconf:$1" "$(emulator "$1")=qemu-user")
  fi
  pairs+=("$lib/libseccomp.a=libseccomp-dev:$1" "$lib/libyajl_s.a=libyajl-dev:$1" "$lib/libcap.a=libcap-dev:$1" "$lib/libyaml.a=libyaml-dev:$1"
    "$lib/libbpf.a=libbpf-dev:$1" "${lib%-gnu}-musl/rcrt1.o=musl-dev:$1" "$lib/pkgconfig/cmocka.pc=libcmocka-dev:$1")
  need dpkg-buildpackage=dpkg-dev /usr/share/doc/build-essential=build-essential git=git meson=meson ninja=ninja-build pkg-config=pkgconf \
    python3=python3 clang=clang readelf=binutils ccache=ccache make=make "${pairs[@]}" || return 1
  # Of this root, not of who calls.
  unset CC CFLAGS LDFLAGS
  export PATH=/usr/lib/ccache:$PATH CCACHE_DIR=/var/cache/ccache CCACHE_NOHASHDIR=1
}

# lay_source ARCH: a copy of the tree, $source; always in the same directory, or the compiler's cache would be of no use.
lay_source() {
  source=/build/$1/snug
  rm -rf "/build/$1"
  mkdir -p "$source"
  tar c --exclude='./build*' . | tar x -C "$source"
}

# flags ARCH: exports the compiler's flags of the Debian package, so that all packages are built alike, from one cache.
flags() {
  local exports
  exports=$(cd "$source" && DEB_HOST_ARCH=$1 dpkg-buildflags --export=sh) && eval "$exports"
}

# links_work DIR: every link of the pages that are installed there leads to a file and a heading, uncompressed.
links_work() {
  local links=$PWD/tests/cli/links.py
  (cd "$1" && [ "$(ls docs/*.md | wc -l)" -gt 20 ] && "$links" $(find . -maxdepth 2 -name '*.md'))
}

multiarch() {
  case $1 in
    amd64) echo x86_64-linux-gnu ;;
    arm64) echo aarch64-linux-gnu ;;
  esac
}

# emulator ARCH: the command that runs its programs here; nothing if this machine runs them.
emulator() {
  [ "$1" = "$(dpkg --print-architecture)" ] && return
  case $1 in
    amd64) echo qemu-x86_64 ;;
    arm64) echo qemu-aarch64 ;;
  esac
}
