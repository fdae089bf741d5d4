#!/usr/bin/env python3
"""Checks the links of Markdown pages: a relative one must name a file of this tree, and its anchor a heading or an id there.

usage: links.py FILE.md...
       links.py --targets FILE.md...          prints the files that they link to
       links.py --html DIRECTORY FILE.html... the same check of a built site, addresses and pictures included
"""
import os
import re
import sys


def text_of(path):
    with open(path) as f:
        text = f.read()
    # What is shown as code has no links.
    return re.sub(r"(?m)^```.*?^```|^(?:    |\t)[^\n]*$", "", text, flags=re.S) if path.endswith(".md") else text


def slug(heading):
    heading = re.sub(r"<[^>]*>|\[([^]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def anchors(path):
    text = text_of(path)
    return {slug(h) for h in re.findall(r"^#+ +(.*)$", text, re.M)} | set(re.findall(r'<a id="([^"]+)"', text))


def links(page):
    """Yields the relative links of a page: target, path, anchor."""
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", text_of(page))):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            yield target, os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page, anchor


def check(pages):
    bad = 0
    for page in pages:
        for target, path, anchor in links(page):
            if not os.path.exists(path):
                print(f"{page}: there is no {target}")
                bad = 1
            elif anchor and anchor not in anchors(path):
                print(f"{page}: no heading or id in {path} is #{anchor}")
                bad = 1
    return bad


def check_html(directory, pages):
    bad = 0
    os.chdir(directory)
    text = {os.path.normpath(p): open(p).read() for p in pages}
    for page in text:
        for target in re.findall(r'(?:href|src)="([^"]+)"', text[page]):
            path, _, anchor = target.partition("#")
            path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
            if re.match(r"[a-z]+:", target):
                continue
            if not os.path.exists(path) or anchor and path in text and f'id="{anchor}"' not in text[path]:
                print(f"{page}: there is no {target}")
                bad = 1
    return bad


if sys.argv[1] == "--targets":
    print("\n".join(sorted({path for page in sys.argv[2:] for _, path, _ in links(page)})))
elif sys.argv[1] == "--html":
    sys.exit(check_html(sys.argv[2], sys.argv[3:]))
else:
    sys.exit(check(sys.argv[1:]))
