load helper

# What only a browser knows: colours as shown, what the keyboard reaches, what a screen reader is told, pages of paper.
browse() { # PAGES
  mkdir "$dir/out"
  python3 "$SNUG_SOURCE/tests/cli/browser.py" "$dir/web.html" "$dir/out" "$1"
}
need_chromium() { command -v chromium >/dev/null || skip "there is no chromium here (Debian: chromium)"; }

# put_many CALLS RUNS: a program with that many calls, and every kind of thing that the page tells.
put_many() {
  python3 - "$@" "$(one_run '')" "$(call 0 read workload 1)" >"$dir/many.json" <<'P'
import copy, json, sys
calls, runs, run, call = int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]), json.loads(sys.argv[4])
def made(n, **more):
    return dict(copy.deepcopy(call), nr=n, name="", **more)
learnt = [dict(copy.deepcopy(run), id=f"web-{i}", container=f"web-{i}", new=0 if i else calls) for i in range(runs)]
learnt[1].update(complete=False, reasons=["overrun"])
for i, r in enumerate(learnt):
    r["started"], r["ended"] = f"2026-01-31T12:{i:02}:00.000Z", f"2026-01-31T12:{i:02}:05.000Z"
seen = [made(n, last=f"2026-01-31T12:{runs - 1:02}:02.000Z") for n in range(calls)] + [made(n, phase="runtime") for n in (3, 59, 202)]
outside = [made(n, count=0, denied=3) for n in (250, 272)] + [made(321, count=0, audited=2)]
print(json.dumps({"version": 1, "key": "web", "shape": {"process": {"noNewPrivileges": True}}, "runs_dropped": 0, "runs": learnt,
                  "syscalls": seen + outside}))
P
  mkdir -p "$state/keys/web"
  cp "$dir/many.json" "$state/keys/web/evidence.json"
}

@test "report in a browser: light, dark, on a phone, by keyboard, to a screen reader, on two pages" {
  need_chromium
  put_many 95 12
  run_snug approve web --no-sample
  [ "$status" -eq 0 ]
  run_snug report web -o "$dir/web.html"
  browse 2
  [ -s "$dir/out/dark.png" ]
  ! cmp -s "$dir/out/light.png" "$dir/out/dark.png"
}

@test "report in a browser: side by side, and what a container calls itself does nothing" {
  need_chromium
  put_web web
  run_snug approve web --no-sample
  put_many 60 3
  sed -i 's|"web-0"|"<b onclick=1>"|g; s|"web"\]|"</td><script>document.title=1</script><img src=//x onerror=document.title=2>"]|' "$state/keys/web/evidence.json"
  run_snug report web --against web#1 -o "$dir/web.html"
  [ "$status" -eq 0 ]
  browse 2
}
