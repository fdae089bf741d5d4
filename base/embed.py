#!/usr/bin/env python3
"""Turns a text file into a C string.  usage: embed.py OUTPUT INPUT NAME"""
import sys

with open(sys.argv[2], encoding="ascii") as f:
  lines = f.read().splitlines()
with open(sys.argv[1], "w", encoding="ascii") as f:
  f.write(f"static const char {sys.argv[3]}[] =\n")
  for line in lines:
    f.write('\t"' + line.replace("\\", "\\\\").replace('"', '\\"') + '\\n"\n')
  f.write(";\n")
