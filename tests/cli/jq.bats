#!/usr/bin/env bats
# The suites' own jq.
load helper

@test "jq -e: nothing read is not true" {
  run jq -e .a </dev/null
  [ "$status" -eq 4 ]
  run jq -e '.a // "" | contains("x")' <<<'{"a": "y"}'
  [ "$status" -eq 1 ]
  [ "$(jq -re .a <<<'{"a": "b c"}')" = "b c" ]
  [ "$(jq -c . <<<'{"a": 1}')" = '{"a":1}' ]
}
