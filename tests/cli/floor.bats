load helper

# put_floor KEY CALLS: a sampled floor, as the recorder keeps it.
put_floor() { SPACE=floor put_evidence "$1" "$(one_run '')" "$2"; }

# A runtime that is no Go program, and its id.
put_runtime() {
  printf '#!/bin/sh\necho "crun version 1.8.1"\n' >"$dir/crun"
  chmod +x "$dir/crun"
  run_snug floor --json --show --runtime "$dir/crun"
  id="$(python3 -c 'import json, sys; print(json.load(sys.stdin)["runtimes"][0]["id"])' <<<"$output")"
  mapfile -t shapes < <(floor_names)
}


@test "floor --show tells starts and execs apart" {
  put_runtime
  put_floor "$id/${shapes[0]}" "$(join "$(call 59 execve runtime 1)" "$(call 3 close runtime 1)")"
  put_floor "$id/${shapes[0]}/exec" "$(join "$(call 59 execve runtime 1)" "$(call 332 statx runtime 1)")"
  run_snug floor --show --runtime "$dir/crun"
  [ "$status" -eq 0 ]
  [[ "$output" == *"3 calls from 1 starts and 1 execs"* ]]
  grep -qE '^  execve +1 +1 ' <<<"$output"
  grep -qE '^  close +1 +- ' <<<"$output"
  grep -qE '^  statx +- +1 ' <<<"$output"
  [ "$(grep -c 'not sampled' <<<"$output")" -eq 1 ]
}

@test "floor --json names the node, the runtimes, and each way into a container" {
  put_runtime
  put_floor "$id/${shapes[0]}" "$(join "$(call 59 execve runtime 1)" "$(call 0 read workload 1)")"
  put_floor "$id/${shapes[1]}/exec" "$(call 332 statx runtime 1)"
  run_snug floor --json --show --runtime "$dir/crun,/bin/sh" --runtime "$dir/crun"
  [ "$status" -eq 0 ]
  python3 - "$output" "${shapes[0]%%-*}" <<'PY'
import json, os, sys
f = json.loads(sys.argv[1])
rootless = sys.argv[2] == "rootless"
assert f["version"] == (3 if rootless else 2) and f["kernel"] == os.uname().release and f["libseccomp"][0] == "2", f
assert [os.path.basename(r["path"]) for r in f["runtimes"]] == ["crun", "sh", "crun"], f
a, b = f["runtimes"][0]["floors"]
assert [p.get("rootless", False) for p in (a, b)] == [rootless] * 2, f
assert (a["phase"], a["no_new_privileges"], b["phase"], b["no_new_privileges"]) == ("create", True, "exec", False), f
assert a["calls"] == [{"name": "execve", "nr": 59, "seen": 1, "use": "unknown"}], a
assert [c["name"] for c in b["calls"]] == ["statx"], b
assert f["runtimes"][1]["floors"] == [], f
PY
}

@test "root's floor is none of a rootless caller's, nor the other way round" {
  put_runtime
  for shape in "${shapes[@]}"; do
    case $shape in rootless-*) other=${shape#rootless-} ;; *) other=rootless-$shape ;; esac
    put_floor "$id/$other" "$(call 59 execve runtime 1)"
  done
  run_snug floor --show --runtime "$dir/crun"
  [ "$(grep -c 'not sampled' <<<"$output")" -eq 2 ]
  put_floor "$id/${shapes[0]}" "$(call 59 execve runtime 1)"
  run_snug floor --show --runtime "$dir/crun"
  case ${shapes[0]} in
    rootless-*) [[ "$output" == "rootless floor of runc 1.1.5 "* && "$output" == *"started like \`runc spec --rootless\` (noNewPrivileges true)"* ]] ;;
    *) [[ "$output" == "floor of runc 1.1.5 "* && "$output" == *"started like \`runc spec\` (noNewPrivileges true)"* ]] ;;
  esac
}

@test "a runtime that is not there is named" {
  run_snug floor --show --runtime /nonexistent/runc
  refused 2 "/nonexistent/runc"
  run_snug floor --show --runtime no-such-runtime
  refused 2 "no runtime 'no-such-runtime'"
  run_snug floor --show --runtime "/bin/sh,,/bin/sh"
  refused 2 "empty value"
}
