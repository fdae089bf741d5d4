bats_require_minimum_version 1.5.0
# Learning by default proves as much as learning with every call logged: random programs, learnt both ways, show the same calls in both phases.
#   SNUG_RANDOM=100   how many programs (5)
#   SNUG_SEED=N       the same ones again

setup() {
  load lib
  snug_setup
  why=$(snugd --try-counter 2>&1) || skip "this kernel, or this build, cannot count calls: $why"
  bundle "$T/b" '.root.readonly = false' true
  cp "$SNUG_BUILD"/tests/root/{random-calls,calls} "$T/b/rootfs/bin/"
  [ "$(uname -m)" != x86_64 ] || cp "$SNUG_BUILD/tests/root/other-calls" "$T/b/rootfs/bin/"
  seed=${SNUG_SEED:-$RANDOM}
  echo "SNUG_SEED=$seed"
}
teardown() {
  "$SNUG_SOURCE/tests/root/callers/crun" --root "$T/root" delete --force c >/dev/null 2>&1 || true
  snug_teardown
}

# learnt RUNTIME LEARNING: learns the bundle from nothing; $T/shown has the evidence.
learnt() {
  end_recorder
  rm -rf "$T/state"
  configure "runtime=\"$1\"" "learning=\"$2\""
  snug-learn --root "$T/root" run --bundle "$T/b" c </dev/null >/dev/null 3>&-
  snug show --json c >"$T/shown"
  jq -e '.runs[0].complete' "$T/shown" >/dev/null || { jq '.runs' "$T/shown"; return 1; }
}

# seen RUNTIME: phase, ABI and name of each call. Not those whose harmless form passes unlogged in every run, prctl and seccomp, which only the
# counter sees; and of runc's phase not what Go calls in one start and not in the next (clock_gettime: where the clock cannot be read without).
seen() {
  local go='[]'
  [ "${1##*/}" != runc ] || go=$(sed 1d "$SNUG_SOURCE/seccomp/syscall/floor-go.csv" | cut -d, -f1 | jq -nR '[inputs, "clock_gettime"]')
  jq -r --argjson go "$go" '.syscalls[] | select(.count > 0 and .name != "prctl" and .name != "seccomp")
    | select(.phase != "runtime" or (.name as $n | $go | index($n) | not)) | "\(.phase) \(.arch) \(.name)"' "$T/shown" | sort -u
}
hidden() {
  jq -r '.syscalls[] | select(.count > 0 and (.name == "prctl" or .name == "seccomp")) | "\(.phase) \(.arch) \(.name)"' "$T/shown" | sort -u
}

# A random program: four of these, by its number.
program() {
  local n=$1 words=("random-calls $1 40" "random-calls $1 80 fork" "calls random $1" "calls forks 20" "calls plain" "calls user"
    "other-calls $1 30" "ls -l / | cat" "(mkdir /dev/shm/$1; cat /bin/busybox) | id" "kill -0 \$\$" "sleep 0.01")
  [ -e "$T/b/rootfs/bin/other-calls" ] || words[6]=true
  RANDOM=$((n % 32768))
  jq '.process.args = ["sh", "-c", $p]' --arg p "$(for i in 1 2 3 4; do printf '%s; ' "${words[RANDOM % ${#words[@]}]}"; done) exit 0" \
    <"$T/b/config.json" >"$T/b/new" && mv "$T/b/new" "$T/b/config.json"
}

# both RUNTIME: what the default shows is what log-everything shows.
both() {
  learnt "$1" log-everything
  seen "$1" >"$T/logged"; hidden >"$T/logged.hidden"
  learnt "$1" auto
  jq -e '.runs[0].quiet.counted and ((.runs[0].quiet.assumed // []) == []) and ([.syscalls[] | select(.assumed)] == [])' "$T/shown" >/dev/null ||
    { jq '.runs' "$T/shown"; return 1; }
  seen "$1" | diff "$T/logged" -
  [ -z "$(comm -23 "$T/logged.hidden" <(hidden))" ]
  [ "$(wc -l <"$T/logged")" -gt 15 ]
}

@test "random programs: the same calls, in both phases, by default and with every call logged" {
  n=${SNUG_RANDOM:-5}
  for i in $(seq "$n"); do
    # crun's own calls are always the same ones; runc's are not.
    runtime=/usr/sbin/runc
    [ $((i % 2)) = 1 ] || runtime=$SNUG_SOURCE/tests/root/callers/crun
    program $((seed + i))
    both "$runtime" || { echo "program $((seed + i)) under $runtime: $(jq -c .process.args "$T/b/config.json")"; return 1; }
  done
  echo "# $n random programs, both ways: 0 differences" >&3
}

@test "calls as i386 and x32, and of the vsyscall page, of a 64-bit program: the same by default and with every call logged" {
  [ -e "$T/b/rootfs/bin/other-calls" ] || skip "this machine has no other ABI that a program could call"
  jq '.process.args = ["other-calls", $n, "300"]' --arg n "$seed" <"$T/b/config.json" >"$T/b/new"; mv "$T/b/new" "$T/b/config.json"
  both /usr/sbin/runc
  # It made them: those that this kernel has.
  [ "$(cut -d' ' -f2 "$T/logged" | sort -u | wc -l)" -ge 2 ]
}
