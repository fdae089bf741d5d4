# Profiles as the world writes them: what is read, and what is said of what cannot be.
load helper

inputs() { echo "$SNUG_SOURCE/tests/cli/inputs"; }

# means_same A B
means_same() {
  run_snug diff "$1" "$2"
  [ "$status" -eq 0 ] && [[ "$output" == *"Both have the same effect."* ]] || { echo "$output"; false; }
}

# manifest: a SeccompProfile that allows four calls, on standard output.
manifest() {
  printf 'apiVersion: security-profiles-operator.x-k8s.io/%s\nkind: SeccompProfile\nmetadata:\n  name: %s\nspec:\n  defaultAction: SCMP_ACT_ERRNO\n  architectures: [SCMP_ARCH_X86_64]\n  syscalls:\n  - action: SCMP_ACT_ALLOW\n    names: [exit, exit_group, rt_sigreturn, read]\n' \
    "${2:-v1beta1}" "${1:-p}"
}

@test "a ConfigMap as kubectl prints it: a double-quoted scalar over several lines" {
  means_same "$(inputs)/configmap-double-quoted.yaml" "$(inputs)/configmap-same.json"
}

@test "a ConfigMap in every style that YAML has for a text" {
  python3 - "$dir" "$(inputs)/configmap-same.json" <<'P'
import sys, yaml
text = open(sys.argv[2]).read()
for style in ['"', "'", "|", ">"]:
    for width in [20, 80, 10000]:
        class T(str): pass
        d = yaml.SafeDumper
        d.add_representer(T, lambda d, x: d.represent_scalar("tag:yaml.org,2002:str", x, style=style))
        with open("%s/%d-%d.yaml" % (sys.argv[1], ord(style), width), "w") as f:
            yaml.dump({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "p"}, "data": {"p.json": T(text)}}, f, Dumper=d, width=width)
P
  for f in "$dir"/*-*.yaml; do means_same "$f" "$(inputs)/configmap-same.json"; done
}

@test "objects of other kinds are passed over, and counted" {
  no_floor
  run_snug check --no-sample "$(inputs)/stream-other-kinds.yaml"
  [ "$status" -eq 0 ]
  [[ "$output" == "1 profile: 0 fail"* ]]
  [[ "$stderr" == *"stream-other-kinds.yaml: skipped 1 object of other kinds (Namespace)"* ]]
  manifest >"$dir/p"
  { echo '# rendered'; echo '---'; echo 'apiVersion: v1'; echo 'kind: Service'; echo '---'; echo; echo '---'; cat "$dir/p"; echo '...'; echo '---'
    printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\nbinaryData: {}\n'; } >"$dir/stream.yaml"
  run_snug check --no-sample "$dir/stream.yaml"
  [ "$status" -eq 0 ]
  [[ "$output" == "1 profile: "* ]]
  [[ "$stderr" == *"skipped 2 objects of other kinds (Service, ConfigMap)"* ]]
  { printf 'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n- kind: List\n  apiVersion: v1\n  items:\n  -\n'; sed 's/^/    /' "$dir/p"; } >"$dir/list.yaml"
  run_snug check --no-sample "$dir/list.yaml"
  [ "$status" -eq 0 ]
  [[ "$output" == "1 profile: "* && "$stderr" == *"skipped 1 object of other kinds (Pod)"* ]]
  printf '{"apiVersion":"v1","kind":"ConfigMapList","items":[{"metadata":{"name":"a"},"data":{"x":"{\\"defaultAction\\":\\"SCMP_ACT_ERRNO\\"}"}}]}' >"$dir/typed.json"
  run_snug check --no-sample --json "$dir/typed.json"
  [[ "$output" == *'a: data.x"'* ]]
  printf 'apiVersion: v1\nkind: Pod\n' >"$dir/none.yaml"
  run_snug diff "$dir/none.yaml" @moby
  [ "$status" -eq 2 ]
  [[ "$stderr" == *"no profile: "*"only Pod"* ]]
}

@test "several JSON objects one behind the other are all read; text behind a profile is refused, as engines do" {
  jq -cn '{apiVersion: "v1", kind: "Namespace", metadata: {name: "n"}}' >"$dir/ns"
  jq -n --rawfile p "$(inputs)/configmap-same.json" '{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "p"}, data: {"p.json": $p}}' >"$dir/cm"
  manifest >"$dir/p"
  for parts in 'ns cm' 'cm ns' 'ns sep cm' 'cm sep ns' 'cm null' 'ns ns cm ns'; do
    for part in $parts; do
      case $part in sep) echo '---' ;; null) printf -- '---\nnull\n---\n' ;; *) cat "$dir/$part" ;; esac
    done >"$dir/all.json"
    means_same "$dir/all.json" "$(inputs)/configmap-same.json"
  done
  { cat "$dir/ns"; echo '---'; cat "$dir/p"; } >"$dir/mixed.yaml"
  means_same "$dir/mixed.yaml" "$dir/p"
  sed 's/"p"/"q"/' "$dir/cm" | cat "$dir/cm" - >"$dir/two.json"
  run_snug check --no-sample "$dir/two.json"
  [[ "$output" == "2 profiles: "*"two.json: p: data.p.json"*"two.json: q: data.p.json"* ]]
  { cat "$dir/cm"; echo '{"apiVersion": "v1",'; echo ' "kind": 7'; } >"$dir/broken.json"
  run_snug diff "$dir/broken.json" @moby
  [ "$status" -eq 2 ]
  for more in x '}' ',' '{}' '---' '// note'; do
    { cat "$(inputs)/configmap-same.json"; echo "$more"; } >"$dir/more.json"
    run_snug diff "$dir/more.json" @moby
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"more text behind the profile: Docker, Podman and containerd refuse it"* ]]
  done
  # runc and crun decode the first value of config.json.
  { jq '{ociVersion: "1.0.2", linux: {seccomp: .}}' "$(inputs)/configmap-same.json"; echo x; } >"$dir/bundle.json"
  means_same "$dir/bundle.json" "$(inputs)/configmap-same.json"
}

@test "folded and quoted scalars, flow forms, anchors, a byte order mark: all mean the same" {
  manifest >"$dir/p.yaml"
  for f in "$(inputs)"/yaml-*.yaml; do
    [[ "$f" == *anchor* || "$f" == *flowseq.yaml ]] || means_same "$f" "$(inputs)/yaml-flowseq.yaml"
  done
  means_same "$dir/p.yaml" "$(inputs)/yaml-flowseq.yaml"
  no_floor
  run_snug check --no-sample "$(inputs)/yaml-anchor.yaml"
  [ "$status" -eq 0 ]
  printf '{apiVersion: security-profiles-operator.x-k8s.io/v1, kind: SeccompProfile, metadata: {name: p},\n spec: {defaultAction: SCMP_ACT_ERRNO, architectures: [SCMP_ARCH_X86_64],\n  syscalls: [{action: SCMP_ACT_ALLOW, names: [exit, exit_group, rt_sigreturn, read]}]}}\n' >"$dir/flow.yaml"
  means_same "$dir/flow.yaml" "$(inputs)/yaml-flowseq.yaml"
  # As JSON it would be read by others, who refuse it.
  printf '{defaultAction: SCMP_ACT_ERRNO}' >"$dir/oci.json"
  run_snug diff "$dir/oci.json" @moby
  [ "$status" -eq 2 ]
  [[ "$stderr" == *"oci.json: line 1: not JSON"* ]]
}

@test "keys in quotes, what helm prints for --dry-run; a form feed or UTF-16 is none of JSON, and runtimes refuse it" {
  profile='{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read","exit_group"],"action":"SCMP_ACT_ALLOW"}]}'
  echo "$profile" >"$dir/same.json"
  printf '"apiVersion": "v1"\n"kind": "ConfigMap"\n"metadata": {"name": "c"}\n"data":\n  "p.json": |-\n    %s\n' "$profile" >"$dir/quoted.yaml"
  { printf 'NAME: web\nLAST DEPLOYED: Sat Jan 31 12:00:00 2026\nNAMESPACE: default\nSTATUS: pending-install\nREVISION: 1\nHOOKS:\nMANIFEST:\n---\n# Source: web/x.yaml\n'
    cat "$dir/quoted.yaml"; printf '\nNOTES:\nThank you: for installing.\n  Have - fun\n'; } >"$dir/helm.yaml"
  for f in quoted helm; do
    run_snug diff "$dir/$f.yaml" "$dir/same.json"
    echo "$f: $output $stderr"
    [ "$status" -eq 0 ]
  done
  # Lines count on.
  sed 's/"kind": "ConfigMap"/"kind": [/' "$dir/helm.yaml" >"$dir/bad.yaml"
  run_snug diff "$dir/bad.yaml" "$dir/same.json"
  refused 2 "bad.yaml: line 1"
  printf '"just a string"\n' >"$dir/string.json"
  run_snug diff "$dir/string.json" "$dir/same.json"
  refused 2 "expected an object"
  printf '%s\f\n' "$profile" >"$dir/feed.json"
  run_snug diff "$dir/feed.json" "$dir/same.json"
  refused 2 "there is more text behind the profile"
  for form in UTF-16 UTF-16BE UTF-16LE; do
    { [ $form = UTF-16 ] || printf '\xef\xbb\xbf'; cat "$dir/same.json"; } | iconv -f UTF-8 -t "$form" >"$dir/wide.json"
    run_snug diff "$dir/wide.json" "$dir/same.json"
    refused 2 "is UTF-16, and runtimes refuse it: save it as UTF-8"
  done
}

@test "errors keep their places: line and path" {
  manifest | sed 's/SCMP_ACT_ALLOW/SCMP_ACT_MAYBE/' >"$dir/p.yaml"
  run_snug diff "$dir/p.yaml" @moby
  [[ "$stderr" == *"p.yaml: spec.syscalls[0].action, line 9: unknown action"* ]]
  { printf 'x: "folded\n  text"\n'; manifest | sed 's/read\]/7]/'; } >"$dir/r.yaml"
  run_snug diff "$dir/r.yaml" @moby
  [[ "$stderr" == *"r.yaml: spec.syscalls[0].names[3], line 12: expected the name of a system call"* ]]
}

@test "a template is to be rendered first" {
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata: {}\n' >"$dir/a.yaml"
  printf '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [\n{{- range .Values.calls }}\n]}' >"$dir/b.json"
  for f in a.yaml:4 b.json:2; do
    run_snug diff "$dir/${f%:*}" @moby
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"${f%:*}: line ${f#*:}: a template ({{ }}): render it first"* ]]
  done
}

@test "the base of a SeccompProfile is added from the same directory, the same stream; one that is not there is a warning" {
  cp -r "$(inputs)/base" "$dir/base"
  printf '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["exit","exit_group","rt_sigreturn","close","execve","read"],"action":"SCMP_ACT_ALLOW"}]}' >"$dir/both.json"
  means_same "$dir/base/app.yaml" "$dir/both.json"
  { cat "$dir/base/app.yaml"; echo ---; cat "$dir/base/base.yaml"; } >"$dir/stream.yaml"
  no_floor
  run_snug check --no-sample --json "$dir/stream.yaml" "$dir/base"
  [ "$status" -eq 0 ]
  [[ "$output" != *"base profile is elsewhere"* && "$output" != *'"failure"'* ]]
  # Bases of bases.
  mkdir "$dir/chain"
  { manifest c; } >"$dir/chain/c.yaml"
  manifest b | sed 's/^spec:/spec:\n  baseProfileName: c/; s/read/write/' >"$dir/chain/b.yaml"
  manifest a | sed 's/^spec:/spec:\n  baseProfileName: b/; s/read/close/' >"$dir/chain/a.yaml"
  run_snug merge --format oci "$dir/chain/a.yaml"
  [[ "$output" == *'"read"'* && "$output" == *'"write"'* && "$output" == *'"close"'* ]]
  for base in gone oci://ghcr.io/security-profiles/runc:v1.4.2; do
    mkdir -p "$dir/alone"
    sed "s#runc-v1.4.2#\"$base\"#" "$(inputs)/base/app.yaml" >"$dir/alone/app.yaml"
    run_snug check --no-sample "$dir/alone/app.yaml"
    [ "$status" -eq 0 ]
    [[ "$output" == *"the base profile is elsewhere"*"$base"* ]]
    [[ "$output" != *"does not start"* && "$output" != *exit_group* ]]
    for command in "diff $dir/alone/app.yaml @moby" "merge $dir/alone/app.yaml"; do
      # shellcheck disable=SC2086
      run_snug $command
      [[ "$stderr" == *"it builds on the base profile $base, which is not here"* ]]
    done
    run_snug explain --profile "$dir/alone/app.yaml" /dev/null
    [[ "$stderr" == *"base profile $base, which is not here"* ]]
  done
}

@test "two profiles that are each other's base come to an end" {
  manifest a | sed 's/^spec:/spec:\n  baseProfileName: b/' >"$dir/a.yaml"
  manifest b | sed 's/^spec:/spec:\n  baseProfileName: a/' >"$dir/b.yaml"
  no_floor
  run_snug check --no-sample "$dir/a.yaml" "$dir/b.yaml"
  [ "$status" -eq 0 ]
  [[ "$output" == *"base profile is elsewhere"* ]]
}

@test "systemd: groups are known, those of this machine where systemd-analyze is there" {
  no_floor
  run_snug check --no-sample "$(inputs)/groups.conf"
  [ "$status" -eq 0 ]
  # What systemd itself counts, minus what is taken out again.
  printf '[Service]\nSystemCallFilter=@system-service\nSystemCallFilter=~@privileged @resources\nSystemCallErrorNumber=EPERM\nSystemCallArchitectures=native\n' >"$dir/a.conf"
  run_snug diff "$dir/a.conf" "$(inputs)/groups.conf"
  [ "$status" -eq 0 ]
  run_snug merge --format oci "$(inputs)/groups.conf"
  for name in read write execve setsockopt; do [[ "$output" == *"\"$name\""* ]]; done
  for name in mount chroot setpriority sched_setaffinity chown; do [[ "$output" != *"\"$name\""* ]]; done
  printf '[Service]\nSystemCallFilter=~@mount:ENOSYS @swap\nSystemCallFilter=swapon\n' >"$dir/deny.conf"
  run_snug merge --format oci "$dir/deny.conf"
  [[ "$output" == *'"mount"'*'"errnoRet": 38'* && "$output" == *'"swapoff"'* && "$output" != *'"swapon"'* ]]
  # What systemd adds by itself to a list of what is allowed; and what is taken out of that.
  printf '[Service]\nSystemCallFilter=read\nSystemCallFilter=~brk\n' >"$dir/default.conf"
  run_snug merge --format oci "$dir/default.conf"
  [[ "$output" == *'"exit_group"'* && "$output" != *'"brk"'* ]]
  printf '[Service]\nSystemCallFilter=@nosuch read\n' >"$dir/unknown.conf"
  run_snug check --no-sample "$dir/unknown.conf"
  [ "$status" -eq 0 ]
  [[ "$output" == *"unknown group"*"@nosuch"* ]]
}

@test "spo: the operator's v1, its coverage annotation; spo-v1beta1: the older form" {
  put_evidence web "$(join "$(one_run '' | sed 's/web-1/web-1/g')" "$(one_run '' | sed 's/web-1/web-2/g')" "$(one_run '"overrun"' | sed 's/web-1/web-3/g')")" \
    "$(join "$(call 0 read workload 5 | sed 's/"runs": 1/"runs": 3/')" "$(call 1 write workload 5)" "$(call 59 execve runtime 1)")"
  run_snug profile --force --format spo web
  [ "$status" -eq 0 ] || { echo "$stderr"; false; }
  printf '%s\n' "$output" >"$dir/v1.yaml"
  run_snug profile --force --format spo-v1beta1 web
  printf '%s\n' "$output" >"$dir/v1beta1.yaml"
  python3 - "$dir" <<'P'
import json, sys, yaml
new, old = (yaml.safe_load(open("%s/%s.yaml" % (sys.argv[1], n))) for n in ("v1", "v1beta1"))
group = "security-profiles-operator.x-k8s.io/"
assert new["apiVersion"] == group + "v1" and new["spec"]["state"] == "Enabled" and "namespace" not in new["metadata"], new
assert old["apiVersion"] == group + "v1beta1" and "state" not in old["spec"]
cover = json.loads(new["metadata"]["annotations"]["spo.x-k8s.io/syscall-coverage"])
assert cover["version"] == "v1" and cover["total"] == 2, cover
assert cover["syscalls"]["read"] == 2 and cover["syscalls"]["write"] == 1 and "exit_group" not in cover["syscalls"], cover
P
  means_same "$dir/v1.yaml" "$dir/v1beta1.yaml"
  printf '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mount"],"action":"SCMP_ACT_ERRNO","errnoRet":38}]}' >"$dir/errno.json"
  run_snug merge --format spo "$dir/errno.json"
  [[ "$output" == *"errnoRet: 38"* ]]
  run_snug merge --format spo-v1beta1 "$dir/errno.json"
  [[ "$output" == *'errnoRet: "38"'* ]]
}

@test "libseccomp-c: what is written compiles, and does what the profile says" {
  printf '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64"],"syscalls":[{"names":["getppid","no_such_call"],"action":"SCMP_ACT_ERRNO","errnoRet":7},
    {"names":["dup"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":99,"op":"SCMP_CMP_EQ"}]},
    {"names":["alarm"],"action":"SCMP_ACT_ERRNO","errnoRet":5,"args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"},{"index":0,"value":2,"op":"SCMP_CMP_EQ"}]}]}' >"$dir/p.json"
  run_snug merge --format libseccomp-c "$dir/p.json"
  [ "$status" -eq 0 ]
  printf '%s\n' "$output" >"$dir/filter.h"
  cat >"$dir/try.c" <<'C'
#include "filter.h"
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
static int code(long r) { return r < 0 ? errno : 0; }
int main(void)
{
	scmp_filter_ctx ctx = merged_filter();
	if (!ctx || seccomp_load(ctx) < 0)
		return 1;
	seccomp_release(ctx);
	printf("%d %d %d ", code(syscall(SYS_getppid)), code(syscall(SYS_dup, 99)), code(syscall(SYS_dup, 98)));
	printf("%d %d %d\n", code(syscall(SYS_alarm, 1)), code(syscall(SYS_alarm, 2)), code(syscall(SYS_alarm, 0)));
	return 0;
}
C
  gcc -Wall -Wextra -Werror -o "$dir/try" "$dir/try.c" -lseccomp
  run "$dir/try"
  [ "$output" = "7 1 9 5 5 0" ] || { echo "$output"; false; }
}

@test "names that are none, or none of this machine: what may be meant" {
  [ "$(uname -m)" = x86_64 ] || skip "made for x86_64"
  run_snug check --no-sample --json "$(inputs)/near-names.json"
  printf '%s\n' "$output" >"$dir/out.json"
  python3 - "$dir/out.json" <<'P'
import json, sys
near = {c["name"]: c.get("nearest") for p in json.load(open(sys.argv[1]))["profiles"] for f in p["findings"] for c in f.get("calls", [])}
for name, call in {"pwrite": "pwrite64", "fstatat": "newfstatat", "pread": "pread64", "sigaction": "rt_sigaction", "umount": "umount2",
                   "setpgrp": "setpgid", "geteuid32": "geteuid", "send": "sendto"}.items():
    assert near.get(name) == call, (name, near)
assert "lseek" not in near
P
  for pair in futimens:utimensat recv:recvfrom opneat:openat READ:read SYS_dup:dup epoll_wiat:epoll_wait posix_fadvise:fadvise64 clock_gettime64:clock_gettime; do
    printf '{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64"],"syscalls":[{"names":["%s","zzzzzz"],"action":"SCMP_ACT_ALLOW"}]}' "${pair%:*}" >"$dir/p.json"
    run_snug check --no-sample "$dir/p.json"
    [[ "$output" =~ ${pair%:*}\ +did\ you\ mean\ ${pair#*:}\? ]] || { echo "$pair: $output"; false; }
    [[ ! "$output" =~ zzzzzz\ +did ]]
  done
  # What stands beside it is not asked for.
  printf '{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64"],"syscalls":[{"names":["sigaction","rt_sigaction","geteuid32","geteuid"],"action":"SCMP_ACT_ALLOW"}]}' >"$dir/q.json"
  run_snug check --no-sample "$dir/q.json"
  [[ "$output" != *"did you mean"* ]]
}

# denied NAME NUMBER: a line of an audit log.
denied() { printf 'type=SECCOMP msg=audit(1700000000.123:%s): auid=0 uid=0 gid=0 ses=7 pid=9 comm="web" exe="/bin/web" sig=0 arch=c000003e syscall=%s compat=0 ip=0x7f0000000001 code=0x50000\n' "$2" "$2"; }

# fixed FILE EXPECTED: what --fix writes for two calls that FILE lacks.
fixed() {
  { denied mkdir 83; denied write 1; } >"$dir/log"
  run_snug explain --profile "$1" --fix "$dir/fixed" "$dir/log"
  [ "$status" -lt 2 ] || { echo "$stderr"; false; }
  diff "$2" "$dir/fixed" || { echo "$output"; false; }
  rm "$dir/fixed"
}

@test "--fix writes back into the form it got, every other byte unchanged" {
  [ "$(uname -m)" = x86_64 ] || skip "made for x86_64"
  # A SeccompProfile in a stream, block lists in order, comments, CRLF.
  printf 'apiVersion: v1\nkind: Service # no: {}\n---\n# ours\napiVersion: security-profiles-operator.x-k8s.io/v1\nkind: SeccompProfile\nmetadata: {name: p}\nspec:\n  defaultAction: SCMP_ACT_ERRNO\n  syscalls:\n    - action: SCMP_ACT_ALLOW # first\n      names:\n      # those\n      - exit\n      - exit_group\n      - read # last\n\n# end\n---\nkind: Pod\napiVersion: v1\n' >"$dir/a.yaml"
  sed "s/^      - read # last/      - mkdir\n      - read # last\n      - write/" "$dir/a.yaml" >"$dir/a.want"
  fixed "$dir/a.yaml" "$dir/a.want"
  sed 's/$/\r/' "$dir/a.yaml" >"$dir/crlf.yaml"
  sed 's/$/\r/' "$dir/a.want" >"$dir/crlf.want"
  fixed "$dir/crlf.yaml" "$dir/crlf.want"
  # Flow lists, quoted; not in order.
  sed 's/\[exit, .*/["exit", "read", "close"]/' <(manifest) >"$dir/b.yaml"
  sed 's/"close"\]/"close", "mkdir", "write"]/' "$dir/b.yaml" >"$dir/b.want"
  fixed "$dir/b.yaml" "$dir/b.want"
  # A list that an alias means too stays: a rule of its own.
  { manifest | sed 's/names: \[/names: \&n [/'; printf '  - action: SCMP_ACT_LOG\n    names: *n\n# end\n'; } >"$dir/c.yaml"
  { sed '$d' "$dir/c.yaml"; printf '  - action: SCMP_ACT_ALLOW\n    names:\n    - mkdir\n    - write\n# end\n'; } >"$dir/c.want"
  fixed "$dir/c.yaml" "$dir/c.want"
  # A ConfigMap: literal, double-quoted over lines, single-quoted.
  printf 'kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: \xc3\xa4\ndata:\n  readme: no profile\n  p.json: |\n    {"defaultAction": "SCMP_ACT_ERRNO",\n      "syscalls": [{"names": [\n        "exit",\n        "read"\n      ], "action": "SCMP_ACT_ALLOW"}]}\n# end\n' >"$dir/d.yaml"
  sed 's/^        "read"/        "mkdir",\n        "read",\n        "write"/' "$dir/d.yaml" >"$dir/d.want"
  fixed "$dir/d.yaml" "$dir/d.want"
  sed 's/\[\\"read\\"/[\\"read\\"/' "$(inputs)/configmap-double-quoted.yaml" | sed 's/\\"write\\", //' >"$dir/e.yaml"
  sed 's/\\"rt_sigreturn\\"\]/\\"rt_sigreturn\\", \\"mkdir\\", \\"write\\"]/' "$dir/e.yaml" >"$dir/e.want"
  fixed "$dir/e.yaml" "$dir/e.want"
  printf "kind: ConfigMap\napiVersion: v1\ndata:\n  p.json: '{\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\n    \"syscalls\": [{\"names\": [\"exit\", \"read\"], \"action\":\n    \"SCMP_ACT_ALLOW\", \"x\": \"it''s\"}]}'\n" >"$dir/f.yaml"
  sed 's/"exit", "read"\]/"exit", "mkdir", "read", "write"]/' "$dir/f.yaml" >"$dir/f.want"
  fixed "$dir/f.yaml" "$dir/f.want"
  # kubectl get -o json: a List.
  printf '{\n\t"apiVersion": "v1", "kind": "List", "items": [ {"apiVersion": "v1", "kind": "ConfigMap", "data": {\n"p.json": "{\\n\\t\\"defaultAction\\": \\"SCMP_ACT_ERRNO\\", \\"syscalls\\": [{\\"names\\": [\\"exit\\", \\"read\\"], \\"action\\": \\"SCMP_ACT_ALLOW\\"}]}\\n"}} ] }\n' >"$dir/g.json"
  sed 's/\\"exit\\", \\"read\\"\]/\\"exit\\", \\"mkdir\\", \\"read\\", \\"write\\"]/' "$dir/g.json" >"$dir/g.want"
  fixed "$dir/g.json" "$dir/g.want"
  # A style in which nothing can be put in its place is refused, and nothing is written.
  printf 'kind: ConfigMap\napiVersion: v1\ndata:\n  p.json: >\n    {"defaultAction": "SCMP_ACT_ERRNO",\n    "syscalls": [{"names": ["exit"], "action": "SCMP_ACT_ALLOW"}]}\n' >"$dir/h.yaml"
  run_snug explain --profile "$dir/h.yaml" --fix "$dir/h.fixed" "$dir/log"
  [ "$status" -eq 2 ]; [ ! -e "$dir/h.fixed" ]
  [[ "$stderr" == *"h.yaml: line 4: cannot amend a text of this style in place"* ]]
}

# units: the systemd units of this machine that have a filter.
# units: those that filter system calls, one of each filter.
units() {
  local f filter seen=' '
  for f in $(grep -lsE '^SystemCallFilter=.' /lib/systemd/system/*.{service,socket} /usr/share/doc/*/examples/*.service 2>/dev/null); do
    filter=$(grep ^SystemCall "$f" | cksum | tr ' ' -)
    [[ "$seen" == *" $filter "* ]] || echo "$f"
    seen+="$filter "
  done
}

@test "every profile and unit of the packages installed here is read, checked, written in every form, and read again the same" {
  local n=0 same=0 told=0 f format
  for f in $(units) /usr/share/containers/seccomp.json /etc/docker/seccomp.json; do
    [ -f "$f" ] || continue
    n=$((n + 1))
    run_snug check --no-sample "$f"
    [ "$status" -lt 2 ] || { echo "$f: $output"; false; }
    for format in oci docker spo spo-v1beta1 systemd; do
      run_snug merge --format "$format" "$f"
      # systemd has no form for some actions; that is said.
      if [ "$status" -ne 0 ]; then [ "$format" = systemd ] && [[ "$stderr" == *"systemd cannot express"* ]] || { echo "$f as $format: $stderr"; false; }; continue; fi
      printf '%s\n' "$output" >"$dir/out.$format"
      lost=$stderr
      case $format in
        systemd) mv "$dir/out.systemd" "$dir/again.conf"; again=$dir/again.conf ;;
        *) again=$dir/out.$format; mv "$again" "$dir/again.$format.yaml"; again=$dir/again.$format.yaml ;;
      esac
      run_snug diff "$f" "$again"
      # What a form cannot say is said.
      if [ "$status" -eq 0 ]; then same=$((same + 1)); else told=$((told + 1)); fi
      [ "$status" -eq 0 ] || [ -n "$lost" ] || { echo "$f as $format: $output"; false; }
    done
  done
  echo "# $n profiles and units: $same texts mean the same, $told where the form cannot and says so" >&3
  [ "$n" -gt 0 ] || skip "no profile and no unit with a filter is installed here"
}
