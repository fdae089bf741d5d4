#!/usr/bin/env python3
"""Who knows whom. Prints every edge that is not allowed, and every circle; exits 1 if there is any.

usage: layers.py folders TABLE SOURCE   quoted includes of SOURCE's C files against TABLE: "folder: folders that it may include"
       layers.py circles BUILD SOURCE   circles of files of SOURCE's programs, by the functions that their objects in BUILD define and use
"""

import collections
import json
import os
import re
import subprocess
import sys

PARTS = ("base", "oci", "yaml", "seccomp", "shim")
INCLUDE = re.compile(r'^#include "((?:%s)/[^"]+)"' % "|".join(PARTS), re.M)


def sources(top):
  for part in PARTS:
    for folder, _, files in os.walk(os.path.join(top, part)):
      for f in sorted(files):
        if f.endswith((".c", ".h")):
          yield os.path.relpath(os.path.join(folder, f), top)


def read_table(path):
  allowed = {}
  with open(path, encoding="ascii") as f:
    for line in f:
      line = line.split("#")[0].strip()
      if line:
        folder, _, others = line.partition(":")
        allowed[folder.strip()] = others.split()
  return allowed


def may(allowed, folder, other):
  return any(other == a or a.endswith("/*") and (other + "/").startswith(a[:-1]) for a in allowed.get(folder, []))


def find_circles(graph):
  """Strongly connected components of more than one node (Tarjan 1972)."""
  index, low, stack, found = {}, {}, [], []
  sys.setrecursionlimit(10000)

  def visit(v):
    index[v] = low[v] = len(index)
    stack.append(v)
    for w in sorted(graph.get(v, ())):
      if w not in index:
        visit(w)
        low[v] = min(low[v], low[w])
      elif w in stack:
        low[v] = min(low[v], index[w])
    if low[v] == index[v]:
      at = stack.index(v)
      if len(stack) - at > 1:
        found.append(sorted(stack[at:]))
      del stack[at:]

  for v in sorted(graph):
    if v not in index:
      visit(v)
  return found


def folders(table, top):
  allowed, bad = read_table(table), []
  for f in sources(top):
    folder = os.path.dirname(f)
    with open(os.path.join(top, f), encoding="utf-8") as src:
      for header in INCLUDE.findall(src.read()):
        other = os.path.dirname(header)
        if other != folder and not may(allowed, folder, other):
          bad.append(f"{f} includes {header}: {folder} may not know {other}")
  names = {os.path.dirname(f) for f in sources(top)} | set(allowed)
  graph = {a: {b for b in names if b != a and may(allowed, a, b)} for a in names}
  return bad + ["the table holds a circle: " + " ".join(c) for c in find_circles(graph)]


def circles(build, top):
  defined, used, of = {}, collections.defaultdict(set), {}
  with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as f:
    commands = json.load(f)
  for c in commands:
    src = os.path.relpath(os.path.join(c["directory"], c["file"]), os.path.realpath(top))
    obj = os.path.join(c["directory"], c["output"])
    if src.split("/")[0] in PARTS and src not in of.values() and os.path.exists(obj):
      of[obj] = src
  if not of:
    sys.exit(f"{build} holds no object of {top}")
  for line in subprocess.check_output(["nm", "-g", "-A", *of], text=True).splitlines():
    at, kind, name = line.rsplit(None, 2)
    src = of[at.split(":")[0]]
    if kind == "U":
      used[src].add(name)
    elif kind in "TDBR":
      defined[name] = src
  graph = {src: {defined[n] for n in names if defined.get(n, src) != src} for src, names in used.items()}
  return ["a circle of files: " + " ".join(c) for c in find_circles(graph)]


def main(argv):
  if len(argv) != 4 or argv[1] not in ("folders", "circles"):
    sys.exit(__doc__)
  bad = {"folders": folders, "circles": circles}[argv[1]](argv[2], argv[3])
  print("\n".join(bad), end="\n" if bad else "")
  return 1 if bad else 0


sys.exit(main(sys.argv))
