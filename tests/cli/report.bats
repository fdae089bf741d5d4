load helper

# Every tag that is opened is closed, in order; nothing runs and nothing is fetched. $1: the file.
sound() {
  python3 - "$1" <<'P'
import html.parser, re, sys

class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.text, self.attrs = [], [], []
    def handle_starttag(self, tag, attrs):
        assert tag not in ("script", "iframe", "object", "link", "img", "base", "form", "a"), tag
        self.attrs += attrs
        if tag not in ("meta", "br"):
            self.open.append(tag)
    def handle_startendtag(self, tag, attrs):
        self.attrs += attrs
    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag
    def handle_data(self, data):
        self.text.append(data)

source = open(sys.argv[1], encoding="ascii").read()
page = Page()
page.feed(source)
page.close()
assert not page.open, page.open
for name, value in page.attrs:
    assert not name.startswith("on") and name not in ("src", "href"), name
assert not re.search(r"url\(|@import|https?:", source)
P
}

@test "report: verdict first, calls in groups, defaults, floor, use" {
  put_web web
  run_snug report web -o "$dir/web.html"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  sound "$dir/web.html"
  page=$(<"$dir/web.html")
  [[ "$page" == *"<strong>Complete</strong>"*"Files and directories"*"read"*"write"*"The system as a whole"*"mount"* ]]
  [[ "$page" == *"Over learning runs"*"<svg"*"Over time"*"<svg"*"Compared with the defaults"*"containerd"*"moby"*"podman"* ]]
  [[ "$page" == *"The runtime floor"*"execve"*"Denials"*"None."* ]]
  [[ "$page" == *"snug approve web"*"docker run --security-opt seccomp=web.json"*"localhostProfile: web.json"* ]]
  # The number of calls is that of approve.
  run_snug approve web --no-sample
  [[ "$page" == *"<b>$(grep -oE 'these [0-9]+ system' <<<"$output$stderr" | tr -dc 0-9)</b><span>calls allowed by its profile"* ]]
  # What the profile leaves open is not listed as closed, and the figures add up.
  python3 - "$dir/web.html" <(sed -n 's/.*<title>//p' "$dir/web.html") <<'P'
import re, sys
page = open(sys.argv[1]).read()
closed = re.search(r"Refused here, allowed by the default of Docker [0-9.]+.*?(?=<h2>)", page, re.S)[0]
names = re.findall(r"<li[^>]*>(\w+)</li>", closed)
assert "read" not in names and "exit_group" not in names, names
assert {"ptrace", "io_uring_setup"} & set(names) and len(names) == len(set(names))
allowed, kept, gone = map(int, re.search(r"<h3>moby.*?allows (\d+) calls; this profile\s+keeps (\d+) of them and refuses <b>(\d+)", page, re.S).groups())
assert allowed == kept + gone and gone == len(names), (allowed, kept, gone, len(names))
P
}

@test "report: incomplete evidence says so first, with reason and fix; none at all is status 2" {
  put_evidence web "$(one_run '"overrun"')" "$(call 0 read workload 1)"
  run_snug report web
  [ "$status" -eq 0 ]
  [[ "$output" == *"<strong>Not complete</strong>"*"<b>overrun</b>: "*"To fix it: "*"<strong>Not settled yet"* ]]
  [[ "$output" != *"<strong>Complete"* ]]
  run_snug report nothing
  refused 2 nothing
}

# run_no N NEW [REASONS [MORE]]: the N-th learning run, which was the first to show NEW calls.
run_no() { one_run "${3:-}" | sed "s/web-1/web-$1/g; s/\"reasons\": \[[^]]*\]/&, \"new\": $2${4:-}/"; }

@test "report: settled from the third silent run on, and not before" {
  four=$(join "$(run_no 1 1)" "$(run_no 2 0)" "$(run_no 3 0)" "$(run_no 4 0)")
  put_evidence web "$four" "$(call 0 read workload 1)"
  run_snug report web
  [[ "$output" == *"<strong>Settled</strong>"*"since the last new call: 3."* ]]
  put_evidence web "$(join "$(run_no 1 1)" "$(run_no 2 0)" "$(run_no 3 0)")" "$(call 0 read workload 1)"
  run_snug report web
  [[ "$output" == *"<strong>Not settled yet</strong>"*"since the last new call: 2."* ]]
  # Newest of all one that lost something, or that brought something.
  put_evidence web "$four, $(run_no 5 0 '"overrun"')" "$(call 0 read workload 1)"
  run_snug report web
  [[ "$output" == *"<strong>Not settled yet</strong>"* ]]
  put_evidence web "$four, $(run_no 5 1)" "$(call 0 read workload 1)"
  run_snug report web
  [[ "$output" == *"<strong>Not settled yet</strong>"*"since the last new call: 0."* ]]
}

@test "report: its figures are those of show and ls" {
  quiet=', "quiet": {"upto": 0, "digest": "1401a1463228d28a", "count": 5, "forms": []}'
  many=$(run_no 1 2)
  for n in 2 3 4 5 6 7 8; do many+=",$(run_no $n 0 '' "$quiet")"; done
  for runs in "$(run_no 1 1)" "$(join "$(run_no 1 1)" "$(run_no 2 0)" "$(run_no 3 0 '"overrun"')" "$(run_no 4 0)")" \
    "$(join "$(run_no 1 1)" "$(run_no 2 0)" "$(run_no 3 1 '' "$quiet")" "$(run_no 4 0 '' "$quiet")")" "$many"; do
    put_evidence web "$runs" "$(call 0 read workload 1)"
    run_snug show --json web
    shown=$(jq -c .settled <<<"$output")
    run_snug ls --json
    [ "$(jq -c '.[0].settled' <<<"$output")" = "$shown" ]
    run_snug report web
    # How counts are to be read is told where runs were quiet, and only there.
    [[ "$runs" == *quiet* && "$output" == *"do not log calls that are already known"* || "$runs" != *quiet* && "$output" != *"do not log calls that are already known"* ]]
    python3 - "$shown" <<'P' 3<<<"$output"
import json, re, sys
page, s = open(3).read(), json.loads(sys.argv[1])
assert int(re.search(r"since the last new call: (\d+)\.", page)[1]) == s["silent_runs"], s
chance = re.search(r"brings a new one: about (\d+)%", page)
bound = re.search(r"at most (\d+)%", page)
# A chance of nothing is not told, its bound is, rounded up.
assert (chance is None) == (s["method"] == "none" or s["chance"] < 0.005), s
assert not chance or abs(int(chance[1]) - 100 * s["chance"]) <= 0.51, s
assert (bound is None) == (s["method"] == "none" or (chance is not None and s["bound"] == 1)), s
assert not bound or 0 <= int(bound[1]) - 100 * s["bound"] < 1.01, s
settled = "<strong>Settled</strong>" in page
assert settled == (s["silent_runs"] >= 3), s
P
  done
  # The figures did take part.
  [[ "$output" == *"<strong>Settled</strong>"*"at most 43% (rule of three, 95%)"* ]]
}

@test "report: names that a container chose are text, whatever they hold" {
  evil='</td><script>alert(1)</script><img src=x onerror=\"a'"'"'>&amp;'
  put_evidence web "$(one_run '')" "$(join "$(call 0 read workload 7 0 0 "$evil")" "$(call 101 ptrace workload 0 0 4 "$evil")" \
    "$(call 165 mount workload 0 3 0 "$evil")")"
  sed -i 's|"web-1"|"<b onclick=1>"|g; s|runc version 1.1.5|<svg onload=1>|' "$state/keys/web/evidence.json"
  run_snug report web -o "$dir/web.html"
  [ "$status" -eq 0 ]
  sound "$dir/web.html"
  grep -q '&lt;script&gt;alert(1)&lt;/script&gt;' "$dir/web.html"
  grep -q 'onerror=&quot;a&#39;&gt;&amp;amp;' "$dir/web.html"
  grep -q '&lt;b onclick=1&gt;' "$dir/web.html"
  [[ "$(<"$dir/web.html")" == *"Denied <span"*"ptrace"*"seen in audit mode"*"mount"* ]]
}

@test "report: a browser shows it, light and dark, on a desk and on a phone" {
  command -v chromium >/dev/null || skip "there is no chromium here (Debian: chromium)"
  [ "$(id -u)" != 0 ] || sandbox=--no-sandbox
  put_web web
  run_snug report web -o "$dir/web.html"
  shot() { # FILE WIDTH OPTION...
    timeout 90 chromium --headless $sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
      --disable-component-update --disable-sync --hide-scrollbars --user-data-dir="$dir/profile" --screenshot="$dir/$1" \
      --window-size="$2,900" "${@:3}" "file://$dir/web.html" >/dev/null 2>&1
  }
  shot light.png 1000
  shot dark.png 1000 --force-dark-mode --blink-settings=preferredColorScheme=0
  shot phone.png 500
  python3 - "$dir"/{light,dark,phone}.png <<'P'
import struct, sys, zlib

def pixels(path):
    data = open(path, "rb").read()
    width, height = struct.unpack(">II", data[16:24])
    at, body = 8, b""
    while at < len(data):
        n, kind = struct.unpack(">I4s", data[at:at + 8])
        body += data[at + 8:at + 8 + n] if kind == b"IDAT" else b""
        at += 12 + n
    return width, height, zlib.decompress(body)

light, dark, phone = map(pixels, sys.argv[1:])
assert light[:2] == (1000, 900) and phone[:2] == (500, 900), (light[:2], phone[:2])
for _, _, raw in (light, dark, phone):
    assert len(set(raw)) > 60  # not a blank page
assert light[2] != dark[2]
P
}
