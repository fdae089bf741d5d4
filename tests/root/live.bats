# What a live process holds, read from the kernel.
# SNUG_LIVE_COUNT: generated filters (30 by default, 200 take some minutes). SNUG_LIVE_SEED: which ones.
bats_require_minimum_version 1.5.0

setup() {
  load lib
  snug_setup
  bundle "$T/b" '.' sleep 100
  id=live-${T##*.}
  snug merge @moby 2>/dev/null | jq '.defaultErrnoRet = 38' >"$T/moby.json"
}
teardown() { snug_teardown; }

# start PROFILE: a container under it, in the background. jq would round numbers of 64 bits.
start() {
  python3 -c 'import json, sys
c = json.load(open(sys.argv[1])); c["linux"]["seccomp"] = json.load(open(sys.argv[2])); json.dump(c, open(sys.argv[1], "w"))' "$T/b/config.json" "$1"
  runc --root "$T/root" run --detach --bundle "$T/b" "$id" </dev/null >/dev/null 2>&1
}
end() { runc --root "$T/root" delete --force "$id"; }

@test "diff: a running container has its own profile, and of another one what differs is told" {
  start "$T/moby.json"
  run snug diff "container:$id" "$T/moby.json"
  echo "$output"
  [ "$status" -eq 0 ]
  pid=$(runc --root "$T/root" state "$id" | jq .pid)
  snug diff "pid:$pid" "$T/moby.json"
  jq '.syscalls += [{"names": ["swapon"], "action": "SCMP_ACT_ALLOW"}]
    | (.syscalls[] | select(.action == "SCMP_ACT_ALLOW" and .args == null) | .names) -= ["chmod"]' "$T/moby.json" >"$T/other.json"
  run snug diff --json "container:$id" "$T/other.json"
  [ "$status" -eq 1 ]
  [ "$(jq -c '[.differences[] | [.kind, .call]]' <<<"$output")" = '[["refused-by-a","swapon"],["refused-by-b","chmod"]]' ]
  # The process goes on.
  [ "$(runc --root "$T/root" state "$id" | jq -r .status)" = running ]
  end
}

@test "show, check, merge: what a running container is under" {
  start "$T/moby.json"
  # By the kernel's programs alone: no profile is read.
  snug merge "container:$id" -o "$T/back.json"
  snug diff "$T/back.json" "$T/moby.json"
  run snug show "container:$id"
  [ "$status" -eq 0 ]
  [[ "$output" == *"one filter"*"every other call: ENOSYS"*"Allowed: "*"By their arguments: "* ]]
  [[ "$output" == *"clone "*"(arg0 & 0x7e020000) == 0"* || "$output" == *"clone "*CLONE_* ]]
  [ "$(snug show --json "container:$id" | jq -r .defaultAction)" = SCMP_ACT_ERRNO ]
  run snug check --no-sample --json "container:$id"
  [ "$(jq '[.profiles[0].findings[] | select(.kind == "unconfined")] | length' <<<"$output")" -eq 0 ]
  end
}

@test "diff: generated filters, each call of each ABI as the kernel holds it" {
  SNUG_LIVE_SEED=${SNUG_LIVE_SEED:-$RANDOM}
  echo "seed $SNUG_LIVE_SEED" >&3
  python3 - "$SNUG_LIVE_SEED" "${SNUG_LIVE_COUNT:-30}" "$T" <<'PY'
import json, random, sys
rnd, count, t = random.Random(int(sys.argv[1])), int(sys.argv[2]), sys.argv[3]
needed = {n for r in json.load(open(t + "/moby.json"))["syscalls"] if r["action"] == "SCMP_ACT_ALLOW" for n in r["names"]} | {"clone"}
free = ["mkdir", "rmdir", "chmod", "chown", "mount", "swapon", "socketpair", "personality", "kcmp", "ptrace", "msgget", "semop", "flock", "link", "mknod"]
ops = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"]
value = lambda: rnd.choice([0, 1, 7, 2**16, 2**31, 2**32 - 1, 2**32, 2**40 + 5, 2**63, rnd.getrandbits(64)])
for i in range(count):
    default = rnd.choice(["ALLOW", "ERRNO", "KILL_PROCESS", "TRAP"])
    rules = [] if default == "ALLOW" else [{"names": sorted(needed - set(free)), "action": "SCMP_ACT_ALLOW"}]
    for name in rnd.sample(free, rnd.randint(1, 8)):
        rule = {"names": [name], "action": "SCMP_ACT_" + rnd.choice([a for a in ["ALLOW", "ERRNO", "TRAP", "KILL_THREAD"] if a != default])}
        if rule["action"].endswith("ERRNO"):
            rule["errnoRet"] = rnd.choice([1, 2, 38, 300])
        if rnd.random() < 0.7:
            rule["args"] = [{"index": n, "value": value(), "valueTwo": value(), "op": "SCMP_CMP_" + rnd.choice(ops)}
                            for n in rnd.sample(range(6), rnd.randint(1, 2))]
            for a in rule["args"]:
                a["valueTwo"] = a["valueTwo"] & a["value"] if a["op"].endswith("MASKED_EQ") else 0
        rules.append(rule)
    p = {"defaultAction": "SCMP_ACT_" + default, "syscalls": rules,
         "architectures": ["SCMP_ARCH_X86_64"] + rnd.choice([[], ["SCMP_ARCH_X86"], ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]])}
    if default == "ERRNO":
        p["defaultErrnoRet"] = 38
    json.dump(p, open("%s/p%d.json" % (t, i), "w"))
PY
  good=0 stub=0 i=0
  while [ -e "$T/p$i.json" ]; do
    start "$T/p$i.json"
    status=0
    output=$(snug diff --json "container:$id" "$T/p$i.json") || status=$?
    # runc alone answers ENOSYS for numbers above the highest that the profile names, where the default kills or traps.
    if [ "$status" -eq 0 ]; then good=$((good + 1)); elif
      jq -e '[.differences[] | .a != "ENOSYS"] | any | not' <<<"$output" >/dev/null; then stub=$((stub + 1)); else
      echo "p$i: $(jq -c '.differences[:3]' <<<"$output") $(cat "$T/p$i.json" | cut -c1-300)"
    fi
    end
    i=$((i + 1))
  done
  echo "$good of $i alike in every call, $stub but for runc's own ENOSYS above the highest number" >&3
  [ $((good + stub)) -eq "$i" ]
}
