bats_require_minimum_version 1.5.0
load helper

golden="$BATS_TEST_DIRNAME/golden/explain"
export TZ=UTC

# Copies of the golden inputs, so that paths in messages are the same everywhere.
in_copy() { cd "$dir" && cp "$golden"/* .; }

@test "every form of the log gives its golden answer" {
  in_copy
  for log in *.log; do
    echo "$log"
    run_snug explain --unreadable "$log"
    [ -z "$stderr" ]
    [ "$status" -eq "$([ "$log" = nothing.log ] && echo 0 || echo 1)" ]
    diff "${log%.log}.txt" <(echo "$output")
  done
}

@test "three numbers in any form are the same three names, the runtime's apart from the program's" {
  for form in syslog dmesg dmesg-T dmesg-x dmesg-colour journal-iso docker-json audispd auditd-raw auditd-enriched auditd-no-separator ausearch ausearch-i journal-short journal-json \
    journal-json-kernel cri; do
    echo "$form"
    run_snug explain --json "$golden/$form.log"
    [ "$status" -eq 1 ]
    jq -e '.records == 3 and .unreadable == 0 and .add == ["clone3", "faccessat", "rseq"] and .beyond_defaults == ["clone3"] and
      [.calls[] | [.name, .nr, .phase, .outcome, .comm, .first]] ==
        [["faccessat", 269, "runtime", "used", "runc:[2:INIT]", "2023-03-03T02:11:07.411Z"],
         ["clone3", 435, "workload", "used", "system-probe", "2023-03-03T02:11:07.504Z"],
         ["rseq", 334, "workload", "used", "system-probe", "2023-03-03T02:11:07.503Z"]]' <<<"$output"
  done
}

@test "any mixture, through a pipe, copies counted once" {
  output="$(cat "$golden"/{syslog,auditd-raw,journal-json,auditd-enriched,ausearch}.log | "$snug" explain --json)" || true
  jq -e '.records == 15 and .duplicates == 12 and [.calls[].count] == [1, 1, 1]' <<<"$output"
  run_snug explain --json "$golden/syslog.log" "$golden/dmesg-colour.log"
  jq -e '.records == 6 and .duplicates == 3' <<<"$output"
  output="$("$snug" explain --json - <"$golden/syslog.log")" || true
  jq -e '.records == 3' <<<"$output"
}

@test "no byte of the log reaches the terminal as it is" {
  for option in "" --unreadable --json; do
    run_snug explain $option "$golden/bad-input.log"
    [ "$status" -eq 1 ]
    run ! grep -qP '[^\x20-\x7e\n]' <<<"$output"
  done
  run ! grep -qP '[^\x20-\x7e\n]' <(head -c 300000 /dev/urandom | "$snug" explain --unreadable)
}

@test "ten printed lines within five seconds: more may have been dropped" {
  for i in 1 2 3 4 5 6 7 8 9 10; do
    sed -n 1p "$golden/syslog.log" | sed "s/411:1201/$((410 + i)):$((2000 + i))/"
  done >"$dir/log"
  run_snug explain "$dir/log"
  [[ "$output" == *"The list may be incomplete"*"ten of these lines came within 5 s"*"snug-audit"* ]]
  head -9 "$dir/log" >"$dir/nine"
  run_snug explain "$dir/nine"
  [[ "$output" != *incomplete* ]]
}

@test "--profile: only what it denies; --fix adds exactly that and keeps every other byte" {
  in_copy
  run_snug explain syslog.log --profile profile.json --fix fixed.json
  [ "$status" -eq 1 ]
  [[ "$output" == *"What to add: 3 calls"*"fixed.json: written, 3 calls added, line 6"*'+				"clone3",'* ]]
  diff <(diff profile.json fixed.json) - <<'END'
6a7
> 				"clone3",
7a9
> 				"faccessat",
8a11
> 				"rseq",
END
  # What is printed is a patch.
  sed -n '/^--- /,$p' <<<"$output" | patch -s -o patched.json profile.json
  cmp patched.json fixed.json
  run_snug explain syslog.log --profile fixed.json
  [ "$status" -eq 0 ]
  [[ "$output" == *"fixed.json allows 3 of the calls"* ]]
  # In place, and nothing to add.
  cp fixed.json same.json
  run_snug explain syslog.log --profile same.json --fix same.json
  [ "$status" -eq 0 ]
  cmp same.json fixed.json
}

# fixes PROFILE WANTED: the fixed text.
fixes() {
  printf '%s' "$1" >p.json
  run_snug explain syslog.log --profile p.json --fix q.json
  echo "$stderr"
  diff <(printf '%s' "$2") q.json
}

@test "--fix keeps the form that the profile has" {
  in_copy
  # One line, not in order: behind the others.
  fixes '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["write","read"],"action":"SCMP_ACT_ALLOW"}]}' \
    '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["write","read","clone3","faccessat","rseq"],"action":"SCMP_ACT_ALLOW"}]}'
  # No rule that allows, no rule, no name.
  fixes '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[]}' \
    '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names": ["clone3", "faccessat", "rseq"], "action": "SCMP_ACT_ALLOW"}]}'
  fixes '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":[],"action":"SCMP_ACT_ALLOW"}]}' \
    '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["clone3", "faccessat", "rseq"],"action":"SCMP_ACT_ALLOW"}]}'
  # A rule on arguments is left alone; one name, on a line of its own.
  fixes '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
  {"names":["clone"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]},
  {"names":[
    "read"
  ],"action":"SCMP_ACT_ALLOW"}]}' '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
  {"names":["clone"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]},
  {"names":[
    "clone3",
    "faccessat",
    "read",
    "rseq"
  ],"action":"SCMP_ACT_ALLOW"}]}'
  # A whole config.json, and Docker's own form.
  fixes '{"ociVersion":"1.0.0","linux":{"seccomp":{"defaultAction":"SCMP_ACT_KILL","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}}}' \
    '{"ociVersion":"1.0.0","linux":{"seccomp":{"defaultAction":"SCMP_ACT_KILL","syscalls":[{"names":["clone3", "faccessat", "read", "rseq"],"action":"SCMP_ACT_ALLOW"}]}}}'
  fixes '{"defaultAction":"SCMP_ACT_ERRNO","archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86"]}],"syscalls":[{"names":["bpf","faccessat"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_SYS_ADMIN"]}},{"names":["rseq"],"action":"SCMP_ACT_ALLOW","includes":{"arches":["amd64"]}},{"names":["read","write"],"action":"SCMP_ACT_ALLOW"}]}' \
    '{"defaultAction":"SCMP_ACT_ERRNO","archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86"]}],"syscalls":[{"names":["bpf","faccessat"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_SYS_ADMIN"]}},{"names":["rseq"],"action":"SCMP_ACT_ALLOW","includes":{"arches":["amd64"]}},{"names":["clone3","faccessat","read","write"],"action":"SCMP_ACT_ALLOW"}]}'
}

@test "what a name alone does not fix is told and not added" {
  in_copy
  echo '{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64"],"syscalls":[{"names":["clone3"],"action":"SCMP_ACT_ERRNO","errnoRet":38},
    {"names":["rseq"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]},{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}' >p.json
  run_snug explain syslog.log --profile p.json --fix q.json
  [ "$status" -eq 1 ]
  [[ "$output" == *"clone3: a rule denies it explicitly"* ]]
  [[ "$output" == *"rseq: the profile allows it for some arguments"*"allowed only where arg0 == 1."* ]]
  diff <(jq -r '.syscalls[2].names[]' q.json) <(printf 'faccessat\nread\n')
  echo '{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_AARCH64"],"syscalls":[]}' >p.json
  # Runtimes add the ABI that they are built for to those listed.
  run_snug explain syslog.log --profile p.json --json
  jq -e '.add == ["clone3", "faccessat", "rseq"] and [.calls[].profile] == ["denied", "denied", "denied"]' <<<"$output"
  echo '{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_AARCH64"],"syscalls":[]}' >p.json
  sed 's/arch=c000003e/arch=40000003/g' syslog.log >i386.log
  run_snug explain i386.log --profile p.json --json
  jq -e '.add == [] and [.calls[].profile] == ["no architecture", "no architecture", "no architecture"]' <<<"$output"
  # A profile that allows by default denies nothing.
  echo '{"defaultAction":"SCMP_ACT_LOG"}' >p.json
  run_snug explain syslog.log --profile p.json
  [ "$status" -eq 0 ]
}

@test "profiles that are none, and output that cannot be" {
  in_copy
  run_snug explain syslog.log --fix q.json
  refused 2 "--fix needs --profile"
  run_snug explain none.log
  refused 2 "none.log"
  run_snug explain .
  refused 2 "directory"
  for bad in '' '[]' '{}' '{"defaultAction":"x"}' '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":{}}' \
    '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":[1],"action":"SCMP_ACT_ALLOW"}]}' \
    '{"defaultAction":"SCMP_ACT_ERRNO","DefaultAction":"SCMP_ACT_ALLOW"}' \
    '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[],"syscalls":[]}'; do
    echo "$bad" >p.json
    run_snug explain syslog.log --profile p.json
    refused 2 "p.json"
  done
  ln -s profile.json link.json
  run_snug explain syslog.log --profile profile.json --fix link.json
  refused 2 "not a regular file"
  run_snug explain syslog.log --profile profile.json --fix syslog.log
  refused 2 "refusing to overwrite"
  gzip -k syslog.log
  run_snug explain syslog.log.gz
  refused 2 "zcat"
}

@test "--key: what the recorder saw denied, and why it may have seen nothing" {
  put_evidence web "$(MODE=enforce one_run '"not-learning"')" "$(join "$(call 0 read workload 7)" "$(call 165 mount workload 0 0 4)" \
    "$(call 439 faccessat2 runtime 0 3)")"
  run_snug explain --key web
  [ "$status" -eq 1 ]
  [[ "$output" == *"mount "*"denied "*"4 "*"faccessat2 "*"used "*"3 "*"the runtime's own init"*'"faccessat2", "mount"'* ]]
  [[ "$output" != *" read "* ]]
  [[ "$output" == *"runc version 1.1.5 cannot load a filter with SECCOMP_FILTER_FLAG_LOG"*"snug-learn run --bundle BUNDLE ID; snug show web"* ]]
  run_snug explain --key web --json
  jq -e '.add == ["faccessat2", "mount"]' <<<"$output"
  put_evidence idle "$(one_run '' | sed 's/runc version 1.1.5/crun version 1.8.1/')" "$(call 0 read workload 7)"
  run_snug explain --key idle
  [ "$status" -eq 0 ]
  [[ "$output" == *"No enforced run of idle"*"snug-learn run"* ]]
  # A pod's.
  put_evidence k8s/default/web/nginx "$(MODE=enforce one_run '"not-learning"')" ""
  run_snug explain --key k8s/default/web/nginx
  [ "$status" -eq 0 ]
  [[ "$output" == *"with RuntimeClass snug-learn"* ]]
  run_snug explain --key nobody
  refused 2 "unknown key"
  run_snug explain --key web x.log
  refused 2 "leave out x.log"
}

@test "--key: by the approved profile, which --fix fixes and approve takes" {
  put_evidence web "$(join "$(one_run '')" "$(MODE=enforce one_run '"not-learning"' | sed 's/runc version 1.1.5/crun version 1.8.1/')")" \
    "$(join "$(call 0 read workload 7)" "$(call 165 mount workload 0 0 4)" "$(call 83 mkdir workload 0 0 2)")"
  run_snug explain --key web --fix "$dir/fixed.json"
  refused 2 "web has no approved profile"
  printf '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"architectures":["SCMP_ARCH_X86_64"],
  "syscalls":[{"names":["mkdir","read"],"action":"SCMP_ACT_ALLOW"}]}\n' >"$state/keys/web/approved.json"
  run_snug explain --key web --fix "$dir/fixed.json"
  [ "$status" -eq 1 ]
  [[ "$output" == *"allows 2 of the calls in the evidence"*"1 call added"*'+  "syscalls":[{"names":["mkdir","mount","read"]'* ]]
  [[ "$output" != *"cannot load a filter"* ]]
  run_snug approve web --profile "$dir/fixed.json"
  [ "$status" -eq 0 ]
  [[ "$output" == *"+ mount"*"Approved as number 1"* ]]
  cmp "$dir/fixed.json" "$state/keys/web/approved.json"
  run_snug explain --key web
  [ "$status" -eq 0 ]
  echo '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_TRAP"}]}' >"$dir/foreign.json"
  run_snug approve web --profile "$dir/foreign.json"
  refused 2 "foreign.json"
  cmp "$dir/fixed.json" "$state/keys/web/approved.json"
}

@test "the recorder's own probes are nobody's calls" {
  sed -n 1p "$golden/syslog.log" | sed 's/comm="[^"]*" exe="[^"]*"/comm="snugd-probe" exe="\/usr\/sbin\/snugd"/; s/syscall=269/syscall=1000000007/' >"$dir/log"
  run_snug explain "$dir/log"
  [ "$status" -eq 0 ]
  # A name alone hides nothing.
  sed -n 1p "$golden/syslog.log" | sed 's/comm="[^"]*"/comm="snugd-probe"/' >"$dir/log"
  run_snug explain "$dir/log"
  [ "$status" -eq 1 ]
}

@test "--follow: what is added to a log, through rotation and truncation, until it is stopped" {
  sed -n 1p "$golden/syslog.log" >"$dir/log"
  "$snug" explain --follow "$dir/log" >"$dir/out" 2>"$dir/err" 3>&- &
  pid=$!
  until grep -q following "$dir/err"; do sleep 0.02; done
  # What was there before is not told.
  sed -n 2p "$golden/syslog.log" >>"$dir/log"
  until grep -q rseq "$dir/out"; do sleep 0.02; done
  mv "$dir/log" "$dir/log.1"
  sed -n 2p "$golden/syslog.log" | sed 's/syscall=334/syscall=83/; s/:1[0-9]*):/:9001):/' >>"$dir/log.1"
  # Longer than what stands there after the cut: that is how a cut is told.
  { sed -n 3p "$golden/syslog.log"; printf '%0400d\n' 0; } >"$dir/log"
  until grep -q clone3 "$dir/out"; do sleep 0.02; done
  grep -q mkdir "$dir/out"
  : >"$dir/log"
  sed -n 2p "$golden/syslog.log" | sed 's/syscall=334/syscall=165/; s/:1[0-9]*):/:9002):/' >>"$dir/log"
  until grep -q mount "$dir/out"; do sleep 0.02; done
  kill -INT "$pid"
  status=0
  wait "$pid" || status=$?
  [ "$status" -eq 1 ]
  [[ "$(cat "$dir/out")" == *"02:11:07  used     rseq by system-probe (/opt/agent/bin/system-probe)"*"4 seccomp records in "*'"clone3", "mkdir", "mount", "rseq"'* ]]
  run ! grep -q faccessat "$dir/out"
}

@test "--follow of a pipe ends with it; with --json a value a line; with --profile only what that denies" {
  output="$("$snug" explain --follow - <"$golden/syslog.log" 2>/dev/null)" || true
  [[ "$output" == "02:11:07  used     faccessat by the runtime's own init, runc:[2:INIT]"*"3 seccomp records"* ]]
  output="$("$snug" explain --follow --json - <"$golden/syslog.log" 2>/dev/null)" || true
  jq -se 'length == 3 and [.[].name] == ["faccessat", "rseq", "clone3"] and .[0].phase == "runtime"' <<<"$output"
  echo '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["rseq","clone3"],"action":"SCMP_ACT_ALLOW"}]}' >"$dir/p.json"
  output="$("$snug" explain --follow --json --profile "$dir/p.json" - <"$golden/syslog.log" 2>/dev/null)" || true
  jq -se 'length == 1 and .[0].name == "faccessat" and .[0].profile == "denied"' <<<"$output"
  run ! grep -qP '[^\x20-\x7e\n]' <("$snug" explain --follow - <"$golden/bad-input.log" 2>&1)
}
