bats_require_minimum_version 1.5.0
# An upgrade of the runtime, told before it happens: a profile learnt under the older one, checked by the catalogue alone, as an
# ordinary user for whom there is no runtime; then started under the newer one, which is this machine's own.
# SNUG_OLDER: a folder with the older runtimes, runc and crun; SNUG_STARTS: how often the fixed profile is started (10; 100 for all).

setup() {
  load lib
  [ -n "${SNUG_OLDER:-}" ] || skip "no older runtime: SNUG_OLDER names none (tests/matrix trixie and sid bring this machine's)"
  snug_setup
}
teardown() { [ -z "${SNUG_OLDER:-}" ] || snug_teardown; }

# runtimes NAME: $older and $newer are how to call the two, $entry is the newer one's name in the catalogue.
runtimes() {
  local which path
  for which in older newer; do
    if [ "$which" = older ]; then path=$SNUG_OLDER/$1; else path=$(command -v "$1"); fi
    [ -x "$path" ]
    mkdir -p "$T/$which"
    if [ "$1" = crun ]; then v2_crun "$path" >"$T/$which/crun"; else printf '#!/bin/sh\nexec %s "$@"\n' "$path" >"$T/$which/$1"; fi
    chmod +x "$T/$which/$1"
  done
  older=$SNUG_OLDER/$1 newer=$T/newer/$1
  [ "$1" = runc ] || older=$T/older/crun
  entry=$("$newer" --version | sed -n 's/^\([a-z]*\) version \([0-9.]*\).*/\1-\2/p')
  "$older" --version | head -1
  "$newer" --version | head -1
}

# learn NNP: $T/p.json, of a container that waits and is entered; neither makes a call that hides what the newer runtime needs.
learn() {
  # crun 1.8 takes no newer specification than it knows.
  bundle "$T/b" ".ociVersion = \"1.0.2\" | .root.readonly = false | .process.noNewPrivileges = $1" sleep 300
  configure "runtime=\"$older\""
  # As engines start containers.
  snug-learn --root "$T/root" create --bundle "$T/b" shell </dev/null >/dev/null
  snug-learn --root "$T/root" start shell
  [ "$(snug-learn --root "$T/root" exec shell echo entered)" = entered ]
  snug-learn --root "$T/root" delete --force shell
  # The older one's floor: of the catalogue too.
  snug approve --no-sample shell >/dev/null
  cp "$T/state/keys/shell/approved.json" "$T/p.json"
}

# start PROFILE [execs]: one start by the newer one, with one exec. True if the program runs, and was entered.
start() {
  local rc=0 id=up-$RANDOM-${T##*.}
  jq --slurpfile p "$1" '.linux.seccomp = $p[0]' <"$T/b/config.json" >"$T/b/config.new"
  mv "$T/b/config.new" "$T/b/config.json"
  "$newer" --root "$T/plain" create --bundle "$T/b" "$id" </dev/null >/dev/null 2>"$T/said" &&
    "$newer" --root "$T/plain" start "$id" 2>>"$T/said" &&
    [ "$("$newer" --root "$T/plain" state "$id" 2>>"$T/said" | jq -r .status)" = running ] || rc=1
  if [ $rc = 0 ] && [ -n "${2:-}" ]; then [ "$("$newer" --root "$T/plain" exec "$id" echo entered 2>"$T/said")" = entered ] || rc=1; fi
  "$newer" --root "$T/plain" delete --force "$id" 2>/dev/null || true
  return $rc
}

# good N PROFILE [execs]: how many of N starts were good.
good() {
  local n=0 i
  for i in $(seq "$1"); do if start "$2" ${3:-}; then n=$((n + 1)); fi; done
  echo "$n"
}

# named NNP PHASE...: the calls that the check says have to be added. Nothing but snug and the profile is needed: no root, no runtime.
named() {
  local nnp=$1
  shift
  chmod 755 "$T"
  chmod 644 "$T/p.json"
  unshare --mount bash -c 'for p in "${@:2}"; do mount --bind /dev/null "$p"; done; cd /
    exec setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH=/usr/bin:/bin "$0" check --json --runtime '"$entry"' "$1"' \
    "$SNUG_BUILD/snug" "$T/p.json" "$(realpath "$(command -v runc)")" "$(realpath "$(command -v crun)")" >"$T/found.json" || [ $? -eq 1 ]
  jq -r --argjson n "$nnp" '.profiles[0].findings[] | select(.kind == "runtime-floor" and .level == "failure" and .no_new_privileges == $n and
    (.phase | IN($ARGS.positional[]))) | .calls[].name' --args "$@" <"$T/found.json" | sort -u
}

# with PROFILE NAME...: the profile with more names.
with() { jq '.syscalls |= [.[0] | .names = (.names + $ARGS.positional | unique)] + .[1:]' "$1" --args "${@:2}"; }

# upgrade NAME NNP: the story.
upgrade() {
  local for_start for_both n=${SNUG_STARTS:-10} call rest left
  runtimes "$1"
  learn "$2"
  mapfile -t for_start < <(named "$2" create)
  mapfile -t for_both < <(named "$2" create exec)
  echo "$entry, noNewPrivileges $2: a start needs [${for_start[*]}], with an exec [${for_both[*]}]"
  # What the check says of the profile as it is, is so.
  if [ ${#for_start[@]} -gt 0 ]; then [ "$(good 10 "$T/p.json")" = 0 ]; else [ "$(good 10 "$T/p.json")" = 10 ]; fi
  if [ ${#for_both[@]} -gt 0 ]; then [ "$(good 10 "$T/p.json" execs)" = 0 ]; else [ "$(good 10 "$T/p.json" execs)" = 10 ]; fi
  # With what it names, every start is good.
  with "$T/p.json" "${for_start[@]}" >"$T/starts.json"
  with "$T/p.json" "${for_both[@]}" >"$T/both.json"
  [ "$(good "$n" "$T/starts.json")" = "$n" ] || { cat "$T/said"; return 1; }
  [ "$(good "$n" "$T/both.json" execs)" = "$n" ] || { cat "$T/said"; return 1; }
  # None of them can be left out.
  for call in "${for_both[@]}"; do
    mapfile -t rest < <(printf '%s\n' "${for_both[@]}" | grep -vxF "$call")
    with "$T/p.json" "${rest[@]}" >"$T/rest.json"
    left=$(good 3 "$T/rest.json" execs)
    echo "without $call: $left of 3"
    [ "$left" = 0 ]
  done
  for call in "${for_start[@]}"; do
    mapfile -t rest < <(printf '%s\n' "${for_start[@]}" | grep -vxF "$call")
    with "$T/p.json" "${rest[@]}" >"$T/rest.json"
    [ "$(good 3 "$T/rest.json")" = 0 ]
  done
}

@test "runc, noNewPrivileges true: what is named is what is missing, for starts and execs" { upgrade runc true; }
@test "runc, noNewPrivileges false: the same" { upgrade runc false; }
@test "crun, noNewPrivileges true: the same" { upgrade crun true; }
@test "crun, noNewPrivileges false: the same" { upgrade crun false; }
