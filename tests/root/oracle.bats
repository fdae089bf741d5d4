# What a profile means is what the runtimes do with it: containers are started under variations of a profile, and `snug check` must
# have said of each whether its runtime starts it.
# SNUG_ORACLE_COUNT: variations for each runtime (300). SNUG_ORACLE_SEED: which ones (the same each time; "random" for others).
# SNUG_ORACLE_ONLY=unlogged: those of which the kernel can write no record. They learn nothing and leave the audit settings alone, so they may run beside
# other suites; SNUG_ORACLE_ONLY=logged, the rest, may not.
bats_require_minimum_version 1.5.0

setup_file() {
  export SNUG_ORACLE_SEED=${SNUG_ORACLE_SEED:-880304728}
  [ "$SNUG_ORACLE_SEED" != random ] || SNUG_ORACLE_SEED=$((RANDOM * 32768 + RANDOM))
}

setup() {
  load lib
  snug_setup
  # The status of a start is 7 if one filter more than this shell's own holds: crun 1.28 starts without any where the section has a null rule.
  local filters
  filters=$(awk '/^Seccomp_filters:/ {print $2 + 1}' /proc/self/status)
  bundle "$T/b" '.' sh -c "while read -r name n; do [ \$name = Seccomp_filters: ] && [ \$n = $filters ] && exit 7; done </proc/self/status; exit 8"
  jq '.linux.seccomp = "@SECCOMP@"' "$T/b/config.json" >"$T/b/template.json"
  # All that the defaults of Docker allow without a condition, but for the calls that the variations are about.
  snug merge @moby | jq -r '.syscalls[] | select(.action == "SCMP_ACT_ALLOW" and .args == null) | .names[]' |
    grep -vxE 'mkdir|chmod|mount|swapon|kexec_load|personality|socketpair' | cat - <(echo clone) | sort -u >"$T/allowed"
}
teardown() { snug_teardown; }

# oracle WHAT RUNTIME-PATH ARGUMENTS...: of the runtime that snug is told of, with its own options.
oracle() {
  set -o pipefail
  python3 "$SNUG_SOURCE/tests/root/oracle/oracle.py" --seed "$SNUG_ORACLE_SEED" --count "${SNUG_ORACLE_COUNT:-300}" \
    --first "${SNUG_ORACLE_FIRST:-0}" --only "${SNUG_ORACLE_ONLY:-all}" --bundle "$T/b" --name "$1" --allowed "$T/allowed" --snug "$SNUG_BUILD/snug" \
    --check "--no-sample --runtime $2" -- "$2" "${@:3}" | tee /dev/fd/3
}

@test "runc: check knows which variations it refuses" {
  oracle "runc $(runc --version | sed -n '1s/.* //p')" "$(command -v runc)" --root "$T/root/@"
}

@test "crun: check knows which variations it refuses" {
  real_crun
  oracle "crun $(crun --version | sed -n '1s/.* //p')" "$crun" --root "$T/crun-root/@"
}
