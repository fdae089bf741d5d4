# For the guides in docs/, typed as they stand there: each on a machine of its own (guides/machine) with the engine that it is about. What is not
# that engine's own is different in one point: no registry can be reached, so its image of nginx is made here.

setup_file() {
  T=$(mktemp -d /tmp/snug-test.XXXXXX)
  export T
  # nginx shares the host's network here.
  for port in 80 8080; do
    if (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "port $port" >"$T/taken"; fi
  done
}
teardown_file() { rm -rf --one-file-system "$T"; }

# guide PAGE ENGINE [VARIANT]
guide() {
  [ ! -e "$T/taken" ] || skip "the guides' nginx needs $(cat "$T/taken"), which something else has"
  mkdir "$T/$BATS_TEST_NUMBER"
  chmod 755 "$T"
  local status=0
  unshare -m "$BATS_TEST_DIRNAME/guides/machine" "$T/$BATS_TEST_NUMBER" "$2" "$SNUG_SOURCE/tests/lib/guide.py" "$SNUG_SOURCE/docs/$1.md" ${3:+"$3"} \
    3>&- 4>&- >"$T/output" 2>&1 || status=$?
  cat "$T/output"
  [ "$status" -eq 0 ]
}
