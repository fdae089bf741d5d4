# What a runtime refuses, by its version. tests/root/oracle.bats sees the runtimes do it.
bats_require_minimum_version 1.5.0
load helper

# node VERSION...: a floor file of a node with these runtimes, of which nothing was sampled.
node() {
  local v all=()
  for v in "$@"; do
    all+=("{\"path\": \"/usr/bin/${v%% *}\", \"id\": \"${v%% *}-1\", \"version\": \"${v%% *} version ${v#* }\", \"go\": true, \"floors\": []}")
  done
  printf '{"version": 1, "kernel": "6.1.0", "machine": "x86_64", "libseccomp": "2.5.4", "libseccomp_lacks": [], "runtimes": [%s]}\n' \
    "$(join "${all[@]}")" >"$dir/node.json"
}

# refuse MEMBERS: which of the node's runtimes refuse a profile that allows by default and has these members too.
refuse() {
  printf '{"defaultAction": "SCMP_ACT_ALLOW", %s}\n' "$1" >"$dir/p.json"
  run_snug check --json --floor-file "$dir/node.json" "$dir/p.json"
  python3 -c 'import json,sys
for f in json.load(sys.stdin)["profiles"][0]["findings"]:
  if f["kind"] == "refused-by-runtime" and f["level"] == "failure": print(f["runtime"].split("/")[-1], f["text"])' <<<"$output" >"$dir/found"
  cut -d' ' -f1 "$dir/found" | sort -u | paste -sd' '
}
# invalid MEMBERS: every runtime refuses it.
invalid() {
  printf '{"defaultAction": "SCMP_ACT_ALLOW", %s}\n' "$1" >"$dir/p.json"
  run_snug check --json --floor-file "$dir/node.json" "$dir/p.json"
  grep -q '"kind": *"invalid"' <<<"$output"
}
rule() { printf '"syscalls": [{"names": [%s], "action": "SCMP_ACT_%s"%s}]' "$1" "$2" "${3:-}"; }

@test "check: notifying, listeners, names and errnos, by runtime" {
  node "runc 1.1.5" "crun 1.8.1"
  [ "$(refuse "$(rule '"mkdir"' NOTIFY)")" = runc ]
  grep -q '^runc runc 1.1.5 rejects this profile: SCMP_ACT_NOTIFY needs a "listenerPath"' "$dir/found"
  [ "$(refuse "\"listenerPath\": \"/run/x\", $(rule '"mkdir"' NOTIFY)")" = "" ]
  [ "$(refuse "\"listenerPath\": \"/run/x\", $(rule '"mkdir", "write"' NOTIFY)")" = runc ]
  [ "$(refuse "\"listenerPath\": \"x.sock\", $(rule '"mkdir"' NOTIFY)")" = "crun runc" ]
  [ "$(refuse "\"listenerPath\": \"\", $(rule '"mkdir"' ERRNO)")" = crun ]
  [ "$(refuse "\"listenerPath\": null, $(rule '"mkdir"' ERRNO)")" = "" ]
  [ "$(refuse "$(rule '""' ERRNO)")" = runc ]
  [ "$(refuse "$(rule '"mkdir", null' ERRNO)")" = runc ]
  [ "$(refuse "$(rule '' ERRNO)")" = "" ]
  [ "$(refuse '"syscalls": [{"names": null, "action": "SCMP_ACT_ERRNO"}]')" = crun ]
  [ "$(refuse '"syscalls": [{"action": "SCMP_ACT_ERRNO"}]')" = crun ]
  [ "$(refuse "$(rule '"mkdir"' LOG ', "errnoRet": 1')")" = crun ]
  [ "$(refuse "$(rule '"mkdir"' TRACE ', "errnoRet": 4294967296')")" = crun ]
  [ "$(refuse "$(rule '"mkdir"' ERRNO ', "errnoRet": 65536')")" = "" ]
  # Such a rule answers as the default does, so nobody looks at its argument; crun reads it all the same.
  [ "$(refuse "$(rule '"mkdir"' ALLOW ', "args": [{"index": 4294967295, "value": 0, "op": "SCMP_CMP_EQ"}]')")" = "" ]
  [ "$(refuse "$(rule '"mkdir"' ALLOW ', "args": [{"index": 4294967296, "value": 0, "op": "SCMP_CMP_EQ"}]')")" = crun ]
  # An operator: runc looks at it once for each name, crun where the rule has an effect, and its reader wants it to be there.
  local op
  for op in '"SCMP_CMP_MAX"' '""'; do
    [ "$(refuse "$(rule '' ERRNO ", \"args\": [{\"index\": 0, \"value\": 0, \"op\": $op}]")")" = "" ]
    [ "$(refuse "$(rule '"mkdir"' ALLOW ", \"args\": [{\"index\": 0, \"value\": 0, \"op\": $op}]")")" = runc ]
    [ "$(refuse "$(rule '"no_such_call"' ERRNO ", \"args\": [{\"index\": 0, \"value\": 0, \"op\": $op}]")")" = runc ]
    invalid "$(rule '"mkdir"' ERRNO ", \"args\": [{\"index\": 0, \"value\": 0, \"op\": $op}]")"
  done
  for op in '' ', "op": null'; do
    [ "$(refuse "$(rule '' ERRNO ", \"args\": [{\"index\": 0, \"value\": 0$op}]")")" = crun ]
    invalid "$(rule '"mkdir"' ALLOW ", \"args\": [{\"index\": 0, \"value\": 0$op}]")"
  done
  # What no name needs nobody looks at: an index and an errno that are too high.
  for op in '' '"no_such_call"'; do
    [ "$(refuse "$(rule "$op" ERRNO ', "args": [{"index": 6, "value": 0, "op": "SCMP_CMP_EQ"}]')")" = "" ]
    [ "$(refuse "$(rule "$op" ERRNO ', "errnoRet": 4095')")" = "" ]
  done
  [ "$(refuse "\"syscalls\": null, \"architectures\": null, \"flags\": null")" = "" ]
}

@test "check: a runtime that has nobody to connect to on this machine" {
  [ "$(command -v runc)" ] || skip "there is no runc here"
  printf '{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "%s/agent.sock", %s}\n' "$dir" "$(rule '"mkdir"' NOTIFY)" >"$dir/p.json"
  run_snug check --no-sample --runtime runc "$dir/p.json"
  [ "$status" -eq 1 ]
  [[ "$output" == *"no socket at \"listenerPath\" on this machine"* ]]
  python3 -c 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$dir/agent.sock"
  run_snug check --no-sample --runtime runc "$dir/p.json"
  [[ "$output" != *"no socket"* ]]
}

@test "check: architectures and flags, by version" {
  node "runc 1.1.5" "crun 1.8.1"
  [ "$(refuse '"architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_S390X"]')" = "crun runc" ]
  grep -q 'mix byte orders (SCMP_ARCH_S390X)' "$dir/found"
  [ "$(refuse '"architectures": ["SCMP_ARCH_NATIVE"]')" = "crun runc" ]
  [ "$(refuse '"architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_RISCV64"]')" = runc ]
  [ "$(refuse '"architectures": ["x86_64"]')" = runc ]
  [ "$(refuse '"architectures": ["SCMP_ARCH_X86", "SCMP_ARCH_AARCH64"]')" = "" ]
  [ "$(refuse '"flags": ["SECCOMP_FILTER_FLAG_LOG"]')" = runc ]
  [ "$(refuse '"flags": ["SECCOMP_FILTER_FLAG_NONSENSE"]')" = "crun runc" ]
  [ "$(refuse '"flags": ["SECCOMP_FILTER_FLAG_TSYNC"], "listenerPath": "/run/x"')" = "crun runc" ]
  node "runc 1.3.6"
  [ "$(refuse '"architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_RISCV64"]')" = "" ]
  [ "$(refuse '"architectures": ["SCMP_ARCH_LOONGARCH64"]')" = runc ]
  [ "$(refuse '"flags": ["SECCOMP_FILTER_FLAG_LOG"]')" = "" ]
  [ "$(refuse '"flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]')" = runc ]
  node "runc 1.1.8" "crun 1.21"
  [ "$(refuse '"architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_RISCV64"]')" = "" ]
  # What libseccomp knows since 2.6 crun knows with it, and runc by a table of its own.
  [ "$(refuse '"architectures": ["SCMP_ARCH_LOONGARCH64"]')" = "crun runc" ]
  sed -i 's/"libseccomp": "2.5.4"/"libseccomp": "2.6.0"/' "$dir/node.json"
  [ "$(refuse '"architectures": ["SCMP_ARCH_LOONGARCH64"]')" = runc ]
  [ "$(refuse '"architectures": ["SCMP_ARCH_SH"]')" = runc ]
  [ "$(refuse '"architectures": ["SCMP_ARCH_M68K"]')" = "crun runc" ]
  node "runc 1.1.15+ds1" "runc 1.4.0"
  sed -i 's/"libseccomp": "2.5.4"/"libseccomp": "2.6.0"/' "$dir/node.json"
  [ "$(refuse '"architectures": ["SCMP_ARCH_LOONGARCH64"]')" = "" ]
  [ "$(refuse '"architectures": ["loongarch64"]')" = runc ]
}

@test "check: a null among the rules or their arguments" {
  node "crun 1.28"
  local rule
  for rule in 'null' '{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "args": [null]}'; do
    invalid "\"syscalls\": [$rule]"
    [[ "$output" == *"without any filter"* ]]
  done
  # A number that is too high.
  rule=$(rule '"mkdir"' ERRNO ', "args": [{"index": 1, "value": 18446744073709551616, "op": "SCMP_CMP_LT"}]')
  [ "$(refuse "$rule")" = "" ]
  node "runc 1.3.6" "crun 1.21"
  [ "$(refuse "$rule")" = "crun runc" ]
}

@test "check: what another runtime than those checked for refuses is a warning" {
  node "crun 1.8.1"
  [ "$(refuse "$(rule '"mkdir"' NOTIFY)")" = "" ]
  run_snug check --floor-file "$dir/node.json" "$dir/p.json"
  [[ "$output" == *"warning: runc rejects this profile"* ]]
  node "runc 1.3.6"
  [ "$(refuse '"flags": ["SECCOMP_FILTER_FLAG_LOG"]')" = "" ]
  run_snug check --floor-file "$dir/node.json" "$dir/p.json"
  [[ "$output" == *"warning: runc before 1.2 rejects this profile"* ]]
}
