load helper

# put NAME: standard input as a profile; JSON without the quotes that JSON wants is not accepted here.
put() { cat >"$dir/$1.json"; }

diff_of() { run_snug diff "$dir/a.json" "$dir/b.json"; }

@test "diff: text does not count, meaning does" {
  put a <<<'{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"}]}'
  put b <<<'{"syscalls": [{"action": "SCMP_ACT_ALLOW", "names": ["write"]}, {"names": ["read", "write", "no_such_call"],
    "action": "SCMP_ACT_ALLOW"}], "defaultErrnoRet": 1, "defaultAction": "SCMP_ACT_ERRNO"}'
  diff_of
  [ "$status" -eq 0 ]
  [[ "$output" == *"Both have the same effect."* ]]
  run_snug diff @moby @moby
  [ "$status" -eq 0 ]
}

@test "diff: who refuses what, dangerous calls first, with counts" {
  put a <<<'{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read", "mount", "write"], "action": "SCMP_ACT_ALLOW"}]}'
  put b <<<'{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read", "openat", "bpf", "close"], "action": "SCMP_ACT_ALLOW"}]}'
  diff_of
  [ "$status" -eq 1 ]
  [[ "$output" == *"3 calls that $dir/a.json refuses and $dir/b.json allows, 1 of them dangerous:"*"    bpf "*"loads programs"*"close openat"* ]]
  [[ "$output" == *"2 calls that $dir/b.json refuses and $dir/a.json allows, 1 of them dangerous:"*"    mount "*"write"* ]]
  run_snug diff --json "$dir/a.json" "$dir/b.json"
  [ "$status" -eq 1 ]
  python3 - "$output" <<'PY'
import json, sys
d = json.loads(sys.argv[1])
assert not d["same"] and d["counts"] == {"refused-by-a": 3, "refused-by-b": 2, "arguments": 0, "handed-over": 0, "answer": 0}, d
assert [r["call"] for r in d["differences"]] == ["bpf", "close", "openat", "mount", "write"], d
assert d["a"]["allowed"] == 3 and d["b"]["allowed"] == 4, d
PY
}

@test "diff: arguments and errnos are part of the meaning" {
  put a <<<'{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["clone", "read"], "action": "SCMP_ACT_ALLOW"}]}'
  put b <<<'{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"},
    {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
    {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]}]}'
  diff_of
  [ "$status" -eq 1 ]
  [[ "$output" == *"1 call that differs by arguments:"* ]]
  grep -qE '^  clone +allow +only \(arg0 & \(CLONE_NEWNS \| CLONE_NEWCGROUP \|' <<<"$output"
  [[ "$output" == *"1 call answered by $dir/a.json with EPERM, by $dir/b.json with ENOSYS: clone3"* ]]
  [[ "$output" != *"refuses and"* ]]
  # The same comparison written otherwise.
  put a <<<'{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
    {"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]}]}'
  put b <<<'{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
    {"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 18446744073709551615, "valueTwo": 8, "op": "SCMP_CMP_MASKED_EQ"}]}]}'
  diff_of
  [ "$status" -eq 0 ]
}

@test "diff: an ABI that only one lists is one difference, not hundreds" {
  put a <<<'{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}'
  put b <<<'{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}'
  diff_of
  [ "$status" -eq 1 ]
  [[ "$output" == *"Only $dir/b.json lists i386: $dir/a.json kills programs of this architecture"* ]]
  [[ "$output" != *"calls that"* ]]
}

@test "diff: a key against a default, with and without an approved profile" {
  put_web
  run_snug diff web @containerd
  [ "$status" -eq 1 ]
  [[ "$output" == "web (the profile from the evidence of web; none is approved): allows "* ]]
  [[ "$output" == *"@containerd (the default of containerd "[0-9]* ]]
  [[ "$output" == *"call that @containerd refuses and web allows, dangerous:"*"    mount "* ]]
  "$snug" approve web --no-sample >/dev/null 2>&1
  run_snug diff web @containerd
  [[ "$output" == "web (the approved profile of web): allows "* ]]
}

@test "diff: approved profiles by number" {
  put_web web
  run_snug approve web --no-sample
  put_evidence web "$(one_run '')" "$(join "$(call 59 execve runtime 1)" "$(call 0 read workload 7)" "$(call 101 ptrace workload 1)")"
  run_snug approve web --no-sample
  run_snug diff --json web#1 web#2
  [ "$status" -eq 1 ]
  jq -e '.b.what == "the approved profile number 2 of web"' <<<"$output"
  [ "$(jq -r '.differences[] | select(.kind == "refused-by-a") | .call' <<<"$output")" = ptrace ]
  [[ " $(jq -r '[.differences[] | select(.kind == "refused-by-b") | .call] | join(" ")' <<<"$output") " == *" mount "* ]]
  run_snug diff web web#2
  [ "$status" -eq 0 ]
  run_snug diff web web#3
  refused 2 "web has no approved profile number 3; "
  for word in other#1 web#0 web#x web# '#1'; do
    run_snug diff web "$word"
    refused 2 "\"$word\" is not a key"
  done
}

@test "diff: bad input is one sentence" {
  put a <<<'{"defaultAction": "SCMP_ACT_ERRNO"}'
  run_snug diff "$dir/a.json"
  refused 2 "usage: snug diff A B"
  run_snug diff "$dir/a.json" "$dir/none.json"
  refused 2 "none.json"
  run_snug diff "$dir/a.json" nobody
  refused 2 "nobody is neither a key nor a file"
  run_snug diff - - <"$dir/a.json"
  refused 2 "standard input can be only one"
  run_snug diff "$dir" "$dir/a.json"
  refused 2 "is a directory"
  put b <<<'{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_NO"}]}'
  diff_of
  refused 2 "b.json: syscalls[0].action, line 1"
}

@test "diff: evidence is the profile of what was called" {
  put_web
  put a <<<'{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read", "mount", "close", "execve", "bpf"], "action": "SCMP_ACT_ALLOW"}]}'
  run_snug diff "$dir/a.json" "$state/keys/web/evidence.json"
  [ "$status" -eq 1 ]
  [[ "$output" == *"1 call that $dir/a.json refuses"*"write"* ]]
  [[ "$output" == *"evidence.json refuses and $dir/a.json allows"*"bpf"* ]]
}

@test "diff: what an upgrade of the runtime starts to need" {
  run_snug diff @crun-1.28 @runc-1.3.6
  [ "$status" -eq 1 ]
  [[ "$output" == "crun 1.28 > runc 1.3.6+ds1: newly needs "*"statx"*"fcntl or openat2"* ]]
  grep -qE '^  statx +- > needs ' <<<"$output"
  grep -qE '^  openat2 +- > one of ' <<<"$output"
  # Both need it, or only try it: no difference.
  run ! grep -qE '^  execve ' <<<"$output"
  run_snug diff --json @crun-1.28 @runc-1.3.6
  python3 -c 'import json,sys
c = json.load(sys.stdin)["calls"]
assert {"name": "openat2", "phase": "create", "no_new_privileges": True, "a": "none", "b": "either"} in c, c' <<<"$output"
  # runc 1.1.5 only tries fcntl: an upgrade needs one of two that a profile may lack.
  run_snug diff @runc-1.1.5 @runc-1.3.6
  [ "$status" -eq 1 ]
  [[ "$output" == "runc 1.1.5+ds1 > runc 1.3.6+ds1: newly needs statx, fcntl or openat2"$'\n'* ]]
  run_snug diff @runc-1.3.6 @runc-1.3.6
  [ "$status" -eq 0 ]
  run_snug diff @runc-1.3.6 @runc-0.1
  refused 2 "the catalogue has no runc-0.1"
}

# table COLUMNS: the lines of tables alone.
table() { env ${1:+COLUMNS=$1} "$snug" diff @moby @podman | sed -n '/^  [ A-Za-z]/p' >"$dir/out" && [ -s "$dir/out" ]; }
@test "diff: no table is wider than the terminal" {
  for w in 70 80 100; do
    table $w
    run grep -nE ".{$((w + 1))}" "$dir/out"
    [ "$status" -eq 1 ]
    # Narrow as it is, no word is lost.
    grep -q 'AF_VSOCK, else' "$dir/out"
  done
  # On no terminal it is 132.
  table ""
  run grep -nE '.{133}' "$dir/out"
  [ "$status" -eq 1 ]
}

@test "diff: values of arguments have the names of the kernel's headers, where the machine has them" {
  args() { jq -n --arg c "$1" --argjson a "$2" '{defaultAction: "SCMP_ACT_ERRNO", syscalls: [{names: [$c], action: "SCMP_ACT_ALLOW", args: [$a]}]}'; }
  none='{"defaultAction": "SCMP_ACT_ERRNO", "architectures": []}'
  says() { # CALL INDEX OP VALUE [VALUE-TWO]
    args "$1" "{\"index\": $2, \"op\": \"SCMP_CMP_$3\", \"value\": $4, \"valueTwo\": ${5:-0}}" >"$dir/a.json"
    echo "$none" >"$dir/b.json"
    "$snug" diff --json --machine "${machine:-x86_64}" "$dir/a.json" "$dir/b.json" | jq -r '.differences[0].a' || true
  }
  [ "$(says prctl 0 EQ 15)" = "only arg0 == PR_SET_NAME, else EPERM" ]
  [ "$(says fcntl 1 NE 3)" = "only arg1 != F_GETFL, else EPERM" ]
  [ "$(says unshare 0 MASKED_EQ $((0x10000000)))" = "only (arg0 & CLONE_NEWUSER) == 0, else EPERM" ]
  [ "$(says unshare 0 MASKED_EQ $((0x30000000)) $((0x20000000)))" = "only (arg0 & (CLONE_NEWUSER | CLONE_NEWPID)) == CLONE_NEWPID, else EPERM" ]
  [ "$(says socket 1 EQ $((0x80801)))" = "only arg1 == SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, else EPERM" ]
  [ "$(says personality 0 EQ $((0x20008)))" = "only arg0 == PER_LINUX32 | UNAME26, else EPERM" ]
  # No name for the whole of it, for this argument, for this call.
  [ "$(says personality 0 EQ $((0xffffffff)))" = "only arg0 == 0xffffffff, else EPERM" ]
  [ "$(says prctl 1 EQ 15)" = "only arg1 == 15, else EPERM" ]
  [ "$(says mkdir 0 EQ 15)" = "only arg0 == 15, else EPERM" ]
  # On s390x clone's flags are the second argument.
  machine=s390x
  [ "$(says clone 0 EQ $((0x10000000)))" = "only arg0 == 0x10000000, else EPERM" ]
}

@test "diff: @podman is this node's own default where Podman keeps one, and says so" {
  local file
  for file in /etc/containers/seccomp.json /usr/share/containers/seccomp.json; do [ ! -e "$file" ] || break; done
  run_snug diff @podman-4.3 @podman
  if [ -e "$file" ]; then
    [[ "$output" == *"@podman (the default of Podman on this node, $file)"* ]]
  else
    [[ "$output" == *"@podman (the default of podman 5.8"* ]]
  fi
  [[ "$output" == *"@podman-4.3 (the default of podman 4.3"* ]]
}
