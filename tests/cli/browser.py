#!/usr/bin/env python3
"""Shows a report page to a headless Chromium, by its DevTools protocol over a pipe, and checks what only a browser knows.
usage: browser.py PAGE OUT PAGES   writes OUT/{light,dark,phone}.png and OUT/page.pdf; prints what is wrong; exits 1 if anything is. PAGES: on how
many pages of A4 it must be printed"""
import base64
import json
import os
import re
import select
import subprocess
import sys
import time

TIMEOUT = 120

# Every text with the colours that it is shown in: [ratio, text].
CONTRAST = """(() => {
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const lum = c => { const f = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * f(c[0]) + 0.7152 * f(c[1]) + 0.0722 * f(c[2]); };
  const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  const out = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; n = walk.nextNode();) {
    const e = n.parentElement, s = getComputedStyle(e);
    if (!n.data.trim() || s.display === 'none' || !e.getClientRects().length) continue;
    const a = lum(parse(e.closest('svg') ? s.fill : s.color)), b = lum(behind(e));
    out.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), n.data.trim().slice(0, 40)]);
  }
  return out; })()"""

FOCUSED = """(() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
  return {tag: e.tagName, name: (e.getAttribute('aria-label') || e.textContent).trim().slice(0, 60), id: e.id,
    ring: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2, seen: r.bottom > 0 && r.top < innerHeight && r.right > 0 && r.left < innerWidth,
    open: e.tagName === 'SUMMARY' && e.parentElement.open, scrolled: e.scrollLeft}; })()"""


class Browser:
  """One page of a Chromium of our own, which ends with this object."""

  def __init__(self, out):
    to, ours = os.pipe()
    mine, back = os.pipe()
    args = ["--headless", "--remote-debugging-pipe", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--disable-quic", "--disable-extensions", "--hide-scrollbars", f"--user-data-dir={out}/profile"]
    args += ["--no-sandbox", "--disable-dev-shm-usage"] if os.geteuid() == 0 else ["--disable-dev-shm-usage"]
    self.process = subprocess.Popen(["bash", "-c", f'exec chromium "$@" 3<&{to} 4>&{back}', "chromium", *args, "about:blank"], pass_fds=(to, back),
                                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(to)
    os.close(back)
    self.write, self.read, self.rest, self.last, self.events, self.session = ours, mine, b"", 0, [], None
    target = next(t for t in self.ask("Target.getTargets")["targetInfos"] if t["type"] == "page")
    self.session = self.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]

  def message(self):
    end = time.monotonic() + TIMEOUT
    while b"\0" not in self.rest:
      if not select.select([self.read], [], [], max(0, end - time.monotonic()))[0]:
        raise TimeoutError("chromium says nothing")
      got = os.read(self.read, 1 << 20)
      if not got:
        raise EOFError("chromium is gone")
      self.rest += got
    one, self.rest = self.rest.split(b"\0", 1)
    return json.loads(one)

  def ask(self, method, **params):
    self.last += 1
    what = {"id": self.last, "method": method, "params": params}
    if self.session:
      what["sessionId"] = self.session
    data = json.dumps(what).encode() + b"\0"
    while data:
      data = data[os.write(self.write, data):]
    while True:
      m = self.message()
      if m.get("id") == self.last:
        if "error" in m:
          raise RuntimeError(f"{method}: {m['error']}")
        return m["result"]
      self.events.append(m)

  def wait(self, method):
    while not any(e.get("method") == method for e in self.events):
      self.events.append(self.message())

  def js(self, text):
    r = self.ask("Runtime.evaluate", expression=text, returnByValue=True)
    if "exceptionDetails" in r:
      raise RuntimeError(r["exceptionDetails"])
    return r["result"].get("value")

  def key(self, key, code, text=None):
    more = {"text": text} if text else {}
    self.ask("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, **more)
    self.ask("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)

  def show(self, width, height, scheme):
    self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
    self.ask("Emulation.setEmulatedMedia", media="screen", features=[{"name": "prefers-color-scheme", "value": scheme}])

  def shoot(self, path):
    with open(path, "wb") as f:
      f.write(base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"]))

  def end(self):
    try:
      self.session = None
      self.ask("Browser.close")
    except (OSError, EOFError, RuntimeError, TimeoutError):
      pass
    try:
      self.process.wait(30)
    except subprocess.TimeoutExpired:
      self.process.kill()


def check_looks(b, out, bad):
  for name, width, scheme in (("light", 1000, "light"), ("dark", 1000, "dark"), ("phone", 390, "light")):
    b.show(width, 900, scheme)
    b.shoot(f"{out}/{name}.png")
    if b.js("document.scrollingElement.scrollWidth") > width:
      bad.append(f"{name}: the page is wider than the window: {b.js('document.scrollingElement.scrollWidth')}")
    texts = b.js(CONTRAST)
    if len(texts) < 200:
      bad.append(f"{name}: only {len(texts)} texts")
    bad += [f"{name}: {ratio:.2f}:1 for '{text}'" for ratio, text in texts if ratio < 4.5]
  if b.js("Math.min(...[...document.querySelectorAll('nav a, summary')].map(e => e.getBoundingClientRect().height))") < 24:
    bad.append("phone: what a finger hits is lower than 24 pixels")
  if b.js("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)":
    bad.append("light is dark")


def check_keyboard(b, bad):
  b.show(390, 700, "light")
  b.js("document.body.focus()")
  b.key("Tab", 9)
  first = b.js(FOCUSED)
  if first["name"] != "Skip to the content" or not first["seen"]:
    bad.append(f"the first tab stop: {first}")
  b.key("Enter", 13, "\r")
  if b.js("document.activeElement.id") != "main":
    bad.append("the link to the content leads elsewhere")
  b.js("document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0); document.querySelector('.skip').focus()")
  stops = [b.js(FOCUSED)]
  wanted = b.js("[...document.querySelectorAll('a, summary, [tabindex=\"0\"]')].filter(e => e.checkVisibility()).length")
  tried = scrolled = opened = 0
  while len(stops) < wanted:
    b.key("Tab", 9)
    at = b.js(FOCUSED)
    stops.append(at)
    if not at["ring"] or not at["seen"]:
      bad.append(f"focus is not visible: {at}")
    if at["tag"] == "SUMMARY":
      b.key("Enter", 13, "\r")
      opened += b.js(FOCUSED)["open"]
      b.key("Enter", 13, "\r")
    if at["tag"] == "DIV" and b.js("document.activeElement.scrollWidth > document.activeElement.clientWidth"):
      b.key("ArrowRight", 39)
      end = time.monotonic() + TIMEOUT
      while not b.js(FOCUSED)["scrolled"] and time.monotonic() < end:
        time.sleep(0.05)
      scrolled += b.js(FOCUSED)["scrolled"] > 0
      tried += 1
  if len({(s["tag"], s["name"]) for s in stops}) != wanted or any(s["tag"] == "BODY" for s in stops):
    bad.append(f"{wanted} things can have the focus, reached: {[(s['tag'], s['name']) for s in stops]}")
  if opened != b.js("document.querySelectorAll('summary').length") or not opened:
    bad.append(f"enter opened {opened} of the folded parts")
  if scrolled != tried or not tried:
    bad.append(f"{tried} tables are wider than the phone, the arrow keys scroll {scrolled}")


def check_reader(b, bad):
  nodes = b.ask("Accessibility.getFullAXTree")["nodes"]
  roles = {}
  for n in nodes:
    if not n.get("ignored"):
      roles.setdefault(n["role"]["value"], []).append(n.get("name", {}).get("value", ""))
  for role in ("banner", "navigation", "main", "contentinfo"):
    if len(roles.get(role, [])) != 1:
      bad.append(f"reader: {role}: {roles.get(role)}")
  for role, least in (("region", 10), ("table", 8), ("rowheader", 50), ("columnheader", 30), ("image", 2), ("heading", 12)):
    names = roles.get(role, []) + (roles.get("img", []) if role == "image" else [])
    if len(names) < least or not all(names):
      bad.append(f"reader: {role}: {len(names)}, of which {sum(not n for n in names)} have no name")


def check_paper(b, out, most, bad):
  b.ask("Emulation.setEmulatedMedia", media="")
  pdf = base64.b64decode(b.ask("Page.printToPDF", preferCSSPageSize=True, printBackground=False)["data"])
  with open(f"{out}/page.pdf", "wb") as f:
    f.write(pdf)
  pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))
  if pages != most:
    bad.append(f"{pages} pages of paper, not {most}")


def main():
  page, out = os.path.abspath(sys.argv[1]), sys.argv[2]
  bad = []
  b = Browser(out)
  try:
    for domain in ("Page", "Network", "Log", "Runtime"):
      b.ask(domain + ".enable")
    b.ask("Page.navigate", url="file://" + page)
    b.wait("Page.loadEventFired")
    check_looks(b, out, bad)
    check_reader(b, bad)
    check_keyboard(b, bad)
    check_paper(b, out, int(sys.argv[3]), bad)
    asked = [e["params"]["request"]["url"] for e in b.events if e.get("method") == "Network.requestWillBeSent"]
    if asked != ["file://" + page]:
      bad.append(f"it loads {asked}")
    bad += [f"log: {e['params']['entry']['text']}" for e in b.events if e.get("method") == "Log.entryAdded"]
  finally:
    b.end()
  print("\n".join(bad))
  return bool(bad)


if __name__ == "__main__":
  sys.exit(main())
