# What the pages and --help show as a command is run as it stands there, and ends as they say; so page and program cannot part.
load helper

man="$SNUG_SOURCE/man"

# examples_of PAGE: the commands in its displays, one a line, without the words beside them. help_of COMMAND: those in its --help.
examples_of() { sed -n '/^\.nf/,/^\.fi/{/^\./!p}' "$man/$1" | sed 's/\\-/-/g; s/\\(dq/"/g; s/^ *//; s/   .*//'; }
help_of() { "$snug" "$1" --help | sed -n 's/   .*//; /snug/s/^  \([a-z].*\)/\1/p'; }

# exits_of NAME: the codes in its EXIT STATUS.
exits_of() {
  if [ -f "$man/snug-$1.1" ]; then cat "$man/snug-$1.1"; else "$snug" --manual "$1"; fi |
    sed -n '/^\.SH "*EXIT STATUS/,/^\.SH "*[SE][EX][EA]/{/^\.SH/!p}' | grep -oE '\b[0-3]\b( [a-z]|[:;])' | cut -c1 | sort -u | tr -d '\n'
}

# machine [RUNTIME...]: to run them on: what they name under /var and /usr lies below $dir/root, no daemon is asked and no container started.
machine() {
  mkdir -p "$dir/bin" "$dir/work" "$dir/root/usr/sbin" "$dir/root/var/lib/kubelet/seccomp" "$dir/root/var/log/audit"
  cat >"$dir/bin/snug" <<S
#!/bin/bash
args=()
for a; do case \$a in /var/* | /usr/*) a=$dir/root\$a ;; esac; args+=("\$a"); done
case "\$1 \$2" in
  "setup containerd" | "setup docker") args+=(--config $dir/\$2.conf) ;;
  "floor "*) args+=(--show) ;;
esac
exec $snug "\${args[@]}"
S
  for p in systemctl snug-learn snug-audit; do printf '#!/bin/sh\necho "%s $*" >>%s\n' $p "$dir/called" >"$dir/bin/$p"; done
  for p in journalctl dmesg; do printf '#!/bin/sh\ncat %s/syslog.log\n' "$BATS_TEST_DIRNAME/golden/explain" >"$dir/bin/$p"; done
  printf '#!/bin/sh\nif [ "$1" = get ]; then cat %s; else cat >%s; fi\n' "$dir/configmap.json" "$dir/applied.yaml" >"$dir/bin/kubectl"
  cp "$BATS_TEST_DIRNAME/golden/explain/auditd-raw.log" "$dir/root/var/log/audit/audit.log"
  for p in "$@"; do put_runtime "$dir/root/usr/sbin/$p"; done
  sed -i "s|{|{\"runtime\": \"$dir/root/usr/sbin/runc\", |" "$dir/config.json"
  chmod +x "$dir/bin/"*
  export PATH="$dir/bin:$PATH"
  cd "$dir/work"
}

# What always has to be allowed, and the names given.
profile() {
  printf '%s\n' exit exit_group rt_sigreturn restart_syscall clock_gettime clock_getres gettimeofday time getcpu getrandom "$@" |
    jq -Rn '{defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 38, architectures: ["SCMP_ARCH_X86_64"],
      syscalls: [{names: [inputs], action: "SCMP_ACT_ALLOW"}]}'
}

# shows PAGE|COMMAND: the examples that are run next. example STATUS COMMAND: one of them, run in $dir/work. Once all were, told.
shows() { case $1 in *.*) examples_of "$1" ;; *) help_of "$1" ;; esac | sort -u >"$dir/shown"; : >"$dir/done"; [ -s "$dir/shown" ]; }
example() {
  not_here "$2" || return 1
  ends "$1" "$2"
}
# ends STATUS COMMAND: output and messages in $output.
ends() {
  status=0
  output="$(bash -c "$2" 2>&1)" || status=$?
  [ "$status" -eq "$1" ] || { echo "$2: status $status, not $1"; echo "$output"; return 1; }
}
not_here() {
  grep -qxF -- "$1" "$dir/shown" || { echo "there is no such example: $1"; return 1; }
  printf '%s\n' "$1" >>"$dir/done"
}
told() { diff "$dir/shown" <(sort -u "$dir/done"); }

# inline PAGE COMMAND: stands in the text of the page.
inline() { sed 's/\\-/-/g' "$man/$1" | tr '\n' ' ' | grep -qF -- "$2" || { echo "not in $1: $2"; return 1; }; }

@test "snug-check(1): an upgrade that is checked for, a directory, standard input" {
  machine runc runc.new
  mkdir profiles
  profile close execve >profiles/old.json
  profile close execve statx >"$dir/root/var/lib/kubelet/seccomp/good.json"
  jq -n --rawfile p "$dir/root/var/lib/kubelet/seccomp/good.json" '{kind: "ConfigMap", apiVersion: "v1", data: {"a.json": $p}}' >"$dir/configmap.json"
  shows snug-check.1
  example 0 'snug floor --json --runtime /usr/sbin/runc >node.json'
  example 1 'snug check --floor-file node.json profiles/'
  # "Each profile that will break is named, with the calls that it lacks, whether ..., and the line to add."
  grep -qE '^  profiles/old.json +FAILS +no exec' <<<"$output"
  grep -qE 'CALL +ANSWER +EXECS, noNewPrivileges +EXECS, no noNewPrivileges' <<<"$output"
  grep -qE '^ +statx +ENOSYS +1 of 1 +1 of 1' <<<"$output"
  [[ "$output" == *'add to the allowed names: "statx"'* ]]
  example 0 'snug check /var/lib/kubelet/seccomp'
  [[ "$output" == *"1 ok. Checked for runc 1.1.5"* ]]
  example 0 'kubectl get configmap X -o json | snug check -'
  example 1 'snug check --runtime runc-1.3.6,crun-1.28 profiles/'
  example 1 'snug check --runtime runc-1.3.6 --fix fixed.json profiles/old.json'
  snug check --runtime runc-1.3.6 fixed.json
  told
  shows check
  profile close >my.json
  example 1 'snug check --runtime /usr/sbin/runc.new my.json'
  example 1 'snug check --runtime runc-1.3.6 profiles/'
  example 0 'snug floor --json >node.json'
  example 1 'snug check --floor-file node.json profiles/'
  example 1 'snug check --fix my-fixed.json my.json'
  example 0 'kubectl get configmap X -o json | snug check -'
  told
}

@test "snug-diff(1)" {
  machine
  put_web
  shows snug-diff.1
  example 1 'snug diff web @containerd'
  example 1 'snug diff @crun-1.28 @runc-1.3.6'
  told
  shows diff
  example 1 'snug diff web @containerd'
  snug approve --no-sample web
  put_evidence web "$(one_run '')" "$(call 0 read workload 7)"
  snug approve --no-sample web
  example 1 'snug diff web#1 web'
  example 1 'snug diff @crun-1.28 @runc-1.3.6'
  told
}

@test "snug-report(1)" {
  machine
  put_web
  snug approve --no-sample web
  put_evidence web "$(one_run '')" "$(call 0 read workload 7)"
  snug approve --no-sample web
  shows snug-report.1
  example 0 'snug report web --against @containerd'
  example 0 'snug report web#2 --against web#1 -o changes.html'
  grep -q 'Open only in web#1 <span class="dim">[1-9]' changes.html
  told
  shows report
  example 0 'snug report web --against @moby'
  example 0 'snug report web#2 --against web#1'
  told
}

# denied KEY: under its approved profile mount was denied; runc 1.1 leaves no trace of that in truth.
denied() {
  put_evidence "$1" "$(MODE=enforce one_run '"not-learning"')" "$(join "$(call 0 read workload 7)" "$(call 165 mount workload 0 0 4)")"
  profile read >"$state/keys/$1/approved.json"
}

@test "snug-explain(1): the way at three in the morning" {
  machine
  for key in KEY ID web; do denied $key; done
  profile read write >my.json
  shows snug-explain.1
  example 1 'snug explain --key KEY'
  # "It names what was denied and prints the command that allows it. Done." And the one that finds everything.
  grep -qE '^  mount +denied ' <<<"$output"
  [[ "$output" == *"logs no denial"*"snug-audit run --bundle BUNDLE ID; snug explain --key KEY"* ]]
  grep -E '^  snug (explain|approve) .*fixed' <<<"$output" >fix
  [ "$(wc -l <fix)" -eq 2 ]
  ends 1 "$(head -1 fix)"
  [[ "$output" == *'+++ fixed.json'* ]]
  ends 0 "$(tail -1 fix)"
  ends 0 'snug explain --key KEY'
  # "Where the text names the profile, the answer ends with the next command".
  printf '#!/bin/sh\nprintf "%%s\\n" "LocalhostProfile: profiles/web.json" "unsafe procfs detected: openat2 fsmount: operation not permitted"\n' >"$dir/bin/kubectl"
  mkdir -p "$dir/root/var/lib/kubelet/seccomp/profiles"
  profile read >"$dir/root/var/lib/kubelet/seccomp/profiles/web.json"
  example 1 'kubectl describe pod POD | snug explain'
  [[ "$output" == *"refused: openat2"*"  snug check /var/lib/kubelet/seccomp/profiles/web.json"* ]]
  put_runtime "$dir/root/usr/sbin/runc"
  example 1 'snug check /var/lib/kubelet/seccomp/profiles/web.json'
  [[ "$output" == *"execve"* ]]
  example 1 'journalctl -k -b | snug explain'
  [[ "$output" == *"runtime's own init"* ]]
  example 1 'dmesg | snug explain'
  example 1 'snug explain /var/log/audit/audit.log'
  not_here '... | snug explain --profile my.json --fix fixed.json'
  ends 1 'dmesg | snug explain --profile my.json --fix fixed.json'
  # "Read what the addition opens, and the difference, both are printed."
  [[ "$output" == *"What this opens:"*"+++ fixed.json"* ]]
  ends 0 'dmesg | snug explain --profile fixed.json'
  example 1 'snug-audit run --bundle BUNDLE ID; snug explain --key ID'
  example 0 'snug-learn run --bundle BUNDLE ID; snug show ID'
  told
  inline snug-explain.1 'snug approve KEY --profile OUT'
  ends 1 'snug explain --key web --fix OUT --json | jq -e ".add == [\"mount\"]" && exit 1'
  ends 0 'snug approve web --profile OUT'
  inline snug-explain.1 'snug setup kubernetes'
  ends 0 'snug setup kubernetes'
  denied web
  shows explain
  example 1 'journalctl -k -b | snug explain'
  example 1 'snug explain /var/log/audit/audit.log --profile my.json --fix my-fixed.json'
  not_here 'snug explain --follow' # listens to the kernel
  example 1 'snug explain --key web'
  told
}

@test "snug-merge(1)" {
  machine
  put_web
  for n in a b; do mkdir -p nodes/$n; sed "s/web-1/$n-1/g" "$state/keys/web/evidence.json" >nodes/$n/web.json; done
  shows snug-merge.1
  echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["chmod"], "action": "SCMP_ACT_ERRNO"}]}' >deny.json
  example 0 'snug merge nodes/*/web.json -o web.json'
  [[ "$output" == *"2 evidence files with 2 runs"*"complete"* ]]
  example 0 'snug approve ./web.json'
  example 0 'snug merge @moby --within deny.json'
  example 0 'snug merge web --without @containerd'
  told
  shows merge
  example 0 'snug merge nodes/*/web.json -o web.json && snug approve ./web.json'
  example 0 'snug merge @moby --within deny.json'
  example 0 'snug merge web --without @containerd'
  told
  # "The result is taken by profile, approve and show", and report.
  for c in profile show report; do ends 0 "snug $c ./web.json"; done
  inline snug-merge.1 'oci (default), docker, spo, spo-v1beta1, systemd or libseccomp-c'
  for f in oci docker spo systemd; do ends 0 "snug merge @moby --format $f"; done
}

@test "snug-setup(1)" {
  machine
  printf '{}\n' >"$dir/docker.conf"
  shows snug-setup.1
  example 0 'snug setup containerd --write && systemctl restart containerd'
  grep -q 'snug-enforce' "$dir/containerd.conf"
  ends 0 'snug setup docker --write'
  [ -e "$dir/docker.conf.before-snug" ]
  example 0 'snug setup docker --remove && systemctl restart docker'
  # "It is restored to the byte and the backup goes."
  [ "$(cat "$dir/docker.conf")" = '{}' ]; [ ! -e "$dir/docker.conf.before-snug" ]
  example 0 'snug setup kubernetes --image registry.example/snug:1 | kubectl apply -f -'
  told
  [ "$(cat "$dir/called")" = "$(printf 'systemctl restart %s\n' containerd docker)" ]
  # "three RuntimeClasses; a DaemonSet that installs snug on the nodes with the label ...; a service account without rights."
  [ "$(sed -n 's/^kind: //p' "$dir/applied.yaml" | tr '\n' ' ')" = 'RuntimeClass RuntimeClass RuntimeClass ServiceAccount ClusterRole ClusterRoleBinding DaemonSet ' ]
  inline snug-setup.1 'label snug.io/install=true'
  grep -q 'snug.io/install: "true"' "$dir/applied.yaml"
  grep -q 'image: "registry.example/snug:1"' "$dir/applied.yaml"
  # The file of each caller, as the page names it.
  for f in $(sed -n '/^static const struct setup_caller/,/^};/s/.*"\(\/etc[^"]*\)".*/\1/p' "$SNUG_SOURCE/shim/cli/setup/cmd_setup.c"); do inline snug-setup.1 "$f"; done
  ends 2 'snug setup kubernetes --remove'
}

@test "snug(1): a first way, and where the configuration is" {
  machine
  put_web KEY
  for c in 'snug-learn run' 'snug show KEY' 'snug approve KEY' 'snug --help'; do
    inline snug.1 "$c"
    ends 0 "$c"
  done
  chmod 622 "$dir/config.json"
  ends 2 'snug ls'
  [[ "$output" == *"writable by group or others"* ]]
}

@test "snug-config(5): the example, the values of each setting, and what is an error" {
  local text d missing
  # The directories of this machine are not asked.
  examples_of snug-config.5 | jq --arg d "$dir" '. + {state_dir: ($d + "/state"), run_dir: ($d + "/run")}' >"$dir/config.json"
  put_web
  run_snug ls
  [ "$status" -eq 0 ]
  while read -r text; do
    jq -n --arg d "$dir" "{state_dir: (\$d + \"/state\"), run_dir: (\$d + \"/run\")} + $text" >"$dir/config.json"
    run_snug ls
    [ "$status" -eq 0 ] || { echo "$text: $stderr"; false; }
    echo "$text" >>"$dir/values"
  done <<'C'
{"mode": "pass", "baseline": "drop", "progressive": true, "hot_set": true, "experiments": true, "learn_for": 0, "on_error": "fail", "session": "on"}
{"mode": "learn", "baseline": "default", "progressive": false, "hot_set": ["read"], "experiments": false, "learn_for": 90, "on_error": "original"}
{"mode": "audit", "baseline": "keep", "missing_profile": "fail", "session": "off", "learn_for": "12h", "log_denials": true, "pod_minimum": "runtime-default", "hot_set": false}
{"mode": "enforce", "missing_profile": "original", "pod_minimum": "none", "annotations": ["io.snug.profile", "io.snug.mode"], "learn_for": "7d", "log_denials": false, "image_annotations": true}
C
  # Each word is the page's.
  jq -r '.mode, .baseline, .pod_minimum, .on_error, .session, .learn_for, .annotations[]? | strings' "$dir/values" | sort -u >"$dir/words"
  [ "$(wc -l <"$dir/words")" -eq 17 ]
  missing=$(sed 's/\\-/-/g' "$man/snug-config.5" | grep -oE '[a-z0-9.-]+[a-z0-9]' | sort -u | comm -13 - "$dir/words")
  [ -z "$missing" ] || { echo "not in snug-config(5): $missing"; false; }
  for text in '{"modes": "pass"}' '{"mode": 1}' '{"mode": "pass", "mode": "pass"}' '{"state_dir": "x"}'; do
    printf '\n%s\n' "$text" >"$dir/config.json"
    run_snug ls
    refused 2 'line 2: '
  done
  printf '{"state_dir": "%s", "run_dir": "%s"}\n' "$state" "$dir/run" >"$dir/config.json"
  chmod 777 "$state"
  run_snug ls
  refused 2 "writable by group or others"
  # The defaults.
  for d in /var/lib/snug /run/snug; do
    grep -qF "\"$d\"" "$SNUG_SOURCE/shim/common/config.c"
    inline snug-config.5 "Default: $d."
  done
}

# names: those of every member, at any depth.
names() { jq -r '[.. | objects | keys[]] | unique[]' "$@"; }
# page_names PAGE: what its --json tells, braces and brackets aside.
page_names() {
  sed -n '/^\.B \\-\\-json/,/^\.\(TP\|SH\)/p' "$man/$1" | sed '1d; /^\.\(TP\|SH\)/d; s/([^)]*)//g' | tr '\n' ' ' | sed 's/^[^:]*: *//; s/, a and b/ a b/' |
    grep -oE '[a-z_]+' | sort -u
}

@test "--json has the names that the pages give it, and no others" {
  machine runc
  put_web
  profile close >a.json
  sed 's/38/1/' a.json >b.json
  jq '.syscalls[0].names += ["mount", "clone"] | .syscalls += [{names: ["bpf"], action: "SCMP_ACT_ALLOW", includes: {caps: ["CAP_SYS_ADMIN"]}}]' b.json >c.json
  "$snug" check --json a.json b.json c.json >out.json || [ $? -eq 1 ]
  diff <(page_names snug-check.1) <(names out.json)
  "$snug" diff --json c.json @moby >out.json || [ $? -eq 1 ]
  # The counts are by kind, which the page names in its place.
  diff <(page_names snug-diff.1) <(jq 'del(.counts[])' out.json | names)
  for k in $(jq -r '.counts | keys[]' out.json); do inline snug-diff.1 "$k"; done
  snug floor --json >out.json
  page_names snug-floor.1 | grep -vxE 'the|calls|that|it|cannot|name|either|errno' | diff - <(names out.json | grep -vxE 'calls|name|rootless')
  # doctor is not run here: its checks by their table.
  sed -n '/^static const struct check CHECKS/,/^};/s/^\t{"\([a-z-]*\)".*/\1/p' "$SNUG_SOURCE/shim/cli/doctor/cmd_doctor.c" | sort >codes
  sed -n '/^The checks/,/^\.SH/{s/\\-/-/g; /^\.BR* [a-z]/p}' "$man/snug-doctor.1" | sed 's/^\.BR* //' | grep -oE '[a-z-]+' | sort | diff codes -
}

@test "snug-evidence(5): every member is told, and a newer version is refused" {
  machine
  put_web
  { sed -n 's/.*\(json_write_[a-z0-9]*\|write_\(time\|who\|names\|forms\)\)(w, "\([a-z_]*\)".*/\3/p' "$SNUG_SOURCE"/seccomp/evidence/json_write.c \
    "$SNUG_SOURCE"/seccomp/evidence/unlogged_proof_json.c; "$snug" show --json web | jq 'del(.shape[])' | names; } | sort -u >members
  [ "$(wc -l <members)" -ge 50 ]
  missing=$(grep -oE '[a-z_]+' "$man/snug-evidence.5" | sort -u | comm -13 - members)
  [ -z "$missing" ] || { echo "not in snug-evidence(5): $missing"; false; }
  # Each reason is a code in the page.
  sed -n 's/^\tX([A-Z_]*, "\([a-z-]*\)",.*/\1/p' "$SNUG_SOURCE/seccomp/evidence/reasons.h" >codes
  [ "$(wc -l <codes)" -ge 20 ]
  missing=$(sed -n '/^\.SH REASONS/,/^\.SH "SEE/p' "$man/snug-evidence.5" | grep '^\.B' | sed 's/\\-/-/g' | grep -oE '[a-z-]+' | sort -u | comm -13 - <(sort codes))
  [ -z "$missing" ] || { echo "no reason in snug-evidence(5): $missing"; false; }
  sed -i 's/"version": 1/"version": 3/' "$state/keys/web/evidence.json"
  run_snug show web
  refused 2 version
}

@test "snug-runtime(8): how it refuses, before any runtime is called" {
  machine runc
  ends 1 "$SNUG_BUILD/snug-enforce run"
  [[ "$output" == "snug: run: the container id is missing"* ]]
  ends 1 "$SNUG_BUILD/snug-learn --log $dir/log create"
  [ -z "$output" ]
  grep -q 'snug: create: the container id is missing' "$dir/log"
  # The mode is pass: the runtime itself answers.
  ends 0 "$SNUG_BUILD/snug-runtime run"
  [ "$output" = "runc version 1.1.5" ]
  echo '{' >"$dir/config.json"
  ends 255 "$SNUG_BUILD/snug-runtime exec web true"
  [[ "$output" == "snug: configuration"* ]]
}

@test "snugd(8): its options and exit codes" {
  local o
  for o in $("$SNUG_BUILD/snugd" --help | sed -n 's/^  \(--[a-z-]*\).*/\1/p'); do inline snugd.8 "$o"; done
  ends 2 "$SNUG_BUILD/snugd --frobnicate"
  ends 1 "$SNUG_BUILD/snugd --config /nonexistent/config.json"
}

# gives COMMAND CODE ARG...: an exit code of it, kept for given.
gives() {
  ends "$2" "snug $1 ${*:3}" && codes="$codes$2"
}
# given COMMAND [CODE]: these were all that its page tells, but for the ones that need a recorder.
given() {
  codes=$(grep -o . <<<"$codes$2" | sort -u | tr -d '\n')
  [ "$codes" = "$(exits_of "$1")" ] || { echo "$1: gave $codes, the page has $(exits_of "$1")"; return 1; }
  codes=
}

@test "each exit code that a page tells" {
  machine runc
  put_web
  put_evidence torn "$(one_run '"overrun"')" "$(call 0 read workload 1)"
  profile close execve statx >good.json
  profile close >bad.json
  jq '.syscalls[0].names += ["exit_gruop"]' good.json >warned.json
  gives check 0 good.json
  gives check 0 warned.json
  gives check 1 --strict warned.json
  gives check 1 bad.json
  gives check 2 none.json
  given check
  gives diff 0 good.json good.json
  gives diff 1 good.json bad.json
  gives diff 2 good.json
  given diff
  profile faccessat clone3 rseq >allows.json
  echo 'open("/etc/shadow"): Operation not permitted' >words.log
  gives explain 0 /dev/null
  gives explain 1 /var/log/audit/audit.log
  gives explain 0 /var/log/audit/audit.log --profile allows.json
  gives explain 1 /var/log/audit/audit.log --profile bad.json
  gives explain 1 words.log
  gives explain 0 words.log --profile bad.json
  gives explain 2 none.log
  given explain
  gives floor 0 --runtime /usr/sbin/runc
  gives floor 2 --runtime /usr/sbin/none
  given floor 1
  gives merge 0 web
  gives merge 2 "$state/keys/web/evidence.json" good.json
  for n in 1 2 3 4 5 6 7; do
    jq -cn --argjson n $n '{names: ["clone"], action: "SCMP_ACT_ALLOW", args: [{index: 0, value: $n, op: "SCMP_CMP_EQ"}, {index: 1, value: $n, op: "SCMP_CMP_EQ"}]}'
  done | jq -s '{defaultAction: "SCMP_ACT_ERRNO", syscalls: .}' >x.json
  jq -n '{defaultAction: "SCMP_ACT_ERRNO", syscalls: [{names: ["clone"], action: "SCMP_ACT_LOG", args: [{index: 2, value: 1, op: "SCMP_CMP_EQ"}]}]}' >y.json
  gives merge 2 x.json y.json
  echo '{"defaultAction": "SCMP_ACT_ALLOW"}' >all.json
  gives merge 1 all.json good.json
  given merge
  gives report 0 web
  gives report 0 torn
  [[ "$output" == *"Not complete"* ]]
  gives report 2 nobody
  gives report 2 web -o "$dir"
  given report
  gives setup 0 containerd
  gives setup 1 containerd --check
  gives setup 2 lxc
  given setup
  gives ls 0
  gives show 0 torn
  gives show 2 nobody
  given show
  for c in profile approve; do
    gives $c 0 web
    gives $c 2 nobody
    gives $c 3 torn
    given $c
  done
  echo '{' >"$state/keys/torn/evidence.json"
  codes=0
  gives ls 2
  [[ "$output" == *web* ]]
  given ls
  # snug(1) has them all.
  [ "$(sed -n '/EXIT STATUS/,/ENVIRONMENT/p' "$man/snug.1" | grep -xE '[0-9]' | tr -d '\n')" = 0123 ]
}
