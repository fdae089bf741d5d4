load helper

names() {
  python3 -c 'import json,sys
print(" ".join(sorted(n for s in json.load(sys.stdin)["syscalls"] for n in s["names"])))'
}

@test "profile prints plain OCI with what was called and a summary on stderr" {
  put_web
  run_snug profile web
  [ "$status" -eq 0 ]
  for name in read write mount close execve exit_group; do
    [[ " $(names <<<"$output") " == *" $name "* ]]
  done
  python3 -c 'import json,sys
p = json.load(sys.stdin)
assert p["defaultAction"] == "SCMP_ACT_ERRNO" and p["defaultErrnoRet"] == 38, p' <<<"$output"
  [[ "$stderr" == *" calls: "*"the evidence is complete"* ]]
  [[ "$stderr" == *"floor of runc-0123: not sampled"* ]]
  first="$output"
  run_snug profile web
  [ "$output" = "$first" ]
}

@test "profile --errno eperm, -o FILE" {
  put_web
  run_snug profile web --errno eperm -o "$dir/p.json"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  grep -q '"defaultErrnoRet": 1' "$dir/p.json"
  run_snug profile web --errno=other
  refused 2 "enosys or eperm"
  run_snug profile web --format yaml
  refused 2 "--format is oci, docker, spo, spo-v1beta1, systemd or libseccomp-c"
}

@test "-o replaces nothing but a regular file" {
  put_web
  ln -s "$dir/target" "$dir/link"
  for file in "$dir/link" "$dir" /dev/null; do
    run_snug profile web -o "$file"
    [ "$status" -eq 2 ]
    [[ "${stderr##*$'\n'}" == "snug: "*"not a regular file" ]]
  done
  [ -L "$dir/link" ]
  [ -c /dev/null ]
}

last_line() { [ "$status" -eq 2 ] && [[ "${stderr##*$'\n'}" == "snug: $1"* ]]; }

@test "-o: neither what was read nor the state directory is written over; a failed save names the whole path" {
  put_web
  cp "$state/keys/web/evidence.json" "$dir/e.json"
  cd "$dir"
  ln -s e.json link.json
  for command in profile report; do
    run_snug $command "$dir/e.json" -o "$dir/e.json"
    last_line "$dir/e.json: refusing to overwrite the input"
    run_snug $command ./link.json -o e.json
    last_line "e.json: refusing to overwrite the input"
    run_snug $command web -o "$state/keys/web/evidence.json"
    last_line "$state/keys/web/evidence.json: only snug writes files in the state directory"
    run_snug $command web -o state/new.json
    last_line "state/new.json: only snug writes files in the state directory"
  done
  cmp "$dir/e.json" "$state/keys/web/evidence.json"
  # A key that is called as a file here is another thing.
  "$snug" profile web -o web 2>/dev/null
  "$snug" profile web -o web 2>/dev/null
  # No room: nothing may be written to any file.
  status=0
  stderr=$( (trap '' XFSZ; ulimit -f 0; exec "$snug" profile web -o "$dir/new.json") 2>&1 1>/dev/null | cat) || status=$?
  [[ "${stderr##*$'\n'}" == "snug: $dir/new.json: cannot save: File too large" ]]
}

@test "incomplete evidence gives no profile: status 3; --force prints it" {
  put_evidence web "$(one_run '"serial-gap"')" "$(call 0 read workload 7)"
  run_snug profile web
  refused 3 "not complete"
  [ -z "$output" ]
  run_snug profile web --force
  [ "$status" -eq 0 ]
  [[ " $(names <<<"$output") " == *" read "* ]]
  [[ "$stderr" == *"not complete"* ]]
}

@test "evidence of audit runs alone is not complete" {
  put_evidence web "$(MODE=audit one_run '"not-learning"')" "$(call 0 read workload 0 3)"
  run_snug profile web
  refused 3 "no learning run"
}

@test "audited and denied calls are not in the profile" {
  put_evidence web "$(one_run '')" "$(join "$(call 0 read workload 7)" "$(call 165 mount workload 0 3)" \
    "$(call 101 ptrace workload 0 0 4)")"
  run_snug profile web
  [[ " $(names <<<"$output") " != *" mount "* ]]
  [[ " $(names <<<"$output") " != *" ptrace "* ]]
}

@test "the floor on disk is part of it, the canary's own calls are not" {
  put_web
  shape=$(floor_names '{"process":{"noNewPrivileges":true}}')
  SPACE=floor put_evidence "runc-0123/$shape" "$(one_run '')" "$(join "$(call 59 execve runtime 1)" \
    "$(call 138 fstatfs runtime 2)" "$(call 246 kexec_load workload 1)")"
  run_snug profile web
  [ "$status" -eq 0 ]
  [[ " $(names <<<"$output") " == *" fstatfs "* ]]
  [[ " $(names <<<"$output") " != *" kexec_load "* ]]
  [[ "$stderr" == *"floor of runc 1.1.5 (runc-0123): 2 calls from 1 starts"* ]]
}

# What a form says, as JSON of the same shape: explain's reader is snug's own, so this one is Python's.
@test "the forms say the same: every name, and what a form cannot say on stderr and in it" {
  put_web
  run_snug profile web
  plain="$(names <<<"$output")"
  [[ "$stderr" == *"architecture: x86_64; a call as i386 or x32 can be missed, and the profile kills its process"* ]]
  run_snug profile web --format docker
  [ "$status" -eq 0 ]
  # What C libraries try first is refused by a rule, for a dockerd that reads no default errno.
  python3 -c 'import json,sys
p = json.load(sys.stdin)
assert " ".join(sorted(n for s in p["syscalls"] for n in s["names"] if s["action"] == "SCMP_ACT_ALLOW")) == sys.argv[1]
assert [s["errnoRet"] for s in p["syscalls"] if "clone3" in s["names"]] == [38], p' "$plain" <<<"$output"
  python3 -c 'import json,sys
p = json.load(sys.stdin)
assert p["defaultErrnoRet"] == 38 and p["architectures"] == ["SCMP_ARCH_X86_64"], p' <<<"$output"
  run_snug profile web --format spo
  [ "$status" -eq 0 ]
  [ "$(grep -c '^    - [a-z0-9_]*$' <<<"$output")" -eq "$(wc -w <<<"$plain")" ]
  grep -qx '  name: "web"' <<<"$output"
  [[ "$stderr" == *"snug: a SeccompProfile has no default errno"* ]]
  grep -q '^# a SeccompProfile has no default errno' <<<"$output"
  run_snug profile web --format spo --errno eperm
  [[ "$stderr" != *"no default errno"* ]]
  run_snug profile web --format systemd
  [ "$status" -eq 0 ]
  [ "$(sed -n 's/^SystemCallFilter=//p' <<<"$output" | sort | tr '\n' ' ')" = "$plain clone " ] ||
    [ "$(sed -n 's/^SystemCallFilter=//p' <<<"$output" | sort -u | tr '\n' ' ')" = "$(tr ' ' '\n' <<<"$plain" | sort -u | tr '\n' ' ')" ]
  grep -qx 'SystemCallErrorNumber=ENOSYS' <<<"$output"
  grep -qx 'SystemCallArchitectures=x86-64' <<<"$output"
  # The Go scheduler's clone is allowed without namespace flags only.
  [[ "$stderr" == *"snug: clone: the profile allows it only where (arg0 & (CLONE_NEWNS | CLONE_NEWCGROUP | "* ]]
  grep -q '^# clone: the profile allows it only where' <<<"$output"
}

@test "32-bit programs that were seen may run" {
  put_evidence web "$(one_run '')" "$(join "$(call 59 execve runtime 1)" "$(call 4 write workload 1 | sed 's/x86_64/i386/')")"
  run_snug profile web
  [ "$status" -eq 0 ]
  [[ "$stderr" == *"architectures: x86_64, i386; a call as x32 can be missed, and the profile kills its process"* ]]
  python3 -c 'import json,sys
assert json.load(sys.stdin)["architectures"] == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]' <<<"$output"
}

@test "what no libseccomp here can name is told, by name and by number" {
  put_evidence web "$(one_run '')" "$(join "$(call 59 execve runtime 1)" "$(call 469 file_setattr workload 1)" \
    "$(call 777 syscall_777 workload 1)")"
  run_snug profile web
  [ "$status" -eq 0 ]
  [[ "$stderr" == *"x86_64 777"* ]]
  told=no
  [[ "$stderr" != *"file_setattr: unknown to libseccomp here"* ]] || told=yes
  # From 2.6.1 on it does.
  known=$(python3 -c 'import ctypes
print("yes" if ctypes.CDLL("libseccomp.so.2").seccomp_syscall_resolve_name(b"file_setattr") != -1 else "no")')
  [ "$told" != "$known" ]
}

@test "--floor: a runtime that was never sampled is refused with the way to do it" {
  put_web
  cp /bin/true "$dir/crun"
  run_snug profile web --floor "$dir/crun"
  refused 2 "snug floor --runtime $dir/crun --key web"
  run_snug profile web --floor "$dir/nonesuch"
  refused 2 "nonesuch"
}

# two_machines: evidence of web from a machine of each kind, in $dir/both.json.
two_machines() {
  one_complete() { one_run '' | sed 's/"reasons"/"complete_for": ["x86_64"], &/; s/"web-1"/"'"$1"'"/g'; }
  put_evidence web "$(one_complete web-1)" "$(join "$(call 59 execve runtime 1)" "$(call 0 read workload 7)" "$(call 2 open workload 1)")"
  mv "$state/keys/web/evidence.json" "$dir/x86.json"
  put_evidence web "$(one_complete web-2)" \
    "$(join "$(call 221 execve runtime 1)" "$(call 63 read workload 7)" "$(call 79 newfstatat workload 1)")"
  sed 's/"x86_64"/"aarch64"/g' "$state/keys/web/evidence.json" >"$dir/arm.json"
  rm -r "${state:?}/keys"
  run_snug merge "$dir/x86.json" "$dir/arm.json" -o "$dir/both.json"
  [ "$status" -eq 0 ]
}

@test "profile --machine: of evidence from several machines what one of them needs" {
  two_machines
  run_snug profile "$dir/both.json"
  [ "$(jq -c .architectures <<<"$output")" = '["SCMP_ARCH_X86_64","SCMP_ARCH_AARCH64"]' ]
  run_snug profile --machine arm64 "$dir/both.json"
  [ "$(jq -c .architectures <<<"$output")" = '["SCMP_ARCH_AARCH64"]' ]
  [[ " $(names <<<"$output") " == *" newfstatat "* && " $(names <<<"$output") " != *" open "* ]]
  run_snug profile --machine x86_64 "$dir/both.json"
  [ "$(jq -c .architectures <<<"$output")" = '["SCMP_ARCH_X86_64"]' ]
  [[ " $(names <<<"$output") " == *" open "* ]]
  # What one machine's evidence alone gives.
  first="$output"
  run_snug profile "$dir/x86.json"
  [ "$output" = "$first" ]
}

@test "profile --machine: a machine that was not seen, or in no complete run, gives none" {
  two_machines
  run_snug profile --machine s390x "$dir/both.json"
  refused 2 "the evidence of $dir/both.json has no call on s390x: learn it there, then \`snug merge\`"
  run_snug profile --machine vax "$dir/both.json"
  refused 2 "--machine: unknown machine 'vax'"
  sed 's/"complete_for":\["aarch64"\]/"complete_for":["x86_64"]/; s/"complete_for": \["aarch64"\]/"complete_for": ["x86_64"]/' "$dir/both.json" >"$dir/none.json"
  run_snug profile --machine aarch64 "$dir/none.json"
  refused 3 "no complete run of $dir/none.json was on aarch64; --force prints the profile anyway"
}

@test "a SeccompProfile is named after the whole key, wherever its evidence is" {
  spo_name() { "$snug" profile --format spo "$1" 2>/dev/null | sed -n 's/^  name: //p'; }
  for key in k8s/shop/web/nginx k8s/shop/db/nginx; do put_web "$key"; done
  cp "$state/keys/k8s/shop/web/nginx/evidence.json" "$dir/merged.json"
  [[ "$(spo_name k8s/shop/web/nginx)" == '"shop-web-nginx-'* ]]
  [ "$(spo_name k8s/shop/web/nginx)" != "$(spo_name k8s/shop/db/nginx)" ]
  [ "$(spo_name "$dir/merged.json")" = "$(spo_name k8s/shop/web/nginx)" ]
}
