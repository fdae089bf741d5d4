bats_require_minimum_version 1.5.0
# An approval that is killed at any instant leaves the old profile or the new one, never none, never half.
load helper

@test "kill -9 at 50 random instants of approve" {
  seed=${SNUG_SEED:-$(date +%s)}
  RANDOM=$((seed % 32768))
  echo "seed $seed"
  small="$(join "$(call 59 execve runtime 1)" "$(call 0 read workload 7)")"
  large="$(join "$(call 59 execve runtime 1)" "$(call 0 read workload 7)" "$(call 83 mkdir workload 7)")"
  # What each evidence gives, and how long that takes.
  put_evidence web "$(one_run '')" "$large"
  "$snug" approve web --no-sample >/dev/null 2>&1
  cp "$state/keys/web/approved.json" "$dir/large"
  put_evidence web "$(one_run '')" "$small"
  begin=$(date +%s%N)
  "$snug" approve web --no-sample >/dev/null 2>&1
  took=$((($(date +%s%N) - begin) / 1000))
  cp "$state/keys/web/approved.json" "$dir/small"
  run ! cmp -s "$dir/small" "$dir/large"
  old=$dir/small killed=0 done=0
  for i in $(seq 50); do
    if [ "$old" = "$dir/small" ]; then new=$dir/large evidence=$large; else new=$dir/small evidence=$small; fi
    put_evidence web "$(one_run '')" "$evidence"
    "$snug" approve web --no-sample >/dev/null 2>&1 &
    pid=$!
    sleep "$(printf '0.%06d' $((RANDOM * RANDOM % (took * 5 / 4 + 1))))"
    kill -9 $pid 2>/dev/null && killed=$((killed + 1))
    wait $pid 2>/dev/null || true
    if cmp -s "$state/keys/web/approved.json" "$new"; then
      old=$new done=$((done + 1))
    else
      cmp "$state/keys/web/approved.json" "$old"
    fi
    # Every number that is there is whole.
    for f in "$state"/keys/web/approved.*.json; do cmp -s "$f" "$dir/small" || cmp "$f" "$dir/large"; done
  done
  echo "killed $killed of 50, the new one was in force after $done"
  # What was left behind harms no later approval.
  put_evidence web "$(one_run '')" "$small"
  run_snug approve web --no-sample
  [ "$status" -eq 0 ]
  cmp "$state/keys/web/approved.json" "$dir/small"
}
