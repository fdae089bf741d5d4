bats_require_minimum_version 1.5.0
# What only execs did: told from the program's calls by audit session, shown, and left out of a profile on request.

setup() {
  load lib
  snug_setup
  configure 'learning="auto"'
}
teardown() { snug_teardown; }

# learnt COMMAND: learns the program until it is told to end; COMMAND gives it execs.
learnt() {
  snug-learn --root "$T/root" run --detach --bundle "$T/b" web </dev/null >/dev/null 2>&1 3>&-
  "$@"
  snug-learn --root "$T/root" exec web sh -c ': >/dev/shm/end'
  eventually eval 'runs web | jq -e ".[-1].ended != null" >/dev/null'
  snug-learn --root "$T/root" delete --force web
  runs web | jq -e '.[-1].complete'
}
probe() { snug-learn --root "$T/root" exec web mkdir /dev/shm/probe; }
person() { script -qec "snug-learn --root $T/root exec -t web kill -0 1" /dev/null >/dev/null; }
both() { probe && person; }
phases() { snug show --json web | jq -c --arg n "$1" '[.syscalls[] | select(.name == $n and .count > 0) | .phase]'; }
allowed() { snug profile "$@" web 2>"$T/said" | jq -r '.syscalls[].names[]'; }

@test "a probe's and a person's calls are phases of their own; the program's once it makes them" {
  bundle "$T/b" '.root.readonly = false' sh -c 'until [ -e /dev/shm/end ]; do sleep 0.05; done'
  learnt both
  [ "$(phases mkdir)" = '["exec"]' ]
  [ "$(phases kill)" = '["terminal"]' ]
  snug show web | sed -n '/^Calls that only execs used/,/^$/p' | grep -q ' mkdir '
  # All stay by default, and it is said that they need not.
  allowed >"$T/all"
  grep -qx mkdir "$T/all"; grep -qx kill "$T/all"
  grep -q 'calls were used by execs only.*--without exec' "$T/said"
  allowed --without terminal >"$T/some"
  grep -qx mkdir "$T/some"; ! grep -qx kill "$T/some" || false
  snug approve --no-sample --without exec web 2>"$T/said"
  grep -q '^left out: .*mkdir.*only execs used them' "$T/said"
  allowed --without exec | diff - <(jq -r '.syscalls[].names[]' "$T/state/keys/web/approved.json")
  snug-enforce --root "$T/root" run --detach --bundle "$T/b" web </dev/null >/dev/null 2>&1 3>&-
  [ "$(runc --root "$T/root" state web | jq -r .status)" = running ]
  run probe
  [ "$status" -ne 0 ]
  snug-enforce --root "$T/root" delete --force web
  # In the next run the program does it itself. What the first run's execs used was logged, so this shows.
  jq '.process.args[2] = "mkdir /dev/shm/own; " + .process.args[2]' <"$T/b/config.json" >"$T/b/new"; mv "$T/b/new" "$T/b/config.json"
  learnt true
  [ "$(phases mkdir)" = '["workload","exec"]' ]
  allowed --without exec >"$T/now"
  grep -qx mkdir "$T/now" && ! grep -qx kill "$T/now"
}
