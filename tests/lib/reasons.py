#!/usr/bin/env python3
"""Prints docs/reasons.md's table, made of the program's own in seccomp/evidence/reasons.h.

usage: reasons.py REASONS.H
"""
import re
import sys

text = open(sys.argv[1]).read()
text = re.sub(r"\\\n\s*", " ", text[text.index("#define REASONS(X)"):text.index("enum reason {")])
print("| reason | what happened | what mends it |\n|---|---|---|")
for code, what, fix in re.findall(r'X\([A-Z_]+, "([^"]*)",\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)"\)', text):
    print("| " + " | ".join(re.sub(r'\\(.)', r"\1", t).replace("|", "\\|") for t in ("`%s`" % code, what, fix)) + " |")
