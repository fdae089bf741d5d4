load helper
bats_require_minimum_version 1.5.0

# floor_file RUNTIMES...: a node's floors, as `snug floor --json` prints them.
floor_file() {
  printf '{"version": 1, "kernel": "6.1.0", "machine": "x86_64", "libseccomp": "2.5.4", "libseccomp_lacks": ["mseal"],
    "runtimes": [%s]}\n' "$(join "$@")" >"$dir/floor.json"
}

# runtime NAME GO FLOORS...
runtime() {
  printf '{"path": "/usr/sbin/%s", "id": "%s-1", "version": "%s version 1.1.5;commit: x", "go": %s, "floors": [%s]}' \
    "$1" "$1" "$1" "$2" "$(join "${@:3}")"
}

# floor PHASE NNP CALL...: NAME:NR:SEEN of 80 starts.
floor() {
  local c calls=()
  for c in "${@:3}"; do
    IFS=: read -r name nr seen <<<"$c"
    calls+=("{\"name\": \"$name\", \"nr\": $nr, \"seen\": $seen}")
  done
  printf '{"phase": "%s", "no_new_privileges": %s, "shape": "0123", "started_as": "x", "starts": 80, "silent": 60,
    "calls": [%s]}' "$1" "$2" "$(join "${calls[@]}")"
}

# profile NAME...: an allow-list with ENOSYS for the rest; the always-set and Go's are in it.
base="exit exit_group rt_sigreturn restart_syscall clock_gettime clock_getres gettimeofday time getcpu getrandom"
profile() {
  python3 -c 'import json,sys
print(json.dumps({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
  "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
  "syscalls": [{"names": sorted(set(sys.argv[1:])), "action": "SCMP_ACT_ALLOW"}]}, indent=1))' $base "$@"
}

check() { run_snug check --floor-file "$dir/floor.json" "$@"; }

# found KIND: the findings of that kind, of --json.
found() { python3 -c 'import json,sys
for p in json.load(open(sys.argv[1]))["profiles"]:
  for f in p["findings"]:
    if f["kind"] == sys.argv[2]:
      print(f["level"], f.get("runtime", "-"), f.get("phase", "-"), f.get("no_new_privileges", "-"), *[c["name"] for c in f["calls"]])' \
  "$dir/out.json" "$1"; }
check_json() { check --json "$@"; printf '%s\n' "$output" >"$dir/out.json"; }

setup_floors() {
  floor_file \
    "$(runtime runc false "$(floor create true close:3:80 execve:59:80)" \
      "$(floor create false close:3:80 execve:59:80 faccessat2:439:80 futex:202:5)" "$(floor exec true statx:332:80)")" \
    "$(runtime crun false "$(floor create true close:3:80 execve:59:80)" "$(floor create false close:3:80 execve:59:80)")"
}

@test "check: what each runtime lacks, by way into the container, and the line to add" {
  setup_floors
  profile close execve >"$dir/p.json"
  check "$dir/p.json"
  [ "$status" -eq 1 ]
  grep -qE 'p.json +FAILS +only with noNewPrivileges +ok' <<<"$output"
  grep -qE '^ +faccessat2 +ENOSYS +80 of 80 +- *$' <<<"$output"
  grep -qE '^ +futex +ENOSYS +5 of 80 +- *$' <<<"$output"
  grep -qE '^ +statx +ENOSYS +- +80 of 80' <<<"$output"
  [[ "$output" == *'with noNewPrivileges true, add to the allowed names: "statx"'* ]]
  [[ "$output" == *'with noNewPrivileges false, add to the allowed names: "faccessat2", "futex"'* ]]
  [[ "$output" == *"1 fails"*"runc 1.1.5, crun 1.1.5; Linux 6.1.0"* ]]
  check_json "$dir/p.json"
  [ "$(found runtime-floor)" = "failure /usr/sbin/runc create False faccessat2 futex
failure /usr/sbin/runc exec True statx" ]
  profile close execve faccessat2 futex statx >"$dir/p.json"
  check "$dir/p.json"
  [ "$status" -eq 0 ]
  [[ "$output" == "1 profile: 0 fail, 0 with warnings, 1 ok."* ]]
}

@test "check: what is missing only now and then is told as that" {
  setup_floors
  profile close execve faccessat2 statx >"$dir/p.json"
  check "$dir/p.json"
  [ "$status" -eq 1 ]
  grep -qE 'p.json +FAILS +starts sometimes +ok' <<<"$output"
  profile close execve faccessat2 futex >"$dir/p.json"
  check "$dir/p.json"
  [ "$status" -eq 1 ]
  grep -qE 'p.json +FAILS +no exec +ok' <<<"$output"
}

@test "check: a Go runtime's scheduler is a warning, --strict makes it a failure" {
  floor_file "$(runtime runc true "$(floor create true close:3:80)")"
  profile close >"$dir/p.json"
  check "$dir/p.json"
  [ "$status" -eq 0 ]
  [[ "$output" == *"warning: runc 1.1.5 may occasionally fail to start a container"*epoll_pwait* ]]
  check --strict "$dir/p.json"
  [ "$status" -eq 1 ]
  profile close futex sched_yield nanosleep clock_nanosleep epoll_pwait epoll_wait tgkill getpid gettid rt_sigprocmask sigaltstack \
    madvise mmap munmap mprotect brk set_robust_list rseq restart_syscall timer_create timer_settime timer_delete epoll_ctl read \
    write pipe2 eventfd2 >"$dir/p.json"
  # clone as threads are made with it is enough.
  python3 - "$dir/p.json" <<'PY'
import json, sys
p = json.load(open(sys.argv[1]))
p["syscalls"].append({"names": ["clone"], "action": "SCMP_ACT_ALLOW",
  "args": [{"index": 0, "value": 0x7e020000, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]})
json.dump(p, open(sys.argv[1], "w"))
PY
  check_json "$dir/p.json"
  [ -z "$(found runtime-scheduler)" ]
}

@test "check: exit_group and the like" {
  floor_file
  profile read | sed 's/"exit_group"/"write"/; s/"restart_syscall"/"open"/' >"$dir/p.json"
  check_json "$dir/p.json"
  [ "$status" -eq 1 ]
  [ "$(found always-needed)" = "failure - - - exit_group
warning - - - restart_syscall" ]
}

@test "check: EPERM stops the fallback of newer calls, ENOSYS does not, and a forbidden older call needs none" {
  floor_file
  profile clone newfstatat faccessat | sed 's/"defaultErrnoRet": 38/"defaultErrnoRet": 1/' >"$dir/p.json"
  check_json "$dir/p.json"
  [ "$status" -eq 0 ]
  [ "$(found fallback)" = "warning - - - clone3 faccessat2 statx" ]
  profile clone newfstatat faccessat >"$dir/p.json"
  check_json "$dir/p.json"
  [ -z "$(found fallback)" ]
  profile read | sed 's/"defaultErrnoRet": 38/"defaultErrnoRet": 1/' >"$dir/p.json"
  check_json "$dir/p.json"
  [ -z "$(found fallback)" ]
}

@test "check: runc answers ENOSYS above the highest number of the profile, crun does not" {
  profile clone | sed 's/"defaultErrnoRet": 38/"defaultErrnoRet": 1/' >"$dir/p.json"
  floor_file "$(runtime runc false)"
  check_json "$dir/p.json"
  [ -z "$(found fallback)" ]
  floor_file "$(runtime runc false)" "$(runtime crun false)"
  check_json "$dir/p.json"
  [ "$(found fallback)" = "warning - - - clone3" ]
  # A number above it: no stub.
  profile clone faccessat2 | sed 's/"defaultErrnoRet": 38/"defaultErrnoRet": 1/' >"$dir/p.json"
  floor_file "$(runtime runc false)"
  check_json "$dir/p.json"
  [ "$(found fallback)" = "warning - - - clone3" ]
}

@test "check: unconfined, a list of what is denied, a list that only logs" {
  floor_file
  echo '{"defaultAction": "SCMP_ACT_ALLOW"}' >"$dir/p.json"
  check_json "$dir/p.json"
  [ "$status" -eq 1 ]
  [ "$(found unconfined)" = "failure - - -" ]
  echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mount"], "action": "SCMP_ACT_ERRNO"}]}' >"$dir/p.json"
  check "$dir/p.json"
  [ "$status" -eq 0 ]
  [[ "$output" == *"refuses only the 1 listed call and"* ]]
  echo '{"defaultAction": "SCMP_ACT_LOG"}' >"$dir/p.json"
  check_json "$dir/p.json"
  [ "$status" -eq 0 ]
  [ "$(found unconfined)" = "warning - - -" ]
}

@test "check: names that no kernel has, and those that the node's libseccomp lacks" {
  floor_file
  profile read exit_gruop mseal >"$dir/p.json"
  check_json "$dir/p.json"
  [ "$status" -eq 0 ]
  [ "$(found unknown-name)" = "warning - - - exit_gruop" ]
  [ "$(found unnameable)" = "warning - - - mseal" ]
}

@test "check: what runtimes refuse is a failure where they are asked for, else a warning" {
  profile read | sed 's/"defaultErrnoRet": 38/"flags": ["SECCOMP_FILTER_FLAG_LOG"], "defaultErrnoRet": 38/' >"$dir/flags.json"
  echo '{"defaultAction": "SCMP_ACT_LOG", "defaultErrnoRet": 38}' >"$dir/log.json"
  floor_file "$(runtime runc false)"
  check_json "$dir/flags.json" "$dir/log.json"
  [ "$status" -eq 1 ]
  [ "$(found refused-by-runtime)" = "failure /usr/sbin/runc - -
warning - - -" ]
  floor_file "$(runtime crun false)"
  check_json "$dir/flags.json" "$dir/log.json"
  [ "$(found refused-by-runtime)" = "warning - - -
failure /usr/sbin/crun - -" ]
}

@test "check: unreadable profiles fail one by one, and say where" {
  floor_file
  mkdir -p "$dir/d/sub/.git"
  profile read >"$dir/d/good.json"
  echo '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALOW"}]}' >"$dir/d/sub/action.json"
  echo '{"defaultAction": "SCMP_ACT_ERRNO"' >"$dir/d/torn.json"
  echo '{}' >"$dir/d/empty.json"
  echo text >"$dir/d/README"
  echo '{' >"$dir/d/sub/.git/x.json"
  ln -s nowhere "$dir/d/broken.json"
  ln -s .. "$dir/d/sub/up"
  check "$dir/d"
  [ "$status" -eq 1 ]
  [[ "$output" == "5 profiles: 4 fail, 0 with warnings, 1 ok."* ]]
  [[ "$output" == *"action.json: syscalls[0].action, line 1:"* ]]
  [[ "$output" == *"broken.json: No such file or directory"* ]]
  [[ "$output" == *"torn.json"*"empty.json"* || "$output" == *"empty.json"*"torn.json"* ]]
  [[ "$stderr" == *"skipped "* ]]
  check_json "$dir/d"
  [ "$(found invalid | wc -l)" -eq 4 ]
}

@test "check: a rootless floor is told from root's" {
  floor_file "$(runtime crun false "$(floor create true 'setresuid:117:80')")"
  jq '.version = 3 | .runtimes[0].floors[0].rootless = true' "$dir/floor.json" >"$dir/f.json"; mv "$dir/f.json" "$dir/floor.json"
  profile read >"$dir/p.json"
  check "$dir/p.json"
  [ "$status" -eq 1 ]
  echo "$output"
  [[ "$(tr -s ' \n' ' ' <<<"$output")" == *"Checked for crun 1.1.5 (rootless);"*"crun 1.1.5 (/usr/sbin/crun, rootless) itself makes the calls below"* ]]
  check --json "$dir/p.json"
  jq -e '[.profiles[0].findings[] | select(.rootless)] | length == 1 and .[0].phase == "create"' <<<"$output"
  jq '.runtimes[0].floors[0].rootless = "yes"' "$dir/floor.json" >"$dir/f.json"; mv "$dir/f.json" "$dir/floor.json"
  check "$dir/p.json"
  refused 2 "runtimes[0].floors[0].rootless"
}

@test "check: bad operands and bad floor files are status 2" {
  floor_file
  check "$dir/none.json"
  refused 2 "none.json"
  check nobody
  refused 2 "neither a key nor a file"
  check @docker
  refused 2 "no default profile @docker"
  mkdir "$dir/empty"
  check "$dir/empty"
  refused 2 "no .json, .yaml, .yml or .conf file"
  check --runtime /usr/sbin/runc "$dir/floor.json"
  refused 2 "leave out --runtime"
  echo '{"version": 4}' >"$dir/floor.json"
  check "$dir/empty"
  refused 2 "floor.json: version, line 1"
  floor_file "$(runtime runc false '{"phase": "start"}')"
  check "$dir/empty"
  refused 2 "runtimes[0].floors[0].phase"
  floor_file "$(runtime runc false "$(floor create true 'x y:1:1')")"
  check "$dir/empty"
  refused 2 "expected the name of a system call"
  floor_file "$(runtime runc false "$(floor create true 'read:1:1')")"
  jq '.runtimes[0].floors[0].calls = []' "$dir/floor.json" >"$dir/f.json"; mv "$dir/f.json" "$dir/floor.json"
  check "$dir/empty"
  refused 2 "runtimes[0].floors[0].calls"
  [[ "$stderr" == *": a floor without system calls: every runtime makes some" ]]
  floor_file "$(runtime runc false "$(floor create true 'read:1:1')")"
  either enosys read openat2
  check "$dir/empty"
  refused 2 "runtimes[0].floors[0].either[0].calls[1], line"
  [[ "$stderr" == *": expected one of the calls above" ]]
  sed -i 's/enosys/enoent/' "$dir/floor.json"
  check "$dir/empty"
  refused 2 'expected "enosys" or "eperm"'
  floor_file
  printf '\xef\xbb\xbf' | cat - <(profile read) >"$dir/bom.json"
  check "$dir/bom.json"
  [[ "$output" == *"bom.json: line 1: a byte order mark stands in front of it"* ]]
  printf '{\n"defaultAction": "SCMP_ACT_ALLOW",\n"syscalls": [\n' >"$dir/torn.json"
  check "$dir/torn.json"
  [[ "$output" == *"torn.json: line 3: not JSON"* ]]
  sed -i 's/x86_64/vax/' "$dir/floor.json"
  check "$dir/empty"
  refused 2 "machine"
}

@test "check: the defaults, standard input, a key" {
  floor_file
  check @moby @containerd @podman
  [ "$status" -eq 0 ]
  [[ "$output" == "3 profiles: 0 fail"* ]]
  # Podman's allows more than the other two.
  [[ "$output" == *"dangerous calls that the defaults of Docker 28.5 and containerd 2.1 refuse"*"  unshare "* ]]
  run_snug check --floor-file "$dir/floor.json" - < <(profile read)
  [ "$status" -eq 0 ]
  put_web
  check web
  [ "$status" -eq 0 ]
  [[ "$output" == *"mount"*"changes which files the container sees"* ]]
}

@test "check: the same content is told once" {
  floor_file
  mkdir "$dir/d"
  for i in 1 2 3 4 5; do profile read | sed 's/"exit_group"/"write"/' >"$dir/d/$i.json"; done
  check "$dir/d"
  [ "$status" -eq 1 ]
  [ "$(grep -c 'every program needs these calls to exit cleanly' <<<"$output")" -eq 1 ]
  [[ "$output" == *"and 2 more (the same content)"* ]]
}

@test "check: Docker's conditions are read as Docker does, and what containerd makes of them is told" {
  floor_file "$(runtime runc false "$(floor create true close:3:80)")"
  cat >"$dir/p.json" <<'JSON'
{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
 "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
 "syscalls": [{"names": ["close", "exit", "exit_group", "rt_sigreturn", "restart_syscall", "clock_gettime", "clock_getres",
   "gettimeofday", "time", "getcpu", "getrandom"], "action": "SCMP_ACT_ALLOW"},
  {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}}]}
JSON
  check "$dir/p.json"
  [ "$status" -eq 0 ]
  [[ "$output" == *"containerd, and so Kubernetes, ignores"*"archMap"* ]]
  [[ "$output" == *"for containerd: it allows dangerous calls"*mount* ]]
  sed -i 's/"names": \["close", /"includes": {"caps": ["CAP_SYS_ADMIN"]}, "names": ["close", /' "$dir/p.json"
  check "$dir/p.json"
  [ "$status" -eq 1 ]
  [[ "$output" == *"failure: for Docker: every program needs these calls"* ]]
}

@test "check: a profile for other machines is a warning, and its names count here all the same" {
  floor_file "$(runtime runc false "$(floor create true close:3:80)")"
  profile close | sed 's/"SCMP_ARCH_X86_64"/"SCMP_ARCH_AARCH64"/; /"SCMP_ARCH_X86",/d; s/"SCMP_ARCH_X32"/"SCMP_ARCH_ARM"/' >"$dir/p.json"
  check_json "$dir/p.json"
  [ "$status" -eq 0 ]
  [ "$(found architecture)" = "warning - - -" ]
  [ -z "$(found runtime-floor)" ]
  # The floor of an aarch64 node, on whatever machine this is.
  sed -i 's/x86_64/aarch64/; s/"nr": 3/"nr": 57/' "$dir/floor.json"
  check_json "$dir/p.json"
  [ -z "$(found runtime-floor)$(found architecture)" ]
  profile read >"$dir/p.json"
  check_json "$dir/p.json"
  [ "$status" -eq 1 ]
  [ "$(found runtime-floor)" = "failure /usr/sbin/runc create True close" ]
}

# A floor of a runtime that was ablated: NAME:NR:SEEN:USE[:ENOSYS:EPERM] of 80 starts.
ablated() {
  local c calls=()
  for c in "${@:3}"; do
    IFS=: read -r name nr seen use enosys eperm <<<"$c"
    calls+=("{\"name\": \"$name\", \"nr\": $nr, \"seen\": $seen, \"use\": \"$use\"${enosys:+, \"enosys\": \"$enosys\", \"eperm\": \"$eperm\"}}")
  done
  printf '{"phase": "%s", "no_new_privileges": %s, "shape": "0123", "started_as": "x", "starts": 80, "silent": 60,
    "calls": [%s]}' "$1" "$2" "$(join "${calls[@]}")"
}
setup_ablated() {
  floor_file "$(runtime runc false "$(ablated exec false close:3:80:needs:fails:fails statx:332:80:needs:fails:fails \
    fsopen:430:80:tries:starts:starts open_tree:428:80:tries:starts:fails mmap:9:2:may-use uname:63:70:may-use:starts:starts)")"
  sed -i 's/"version": 1, "kernel"/"version": 2, "kernel"/' "$dir/floor.json"
}

@test "check: what a runtime only tries fails where it does not fall back, and is fixed by ENOSYS" {
  setup_ablated
  # Above its highest number runc answers ENOSYS whatever the profile says.
  profile close statx mmap uname futex_waitv >"$dir/p.json"
  check --strict "$dir/p.json"
  [ "$status" -eq 0 ]
  [[ "$output" != *fsopen* ]]
  check --all "$dir/p.json"
  [[ "$output" == *"note: runc 1.1.5 (/usr/sbin/runc) tries the calls below and copes"* ]]
  grep -qE '^ +fsopen +ENOSYS +80 of 80' <<<"$output"
  sed -i 's/"defaultErrnoRet": 38/"defaultErrnoRet": 1/' "$dir/p.json"
  check "$dir/p.json"
  [ "$status" -eq 1 ]
  [[ "$output" == *'add to "syscalls": {"names": ["open_tree"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}'* ]]
  [[ "$output" != *'allowed: "open_tree"'* ]]; [[ "$output" != *'"fsopen"'* ]]
  check_json "$dir/p.json"
  [ "$(found runtime-floor | sort)" = "failure /usr/sbin/runc exec False open_tree
note /usr/sbin/runc exec False fsopen" ]
}

@test "check --fix: a call that need only be answered with ENOSYS is not opened" {
  setup_ablated
  profile close mmap uname futex_waitv | sed 's/"defaultErrnoRet": 38/"defaultErrnoRet": 1/' >"$dir/p.json"
  check --fix "$dir/fixed.json" "$dir/p.json"
  [ "$status" -eq 1 ]
  [[ "${output//[$'\n ']/}" == *'{"names":["open_tree"],"action":"SCMP_ACT_ERRNO","errnoRet":38}'* ]]
  [[ "$output" == *"/fixed.json: written, "*"must be answered with ENOSYS"*'{"names": ["open_tree"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}'* ]]
  jq -e '[.syscalls[].names[]] | index("statx") and (index("open_tree") | not)' "$dir/fixed.json"
}

@test "check: a process that is killed for it falls back on nothing" {
  setup_ablated
  # Above its highest number runc answers ENOSYS whatever the profile says.
  profile close statx mmap uname futex_waitv >"$dir/p.json"
  sed -i 's/"SCMP_ACT_ERRNO"/"SCMP_ACT_KILL_PROCESS"/; /defaultErrnoRet/d' "$dir/p.json"
  check_json "$dir/p.json"
  [ "$(found runtime-floor)" = "failure /usr/sbin/runc exec False fsopen open_tree" ]
}

@test "check: what is needed fails, what was seen at some starts only and did not fail then is a warning" {
  setup_ablated
  profile close >"$dir/p.json"
  check_json "$dir/p.json"
  [ "$(found runtime-floor | sort)" = "failure /usr/sbin/runc exec False mmap statx
note /usr/sbin/runc exec False fsopen open_tree
warning /usr/sbin/runc exec False uname" ]
}

# either ERRNO CALL...: what is added to the last floor of a floor file of ablated ones.
either() {
  jq --arg e "$1" '.runtimes[0].floors[-1].either += [{errno: $e, calls: $ARGS.positional}]' --args "${@:2}" <"$dir/floor.json" >"$dir/floor.new"
  mv "$dir/floor.new" "$dir/floor.json"
}

@test "check: of calls of which one is needed, one is named, unless one is there or is named anyway" {
  floor_file "$(runtime crun false "$(ablated create true close:3:80:needs:fails:fails)" "$(ablated exec true close:3:80:needs:fails:fails \
    fcntl:72:80:either:starts:starts openat2:437:80:either:starts:starts bpf:321:80:either:starts:starts statx:332:80:either:starts:starts)")"
  sed -i 's/"version": 1, "kernel"/"version": 2, "kernel"/' "$dir/floor.json"
  for e in enosys eperm; do either $e fcntl openat2; either $e fcntl bpf; either $e bpf statx; done
  for errno in 38 1; do
    # fcntl helps two sets, the third one's harmless call is statx.
    profile close futex_waitv >"$dir/p.json"
    sed -i 's/"defaultErrnoRet": 38/"defaultErrnoRet": '$errno'/' "$dir/p.json"
    check_json "$dir/p.json"
    [ "$(found runtime-floor | grep failure)" = "failure /usr/sbin/crun exec True fcntl statx" ]
    # What is there already is enough.
    profile close openat2 bpf >"$dir/p.json"
    sed -i 's/"defaultErrnoRet": 38/"defaultErrnoRet": '$errno'/' "$dir/p.json"
    check "$dir/p.json"
    [ "$status" -eq 0 ]
  done
  # openat2 is needed by another way in under the same noNewPrivileges, so that nothing else is named for the first set.
  floor_file "$(runtime crun false "$(ablated create true close:3:80:needs:fails:fails openat2:437:80:needs:fails:fails)" \
    "$(ablated exec true fcntl:72:80:either:starts:starts openat2:437:80:either:starts:starts)")"
  sed -i 's/"version": 1, "kernel"/"version": 2, "kernel"/' "$dir/floor.json"
  either enosys fcntl openat2
  profile close >"$dir/p.json"
  check_json "$dir/p.json"
  [ "$(found runtime-floor | grep failure)" = "failure /usr/sbin/crun create True openat2" ]
}

@test "check: a floor file of version 1 is read, what it holds is needed" {
  floor_file "$(runtime runc false "$(floor create true close:3:80 fsopen:430:80)")"
  profile close >"$dir/p.json"
  check_json "$dir/p.json"
  [ "$(found runtime-floor)" = "failure /usr/sbin/runc create True fsopen" ]
}

@test "check --runtime runc-1.3.6: a runtime that is nowhere at hand, from the catalogue" {
  profile close execve fstat fstatfs futex getdents64 openat write mmap epoll_ctl getpid read newfstatat faccessat2 >"$dir/p.json"
  run_snug check --runtime runc-1.3.6 "$dir/p.json"
  [ "$status" -eq 1 ]
  [[ "$output" == *"Checked for runc 1.3.6+ds1 (from the catalogue)"* ]]
  run_snug check --json --runtime runc-1.3.6 "$dir/p.json"
  printf '%s\n' "$output" >"$dir/out.json"
  # What runc 1.1.5 did without, and this one does not start without.
  [ "$(found runtime-floor | grep 'create True' | grep failure)" = "failure runc create True openat2 statx" ]
  # Without openat2 it goes another way, which fcntl is enough for.
  profile close execve fstat fstatfs futex getdents64 openat write mmap epoll_ctl getpid read newfstatat faccessat2 fcntl >"$dir/p.json"
  run_snug check --json --runtime runc-1.3.6 "$dir/p.json"
  printf '%s\n' "$output" >"$dir/out.json"
  [ "$(found runtime-floor | grep 'create True' | grep failure)" = "failure runc create True statx" ]
  run_snug check --runtime runc-0.9 "$dir/p.json"
  refused 2 "the catalogue has no runc-0.9 for x86_64; it has crun-"
  run_snug floor --list
  grep -qE '^runc-1\.3\.6 +x86_64 +20' <<<"$output"
}

@test "check: Docker's and containerd's defaults hold what the released runtimes need, on both machines" {
  local machine
  run_snug floor --list
  for machine in x86_64 aarch64; do
    runtimes=$(awk -v m=$machine '$2 == m {print $1}' <<<"$output" | paste -sd,)
    [[ "$runtimes" == *crun-*,runc-* ]]
    "$snug" check --machine $machine --runtime "$runtimes" @moby @containerd
  done
}
