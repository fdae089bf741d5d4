# Progressive learning under the real runtimes: quiet from the second run on, and nothing is missed for it.
bats_require_minimum_version 1.5.0

setup_file() {
  cat >"$BATS_FILE_TMPDIR/prog.c" <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static void *nothing(void *p) { return p; }
static long act(const char *s) {
  pthread_t t;
  char b[8];
  if (!strcmp(s, "fork")) { pid_t p = fork(); if (!p) _exit(0); return waitpid(p, NULL, 0) == p ? 0 : -1; }
  if (!strcmp(s, "inet")) return close(socket(AF_INET, SOCK_DGRAM, 0));
  if (!strcmp(s, "vsock")) return socket(40, SOCK_STREAM, 0) >= 0 ? 0 : errno == EAFNOSUPPORT || errno == ENODEV ? 0 : -1;
  if (!strcmp(s, "mkdir")) return mkdir("/tmp/made", 0700) == 0 || errno == EEXIST ? 0 : -1;
  if (!strcmp(s, "newuser")) {
    long p = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (p == 0) _exit(0);
    return p < 0 ? -1 : waitpid(p, NULL, 0) == p ? 0 : -1;
  }
  if (!strcmp(s, "thread")) return pthread_create(&t, NULL, nothing, NULL) || pthread_join(t, NULL) ? -1 : 0;
  if (!strcmp(s, "name")) return prctl(PR_SET_NAME, "prog");
  if (!strcmp(s, "loginuid")) { FILE *f = fopen("/proc/self/loginuid", "w"); if (!f) return -1; fputs("5", f); return fclose(f); }
  if (!strcmp(s, "sleep")) return usleep(400000);
  if (!strcmp(s, "linger")) return usleep(1500000);
  if (!strcmp(s, "read")) return open("/proc/self/stat", 0) < 0 ? -1 : read(3, b, 1) == 1 ? 0 : 0;
  if (!strcmp(s, "sysinfo")) return syscall(SYS_sysinfo, malloc(400));
  if (!strcmp(s, "exec32") || !strcmp(s, "raw32")) {
    pid_t p = fork();
    int st = 0;
    if (!p) { execl(s[0] == 'r' ? "/raw32" : "/prog32", "32", "inet", (char *)0); _exit(9); }
    return waitpid(p, &st, 0) == p && st == 0 ? 0 : -1;
  }
  /* As a program of the x32 ABI would that only writes and ends; most kernels answer ENOSYS. */
  if (!strcmp(s, "x32")) { syscall(0x40000000 | SYS_write, 1, "", 0); syscall(0x40000000 | SYS_exit_group, 0); return 0; }
  return syscall(atoi(s), -1, 0, 0, 0, 0) == -1 && errno == ENOSYS ? -1 : 0;
}
int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) { errno = 0; long r = act(argv[i]); printf("%s %s\n", argv[i], r ? strerror(errno) : "ok"); }
  return 0;
}
C
  gcc -static -O1 -pthread -o "$BATS_FILE_TMPDIR/prog" "$BATS_FILE_TMPDIR/prog.c"
}
setup() {
  load lib
  snug_setup
  ID=prog-${T##*.}
}
teardown() { snug_teardown; }

# does ARG...: the bundle's program does these from now on.
does() { jq '.process.args = ["/prog"] + $ARGS.positional' --args -- "$@" <"$T/b/config.json" >"$T/b/config.new" && mv "$T/b/config.new" "$T/b/config.json"; }
make_bundle() { bundle "$T/b" ".root.readonly = false | ${1:-.}" /prog && cp "$BATS_FILE_TMPDIR/prog" "$T/b/rootfs/prog"; }
learn() { snug-learn --root "$T/root" run --bundle "$T/b" "$ID"; }
newest() { snug show --json "$ID" | jq -e ".runs[-1] | $1"; }
# logged: how many records of the program there are by now. The runtime's own calls, some twenty with runc 1.3, are never quiet.
logged() { snug show --json "$ID" | jq '[.syscalls[] | select(.phase != "runtime") | .count] | add'; }
known() { snug show --json "$ID" | jq -r --arg f "$1:" '.arguments[] | select(.form | startswith($f)) | .known'; }
profile() { snug profile "$ID" 2>/dev/null; }

@test "a call in the third run, an argument in the fourth, another never: learnt, widened, narrow, and enforced so" {
  make_bundle
  configure 'hot_set=["clone","socket"]'
  does fork inet; learn
  newest '.complete and .records > 20'
  before=$(logged)
  does fork inet; learn
  newest '.complete and .quiet.count > 10'
  [ $(($(logged) - before)) -lt 12 ]
  [ "$(known socket)" = narrow ]
  run ! grep -qx $MKDIR <(calls "$ID" workload)
  does fork inet mkdir; learn
  newest '.complete and .new == 1'
  calls "$ID" workload | grep -qx $MKDIR
  profile | jq -e '[.syscalls[] | select(.names == ["socket"]) | .args[0].valueTwo] | sort == [1, 2, 10, 16]'
  does fork inet mkdir vsock; learn
  newest '.complete and .new == 1'
  [ "$(known socket)" = wide ]
  [ "$(known clone)" = narrow ]
  profile | jq -e '[.syscalls[] | select(.args | not) | .names[]] | index("socket") and index($n)' --arg n $MKDIR
  profile | jq -e '.syscalls[] | select(.names == ["clone"]) | .args == [{index: 0, value: 2114060288, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ"}]'
  snug show "$ID" | grep -E 'clone +only the harmless form'
  snug approve "$ID" >/dev/null
  does fork inet mkdir vsock newuser
  run snug-enforce --root "$T/root" run --bundle "$T/b" "$ID"
  echo "$output"
  [ "$output" = $'fork ok\ninet ok\nmkdir ok\nvsock ok\nnewuser Function not implemented' ]
}

@test "the same program asked for a namespace while its form is on trial: recorded, and wide" {
  make_bundle
  does fork; learn
  does fork newuser; learn
  newest '.complete'
  [ "$(known clone)" = wide ]
  profile | jq -e '[.syscalls[] | select(.args | not) | .names[]] | index("clone")'
}

@test "an x32 process that first shows when all its calls are quiet but the last: its architecture is learnt" {
  [ "$(uname -m)" = x86_64 ] || skip "not an x86_64 machine"
  make_bundle
  does fork inet; learn
  before=$(logged)
  learn
  newest .complete
  [ $(($(logged) - before)) -lt 12 ]
  does fork inet x32; learn
  newest '.complete'
  # It made two calls; write is quiet, exit_group is not.
  snug show --json "$ID" | jq -e '[.syscalls[] | select(.arch == "x32") | .name] == ["exit_group"]'
  profile | jq -e '.architectures | index("SCMP_ARCH_X32")'
}

@test "a 32-bit program that first shows when all its calls are quiet: its architecture is learnt" {
  make_bundle
  # Beside a cross compiler there is no gcc-multilib, and so no /usr/include/asm.
  case $(uname -m) in
    x86_64) abi=(i386 SCMP_ARCH_X86 gcc -m32 -idirafter "/usr/include/$(gcc -print-multiarch)") code='mov $4,%eax; mov $1,%ebx; mov $m,%ecx; mov $4,%edx; int $0x80; mov $1,%eax; xor %ebx,%ebx; int $0x80' ;;
    aarch64) abi=(arm SCMP_ARCH_ARM arm-linux-gnueabihf-gcc) code='mov r7,#4; mov r0,#1; ldr r1,=m; mov r2,#4; svc 0; mov r7,#1; mov r0,#0; svc 0' ;;
  esac
  "${abi[@]:2}" -static -O1 -pthread -o "$T/b/rootfs/prog32" "$BATS_FILE_TMPDIR/prog.c"
  printf '%s\n' '.globl _start' '_start:' "$code" .data 'm: .ascii "raw\n"' >"$T/raw.s"
  "${abi[@]:2}" -static -nostdlib -o "$T/b/rootfs/raw32" "$T/raw.s"
  "$T/b/rootfs/raw32" || skip "this kernel runs no 32-bit programs"
  does fork inet; learn
  before=$(logged)
  learn
  newest .complete
  [ $(($(logged) - before)) -lt 12 ]
  does raw32 fork inet; learn
  newest '.complete'
  # It made two calls; write is quiet, exit is not.
  snug show --json "$ID" | jq -e '[.syscalls[] | select(.arch == $a) | .name] == ["exit"]' --arg a "${abi[0]}"
  profile | jq -e '.architectures | index($a)' --arg a "${abi[1]}"
  does exec32 fork inet; learn
  newest '.complete and .new > 3'
  snug approve "$ID" >/dev/null
  does raw32 exec32
  run snug-enforce --root "$T/root" run --bundle "$T/b" "$ID"
  [ "$output" = $'raw\ninet ok\nraw32 ok\nexec32 ok' ]
}

@test "the second run of the same work logs nothing for quiet calls; exec joins the filter; progressive false logs all" {
  make_bundle
  does fork inet read name; learn
  before=$(logged)
  learn
  newest '.complete and .new == null'
  # What is left: the loud ones.
  [ "$before" -gt 20 ]
  [ $(($(logged) - before)) -lt 12 ]
  configure progressive=false
  end_recorder
  learn
  newest '.complete and .records > 30 and .quiet.count == 0'
}

@test "what may change its session, and what has startContainer hooks, is not quieted" {
  make_bundle '.process.capabilities |= map_values(. + ["CAP_AUDIT_CONTROL"])'
  does fork inet; learn; learn
  newest '.complete and .quiet.count == 0 and .records > 20'
  does loginuid inet sleep mkdir sleep; learn
  newest '(.complete | not) and (.reasons | index("session-changed"))'
  calls "$ID" workload | grep -qx $MKDIR
  ID=$ID-hook
  make_bundle '.hooks.startContainer = [{path: "/bin/true"}]'
  does fork inet; learn; learn
  newest '.complete and .quiet.count == 0'
}

@test "evidence that is deleted while a quiet container runs, or before one is booked" {
  make_bundle
  does fork inet; learn
  does fork inet linger mkdir; learn &
  eventually newest '.ended == null and .quiet.count > 5'
  rm "$T/state/keys/$ID/evidence.json"
  wait
  # The recorder holds it: nothing is forgotten.
  newest '.complete'
  calls "$ID" workload | grep -qx socket
  # Deleted under a recorder that is killed: the container runs on, and no run of it says complete.
  does fork inet linger mkdir; learn &
  eventually newest '.ended == null and .quiet.count > 5'
  kill -9 $(recorder_pid)
  rm "$T/state/keys/$ID/evidence.json"
  wait
  does fork; learn
  snug show --json "$ID" | jq -e '[.runs[] | select(.complete and .quiet.count > 5)] == []'
  run ! grep -qx socket <(calls "$ID" workload)
  # A file that was changed by hand does not hold what was quiet.
  does fork inet; learn; learn
  newest '.complete'
  end_recorder
  jq '.syscalls |= map(select(.name != "socket"))' "$T/state/keys/$ID/evidence.json" >"$T/e"; cp "$T/e" "$T/state/keys/$ID/evidence.json"
  newest '(.complete | not) or (.reasons | index("quieted"))' || snug show "$ID" | grep -q 'not complete'
  run snug approve --no-sample "$ID"
  [ "$status" -eq 3 ]
}

@test "hot set: quiet and assumed from the first run on, then confirmed or kept" {
  make_bundle
  configure 'hot_set=["close","futex","write","wait4"]'
  does fork inet; learn
  newest '.complete and (.quiet.assumed == ["close","futex","wait4","write"])'
  run ! grep -qx close <(calls "$ID" workload)
  profile | jq -e '[.syscalls[].names[]] | index("close") and index("wait4")'
  snug profile "$ID" 2>&1 >/dev/null | grep -E 'assumed'
  learn; learn; learn
  newest '.complete and (.quiet.assumed == null)'
  snug show --json "$ID" | jq -e '[.assumed[] | [.name, .known]] == [["close","confirmed"],["futex","kept"],["wait4","confirmed"],["write","confirmed"]]'
  snug show "$ID" | grep -E 'futex +kept, in the profile'
  snug approve --no-sample "$ID" >/dev/null
  does fork inet
  [ "$(snug-enforce --root "$T/root" run --bundle "$T/b" "$ID")" = $'fork ok\ninet ok' ]
}

# What one complete run did must be allowed by every later profile that is called complete: neither form nor call is taken for unused because
# later runs were silent.
@test "what the first run did stays open though three later ones did less: arguments, and a call of the hot set" {
  make_bundle
  configure 'hot_set=["sysinfo","'$MKDIR'"]'
  does fork newuser inet vsock sysinfo mkdir; learn
  newest .complete
  for i in 1 2 3; do does fork inet; learn; newest .complete; done
  [ "$(known clone)" = unknown ]
  [ "$(known socket)" = unknown ]
  snug show --json "$ID" | jq -e '[.assumed[] | [.name, .known]] == [[$n,"kept"],["sysinfo","kept"]]' --arg n $MKDIR
  snug show "$ID" | grep -E 'clone +any: a complete run used it and did not log its arguments'
  snug approve --no-sample "$ID" >/dev/null
  does fork newuser inet vsock sysinfo mkdir
  run snug-enforce --root "$T/root" run --bundle "$T/b" "$ID"
  [ "$output" = $'fork ok\nnewuser ok\ninet ok\nvsock ok\nsysinfo ok\nmkdir ok' ]
}

@test "experiments: clone3 answered with ENOSYS is left out when the program fell back" {
  make_bundle
  configure experiments=true
  does thread fork; learn
  newest '.complete and (.quiet.forms | index("clone3:enosys"))'
  run ! grep -qw '"clone3"' <(profile)
  # glibc's thread flags name no namespace, but this run did not tell.
  learn
  snug approve "$ID" >/dev/null
  does thread fork newuser
  run snug-enforce --root "$T/root" run --bundle "$T/b" "$ID"
  [ "$output" = $'thread ok\nfork ok\nnewuser ok' ]
  # Not allowed any more: whole again, and in the profile.
  configure
  does thread fork; learn
  grep -qw '"clone3"' <(profile)
}

@test "learn_for: learning ends by itself, then what was approved applies, else the caller's own" {
  make_bundle
  does fork; learn
  configure learn_for=1
  sleep 1.2
  does fork mkdir
  run learn
  [[ "$output" == *"mkdir ok"* ]]
  snug show --json "$ID" | jq -e '(.runs | length) == 1 and .settled.learning == "over"'
  snug ls | grep -q 'learning is over'
  configure
  snug approve "$ID" >/dev/null
  configure learn_for=1
  run learn
  [[ "$output" == *"mkdir Function not implemented"* ]]
  configure 'learn_for="7d"'
  run learn
  [[ "$output" == *"mkdir ok"* ]]
}

@test "what a run was let do beyond its caller's profile" {
  make_bundle '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["'$OCI_ARCH'"], syscalls: [{names: ["'$MKDIR'", "chroot"], action: "SCMP_ACT_ERRNO"}]}'
  does fork mkdir; learn
  newest '.baseline == "drop" and .opened == ["'$MKDIR'"]'
  # What it refuses to the runtime itself is what keeps the container from starting.
  make_bundle '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["'$OCI_ARCH'"], syscalls: [{names: ["'$MKDIR'", "fstatfs"], action: "SCMP_ACT_ERRNO"}]}'
  does fork mkdir; learn
  newest '.opened == ["fstatfs", "'$MKDIR'"]'
  snug show "$ID" | grep -A2 "Allowed while learning (baseline" | grep -q "fstatfs\* $MKDIR"
  make_bundle '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["'$OCI_ARCH'"], syscalls: [{names: ["'$MKDIR'", "chroot"], action: "SCMP_ACT_ERRNO"}]}'
  does fork mkdir; learn
  snug show "$ID" | grep -A1 "Allowed while learning (baseline" | grep -q $MKDIR
  learn
  newest '.opened == ["'$MKDIR'"]'
  configure 'baseline="keep"'
  run learn
  [[ "$output" == *"mkdir Operation not permitted"* ]]
  newest '.baseline == "keep" and .opened == null'
}

@test "baselines keep and default with real containers: five generated profiles each, no call opened" {
  make_bundle
  does fork mkdir 90 135 79 53 272 133 99 39
  for b in keep default; do
    configure "baseline=\"$b\""
    for i in 1 2 3 4 5; do
      "$SNUG_BUILD/tests/unit/test_baseline" --print "$i" >"$T/section"
      jq --slurpfile s "$T/section" '.linux.seccomp = $s[0]' "$T/b/config.json" >"$T/b/config.new"
      mv "$T/b/config.new" "$T/b/config.json"
      runc --root "$T/root" run --bundle "$T/b" "plain$i" >"$T/plain"
      ID=base-$b-$i
      for run in 1 2; do
        learn >"$T/learnt"
        newest ".complete and .baseline == \"$b\""
        # keep: the same answers; default: none that was open is denied.
        if [ $b = keep ]; then diff "$T/plain" "$T/learnt"; else [ -z "$(join <(sort "$T/plain") <(sort "$T/learnt") -o 1.2,2.2 | awk '$1 == "ok" && $2 != "ok"')" ]; fi
      done
      newest '.quiet.count > 5'
    done
  done
}

@test "50 replicas of one key, half of them at once: the evidence is the union, and each is complete" {
  n=${SNUG_REPLICAS:-50}
  make_bundle
  # Several at once would make them in the root directory that they share, and runc knows only one that does.
  mkdir -p "$T/b/rootfs"/{dev,proc,sys}
  does fork
  names=(111 124 146 100 98 95 140 204 283 284 294 291 319 36 37 99)
  for i in $(seq "$n"); do
    mkdir "$T/r$i"
    jq --arg r "$T/b/rootfs" --arg nr "${names[i % 16]}" --arg k "$ID" \
      '.root = {path: $r, readonly: true} | .process.args += ["sleep", $nr] | .annotations["io.snug.profile"] = $k' \
      <"$T/b/config.json" >"$T/r$i/config.json"
    chmod 755 "$T/r$i"
  done
  for i in $(seq "$n"); do
    snug-learn --root "$T/root" run --bundle "$T/r$i" "rep-$i-x" >"$T/out$i" 2>&1 &
    [ "$i" -lt $((n / 2)) ] && continue
    sleep 0.15
    # The others begin when something is known.
    [ "$i" -ne $((n / 2)) ] || eventually eval '[ "$(snug show --json "$ID" 2>/dev/null | jq "[.syscalls[] | select(.phase == \"workload\" and .count > 0)] | length")" -gt 10 ]'
  done
  wait
  grep -L 'fork ok' "$T"/out* | xargs -r cat
  snug show --json "$ID" >"$T/json"
  jq -c '[.runs[] | {c: .complete, q: .quiet.count, n: .records}] | group_by(.q) | map({q: .[0].q, runs: length, complete: map(select(.c)) | length})' "$T/json"
  jq -e --argjson n "$n" '(.runs | length) == $n and ([.runs[] | select(.complete)] | length) == $n' "$T/json"
  # Some were quiet already.
  jq -e '[.runs[] | select(.quiet.count > 5)] | length > 0' "$T/json"
  for nr in "${names[@]}"; do jq -e --argjson nr "$nr" '.syscalls[] | select(.nr == $nr and .phase == "workload")' "$T/json" >/dev/null; done
}
