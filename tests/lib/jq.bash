# For every suite: jq 1.6 (Debian 12) with -e succeeds when it reads nothing at all, so that a command that failed in front of it would
# pass for "true". Here that is status 4, as in jq 1.7.
jq() {
  local out rc=0
  [[ "$1" =~ ^-[a-z]*e ]] || { command jq "$@"; return; }
  out=$(command jq "$@") || rc=$?
  [ -z "$out" ] || printf '%s\n' "$out"
  [ "$rc" -ne 0 ] || [ -n "$out" ] || rc=4
  return "$rc"
}
