load helper

@test "the first approval says what is allowed, and why, and how to use it" {
  put_web
  run_snug approve web --no-sample
  [ "$status" -eq 0 ]
  [[ "$output" == *"+ mount "*"the program uses it (web)"* ]]
  [[ "$output" == *"+ close "*"the runtime used it"* ]]
  [[ "$output" == *"Approved as number 1"*"snug-audit"*"snug-enforce"*"$state/keys/web/approved.json"* ]]
  cmp "$state/keys/web/approved.json" "$state/keys/web/approved.1.json"
  "$snug" profile web 2>/dev/null | cmp - "$state/keys/web/approved.json"
  run_snug ls
  [[ "$output" == *" yes" ]]
}

@test "approving the same again writes nothing" {
  put_web
  run_snug approve web --no-sample
  before="$(ls -la --time-style=full-iso "$state/keys/web")"
  run_snug approve web --no-sample
  [ "$status" -eq 0 ]
  [[ "$output" == *"No change"* ]]
  [ "$(ls -la --time-style=full-iso "$state/keys/web")" = "$before" ]
}

@test "a later approval prints only the change, and --to goes back" {
  put_web
  run_snug approve web --no-sample
  put_evidence web "$(one_run '')" "$(join "$(call 3 close runtime 5)" "$(call 59 execve runtime 1)" \
    "$(call 0 read workload 7)" "$(call 1 write workload 2)" "$(call 101 ptrace workload 1 0 0 gdb)")"
  run_snug approve web --no-sample
  [ "$status" -eq 0 ]
  [ "$(grep -c '^  [-+~] ' <<<"$output")" -eq 2 ]
  [[ "$output" == *"- mount "*"+ ptrace  the program uses it (gdb)"* ]]
  [[ "$output" == *"Approved as number 2"*"--to 1"* ]]
  cmp "$state/keys/web/approved.json" "$state/keys/web/approved.2.json"
  run_snug approve web --to 1
  [ "$status" -eq 0 ]
  [[ "$output" == *"+ mount"*"- ptrace"* ]]
  cmp "$state/keys/web/approved.json" "$state/keys/web/approved.1.json"
  run_snug approve web --to 1
  [[ "$output" == *"No change"* ]]
  run_snug approve web --to 7
  refused 2 "no approved profile number 7"
  [ ! -e "$state/keys/web/approved.3.json" ]
}

@test "another errno is a change though the calls are the same" {
  put_web
  run_snug approve web --no-sample
  run_snug approve web --no-sample --errno eperm
  [ "$status" -eq 0 ]
  [[ "$output" == *"the errno changed"*"number 2"* ]]
}

@test "incomplete evidence is refused with status 3, unless forced" {
  put_evidence web "$(one_run '"serial-gap"')" "$(call 0 read workload 7)"
  run_snug approve web --no-sample
  refused 3 "not complete"
  [ ! -e "$state/keys/web/approved.json" ]
  run_snug approve web --no-sample --force
  [ "$status" -eq 0 ]
  [ -e "$state/keys/web/approved.json" ]
}

@test "a live container is not complete" {
  put_evidence web "$(ENDED=null one_run '"running"')" "$(call 0 read workload 7)"
  run_snug approve web --no-sample
  refused 3 "still running"
}

@test "a broken approved profile is an error and stays" {
  put_web
  echo '{' >"$state/keys/web/approved.json"
  run_snug approve web --no-sample
  [ "$status" -eq 2 ]
  [[ "${stderr##*$'\n'}" == "snug: "*"approved.json"* ]]
  [ "$(cat "$state/keys/web/approved.json")" = "{" ]
}

@test "a save that fails leaves what was approved" {
  put_web
  run_snug approve web --no-sample
  cp "$state/keys/web/approved.json" "$dir/before.json"
  put_evidence web "$(one_run '')" "$(call 0 read workload 7)"
  # No file can grow: the write fails, for root too.
  output="$( (trap '' XFSZ; ulimit -f 0; "$snug" approve web --no-sample 2>&1 || echo "status $?") | cat)"
  [[ "$output" == *"snug: "*"approved.2.json"*"status 2"* ]]
  cmp "$state/keys/web/approved.json" "$dir/before.json"
  [ "$(ls -A "$state/keys/web")" = $'approved.1.json\napproved.json\nevidence.json' ]
}

@test "--digest approves exactly what was reviewed, or nothing" {
  put_web
  run_snug profile web -o "$dir/p.json"
  digest="$(sed -n 's/^digest //p' "$dir/stderr")"
  [ "$digest" = "sha256:$(sha256sum "$dir/p.json" | cut -d' ' -f1)" ]
  put_evidence web "$(one_run '')" "$(join "$(call 59 execve runtime 1)" "$(call 0 read workload 7)")"
  run_snug approve web --digest "$digest"
  refused 2 "the profile has changed"
  [ ! -e "$state/keys/web/approved.json" ]
  put_web
  run_snug approve web --digest "$digest"
  [ "$status" -eq 0 ]
  cmp "$dir/p.json" "$state/keys/web/approved.json"
  run_snug approve web --digest "${digest:7:12}"
  [ "$status" -eq 0 ]
  run_snug approve web --digest "${digest:7:11}"
  refused 2 "at least 12"
  run_snug approve web --digest "${digest}0"
  refused 2 "at least 12"
}

@test "--digest holds for --to and --profile too, and what they would not look at is refused" {
  put_web
  run_snug profile web -o "$dir/p.json"
  run_snug approve web --profile "$dir/p.json" --digest sha256:aaaaaaaaaaaaaaaa
  refused 2 "the profile has changed"
  [ ! -e "$state/keys/web/approved.json" ]
  digest=$(sha256sum "$dir/p.json" | cut -d' ' -f1)
  run_snug approve web --profile "$dir/p.json" --digest "$digest"
  [ "$status" -eq 0 ]
  run_snug approve web --no-sample --errno eperm
  run_snug approve web --to 1 --digest aaaaaaaaaaaaaaaa
  refused 2 "the profile has changed"
  cmp "$state/keys/web/approved.json" "$state/keys/web/approved.2.json"
  run_snug approve web --to 1 --digest "$digest"
  [ "$status" -eq 0 ]
  run_snug approve web --to 1 --profile "$dir/p.json"
  refused 2 "cannot be combined"
  run_snug approve web --profile "$dir/p.json" --errno eperm
  refused 2 "--errno cannot be combined with --profile"
  run_snug approve web --to 1 --runtime crun
  refused 2 "--runtime cannot be combined"
}

@test "--profile approves a file; one that is not there, or is no profile, or a key that is none, is named" {
  put_web
  run_snug profile web -o "$dir/p.json"
  run_snug approve fresh --profile "$dir/p.json"
  [ "$status" -eq 0 ]
  [[ "$output" == *"Allows"*"Approved as number 1"* ]]
  cmp "$dir/p.json" "$state/keys/fresh/approved.json"
  run_snug approve fresh --profile "$dir/none.json"
  refused 2 "none.json"
  echo '{"defaultAction": 1}' >"$dir/bad.json"
  run_snug approve other --profile "$dir/bad.json"
  refused 2 "bad.json"
  [ ! -e "$state/keys/other/approved.json" ]
  run_snug approve ../x --profile "$dir/p.json"
  refused 2 "../x"
}

@test "export_dir gets what is approved, and how a pod names it" {
  put_web k8s/shop/web
  mkdir -p "$dir/seccomp"
  printf '{"state_dir": "%s", "run_dir": "%s", "export_dir": "%s"}\n' "$state" "$dir/run" "$dir/seccomp/snug" >"$dir/config.json"
  run_snug approve k8s/shop/web --no-sample
  [ "$status" -eq 0 ]
  [[ "$output" == *"localhostProfile: snug/shop/web.json"* ]]
  cmp "$state/keys/k8s/shop/web/approved.json" "$dir/seccomp/snug/shop/web.json"
  # One that was lost comes back, though nothing has changed.
  rm "$dir/seccomp/snug/shop/web.json"
  run_snug approve k8s/shop/web --no-sample
  [[ "$output" == *"No change"* ]]
  [ -e "$dir/seccomp/snug/shop/web.json" ]
  rm -r "$dir/seccomp/snug/shop"
  ln -s "$dir" "$dir/seccomp/snug/shop"
  run_snug approve k8s/shop/web --no-sample
  [ "$status" -eq 2 ]
  [[ "$stderr" == *"approved, but not exported"* ]]
  [ ! -e "$dir/web.json" ]
}

@test "approve --for: the profile holds what a released runtime needs, and not what it only tries and is dangerous" {
  put_web
  run_snug approve --no-sample --for runc-1.3.6,crun-1.28 web
  echo "$output$stderr"
  [ "$status" -eq 0 ]
  grep -qE '^  \+ openat2 ' <<<"$output"
  grep -qE '^  \+ statx ' <<<"$output"
  # Before `run`, which takes $stderr from bats 1.13 on.
  [[ "$stderr" == *"floor of runc 1.3.6+ds1 (runc-1.3.6): "*"from the catalogue"* ]]
  run ! grep -qE '^  \+ (fsopen|fsmount|fsconfig|open_tree) ' <<<"$output"
  run_snug check --runtime runc-1.3.6,crun-1.28 --json web
  python3 -c 'import json,sys
bad = [f for f in json.load(sys.stdin)["profiles"][0]["findings"] if f["kind"] == "runtime-floor" and f.get("no_new_privileges") and f["level"] == "failure"]
assert not bad, bad' <<<"$output"
  run_snug profile --floor runc-1.3.6 web
  [[ "$output" == *'"openat2"'* ]]
  run_snug approve --no-sample --for runc-0.1 web
  refused 2 "the catalogue has no runc-0.1"
}

@test "a reader that ends early ends no act: it is approved all the same, and the exit status tells" {
  export SNUG_CONFIG=${SNUG_CONFIG:-$dir/config.json}
  for i in 1 2 3 4 5; do
    put_web
    rm -f "$state/keys/web/approved.json"
    # Nobody reads any more when the first word is written, to standard error or to standard output.
    bash -c 'set -o pipefail; { sleep 0.2; "$0/snug" approve --no-sample web; echo $? >"$1"; } 2>&1 | true' "$SNUG_BUILD" "$dir/status" || true
    [ -e "$state/keys/web/approved.json" ]
    [ "$(cat "$dir/status")" -eq 2 ]
  done
}

@test "how an approved profile is used: a pod by its RuntimeClass, any other container by a program in place of runc, and one known by its program by the file" {
  for key in k8s/shop/web/nginx program/nginx web; do
    put_web $key
    run_snug approve --no-sample $key
    [ "$status" -eq 0 ]
    case $key in
      k8s/*) [[ "$output" == *runtimeClassName* && "$output" != *'in place of runc'* ]] ;;
      program/*) [[ "$output" == *'io.snug.profile'*"keys/program/nginx/approved.json"* && "$output" != *'in place of runc'* ]] ;;
      *) [[ "$output" == *'in place of runc'* && "$output" != *runtimeClassName* ]] ;;
    esac
  done
}
