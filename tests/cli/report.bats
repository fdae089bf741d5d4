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
        assert tag not in ("script", "iframe", "object", "link", "img", "base", "form", "style") or (tag, self.open) == ("style", ["html", "head"]), tag
        assert "href" not in dict(attrs) or tag == "a", attrs
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
ids = [value for name, value in page.attrs if name == "id"]
assert len(ids) == len(set(ids)), ids
for name, value in page.attrs:
    assert not name.startswith("on") and name not in ("src", "style", "srcset"), name
    assert name not in ("href", "aria-labelledby") or value.lstrip("#") in ids, value
    assert name != "href" or value[0] == "#", value
assert not re.search(r"url\(|@import|https?:", source)
P
}

# run_no N NEW [REASONS [MORE]]: the N-th learning run, which was the first to show NEW calls.
run_no() { one_run "${3:-}" | sed "s/web-1/web-$1/g; s/\"reasons\": \[[^]]*\]/&, \"new\": $2${4:-}/"; }

@test "report: verdict first, what is closed, dangers, why, defaults, floor, use" {
  put_web web
  run_snug report web -o "$dir/web.html"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  sound "$dir/web.html"
  page=$(<"$dir/web.html")
  [[ "$page" == *"<strong>Complete</strong>"*"What is closed"*"Now closed"*"Still open"*"<code>mount</code>"* ]]
  [[ "$page" == *"Files and directories"*"read"*"write"*"The system as a whole"*"mount"* ]]
  [[ "$page" == *"New calls over learning runs"*"<svg"*"Compared with the defaults"*"containerd"*"Docker"*"Podman"* ]]
  [[ "$page" == *"The runtime floor"*"Denials"*"None."* ]]
  [[ "$page" == *"snug approve web"*"docker run --security-opt seccomp=web.json"*"localhostProfile: web.json"* ]]
  # The number of calls is that of approve.
  run_snug approve web --no-sample
  [[ "$page" == *"<b>$(grep -oE 'these [0-9]+ system' <<<"$output$stderr" | tr -dc 0-9)</b><span>calls allowed by its profile"* ]]
}

@test "report: the bar adds up, and names what the default leaves open, dangerous calls first" {
  put_web web
  run_snug report web -o "$dir/web.html"
  run_snug profile web -o "$dir/web.json"
  python3 - "$dir/web.html" "$dir/web.json" "$SNUG_SOURCE" <<'P'
import csv, html, json, re, sys
page, profile, source = open(sys.argv[1]).read(), json.load(open(sys.argv[2])), sys.argv[3]
danger = {r["name"]: r["reason"] for r in csv.DictReader(open(source + "/seccomp/syscall/danger.csv"))}
own = {n for s in profile["syscalls"] for n in s["names"]}
section = dict(re.findall(r'<section aria-labelledby="(\w+)">(.*?)</section>', page, re.S))
figures = [int(n) for n in re.findall(r"<b>(\d+)</b>", section["closed"])]
opened, default, key_open, closed, both = figures
known = int(re.search(r"</b> of (\d+) system calls are open", section["closed"])[1])
assert opened == key_open == len(own) and opened + closed + both == known, figures
assert closed + len(own & set(re.findall(r"<li[^>]*>(?:&#9888; )?(\w+)</li>", section["closed"]))) <= default + opened, figures
# The pieces are as wide as their figures, without a gap.
at = 0
for cls, n in (("open", opened), ("closed", closed), ("both", both)):
    x, width = map(float, re.search(r'<rect class="%s" x="([\d.]+)" y="0" width="([\d.]+)"' % cls, section["closed"]).groups())
    assert abs(x - at) < 0.02 and abs(width - 100 * n / known) < 0.02, (cls, x, width)
    at += width
# What is closed is listed once, and nothing of it is open.
names = re.findall(r"<li[^>]*>(?:&#9888; )?(\w+)</li>", re.search(r"<details><summary>.*?</details>", section["defaults"], re.S)[0])
assert len(names) == len(set(names)) == closed and not own & set(names), (len(names), closed)
assert {"ptrace", "chroot"} <= set(names)
now, still = section["dangers"].split("Still open")
said = dict(re.findall(r"<li><code>(\w+)</code> (.*?)</li>", now))
assert set(said) == set(names) & set(danger) and said, set(said) ^ (set(names) & set(danger))
for name, text in said.items():
    assert html.unescape(text).startswith(danger[name]), text
assert re.findall(r"<li><code>(\w+)</code>", still) == ["mount"] == sorted(own & set(danger))
assert "Why: the program: web (/bin/x). <b>That default refuses it</b>" in still
also = re.search(r"Closed here, and under that default too: (.*?)</p>", now)[1]
assert "<code>bpf</code>" in also and not set(re.findall(r"<code>(\w+)", also)) & (own | set(names))
# The defaults' figures add up.
for row in re.findall(r'<tr><th scope="row">.*?</tr>', section["defaults"], re.S):
    allows, kept, gone, beyond = map(int, re.findall(r'<td class="n">(\d+)', row))
    assert allows == kept + gone and kept + beyond == opened, row
P
}

@test "report: why each call is in the profile: who, when, which run, or which line of which table" {
  put_evidence web "$(join "$(run_no 1 3)" "$(run_no 2 1 | sed 's/12:00:0/13:00:0/g')")" \
    "$(join "$(call 3 close runtime 5)" "$(call 59 execve runtime 1)" "$(call 0 read workload 7)" "$(call 1 write hook 2)" \
      "$(call 262 newfstatat workload 1)" "$(call 165 mount workload 1 | sed 's/12:00:0/13:00:0/g')" \
      "$(call 20 writev workload 1 | sed 's/"last": "2026-01-31T12/"last": "2026-01-31T13/; s/\["web"\]/[]/; s/\["[^"]*x"\]/[]/')")"
  run_snug report web -o "$dir/web.html"
  [ "$status" -eq 0 ]
  run_snug profile web -o "$dir/web.json"
  python3 - "$dir/web.html" "$dir/web.json" "$SNUG_SOURCE" <<'P'
import csv, html, json, re, sys
page, profile, source = open(sys.argv[1]).read(), json.load(open(sys.argv[2])), sys.argv[3]
table = {t: list(csv.DictReader(open(f"{source}/seccomp/syscall/{t}"))) for t in ("always.csv", "siblings.csv", "floor-go.csv")}
section = re.search(r'<section aria-labelledby="why">(.*?)</section>', page, re.S)[1]
why, seen = {}, {}
for name, reasons, when in re.findall(r'<th scope="row" class="call">(\w+).*?</th><td>(.*?)</td><td class="seen">(.*?)</td>', section, re.S):
    assert name not in why, name
    why[name] = [html.unescape(x) for x in re.findall(r"<div[^>]*>(.*?)</div>", reasons)]
    seen[name] = [re.sub("<[^>]*>", "", x) for x in re.findall(r'<div>(.*?)</div>', when)] or when
own = {n for s in profile["syscalls"] for n in s["names"]}
assert set(why) == own, set(why) ^ own
assert all(why.values())
assert why["read"][0] == "the program: web (/bin/x)" and why["write"][0] == "a hook: web (/bin/x)"
assert why["execve"][0] == "the runtime, to start the container: web"
assert why["writev"][0] == "the program, counted without a name"
assert seen["read"] == ["first in run 1, 2026-01-31 12:00:01", "last in run 1, 2026-01-31 12:00:02", "in 1 run"], seen["read"]
assert seen["mount"][0] == "first in run 2, 2026-01-31 13:00:01"
assert seen["writev"][1] == "last in run 2, 2026-01-31 13:00:02"
# Every line of every table that applies is quoted, with its own reason; and no other.
for t, key, before in (("always.csv", "name", "always.csv: %(reason)s"), ("floor-go.csv", "name", "floor-go.csv: %(reason)s"),
                       ("siblings.csv", "older", "siblings.csv: fallback for %(modern)s: %(reason)s")):
    meant = {(r[key], before % r) for r in table[t] if r[key] in own and (t != "siblings.csv" or r["modern"] in own)}
    told = {(n, line) for n in why for line in why[n] if line.startswith(t)}
    assert meant == told and meant, meant ^ told
assert seen["exit_group"] == "not seen" and why["exit_group"][0].startswith("always.csv")
# Grouped, each group with its number.
for title, n, body in re.findall(r'<caption>([^<]*) <span class="dim">(\d+)</span></caption>(.*?)</table>', section, re.S):
    assert body.count('<th scope="row"') == int(n) > 0, title
P
}

@test "report: the trend tells each run's new calls, and with which run the key settled" {
  put_evidence web "$(join "$(run_no 1 2)" "$(run_no 2 0)" "$(run_no 3 1)" "$(run_no 4 0 '"overrun"')" "$(run_no 5 0)" "$(run_no 6 0)" "$(run_no 7 0)" \
    "$(run_no 8 0)")" "$(call 0 read workload 1)"
  run_snug report web
  [[ "$output" == *"New calls in each run: 2, 0, 1, 0 (not complete), 0, 0, 0, 0. Settled with run 7 of these."* ]]
  [[ "$output" == *'aria-label="Calls known after 8 learning runs: 1 of the program, 0 of the runtime. New calls'*'class="settled"'* ]]
  [ "$(grep -o '<rect class="fresh" x' <<<"$output" | wc -l)" -eq 2 ]
  [ "$(grep -o '<rect class="lost" x' <<<"$output" | wc -l)" -eq 1 ]
  put_evidence web "$(join "$(run_no 1 2)" "$(run_no 2 0)" "$(run_no 3 0)")" "$(call 0 read workload 1)"
  run_snug report web
  [[ "$output" == *"New calls in each run: 2, 0, 0."* && "$output" != *'class="settled"'* ]]
}

@test "report: the measure is the default of the engine that kept the containers, else Docker's, and the page says so" {
  put_web web
  run_snug report web
  [[ "$output" == *"; the default of Docker "*"The evidence does not tell which engine"* ]]
  for root in /run/containerd/runc/k8s.io:containerd /run/docker/runtime-runc/moby:Docker; do
    put_web web
    sed -i "s|\"root\": \"/run/runc\"|\"root\": \"${root%:*}\"|" "$state/keys/web/evidence.json"
    run_snug report web
    [[ "$output" == *"; the default of ${root#*:} "* && "$output" != *"does not tell which engine"* ]]
  done
}

@test "report: nothing was seen yet, and very much was" {
  put_evidence web "" ""
  run_snug report web -o "$dir/web.html"
  [ "$status" -eq 0 ]
  sound "$dir/web.html"
  [[ "$(<"$dir/web.html")" == *"Not complete"*"No learning run yet"* ]]
  runs=$(run_no 1 5)
  for n in {2..300}; do runs+=",${runs_other:=$(run_no 2 0)}"; done
  put_evidence web "$runs" "$(call 0 read workload 1)"
  run_snug report web -o "$dir/web.html"
  [ "$status" -eq 0 ]
  sound "$dir/web.html"
  [[ "$(<"$dir/web.html")" == *"after 300 learning runs"*"in the newest of these runs: 0, "*"Settled with run 4 of these"*"The newest 20 of 300"* ]]
}

@test "report: side by side with a key, a file, a default or an approval, and as diff says" {
  put_web web
  run_snug approve web --no-sample
  put_evidence web "$(one_run '')" "$(join "$(call 59 execve runtime 1)" "$(call 0 read workload 7)" "$(call 101 ptrace workload 1)")"
  run_snug approve web --no-sample
  put_web other
  run_snug profile other -o "$dir/<b>&.json"
  for pair in "web other" "web @moby" "web web#1" "web#2 web#1" "web web#2" "web $dir/<b>&.json"; do
    run_snug report "${pair%% *}" --against "${pair#* }" -o "$dir/web.html"
    [ "$status" -eq 0 ]
    sound "$dir/web.html"
    run_snug diff --json "${pair%% *}" "${pair#* }"
    python3 - "$dir/web.html" "$pair" <<'P' 3<<<"$output"
import html, json, re, sys
page, diff, pair = open(sys.argv[1]).read(), json.load(open(3)), sys.argv[2].split(" ", 1)
section = html.unescape(re.search(r'<section aria-labelledby="against">(.*?)</section>', page, re.S)[1].replace("&lt;", "\x01"))
assert ("Both answer every call alike." in section) == diff["same"]
for name in pair:
    assert name.replace("<", "\x01") in section, name
sides = re.findall(r"<div><h3>Open only in .*?</div>", section, re.S)
for side, kind in zip(sides, ("refused-by-b", "refused-by-a"), strict=True):
    names = re.findall(r"<li>(?:<code>)?(\w+)", side)
    meant = [d["call"] for d in diff["differences"] if d["kind"] == kind]
    assert sorted(names) == sorted(meant), set(names) ^ set(meant)
    assert re.findall(r"<li><code>(\w+)", side) == [d["call"] for d in diff["differences"] if d["kind"] == kind and d.get("danger")]
row = re.search(r"calls allowed</th><td>(\d+)</td><td>(\d+)", section)
assert [int(n) for n in row.groups()] == [diff["a"]["allowed"], diff["b"]["allowed"]]
assert ("learning runs</th>" in section) == (pair[1] == "other")
P
  done
  [[ "$(<"$dir/web.html")" == *"Against <b>$dir/&lt;b&gt;&amp;.json</b>"* ]]
  # Approvals are listed with what each changed.
  run_snug report web
  [[ "$output" == *"Approvals"*'<th scope="row" class="n">1</th>'*'<th scope="row" class="n">2</th>'*"<td>yes</td>"* ]]
  run_snug report web#2
  [[ "$output" == *"approved as number 2"* && "$output" != *"Seen, but not in the profile"* ]]
  # An older approval lacks what was seen since, and has what nothing needs any more.
  run_snug report web#1
  [[ "$output" == *"Seen, but not in the profile <span class=\"dim\">1</span>"*ptrace*"not in: approved profile number 1 lacks it"* ]]
  [[ "$output" == *"mount <span"*"dangerous</span></th><td><div>the approved profile has it; nothing that is recorded here needs it"* ]]
  for bad in "web --against nothing" "web --against @nothing" "web#9" "web --against web#9"; do
    run_snug report $bad
    [ "$status" -eq 2 ]; [ -z "$output" ]
  done
  # What was read is not overwritten.
  run_snug report web --against "$dir/<b>&.json" -o "$dir/<b>&.json"
  [ "$status" -eq 2 ]
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
  [[ "$(<"$dir/web.html")" == *"<caption>Denied</caption>"*"ptrace"*"seen in audit mode</caption>"*"mount"* ]]
}

@test "report: its colours keep the contrast of WCAG AA, light, dark and on paper" {
  css=$SNUG_SOURCE/shim/cli/report/report.css
  python3 "$SNUG_SOURCE/tests/cli/contrast.py" "$css"
  # A paler text is found.
  for scheme in 's/--dim: #535c66/--dim: #858d96/' 's/--fg: #e4e7ea/--fg: #6f757c/' 's/--bad: #7c2d12/--bad: #d08a70/'; do
    sed "$scheme" "$css" >"$dir/pale.css"
    ! cmp -s "$css" "$dir/pale.css" || false
    ! python3 "$SNUG_SOURCE/tests/cli/contrast.py" "$dir/pale.css" || false
  done
}

@test "report: a screen reader finds its way: landmarks, headings in order, tables with captions and headers" {
  put_web web
  run_snug report web --against @moby -o "$dir/web.html"
  python3 - "$dir/web.html" <<'P'
import html.parser, sys

class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = []
    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

page = Page()
page.feed(open(sys.argv[1]).read())
tags = page.tags
count = lambda name: sum(t == name for t, _ in tags)
assert ("html", {"lang": "en"}) in tags and count("title") == 1
assert [count(t) for t in ("header", "nav", "main", "footer", "h1")] == [1] * 5
# The first thing that the tab key reaches goes to the content; each section has a name, and is linked.
links = [a["href"] for t, a in tags if t == "a"]
assert links[0] == "#main", links
sections = ["#" + a["aria-labelledby"] for t, a in tags if t == "section"]
assert links[1:] == sections and len(sections) >= 10, (links, sections)
level = 0
for t, _ in tags:
    if t in ("h1", "h2", "h3", "h4"):
        assert int(t[1]) <= level + 1, t
        level = int(t[1])
assert count("table") == count("caption") == count("thead") >= 8
assert all("scope" in a for t, a in tags if t == "th") and count("th") > 30
# Each row begins with its header; what scrolls is reached by keyboard and has a name; each picture says what it shows.
for i, (t, _) in enumerate(tags):
    assert t != "tr" or tags[i + 1][0] == "th", tags[i + 1]
assert all(a.get("role") == "region" and a.get("tabindex") == "0" and a.get("aria-label") for t, a in tags if a.get("class") == "wide")
assert all(a.get("aria-hidden") == "true" or (a.get("role") == "img" and a.get("aria-label")) for t, a in tags if t == "svg")
# Nothing is told by a pointer alone.
assert not any("title" in a for _, a in tags)
P
}

@test "the page and diff agree on how many calls a default allows, also where libseccomp cannot name all" {
  put_web
  "$snug" report web -o "$dir/page.html"
  named=$(sed -n 's/.*the default of Docker[^<]* leaves <b>\([0-9]*\)<.*/\1/p' "$dir/page.html")
  "$snug" diff --json @moby web >"$dir/diff.json" || [ $? -eq 1 ]
  jq -e --argjson n "$named" '.a.allowed + .a.left_out == $n' "$dir/diff.json"
  left=$(jq .a.left_out "$dir/diff.json")
  run "$snug" diff @moby web
  if [ "$left" -gt 0 ]; then
    [[ "${lines[0]}" == *"and $left more that libseccomp "*" leaves out" ]]
    grep -q "cannot name $left of them" "$dir/page.html"
  else
    ! grep -q 'cannot name' "$dir/page.html" || false
  fi
}
