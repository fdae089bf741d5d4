#!/usr/bin/env python3
"""Turns templates into one C include: for FILE.EXT an array `TEMPLATE_FILE_EXT` that holds its text.

usage: embed.py OUTPUT FILE...
"""
import os
import re
import sys

with open(sys.argv[1], "w", encoding="ascii") as out:
  for path in sys.argv[2:]:
    with open(path, encoding="ascii") as f:
      lines = f.read().split("\n")
    name = re.sub(r"[^A-Za-z0-9]", "_", os.path.basename(path))
    out.write(f"static const char TEMPLATE_{name}[] =\n")
    for line in lines[:-1]:
      quoted = line.replace("\\", "\\\\").replace('"', '\\"')
      out.write(f'\t"{quoted}\\n"\n')
    out.write("\t;\n\n")
