bats_require_minimum_version 1.5.0
# What can befall the counter of calls: its programs detached, its map full or changed, the recorder killed, many processes, many containers.
# Complete is only what shows every call that is known to have been made.
#   SNUG_KILLS=50       instants at which the recorder is killed (5)
#   SNUG_FORKS=1000000  processes that one container forks (20000)
#   SNUG_MANY=1000      containers that live at the same time (20)
#   SNUG_SEED=N         the same programs and instants again

setup() {
  load lib
  snug_setup
  configure 'learning="auto"'
  bundle "$T/b" '.root.readonly = false' true
  cp "$SNUG_BUILD/tests/root/random-calls" "$SNUG_BUILD/tests/root/calls" "$T/b/rootfs/bin/"
  mkfifo "$T/b/rootfs/go"
  seed=${SNUG_SEED:-$RANDOM}
  echo "SNUG_SEED=$seed"
  why=$(snugd --try-counter 2>&1) || skip "this kernel, or this build, cannot count calls: $why"
}
teardown() { snug_teardown; }

# program ARG...: what the bundle runs.
program() { jq '.process.args = $ARGS.positional' --args -- "$@" <"$T/b/config.json" >"$T/b/new" && mv "$T/b/new" "$T/b/config.json"; }
# learn ID ARG...: learns it to its end.
learn() { program "${@:2}"; snug-learn --root "$T/root" run --bundle "$T/b" "$1" </dev/null 3>&-; }
# held ID [SEED]: a container in the background that waits at a fifo, and then makes calls that known tells.
held() {
  program sh -c "cat /go >/dev/null; exec random-calls ${2:-$seed} 30"
  snug-learn --root "$T/root" run --detach --bundle "$T/b" "$1" </dev/null >/dev/null 2>&1 3>&-
}
# over ID: lets those that wait at the fifo go on, until this one has ended.
over() {
  local i
  for i in $(seq 1000); do
    : <>"$T/b/rootfs/go"
    ! runs "$1" | jq -e '.[-1].ended != null' >/dev/null || return 0
    sleep 0.05
  done
  echo "$1 never ended" >&2
  return 1
}

# known SEED COUNT: the numbers of the calls that random-calls makes.
known() { random-calls "$1" "$2" list | sort -un; }
PATH=$SNUG_BUILD/tests/root:$PATH

# shows KEY SEED COUNT: the newest run is complete and the workload has these calls, or may have used them unseen and says so.
shows() {
  snug show --json "$1" >"$T/shown"
  jq -e '.runs[-1].complete' "$T/shown" >/dev/null || return 1
  known "$2" "$3" >"$T/known"
  jq -r '.syscalls[] | select(.phase == "workload" and (.count > 0 or .assumed) and .arch == $a) | .nr' --arg a "$(uname -m)" "$T/shown" |
    sort -un >"$T/has"
  [ -z "$(comm -23 <(sort "$T/known") <(sort "$T/has"))" ]
}
# honest KEY SEED COUNT: not complete, or it shows them.
honest() {
  runs "$1" >"$T/run" 2>/dev/null || return 0
  jq -e '.[-1] | .complete | not' "$T/run" >/dev/null && return 0
  shows "$@" && return 0
  echo "FALSE COMPLETE: $1, seed $2: without $(comm -23 <(sort "$T/known") <(sort "$T/has") | paste -sd' '): $(cat "$T/run")"
  return 1
}
stamped() { # KEY REASON
  over "$1"
  runs "$1" | jq -e --arg r "$2" '.[-1] | (.complete | not) and (.reasons | index($r))' >/dev/null || { runs "$1"; return 1; }
}

# fd_of PATTERN: the recorder's descriptor of which the kernel says that.
fd_of() { grep -lE "$1" /proc/"$(recorder_pid)"/fdinfo/* 2>/dev/null | head -1 | sed 's#.*/##'; }
map() { fd_of "^max_entries:.16384$"; }
fault() { counter-fault "$1" "$(recorder_pid)" "${@:2}"; }

@test "the control: what is not disturbed is complete, and shows what was called" {
  held c
  over c
  runs c | jq -e '.[-1] | .quiet.counted and ((.quiet.assumed // []) == [])'
  shows c "$seed" 30
}

@test "a program of the counter is detached by hand: stamped, and so is what lived; what comes later is logged" {
  [ "$(uname -m)" = x86_64 ] || skip "the helper knows x86_64 only"
  held first
  points=$(cat /proc/"$(recorder_pid)"/fdinfo/* | sed -n 's/^tp_name:.//p')
  [ "$(wc -w <<<"$points")" -ge 4 ]
  over first
  for point in $points; do
    held "$point"
    fault close "$(fd_of "^tp_name:.$point\$")"
    stamped "$point" counter || { echo "$point was detached"; return 1; }
    end_recorder
  done
  held c
  fault close "$(fd_of '^tp_name:.sys_enter$')"
  stamped c counter
  learn later random-calls "$seed" 30
  runs later | jq -e '.[-1] | .complete and (.quiet.counted | not)'
  shows later "$seed" 30
}

@test "detached between create and start: the phases would be wrong, so it is stamped" {
  [ "$(uname -m)" = x86_64 ] || skip "the helper knows x86_64 only"
  program random-calls "$seed" 30
  snug-learn --root "$T/root" create --bundle "$T/b" c </dev/null >/dev/null 2>&1 3>&-
  fault close "$(fd_of '^tp_name:.sched_process_exec$')"
  snug-learn --root "$T/root" start c
  stamped c counter
}

@test "the map is full: nothing is counted, nothing is claimed; an exec that finds it full stamps its run" {
  held c
  n=$(fault fill "$(map)")
  echo "$n entries were free"
  [ "$n" -gt 0 ]
  snug-learn --root "$T/root" exec c random-calls "$((seed + 1))" 30
  stamped c counter
  # Its place is free now.
  fault fill "$(map)"
  held full
  over full
  runs full | jq -e '.[-1] | .quiet.counted | not'
  honest full "$seed" 30
  fault empty "$(map)"
  held again
  over again
  runs again | jq -e '.[-1].quiet.counted'
  shows again "$seed" 30
}

@test "an entry is deleted from the map by hand: stamped" {
  held c
  ses=$(cat "/proc/$(runc --root "$T/root" state c | jq .pid)/sessionid")
  fault forget "$(map)" "$ses"
  stamped c counter
}

@test "calls that one container has made already are counted for the next, and for two at a time" {
  program sh -c "random-calls $seed 30; : >/made; cat /go >/dev/null; exec random-calls $((seed + 1)) 30"
  snug-learn --root "$T/root" run --detach --bundle "$T/b" first </dev/null >/dev/null 2>&1 3>&-
  eventually test -e "$T/b/rootfs/made"
  learn beside random-calls "$seed" 30
  shows beside "$seed" 30
  held second $((seed + 1))
  over first
  over second
  shows first $((seed + 1)) 30
  shows second $((seed + 1)) 30
  learn after random-calls "$seed" 30
  shows after "$seed" 30
}

@test "kill -9 of the recorder at any instant: never a false complete" {
  n=${SNUG_KILLS:-5}
  complete=0 RANDOM=$((seed % 32768))
  # Some calls at the beginning, others at the end; all of them are made, whatever becomes of the recorder.
  calls='random-calls $0 20; random-calls $0 20 fork; sleep 0.2; exec random-calls $(($0 + 100000)) 20'
  began=${EPOCHREALTIME/[.,]/}
  learn next sh -c "$calls" "$seed"
  long=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
  for i in $(seq "$n"); do
    program sh -c "$calls" $((seed + i))
    snug-learn --root "$T/root" run --bundle "$T/b" "k$i" </dev/null >/dev/null 2>&1 3>&- & run=$!
    # From its registration until a little after its end.
    ms=$((RANDOM % (long + long / 10)))
    sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
    p=$(recorder_pid)
    [ -z "$p" ] || kill -9 $p
    # A wrapper whose recorder dies asks the next one, or starts nothing.
    wait $run || echo "k$i was not started"
    learn "next$i" true
    honest "k$i" $((seed + i)) 20
    honest "k$i" $((seed + i + 100000)) 20
    if runs "k$i" 2>/dev/null | jq -e '.[-1].complete' >/dev/null; then complete=$((complete + 1)); fi
    runs "next$i" | jq -e '.[-1] | .complete and .quiet.counted' >/dev/null
  done
  echo "# killed $n times: $complete complete, and right; false complete 0" >&3
}

@test "the recorder killed before a registration: what its successor calls in the container's session is not the container's" {
  learn other sh -c 'sleep 0.3; exec random-calls 1 0'
  strace -qq -o "$T/trace" -e trace=inotify_init1 -e inject=inotify_init1:delay_enter=2000000:when=1 -b execve \
    snug-learn --root "$T/root" run --bundle "$T/b" c </dev/null >/dev/null 2>&1 3>&- & run=$!
  # Its recorder has made an offer; it is not registered yet.
  eventually eval 'ls -A "$T/b" | grep -q "^\."'
  kill -9 $(recorder_pid)
  wait $run
  learn other sh -c 'sleep 0.3; exec random-calls 1 0'
  calls c workload >"$T/its"
  calls other workload >"$T/others"
  [ -z "$(comm -23 "$T/its" "$T/others")" ] || { comm -23 "$T/its" "$T/others"; false; }
  runs other | jq -e '.[-1] | .complete and .quiet.counted'
}

@test "a container that forks many processes: counted to the last call" {
  n=${SNUG_FORKS:-20000}
  learn c sh -c "calls forks $((n / 2)) >/dev/null & calls forks $((n / 2)) >/dev/null; wait; exec random-calls $seed 30 fork"
  runs c | jq -e '.[-1] | .complete and .quiet.counted and .records < 2000'
  shows c "$seed" 15
  echo "# $n processes: $(runs c | jq '.[-1].records') records, complete" >&3
}

@test "many containers at the same time: each shows its own calls and no others'" {
  n=${SNUG_MANY:-20}
  learn shell sh -c 'cat /dev/null >/dev/null; exec random-calls 1 0'
  for i in $(seq "$n"); do held "m$i" $((seed + i)); done
  armed=$(armed)
  until_none_lives
  for i in shell $(seq -f m%g "$n"); do snug show --json "$i"; done |
    jq -c '[.runs[-1].complete and .runs[-1].quiet.counted, [.syscalls[] | select(.phase == "workload" and .count > 0) | .nr]]' >"$T/shown"
  for i in $(seq "$n"); do known $((seed + i)) 30 | paste -sd' '; done >"$T/known"
  python3 - "$T" <<'PY'
import json, sys
rows = [json.loads(line) for line in open(f"{sys.argv[1]}/shown")]
shell = set(rows.pop(0)[1])  # what a shell calls that does the same, without random-calls' own
for i, (row, line) in enumerate(zip(rows, open(f"{sys.argv[1]}/known"), strict=True), 1):
    known, shown = set(map(int, line.split())), set(row[1])
    if not row[0] or known - shown or shown - known - shell:
        raise SystemExit(f"m{i}: complete and counted: {row[0]}; missing {known - shown}, and of others {shown - known - shell}")
PY
  [ "$armed" = "$n" ]
  echo "# $n containers at a time, $armed of them counted: all complete, each with its own calls" >&3
}

# until_none_lives: lets all that wait go on, until all runs have ended.
until_none_lives() {
  local i
  for i in $(seq 1000); do
    : <>"$T/b/rootfs/go"
    [ "$(snug ls --json | jq '[.[].live] | add')" != 0 ] || return 0
    sleep 0.2
  done
  snug ls
  return 1
}
