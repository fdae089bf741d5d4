# An ordinary user without root, audit or daemon. setup_file: user_files; setup: user_dirs; teardown: user_end; teardown_file: rm -rf "$T".
# $T/bin has the programs, $HERE is the test's own directory.

USER_ID=61234 # of nobody: what the system knows of its users does not matter

user_files() {
  T=$(mktemp -d /tmp/snug-test.XXXXXX)
  export T
  mkdir "$T/bin" "$T/home" "$T/home/run"
  # Where the build lies the user may not get to.
  cp -P "$SNUG_BUILD"/{snug,snugd,snug-agent,snug-runtime,snug-canary,snug-learn,snug-audit,snug-enforce} "$T/bin"
  chmod 755 "$T"
  chmod 700 "$T/home/run"
  chown -R "$USER_ID:$USER_ID" "$T/home"
}

user_dirs() {
  HERE=$T/home/$BATS_TEST_NUMBER
  as mkdir "$HERE" "$HERE/run"
  as chmod 700 "$HERE/run"
}

user_end() {
  local p c
  # It ends by itself, but not soon.
  for p in "$HERE"/*/snug/agent.lock "$HERE"/*/agent.lock; do [ -s "$p" ] && kill "$(cat "$p")" 2>/dev/null; done
  for c in "$HERE"/run/runc/*; do [ -e "$c" ] && as runc --root "$HERE/run/runc" delete --force "${c##*/}" >/dev/null 2>&1; done
  return 0
}

# as COMMAND...: as the user, with what a login gives him and no more.
as() {
  setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups env -i "PATH=$T/bin:/usr/sbin:/usr/bin:/sbin:/bin" "HOME=$T/home" \
    "XDG_RUNTIME_DIR=$HERE/run" "XDG_STATE_HOME=$HERE/state" "XDG_CONFIG_HOME=$HERE/config" "$@"
}

# user_bundle NAME JQ-FILTER ARG...: a bundle of the user's.
user_bundle() {
  local dir=$HERE/$1 filter=$2
  shift 2
  bundle "$dir" . "$@"
  cp "$SNUG_BUILD/tests/root/calls" "$dir/rootfs/bin"
  (cd "$dir" && cp config.json before.json && rm config.json && runc spec --rootless)
  jq '.process.terminal = false | .process.args = $ARGS.positional | .root.readonly = false
    | .linux.uidMappings[0].hostID = '"$USER_ID"' | .linux.gidMappings[0].hostID = '"$USER_ID"' | '"$filter" \
    --args -- "$@" <"$dir/config.json" >"$dir/before.json"
  mv "$dir/before.json" "$dir/config.json"
  chown -R "$USER_ID:$USER_ID" "$dir"
}

keyed() { echo ".annotations = {\"io.snug.profile\": \"$1\"}"; }
config_() { as mkdir -p "$HERE/config/snug"; echo "$1" | as tee "$HERE/config/snug/config.json" >/dev/null; }
