# What `snug explain` makes of logs that hold no record of the kernel's: words, other programs' lines, other encodings.
bats_require_minimum_version 1.5.0
load helper

export TZ=UTC
record='type=1326 audit(1704110400.001:1): auid=4294967295 uid=0 gid=0 ses=4294967295 pid=1 comm="x" exe="/x" sig=0 arch=c000003e syscall=83 compat=0 ip=0x3ff code=0x50000'

# said LINE...: the calls that a runtime's own words are explained by, space between.
said() {
  printf '%s\n' "$@" >"$dir/log"
  run_snug explain --json "$dir/log"
  jq -r '[.sentences[].calls[]] | unique | join(" ")' <<<"$output"
}

@test "what a profile hands over is told as what it is, and found" {
  echo "audit: $record" >"$dir/log"
  echo '{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/run/x","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_NOTIFY"}]}' >"$dir/notify.json"
  run_snug explain "$dir/log" --profile "$dir/notify.json"
  [ "$status" -eq 1 ]
  [[ "$output" == *"handed over (notify)"*"mkdir: the profile hands it over to an agent (SCMP_ACT_NOTIFY)"* ]]
  [[ "$output" != *"allows 1"* && "$output" != *"What to add"* ]]
  echo '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_TRACE"}]}' >"$dir/trace.json"
  run_snug explain "$dir/log" --profile "$dir/trace.json"
  [ "$status" -eq 1 ]
  [[ "$output" == *"handed over (trace)"*"mkdir: the profile hands it over to a tracer (SCMP_ACT_TRACE)"*ENOSYS* ]]
  run_snug explain "$dir/log" --profile "$dir/trace.json" --json
  jq -e '.add == [] and .calls[0].profile == "handed over (trace)"' <<<"$output"
  output="$("$snug" explain --follow --profile "$dir/trace.json" - <"$dir/log" 2>/dev/null)" || true
  [[ "$output" == *"mkdir [profile: handed over (trace)]"* ]]
}

@test "every wording of a refusal and of SIGSYS is a sign; other numbers are none" {
  for line in "mkdir: can't create directory '/tmp/x': Function not implemented" '      Exit Code:    159' 'exit status 159' \
    'State: Terminated, Exit Code: 159, Reason: Error' 'the container exited with status 159' '[1]  123 invalid system call (core dumped)  ./a' \
    'command terminated with exit code 159' '{"exitCode":159,"reason":"Error"}' '{"ExitCode": 159}' '  exitCode: 159' \
    'abc  web  "sh"  3 hours ago  Exited (159) 2 hours ago' 'make: *** [all] Error 159' 'Bad system call (core dumped)' \
    'foo.service: Main process exited, code=killed, status=31/SYS' 'foo.service: Main process exited, code=exited, status=159/n/a' \
    '       Signal: 31 (SYS)' 'worker process 7 exited on signal 31' '+++ killed by SIGSYS +++' 'Terminated by signal SIGSYS (31)' \
    'type=ANOM_ABEND msg=audit(1706114183.948:8): auid=4294967295 uid=0 gid=0 ses=4294967295 pid=48 comm="mkdir" exe="/bin/busybox" sig=31 res=1' \
    'audit: type=1701 audit(1706114183.948:8): auid=4294967295 uid=0 gid=0 ses=4294967295 pid=48 comm="mkdir" exe="/bin/busybox" sig=31 res=1' \
    '../../sandbox/linux/seccomp-bpf-helpers/sigsys_handlers.cc:**CRASHING**:seccomp-bpf failure in syscall 0403' \
    '   Main PID: 123 (code=killed, signal=SYS)' 'zsh: invalid system call  ./a' "The command '/bin/sh -c a' returned a non-zero code: 159" \
    'did not complete successfully: exit code: 159' 'died with exit status -31' "worker exited: { code: null, signal: 'SIGSYS' }" 'was sent SIGSYS!' 'got SIGSYS' \
    'level=info msg="container exited" exit_status=159' '{"exit_code":159}' '"exit_code": 159,' 'EXIT_CODE=159' 'exitStatus=159' 'Command exited with 159.' \
    'container die (execDuration=1, exitCode=159, image=web)' '{"terminated":{"reason":"Error","signal":31}}' '      Signal:       31' '(exit status: 159)' 'exit 159' \
    'Cause: seccomp prevented call to disallowed x86_64 system call 434' 'Sandbox: seccomp sandbox violation: pid 5, tid 5, syscall 41, args 1 2' \
    'bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces.' \
    '[warning][os,thread] Failed to start thread "GC Thread#0" - pthread_create failed (EPERM) for attributes: stacksize: 1024k' \
    'curl: (6) getaddrinfo() thread failed to start' "RuntimeError: can't start new thread" \
    "node[1]: ../src/node_platform.cc:68: Start(): Assertion \`(0) == (uv_thread_create(t.get(), start_thread, this))' failed."; do
    echo "$line" >"$dir/log"
    run_snug explain "$dir/log"
    echo "$line: $status"
    [ "$status" -eq 1 ]
    [[ "$output" == *"Other lines in the log that report a refusal: 1"* ]]
  done
  printf '%s\n' '      Exit Code:    0' '      Exit Code:    1' 'exit status 15' 'exit code 1590' 'Exit Code: 1' 'exited with status 1' '{"exitCode":1}' 'Exited (15) now' 'status=31' \
    '{"exit_code":15}' '{"exit_code": 1590}' 'exit 1590' 'signal=SYSTEM' 'status: 15' '{"signal":310}' 'Signal:       3' 'exit status -3' 'started new thread' \
    'type=ANOM_ABEND msg=audit(1706114183.948:8): pid=48 comm="mkdir" exe="/bin/busybox" sig=11 res=1' >"$dir/log"
  run_snug explain "$dir/log"
  [ "$status" -eq 0 ]
}

@test "EPERM, ENOSYS and SIGSYS in the words of other languages" {
  n=0
  while IFS='|' read -r eperm enosys sigsys; do
    printf '%s\n' "mkdir: x: $eperm" "mkdir: x: $enosys" "./a: 3: 12 $sigsys (core dumped) ./b" >"$dir/log"
    run_snug explain --json "$dir/log"
    echo "$eperm: $output"
    jq -e '.errors == 3 and .signs.eperm == 1 and .signs.enosys == 1 and .signs.sigsys == 1' <<<"$output"
    n=$((n + 1))
  done <<'END'
Die Operation ist nicht erlaubt|Die angeforderte Funktion ist nicht implementiert|Ungültiger Betriebssystemaufruf
Opération non permise|Fonction non implantée|Appel système erroné
Operación no permitida|Función no implementada|Llamada al sistema errónea
Operazione non permessa|Funzione non implementata|Chiamata di sistema errata
Operação não permitida|Função não implementada|Chamada de sistema inválida
Операция не позволена|Функция не реализована|Неверный системный вызов
Operacja niedozwolona|Nie zaimplementowana funkcja|Błędne wywołanie systemowe
Operationen inte tillåten|Funktion inte implementerad|Felaktigt systemanrop
许可: 不允许的操作|函数未实现|错误的系统调用
許可されていない操作です|関数は実装されていません|間違ったシステムコール
명령을 허용하지 않음|함수를 구현하지 않았습니다|시스템 콜이 잘못됨
END
  [ "$n" -eq 11 ]
  # Of every language that this machine has messages in, what the C library itself says.
  python3 - >"$dir/here" <<'P'
import gettext, glob
for path in sorted(glob.glob("/usr/share/locale/*/LC_MESSAGES/libc.mo")):
    if path.split("/")[4] in "cs da de es fi fr hu it ja ko nb nl pl pt pt_BR ru sv tr uk zh_CN zh_TW".split():
        t = gettext.GNUTranslations(open(path, "rb"))
        print("\n".join(t.gettext(w) for w in ("Operation not permitted", "Function not implemented", "Bad system call")))
P
  run_snug explain --json "$dir/here"
  [ "$(jq .errors <<<"$output")" -eq "$(grep -c '' "$dir/here")" ]
}

@test "the runtimes' own sentences name the call, as their versions print them" {
  run="level=error msg=\"runc run failed: unable to start container process:"
  [ "$(said 'reopen exec fifo: get safe /proc/thread-self/fd handle: clone root fd: fcntl(F_DUPFD_CLOEXEC): function not implemented')" = fcntl ]
  [ "$(said 'unsafe procfs detected: openat2 fsmount:fscontext:proc/thread-self/fd/: operation not permitted')" = openat2 ]
  [ "$(said 'reopen exec fifo: check safety of /proc/thread-self/fd/7 magiclink: get root mount id: statx(STATX_MNT_ID_...) fsmount:fscontext:proc/: could not get mount id: operation not permitted')" = statx ]
  [ "$(said 'close log pipe: close logpipe: function not implemented')" = close ]
  [ "$(said 'close log pipe fd 4: operation not permitted')" = close ]
  [ "$(said 'open exec fifo /proc/self/fd/5: operation not permitted')" = openat ]
  [ "$(said 'readdirent /proc/self/fd: operation not permitted')" = getdents64 ]
  [ "$(said "$run error during container init: unable to setup user: fstatfs fsmount:fscontext:proc: operation not permitted\"")" = fstatfs ]
  [ "$(said "$run error closing exec fds: open /proc/self/fd: function not implemented\"")" = openat ]
  [ "$(said "$run error during container init: unable to setup user: setgroups: operation not permitted\"")" = setgroups ]
  [ "$(said "$run unable to setup user: operation not permitted\"")" = "setgid setuid" ]
  [ "$(said "$run error during container init: unable to apply caps: can't apply capabilities: function not implemented\"")" = "capset prctl" ]
  [ "$(said "$run error during container init: unable to get capability version from the kernel: operation not permitted\"")" = capget ]
  [ "$(said "$run function not implemented\"")" = capget ]
  [ "$(said "$run chdir to cwd (\\\"/\\\") set in config.json failed: function not implemented\"")" = chdir ]
  [ "$(said "$run error during container init: exec: \\\"/bin/sh\\\": stat /bin/sh: function not implemented\"")" = newfstatat ]
  [ "$(said 'exec /bin/sh: function not implemented')" = "execve faccessat faccessat2" ]
  [ "$(said 'exec container process `/bin/sh`: Function not implemented')" = execve ]
  [ "$(said 'cannot setresuid to `0`: Function not implemented')" = setresuid ]
  [ "$(said 'setresgid to `0`: Operation not permitted')" = setresgid ]
  [ "$(said 'sigaction: Function not implemented')" = rt_sigaction ]
  [ "$(said 'fstat fd `0`: Function not implemented')" = fstat ]
  [ "$(said 'openat `/proc/self/setgroups`: Function not implemented')" = openat ]
  [ "$(said 'read from file `self/setgroups`: Operation not permitted')" = read ]
  [ "$(said 'setgroups: Operation not permitted')" = setgroups ]
  [ "$(said 'read pipe failed')" = write ]
  [ "$(said 'futexwakeup addr=0xeba6e0 returned -38')" = futex ]
  [ "$(said 'exec /bin/sh: no such file or directory')" = "" ]
  [ "$(said 'panic: runtime error: invalid memory address' 'github.com/opencontainers/runc/libcontainer.startInitialization.func1()')" = getppid ]
}

@test "a sentence is judged by the profile, and fixed" {
  echo 'unsafe procfs detected: openat2 fsmount:fscontext:proc/thread-self/fd/: operation not permitted' >"$dir/log"
  echo '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}' >"$dir/p.json"
  run_snug explain "$dir/log" --profile "$dir/p.json" --fix "$dir/q.json"
  [ "$status" -eq 1 ]
  [[ "$output" == *"runc 1.2.8, 1.3.3 and later"*"p.json refuses openat2"*'"openat2"'* ]]
  diff <(jq -c '.syscalls[0].names' "$dir/q.json") <(echo '["openat2","read"]')
  run_snug explain "$dir/log" --profile "$dir/q.json"
  [ "$status" -eq 0 ]
  [[ "$output" == *"q.json allows openat2, so another profile was loaded"* ]]
  # One that others refuse as well is no reason by itself to open anything.
  echo 'exec container process `/bin/sh`: Operation not permitted' >"$dir/log"
  run_snug explain "$dir/log"
  [ "$status" -eq 1 ]
  [[ "$output" == *"perhaps refused: execve"*"Or not seccomp"* && "$output" != *"What to add"* ]]
}

@test "the stack of a Go program that aborts, the registers of one that dies of SIGSYS" {
  printf '%s\n' 'SIGABRT: abort' 'PC=0x7f9fcd361d0c m=0 sigcode=18446744073709551610' 'signal arrived during cgo execution' 'goroutine 1 gp=0x39a15fa7e1e0 [syscall]:' \
    'syscall.cgocaller(0x0?, {0x39a15fc7b4a8?, 0x0?, 0x0?})' 'syscall.Setgid(0x0)' 'rax    0x0' >"$dir/log"
  run_snug explain --json "$dir/log"
  jq -e '.add == ["setgid"] and .signs.abort == 2' <<<"$output"
  printf '%s\n' 'SIGSYS: bad system call' 'PC=0x48912b m=0 sigcode=1' '' 'goroutine 1 gp=0x1 [running]:' 'syscall.Syscall(0x53, 0xc000012345, 0x1ff, 0x0)' 'rax    0x53' 'rbx    0x1' >"$dir/log"
  run_snug explain --json "$dir/log"
  [ "$(uname -m)" = x86_64 ] || skip "registers of x86_64"
  jq -e '.add == ["mkdir"] and .calls[0].outcome == "trapped"' <<<"$output"
  # The registers of any other end name nothing.
  sed -i s/SIGSYS/SIGSEGV/ "$dir/log"
  run_snug explain --json "$dir/log"
  jq -e '.calls == []' <<<"$output"
}

@test "a record that stands in the journal's text twice is one; so many as the more numerous kind" {
  kernel='May 28 15:24:32 box kernel: audit: type=1326 audit(1622229872.180:55): '
  body='auid=4294967295 uid=0 gid=0 ses=4294967295 subj=docker-default pid=7645 comm="mnt" exe="/repro/mnt" sig=0 arch=c000003e syscall=165 compat=0 ip=0x7f8a6e55ec4e code=0x50000'
  printf '%s\n' "May 28 15:24:32 box audit[7645]: SECCOMP $body" "$kernel$body" >"$dir/log"
  run_snug explain --json "$dir/log"
  jq -e '.records == 2 and .duplicates == 1 and .calls[0].count == 1' <<<"$output"
  run_snug explain "$dir/log"
  [[ "$output" == "1 seccomp record in"* && "$output" != *"counted twice"* ]]
  # The kernel's line first; of three unstamped ones the printed kind has two.
  { echo "$kernel$body"; echo "${kernel/:55/:56}$body"; for i in 1 2 3; do echo "May 28 15:24:33 box audit[7645]: SECCOMP $body"; done; } >"$dir/log"
  run_snug explain --json "$dir/log"
  jq -e '.calls[0].count == 3' <<<"$output"
  # Another time, another place, another process: another record.
  { printf '%s\n' "$kernel$body" "May 28 15:27:32 box audit[7645]: SECCOMP $body" "May 28 15:24:32 box audit[7646]: SECCOMP ${body/7645/7646}" \
    "May 28 15:24:32 box audit[7645]: SECCOMP ${body/55ec4e/55ec4f}"; } >"$dir/log"
  run_snug explain --json "$dir/log"
  jq -e '.calls[0].count == 4' <<<"$output"
}

@test "lines of other programs that name the call" {
  cat >"$dir/log" <<'END'
I0705 12:08:18.729660 1843190 enricher.go:136] log-enricher "msg"="audit"  "container"="web" "executable"="/usr/sbin/web" "namespace"="default" "node"="127.0.0.1" "pid"=1905792 "pod"="p-1" "syscallID"=3 "syscallName"="close" "timestamp"="1625486898.429:10664" "type"="seccomp"
{"level":"info","msg":"audit","type":"seccomp","namespace":"default","pod":"p-2","container":"web","executable":"/web","pid":7,"syscallID":59,"syscallName":"execve","timestamp":"1625486899.429:10665"}
audit(1611996299.149:466250) type=seccomp node=w1 pid=20923 ns=default pod=my-pod c=container1 exe=/init syscall=epoll_pwait
time="2022-11-10 09:12:53.123456789Z" level=info msg="Got seccomp notifier message for container ID: 5db4 (syscall = swapoff)" file="server/seccomp.go:10"
      Message:      Used forbidden syscalls: swapoff (3x), chroot (1x)
{"@timestamp":"2020-06-18T20:20:22.000Z","event":{"action":"violated-seccomp-policy","module":"auditd"},"process":{"pid":2525,"name":"chr","executable":"/usr/bin/chr"},"auditd":{"sequence":12,"data":{"arch":"x86_64","compat":"0","ip":"0x7f","sig":"SIGSYS","syscall":"getpeername","code":"0x30000"}}}
12:00:00.1: Warning Refused call (evt_type=mkdir evt_res=EPERM user=root proc_name=web proc_exepath=/bin/web container_name=web)
{"output":"x","output_fields":{"evt.type":"mount","evt.res":"ENOSYS","proc.name":"web"}}
{"output":"x","output_fields":{"evt.type":"openat","evt.res":"SUCCESS","proc.name":"web"}}
--- SIGSYS {si_signo=SIGSYS, si_code=SYS_SECCOMP, si_call_addr=0x7f, si_syscall=__NR_rmdir, si_arch=AUDIT_ARCH_X86_64} ---
END
  run_snug explain --json "$dir/log"
  [ "$status" -eq 1 ]
  jq -e '[.calls[] | [.name, .outcome, .count, .comm, .exe]] | sort == ([
    ["close", "unknown", 1, "default/p-1/web", "/usr/sbin/web"], ["execve", "unknown", 1, "default/p-2/web", "/web"],
    ["epoll_pwait", "unknown", 1, "default/my-pod/container1", "/init"], ["swapoff", "handed over", 1, "5db4", ""],
    ["swapoff", "handed over", 3, "", ""], ["chroot", "handed over", 1, "", ""], ["getpeername", "trapped", 1, "chr", "/usr/bin/chr"],
    ["mkdir", "denied", 1, "web", "/bin/web"], ["mount", "denied", 1, "web", ""], ["rmdir", "trapped", 1, "", ""]] | sort)' <<<"$output"
  run_snug explain "$dir/log"
  [[ "$output" == *"Call names taken from: the security-profiles-operator, CRI-O's seccomp notifier, auditbeat, falco, strace."* ]]
  # The record beside the line of another program is the same one.
  echo 'type=SECCOMP msg=audit(1625486898.429:10664): auid=4294967295 uid=0 gid=0 ses=4294967295 pid=1905792 comm="web" exe="/usr/sbin/web" sig=0 arch=c000003e syscall=3 compat=0 ip=0x7f code=0x7ffc0000' >"$dir/two"
  sed -n 1p "$dir/log" >>"$dir/two"
  run_snug explain --json "$dir/two"
  jq -e '.duplicates == 1 and .calls[0].outcome == "used"' <<<"$output"
}

@test "records as other hands leave them: the names of ausearch -i, spreadsheets, web pages, go-audit" {
  head='auid=unset uid=root gid=root ses=unset pid=4242 comm=web exe=/bin/web sig=SIG0'
  {
    printf "type=SECCOMP msg=audit(11/14/23 22:13:20.123:%s) : $head arch=%s syscall=%s compat=0 ip=0x7f00 code=%s \n" \
      77 x86_64 pread user-notify 78 aarch64 pwrite errno 79 aarch64 newfstat log 80 armeb llseek trap 81 i386 sys_kexec_load kill
    printf '7,"audit: %s",x\n' "$(sed 's/:1)/:91)/; s/"/""/g' <<<"$record")"
    printf '<td>audit: %s</td>\n' "$(sed 's/:1)/:92)/; s/"/\&quot;/g' <<<"$record")"
    sed 's/:1)/:93)/; s/^/ audit: /; s/ /\xc2\xa0/g' <<<"$record"
    jq -cn --arg data "${record#*: }" '{sequence: 94, timestamp: "1704110401.002", messages: [{type: 1326, data: $data}], uid_map: {"0": "root"}}'
  } >"$dir/log"
  run_snug explain --json --unreadable "$dir/log"
  jq -e '.unreadable == 0 and .records == 9 and ([.calls[] | [.arch, .name, .outcome, .count]] | sort) == ([
    ["x86_64", "pread64", "handed over", 1], ["aarch64", "pwrite64", "denied", 1], ["aarch64", "fstat", "used", 1], ["arm", "_llseek", "trapped", 1],
    ["i386", "kexec_load", "killed", 1], ["x86_64", "mkdir", "denied", 4]] | sort)' <<<"$output"
  jq -e '.calls[] | select(.name == "mkdir") | .last == "2024-01-01T12:00:01.002Z"' <<<"$output"
}

@test "Inspektor Gadget, laurel and osquery name the call, too" {
  cat >"$dir/log" <<'END'
{"code":"SECCOMP_RET_KILL_THREAD","k8s":{"containerName":"c1","namespace":"default","podName":"mypod"},"proc":{"comm":"unshare","pid":41018},"syscall":"SYS_UNSHARE","timestamp":"2024-08-05T13:00:00Z"}
{"node":"minikube","namespace":"default","pod":"mypod","container":"c1","pid":7,"comm":"mkdir","syscall":"mkdir","code":"log"}
test-audit-seccomp    unshare            485855      485855           0           0 SECCOMP_RET_ERRNO        SYS_MOUNT     2024-08-02T17:06:48.761
default         mypod           container1      chroot      60482   60482        0        0 …L_THREAD minikube SYS_CHROOT 2024-08-05T13:0…
{"ID":"1706114183.948:8","NODE":"w1","SECCOMP":{"auid":4294967295,"uid":0,"gid":0,"ses":4294967295,"pid":48,"comm":"web","exe":"/bin/web","sig":0,"arch":"0xc00000b7","syscall":220,"compat":0,"ip":"0x7f","code":"0x50001","ARCH":"aarch64","SYSCALL":"clone"}}
{"name":"pack_sec_seccomp_events","hostIdentifier":"h","columns":{"arch":"X86_64","auid":"4294967295","code":"ERRNO","comm":"web","compat":"0","exe":"/bin/web","pid":"9","sig":"0","syscall":"swapon","uptime":"5"},"action":"added"}
{"errno":-1,"code":"EPERM","syscall":"rmdir","path":"/x"}
END
  run_snug explain --json "$dir/log"
  [ "$status" -eq 1 ]
  jq -e '.unreadable == 0 and ([.calls[] | [.arch, .name, .outcome, .count, .comm]] | sort) == ([["x86_64", "unshare", "killed", 1, "default/mypod/c1"],
    ["x86_64", "mkdir", "used", 1, "default/mypod/c1"], ["x86_64", "mount", "denied", 1, ""], ["x86_64", "chroot", "killed", 1, ""],
    ["aarch64", "clone", "denied", 1, "web"], ["x86_64", "swapon", "denied", 1, "web"]] | sort)' <<<"$output"
  # A name that the table has cut off is not guessed.
  printf '%s\n' 'default  mypod  c1  unshare  60483  60483  0  0 …L_THREAD miniku… SYS_UNSH… 2024-08-05T13:0…' >"$dir/log"
  run_snug explain --json "$dir/log"
  jq -e '.unreadable == 1 and .calls == []' <<<"$output"
}

@test "UTF-16 and UTF-32, with a mark and without one, from a file and a pipe" {
  printf 'audit: %s\r\nOperation not permitted \xc3\xa9\r\n' "$record" >"$dir/plain"
  for form in UTF-16LE UTF-16BE UTF-32LE UTF-32BE UTF-16 UTF-32; do
    echo "$form"
    iconv -f UTF-8 -t "$form" "$dir/plain" >"$dir/log"
    run_snug explain --json "$dir/log"
    jq -e '.records == 1 and .errors == 1 and .add == ["mkdir"]' <<<"$output"
    output="$("$snug" explain --json <"$dir/log")" || true
    jq -e '.records == 1' <<<"$output"
  done
  { printf '\xef\xbb\xbf'; cat "$dir/plain"; } >"$dir/log"
  run_snug explain --json "$dir/log"
  jq -e '.records == 1' <<<"$output"
}

@test "a profile that the text names is the next thing to check" {
  printf '%s\n' 'Node:             minikube/192.168.49.2' 'SeccompProfile:   Localhost' '    LocalhostProfile:  profiles/web.json' \
    '  Warning  Failed  1s  kubelet  Error: unable to start container process: exec /web: operation not permitted' >"$dir/log"
  run_snug explain "$dir/log"
  [[ "$output" == *"Next, on the node where it ran:"*"  snug check /var/lib/kubelet/seccomp/profiles/web.json"$'\n'* ]]
  echo 'Error: cannot load seccomp profile "/var/lib/kubelet/seccomp/a/b.json": open /var/lib/kubelet/seccomp/a/b.json: no such file' >"$dir/log"
  run_snug explain "$dir/log"
  [ "$(grep -c 'snug check /var/lib/kubelet/seccomp/a/b.json$' <<<"$output")" -eq 1 ]
  printf '%s\n' 'securityContext: {seccompProfile: {type: Localhost, localhostProfile: x/y.json}}' 'docker run --security-opt seccomp=/etc/p.json web' >"$dir/log"
  run_snug explain "$dir/log"
  [[ "$output" == *"snug check /var/lib/kubelet/seccomp/x/y.json"*"snug check /etc/p.json"* ]]
  # What a shell would not take as it stands is no command.
  echo 'localhostProfile: "a$(reboot).json"' >"$dir/log"
  run_snug explain "$dir/log"
  [[ "$output" != *reboot* ]]
}

@test "a log in which nothing was recognised says what was looked for and where else to look" {
  echo "all is well" >"$dir/log"
  run_snug explain "$dir/log"
  [ "$status" -eq 0 ]
  [[ "$output" == *"Nothing was recognised. snug looks for"*"journalctl -k -b | snug explain"*"kubectl describe pod"* ]]
  run_snug explain /dev/null
  [[ "$output" == *"Nothing was recognised"* ]]
}

@test "--key compares what was learnt with the profile, and advises only what will be taken" {
  put_web
  echo '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["close","execve","read"],"action":"SCMP_ACT_ALLOW"}]}' >"$dir/p.json"
  run_snug explain --key web --profile "$dir/p.json" --fix "$dir/q.json"
  [ "$status" -eq 1 ]
  [[ "$output" == *"5 learnt calls compared with $dir/p.json"*"mount "*"used "*"denied "*"2 calls added"* ]]
  [[ "$output" == *"snug explain --key web --profile $dir/p.json --fix fixed.json"* ]]
  diff <(jq -c '.syscalls[0].names' "$dir/q.json") <(echo '["close","execve","mount","read","write"]')
  run_snug explain --key web --profile "$dir/q.json" --fix "$dir/r.json"
  [ "$status" -eq 0 ]
  [[ "$output" == *"unchanged: it allows everything in the evidence"* ]]
  # Nothing is approved: snug-audit would refuse the key.
  [[ "$output" == *"snug-learn run --bundle BUNDLE ID; snug show web"* && "$output" != *snug-audit* ]]
  cp "$dir/p.json" "$state/keys/web/approved.json"
  run_snug explain --key web
  [ "$status" -eq 1 ]
  [[ "$output" == *"snug explain --key web --fix fixed.json"*"audit mode, which denies nothing,"*"snug-audit run --bundle BUNDLE ID; snug explain --key web"* ]]
  # Not every key is one that snug-audit takes, and a pod is denied something even then.
  for key in program/web k8s/shop/web/nginx k8s/shop/debugger; do
    put_evidence "$key" "$(one_run '')" "$(call 0 read workload 7)"
    cp "$dir/p.json" "$state/keys/$key/approved.json"
  done
  run_snug explain --key program/web
  [[ "$output" == *"snug-learn run --bundle BUNDLE ID; snug explain --key program/web"* && "$output" != *snug-audit* && "$output" != *'no approved'* ]]
  run_snug explain --key k8s/shop/web/nginx
  [[ "$output" == *"audit mode, which denies no more than RuntimeDefault,"*"RuntimeClass snug-audit"* ]]
  run_snug explain --key k8s/shop/debugger
  [[ "$output" == *"never recorded"* && "$output" != *snug-audit* && "$output" != *snug-learn* ]]
}

@test "records of containers that snug learns are left out, unless asked for" {
  put_web
  own='audit: type=1326 audit(1769860802.001:1): auid=0 uid=0 gid=0 ses=7 pid=1 comm="web" exe="/x" sig=0 arch=c000003e syscall=165 compat=0 ip=0x3ff code=0x7ffc0000'
  echo "$own" >"$dir/log"
  run_snug explain "$dir/log"
  [ "$status" -eq 0 ]
  [[ "$output" == *"Left out 1 record of containers that are being learnt (web); --learning includes them."* && "$output" != *"mount "* ]]
  run_snug explain --learning "$dir/log"
  [ "$status" -eq 1 ]
  # Refused, at another time, by another program, without a session, another call: not its own.
  { echo "${own/7ffc0000/50000}"; echo "${own/1769860802/1769870802}"; echo "${own/comm=\"web\"/comm=\"x\"}"; echo "${own/ses=7/ses=4294967295}"; \
    echo "${own/syscall=165/syscall=166}"; } | sed 's/:1): auid/:'"$RANDOM"'): auid/' >"$dir/log"
  run_snug explain --json "$dir/log"
  jq -e '.left_out == 0 and .records == 5' <<<"$output"
}

@test "--fix: what runc's stub no longer answers with ENOSYS is named, with the rule that does it again" {
  [ "$(uname -m)" = x86_64 ] || skip "the numbers are those of x86_64"
  line='type=SECCOMP msg=audit(1700000000.000:1): auid=0 uid=0 gid=0 ses=1 subj=x pid=1 comm="a" exe="/a" sig=0 arch=c000003e syscall=%s compat=0 ip=0x0 code=0x50000\n'
  # shellcheck disable=SC2059
  printf "$line" 332 >"$dir/log" # statx
  profile() { printf '{"defaultAction":"SCMP_ACT_ERRNO",%s"architectures":["SCMP_ARCH_X86_64"],"syscalls":[{"names":["close","execve","read"],"action":"SCMP_ACT_ALLOW"}]}\n' "$1" >"$dir/p.json"; }
  profile ""
  run_snug explain "$dir/log" --profile "$dir/p.json" --fix "$dir/q.json"
  [[ "$output" == *"written, 1 call added"* ]]
  # Below 332 there are no calls that programs try before others; above it the stub still answers.
  [[ "$output" != *"Under runc"* ]]
  # shellcheck disable=SC2059
  printf "$line" 441 >"$dir/log" # epoll_pwait2
  run_snug explain "$dir/log" --profile "$dir/p.json" --fix "$dir/q.json"
  [[ "$output" == *"written, 1 call added"*"Under runc, calls with numbers above all in the profile were answered with ENOSYS;"*'{"names": ["clone3",'*'"action": "SCMP_ACT_ERRNO", "errnoRet": 38}'* ]]
  rule=$(grep '^  {"names": \["clone3"' <<<"$output")
  jq --argjson rule "$rule" '.syscalls += [$rule]' "$dir/q.json" >"$dir/r.json"
  run_snug check --no-sample "$dir/r.json"
  [[ "$output" != *"programs try these newer calls first"* ]]
  # The profile itself answers so.
  profile '"defaultErrnoRet":38,'
  run_snug explain "$dir/log" --profile "$dir/p.json" --fix "$dir/q.json"
  [[ "$output" == *"written, 1 call added"* ]]
  [[ "$output" != *"Under runc"* ]]
  # runc has a stub for the architectures that the profile names, and for no other.
  profile ""
  jq 'del(.architectures)' "$dir/p.json" >"$dir/o.json"
  run_snug explain "$dir/log" --profile "$dir/o.json" --fix "$dir/q.json"
  [[ "$output" == *"written, 1 call added"* ]]
  [[ "$output" != *"Under runc"* ]]
}

@test "a container that stopped before it was started: the runtime's own calls first" {
  echo 'level=error msg="cannot start a container that has stopped"' >"$dir/log"
  run_snug explain "$dir/log"
  [ "$status" -eq 1 ]
  [[ "$output" == *"the runtime could not start the container: 1 line"*"most likely first:
  - the runtime's own calls"*"snug check PROFILE"*"memory: what is over its limit is killed"* ]]
  echo 'mount: Operation not permitted' >"$dir/log"
  run_snug explain "$dir/log"
  [[ "$output" != *"the runtime's own calls"* ]]
}
