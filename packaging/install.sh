#!/bin/sh
# Installs snug from this directory, or removes it. It enables and starts nothing.
#
#   ./install.sh [--prefix DIR]             installs below DIR (default: /usr/local)
#   ./install.sh [--prefix DIR] --remove    removes what was installed there; /etc/snug and /var/lib/snug stay
#
# DESTDIR comes before every path. Below /usr/local and /usr, systemd finds the units: systemctl enable --now snugd.socket
set -eu
umask 022

here=$(dirname "$(readlink -f "$0")")
prefix=/usr/local remove=no
usage() {
  sed -n 's/^#   \(\.\/install\.sh\)/usage: \1/p' "$here/install.sh" >&2
  exit 2
}
refuse() {
  echo "install.sh: $*" >&2
  exit 1
}
while [ $# -gt 0 ]; do
  case $1 in
    --prefix) [ $# -ge 2 ] || usage; prefix=$2; shift ;;
    --prefix=*) prefix=${1#*=} ;;
    --remove) remove=yes ;;
    *) usage ;;
  esac
  shift
done
case $prefix in /*) ;; *) refuse "the prefix must be an absolute path, not '$prefix'" ;; esac
prefix=${prefix%/} to=${DESTDIR:-}${prefix%/}
list=$to/share/snug/installed # every file, and with a slash behind it every directory that we made; all relative to the prefix

put_all() {
  local d f new
  if [ -e "$to/bin/snug" ] && [ ! -f "$list" ]; then refuse "$to/bin/snug is there, but not from here; nothing was changed"; fi
  new=$(mktemp)
  # What an earlier installation made is still ours to remove.
  [ ! -f "$list" ] || grep '/$' "$list" >"$new" || true
  [ -d "$to" ] || echo ./ >>"$new"
  mkdir -p "$to"
  for d in $(cd "$here" && find bin lib share -type d | sort) share/snug; do
    [ -d "$to/$d" ] || { mkdir "$to/$d" && echo "$d/" >>"$new"; }
  done
  # Replaces each at once: a program that runs keeps its own file.
  for f in $(cd "$here" && find bin lib share ! -type d | sort); do
    case $f in
      *.service) sed "s#/usr/local/bin#$prefix/bin#" "$here/$f" >"$to/$f.new" ;;
      *) cp -P "$here/$f" "$to/$f.new" ;;
    esac
    mv -f "$to/$f.new" "$to/$f"
    echo "$f" >>"$new"
  done
  if [ -f "$list" ]; then
    for f in $(grep -v '/$' "$list" | grep -vxFf "$new"); do rm -f "$to/$f"; done
  fi
  cp "$new" "$list" && chmod 644 "$list"
  rm "$new"
}

take_away() {
  local n path paths
  [ -f "$list" ] || refuse "nothing to remove: there is no $list"
  if [ -z "${DESTDIR:-}" ]; then
    # Killing or deleting a container calls the program that started it. A dead container may have left its note.
    n=$(find /run/snug/containers -mindepth 2 -maxdepth 2 ! -name '.*' 2>/dev/null | wc -l)
    [ "$n" -eq 0 ] || echo "install.sh: containers that snug started may still run ($n); without its programs nothing can stop or delete them" >&2
    # With the socket, the service stops.
    [ ! -d /run/systemd/system ] || systemctl disable --now snugd.socket >/dev/null 2>&1 || true
  fi
  paths=$(cat "$list")
  for path in $paths; do
    case $path in */) ;; *) rm -f "$to/$path" ;; esac
  done
  rm "$list"
  # A directory that holds something else by now stays.
  for path in $(echo "$paths" | grep '/$' | sort -r); do
    [ "$path" = ./ ] || rmdir "$to/$path" 2>/dev/null || true
  done
  case $paths in ./*) rmdir "$to" 2>/dev/null || true ;; esac
}

if [ $remove = yes ]; then take_away; else put_all; fi
