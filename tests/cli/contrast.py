#!/usr/bin/env python3
"""Contrast of the report's colours (WCAG 2.2, 1.4.3 and 1.4.11), for screens light and dark and for paper.
usage: contrast.py CSS

Each rule that sets a text colour is a pair with the background that it sets itself, else with every surface on which text without a
background of its own stands: --bg and --card. Text needs 4.5:1; borders of meaning, lines, bars and the focus ring need 3:1 to these
surfaces. Prints every pair that has less; exits 1 if there is any, or if the style sheet has a colour outside its :root rules."""
import re
import sys

SURFACES = ("bg", "card")
TEXT = re.compile(r"(?<![\w-])(?:color|fill): var\(--([\w-]+)\)")
SHAPE = re.compile(r"(?<![\w-])(?:stroke|border-color|outline): [^;]*var\(--([\w-]+)\)")
BACKGROUND = re.compile(r"background: var\(--([\w-]+)\)")
DECORATION = {"line", "bg"}  # hairlines and gaps only part what text and places say already


def luminance(colour):
  digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
  rgb = [int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)]
  r, g, b = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b


def ratio(a, b):
  low, high = sorted((luminance(a), luminance(b)))
  return (high + 0.05) / (low + 0.05)


def root(body):
  return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", body))


def main():
  css = open(sys.argv[1], encoding="ascii").read()
  roots = re.findall(r":root \{(.*?)\}", css, re.S)
  light, dark, paper = map(root, roots)
  rest = re.sub(r":root \{.*?\}", "", css, flags=re.S)
  bad, seen = 0, 0
  if set(light) != set(paper) or set(light) != set(dark):
    print("the schemes name different colours:", set(light) ^ set(dark), set(light) ^ set(paper))
    bad = 1
  if re.search(r"#[0-9a-fA-F]{3,8}\b(?![^{}]*\{)|rgb|hsl", rest):
    print("a colour outside :root")
    bad = 1
  pairs = set()
  for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", rest):
    own = BACKGROUND.findall(body)
    is_rect = "rect" in selector
    for fore in TEXT.findall(body):
      pairs |= {(fore, back, 3 if is_rect else 4.5) for back in own or SURFACES}
    pairs |= {(fore, back, 3) for fore in SHAPE.findall(body) if fore not in DECORATION for back in SURFACES}
    for back in own:
      if back not in SURFACES and not TEXT.search(body):
        print(selector.strip(), "has a background and names no colour for its text")
        bad = 1
  for name, scheme in (("light", light), ("dark", dark), ("paper", paper)):
    for fore, back, least in sorted(pairs):
      seen += 1
      got = ratio(scheme[fore], scheme[back])
      if got < least:
        print(f"{name}: {fore} on {back} is {got:.2f}:1, needs {least}:1")
        bad = 1
  print(f"{seen} pairs")
  return bad or seen < 60


if __name__ == "__main__":
  sys.exit(main())
