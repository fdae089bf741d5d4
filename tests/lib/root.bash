# Root directories of other Debians, which are kept between runs. Source this file from the tree's own directory. $root is the one to work on;
# need.bash must have been sourced.
roots=${SNUG_ROOTS:-/var/cache/snug-roots}

need_roots() { need debootstrap=debootstrap '/usr/share/keyrings/debian-archive-keyring.gpg=debian-archive-keyring' git=git; }

# mirror: the URL from which this machine's apt gets Debian.
mirror() {
  apt-get indextargets --format '$(LABEL) $(SITE)' 'Created-By: Packages' 2>/dev/null | sed -n 's/^Debian //p' | head -1
}

# need_emulator ARCH: lets this kernel start another machine's programs, by qemu-user. The kernel holds the emulator's file open, so a root needs none.
need_emulator() {
  local machine conf handlers=/proc/sys/fs/binfmt_misc
  case $1 in
    arm64) machine=aarch64 ;;
    *) echo "no emulator is known for $1" >&2; return 1 ;;
  esac
  conf=/usr/lib/binfmt.d/qemu-$machine.conf
  need "$conf=qemu-user-static" || return 1
  [ -e $handlers/register ] || mount -t binfmt_misc binfmt_misc $handlers || return 1
  [ -e "$handlers/qemu-$machine" ] || grep '^:' "$conf" >$handlers/register
}

# make_root RELEASE [ARCH]: runs debootstrap in another directory and renames it, so that an unfinished root is never used.
make_root() {
  local from
  [ "${2:-$(dpkg --print-architecture)}" = "$(dpkg --print-architecture)" ] || need_emulator "$2" || return 1
  from=$(mirror)
  [ -n "$from" ] || { apt-get update >/dev/null && from=$(mirror); }
  [ -n "$from" ] || { echo "apt here knows no archive of Debian" >&2; return 1; }
  echo "making $root"
  rm -rf --one-file-system "$root.new"
  debootstrap --variant=minbase ${2:+--arch="$2"} --include=ca-certificates,procps "$1" "$root.new" "$from" >"$root.log" 2>&1 ||
    { tail -20 "$root.log" >&2; return 1; }
  # No package may start a daemon. A mirror may be older than its expiry date. Nothing in a root is worth a wait for the disk.
  printf '#!/bin/sh\nexit 101\n' >"$root.new/usr/sbin/policy-rc.d"
  chmod 755 "$root.new/usr/sbin/policy-rc.d"
  echo 'Acquire::Check-Valid-Until "false";' >"$root.new/etc/apt/apt.conf.d/90snug"
  echo force-unsafe-io >"$root.new/etc/dpkg/dpkg.cfg.d/90snug"
  # What an emulator would take minutes for, and no test reads.
  if [ -n "${2:-}" ]; then
    printf 'path-exclude=/usr/share/%s/*\n' doc man >"$root.new/etc/dpkg/dpkg.cfg.d/91emulated"
    echo man-db man-db/auto-update boolean false | chroot "$root.new" debconf-set-selections
  fi
  mv "$root.new" "$root"
}

# copy_tree: copies the working tree, including uncommitted files, without build directories. Those there stay: a file that is the same as before
# keeps its time there, and any other one is new, whatever its time here, or an older object would count as up to date.
copy_tree() {
  local new=$root/snug.new
  rm -rf "$new"
  mkdir -p "$root/snug" "$new"
  git ls-files --cached --others --exclude-standard -z | tar c --null --ignore-failed-read -T - 2>/dev/null | tar x -m -C "$new"
  (cd "$new" && find . -type f -exec sh -c 'for f; do ! cmp -s "$f" "$0/$f" || touch -r "$0/$f" "$f"; done' "$root/snug" {} +)
  find "$root/snug" -mindepth 1 -maxdepth 1 ! -name 'build*' -exec rm -rf {} +
  find "$new" -mindepth 1 -maxdepth 1 -exec mv -t "$root/snug" {} +
  rmdir "$new"
  cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
}

# enter_root COMMAND...: runs it in the root, in a mount namespace of its own (pivot_root needs the root to be a mount). All other namespaces
# stay the initial ones, since audit records can only be read there. Kills processes that the command leaves behind.
enter_root() {
  unshare --mount --propagation private bash -c '
    set -e
    root=$1 cgroup=$2
    shift 2
    mount --bind "$root" "$root"
    mkdir -p "$root"/{proc,sys,dev,run,tmp}
    mount -t proc proc "$root/proc"
    mount -t sysfs sysfs "$root/sys"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    mkdir "$root/run/lock"
    if [ "$cgroup" = v2 ]; then mount -t cgroup2 none "$root/sys/fs/cgroup"; else mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup"; fi
    mount --make-rprivate "$root"
    cd "$root"
    pivot_root . .
    umount -l .
    cd /snug 2>/dev/null || cd /
    export HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    rc=0
    "$@" || rc=$?
    own=$(readlink /proc/self/ns/mnt)
    for p in /proc/[0-9]*; do
      [ "$(readlink "$p/ns/mnt")" = "$own" ] && [ "${p#/proc/}" != $$ ] && kill -KILL "${p#/proc/}" 2>/dev/null
    done
    exit $rc' enter "$root" "$@"
}
