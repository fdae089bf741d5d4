#!/usr/bin/env bats
# What the suites themselves rely on.
load helper

@test "jq -e: nothing read is not true" {
  run jq -e .a </dev/null
  [ "$status" -eq 4 ]
  run jq -e '.a // "" | contains("x")' <<<'{"a": "y"}'
  [ "$status" -eq 1 ]
  [ "$(jq -re .a <<<'{"a": "b c"}')" = "b c" ]
  [ "$(jq -c . <<<'{"a": 1}')" = '{"a":1}' ]
}

@test "no statement of a test looks like an assertion and cannot fail" {
  cd "$SNUG_SOURCE/tests"
  printf '@test "x" {\n  [ 1 = 2 ] && [ 3 = 3 ]\n  ! true\n  run x; ! [[ "$(cat <<<"}")" == "a && b" ]]\n  true && skip no\n  [ 1 = 1 ] && [ 2 = 1 ]\n}\n' >"$dir/bad.bats"
  run python3 lib/assertions.py "$dir/bad.bats"
  [ "$status" -eq 1 ]
  [ "$(sed -n 's/.*bad.bats:\([0-9]*\): .*/\1/p' <<<"$output" | xargs)" = "2 3 4" ]
  python3 lib/assertions.py ./*/*.bats root/kube/*.bats
}
