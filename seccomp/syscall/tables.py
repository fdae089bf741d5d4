#!/usr/bin/env python3
"""Turns the checked-in sets of calls into one C include.

usage: tables.py OUTPUT always.csv siblings.csv floor-go.csv danger.csv fallback.csv groups.csv syscalls-newer.csv
                 arguments.csv always-logged.csv hot.csv common.csv everywhere.csv library-names.csv values.csv
       tables.py OUTPUT --calls FILE

Each CSV begins with a line of its column names. Whatever is wrong in one is reported as FILE:LINE: sentence, all of it
at once, and nothing is written. The include holds two groups: with TABLES_SETS defined the arrays of sets.c, with
TABLES_SYSCALLS defined the array of syscall.c. With --calls it holds one array of struct set_always: table_calls.
"""

import csv
import re
import sys

NAME = re.compile(r"[a-z_][a-z0-9_]{0,46}")  # SYSCALL_NAME_MAX of syscall.h, with its NUL
REASON = re.compile(r"[\x20-\x7e]+")
ARCH = re.compile(r"[a-z0-9_]+")
GROUP = re.compile(r"[a-z]+")
KERNEL = re.compile(r"[1-9][0-9]*\.[0-9]+")
NUMBER_MAX = 0xFFFF
ARGUMENT_VALUES_MAX = 32  # of arguments.h
ARGUMENTS_MAX = 64


class Table:
  """The rows of one CSV, and what is wrong with them."""

  def __init__(self, path, columns):
    self.path, self.errors, self.rows, self.seen = path, [], [], {}
    with open(path, encoding="utf-8", newline="") as f:
      reader = csv.reader(f, strict=True)
      try:
        self.read(reader, columns)
      except csv.Error as e:
        self.error(reader.line_num, str(e))

  def read(self, reader, columns):
    if next(reader, None) != columns:
      self.error(1, f"the first line must be {','.join(columns)}")
      return
    for row in reader:
      if len(row) != len(columns):
        self.error(reader.line_num, f"{len(row)} columns in place of {len(columns)}")
      else:
        self.rows.append((reader.line_num, dict(zip(columns, row))))
    if not self.rows:
      self.error(1, "no rows")

  def error(self, line, text):
    self.errors.append(f"{self.path}:{line}: {text}")

  def matches(self, line, what, text, pattern):
    if pattern.fullmatch(text):
      return True
    self.error(line, f"{what} '{text}' is not of the form {pattern.pattern}" if text else f"no {what}")
    return False

  def reason(self, line, text):
    if self.matches(line, "reason", text, REASON) and text != text.strip():
      self.error(line, "space around the reason")

  def once(self, line, key, text):
    if key in self.seen:
      self.error(line, f"{text} is there already, in line {self.seen[key]}")
    self.seen.setdefault(key, line)


def quote(text):
  return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def always(path):
  table = Table(path, ["name", "reason"])
  out = []
  for line, row in table.rows:
    table.matches(line, "name", row["name"], NAME)
    table.once(line, row["name"], row["name"])
    table.reason(line, row["reason"])
    out.append(f'{{{quote(row["name"])}, {quote(row["reason"])}}}')
  return table, out


def siblings(path):
  table = Table(path, ["modern", "older", "reason"])
  out, older_of = [], {}
  for line, row in table.rows:
    modern, older = row["modern"], row["older"]
    table.matches(line, "modern name", modern, NAME)
    table.matches(line, "older name", older, NAME)
    table.once(line, (modern, older), f"{modern} to {older}")
    table.reason(line, row["reason"])
    if reaches(older_of, older, modern):
      table.error(line, f"{older} leads back to {modern}")
    older_of.setdefault(modern, set()).add(older)
    out.append(f'{{{quote(modern)}, {quote(older)}, {quote(row["reason"])}}}')
  return table, out


def reaches(older_of, start, goal):
  todo, done = [start], set()
  while todo:
    name = todo.pop()
    if name == goal:
      return True
    if name not in done:
      done.add(name)
      todo.extend(older_of.get(name, ()))
  return False


def mask(table, line, text):
  """INDEX:MASK:VALUE, numbers in decimal or with 0x, as decimal; "" stays."""
  if not text:
    return ""
  parts = text.split(":")
  try:
    if len(parts) != 3:
      raise ValueError
    index, bits, value = (int(p, 16) if re.fullmatch("0x[0-9A-Fa-f]+", p) else int(p, 10) for p in parts)
  except ValueError:
    table.error(line, f"mask '{text}' is not INDEX:MASK:VALUE")
    return ""
  if not 0 <= index <= 5 or not 0 < bits < 1 << 64 or value < 0 or value & ~bits:
    table.error(line, f"mask '{text}': the index is 0 to 5, the mask 64 bits and not 0, the value within the mask")
  return f"{index}:{bits}:{value}"


def floor_go(path):
  table = Table(path, ["name", "mask", "reason"])
  out = []
  for line, row in table.rows:
    table.matches(line, "name", row["name"], NAME)
    # A full rule swallows a masked one, so two rows of a name cannot both mean something.
    table.once(line, row["name"], row["name"])
    table.reason(line, row["reason"])
    rule = mask(table, line, row["mask"])
    out.append(f'{{{quote(row["name"])}, {quote(rule)}, {quote(row["reason"])}}}')
  return table, out


def fallback(path):
  table = Table(path, ["name", "kills_only", "reason"])
  out = []
  for line, row in table.rows:
    table.matches(line, "name", row["name"], NAME)
    table.once(line, row["name"], row["name"])
    table.matches(line, "kills_only", row["kills_only"], re.compile("yes|no"))
    table.reason(line, row["reason"])
    out.append(f'{{{quote(row["name"])}, {int(row["kills_only"] == "yes")}, {quote(row["reason"])}}}')
  return table, out


def groups(path):
  table = Table(path, ["name", "group"])
  out = []
  for line, row in table.rows:
    table.matches(line, "name", row["name"], NAME)
    table.once(line, row["name"], row["name"])
    table.matches(line, "group", row["group"], GROUP)
    out.append(f'{{{quote(row["name"])}, {quote(row["group"])}}}')
  # Looked up by bisection.
  return table, sorted(out)


def newer(path):
  table = Table(path, ["name", "number", "arches", "kernel", "source"])
  out, taken = [], {}
  for line, row in table.rows:
    name, arches = row["name"], row["arches"].split(" ") if row["arches"] else []
    table.matches(line, "name", name, NAME)
    table.once(line, name, name)
    table.matches(line, "kernel", row["kernel"], KERNEL)
    table.reason(line, row["source"])
    for arch in arches:
      table.matches(line, "arch", arch, ARCH)
    if not re.fullmatch("[1-9][0-9]*", row["number"]) or int(row["number"]) > NUMBER_MAX:
      table.error(line, f"number '{row['number']}' is not one from 1 to {NUMBER_MAX}")
      continue
    number = int(row["number"])
    for other, other_arches in taken.setdefault(number, []):
      if not arches or not other_arches or set(arches) & set(other_arches):
        table.error(line, f"number {number} is {other}'s already")
    taken[number].append((name, arches))
    # The compiler knows which arches there are: an unknown one is an undeclared identifier.
    bits = " | ".join(f"1u << ARCH_{arch.upper()}" for arch in arches) or "0"
    out.append(f"{{{quote(name)}, {number}, {bits}}}")
  return table, out


def number(table, line, what, text, low, high):
  """A number in decimal, or with 0x or 0o, within its bounds; None if it is not one."""
  try:
    value = int(text, 0)
  except ValueError:
    value = low - 1
  if low <= value <= high:
    return value
  table.error(line, f"{what} '{text}' is not a number from {low} to {high}")
  return None


def arguments(path):
  table = Table(path, ["call", "index", "mask", "harmless", "except", "reason"])
  out, last = [], ""
  for line, row in table.rows:
    name, words = row["call"], row["harmless"].split()
    table.matches(line, "call", name, NAME)
    table.once(line, name, name)
    table.reason(line, row["reason"])
    if name <= last:
      table.error(line, f"{name} stands behind {last}: the calls are in order")
    last = name
    arches = row["except"].split()
    bits = " | ".join(f"1u << ARCH_{a.upper()}" for a in arches) or "0"
    inverted = words[:1] == ["not"]
    kind = "ENOSYS" if words == ["enosys"] else "VALUES" if words else "NONE"
    index, mask, values, text = 0, 0, [], "" if kind == "NONE" else f"{name}:enosys"
    if kind == "VALUES":
      index = number(table, line, "index", row["index"], 0, 5) or 0
      # 32 bits: of an int or unsigned argument the kernel does not read the upper half of the register.
      mask = number(table, line, "mask", row["mask"], 1, 0xFFFFFFFF) or 0
      values = [number(table, line, "value", w, 0, 0xFFFFFFFF) or 0 for w in words[inverted:]]
      if not values or values != sorted(set(values)) or any(v & ~mask for v in values):
        table.error(line, "the values are within the mask, in order, each once")
      if len(values) > ARGUMENT_VALUES_MAX:
        table.error(line, f"more than {ARGUMENT_VALUES_MAX} values")
      text = f"{name}:{index}:{mask:#x}:{'!' if inverted else ''}{','.join(f'{v:#x}' for v in values)}"
    elif row["index"] or row["mask"]:
      table.error(line, "without values there is neither index nor mask")
    out.append(f'{{{quote(name)}, {quote(text)}, ARGUMENT_{kind}, {index}, {mask:#x}u, {str(inverted).lower()}, '
               f'{len(values)}, {{{", ".join(f"{v:#x}u" for v in values) or "0"}}}, {bits}, {quote(row["reason"])}}}')
  if len(out) > ARGUMENTS_MAX:
    table.error(1, f"more than {ARGUMENTS_MAX} calls")
  return table, out


def values(path):
  table = Table(path, ["calls", "index", "kind", "name", "value", "except"])
  out = []
  for line, row in table.rows:
    index = number(table, line, "index", row["index"], 0, 5) or 0
    value = number(table, line, "value", row["value"], 0, 0xFFFFFFFF) or 0
    table.matches(line, "kind", row["kind"], re.compile("one|bit"))
    table.matches(line, "name", row["name"], re.compile(r"[A-Z][A-Za-z0-9_]{1,46}"))
    bits = " | ".join(f"1u << ARCH_{a.upper()}" for a in row["except"].split()) or "0"
    for call in row["calls"].split():
      table.matches(line, "call", call, NAME)
      table.once(line, (call, index, value), f"{row['value']} of {call}")
      out.append(f'{{{quote(call)}, {index}, {str(row["kind"] == "bit").lower()}, {quote(row["name"])}, {value:#x}u, {bits}}}')
  return table, out


def library_names(path):
  table = Table(path, ["name", "call"])
  out = []
  for line, row in table.rows:
    for what in "name", "call":
      table.matches(line, what, row[what], NAME)
    table.once(line, row["name"], row["name"])
    out.append(f'{{{quote(row["name"])}, {quote(row["call"])}}}')
  return table, out


TABLES = [
  # reader, group, C type, C name
  (always, "TABLES_SETS", "struct set_always", "table_always"),
  (siblings, "TABLES_SETS", "struct set_sibling", "table_siblings"),
  (floor_go, "TABLES_SETS", "struct set_floor_go", "table_floor_go"),
  (always, "TABLES_SETS", "struct set_danger", "table_danger"),
  (fallback, "TABLES_SETS", "struct set_fallback", "table_fallback"),
  (groups, "TABLES_SETS", "struct set_group", "table_groups"),
  (newer, "TABLES_SYSCALLS", "struct newer", "table_newer"),
  (arguments, "TABLES_ARGUMENTS", "struct argument", "table_arguments"),
  (always, "TABLES_SETS", "struct set_always_logged", "table_always_logged"),
  (always, "TABLES_SETS", "struct set_hot", "table_hot"),
  (always, "TABLES_SETS", "struct set_common", "table_common"),
  (always, "TABLES_SETS", "struct set_everywhere", "table_everywhere"),
  (library_names, "TABLES_NEAREST", "struct library_name", "table_library_names"),
  (values, "TABLES_VALUES", "struct value", "table_values"),
]


CALLS = (always, None, "struct set_always", "table_calls")


def main(argv):
  calls = len(argv) == 4 and argv[2] == "--calls"
  if not calls and len(argv) != 2 + len(TABLES):
    sys.exit(__doc__.split("\n\n")[1])
  text, errors = ["/* Generated by tables.py. */"], []
  for (read, group, ctype, cname), path in [(CALLS, argv[3])] if calls else zip(TABLES, argv[2:]):
    try:
      table, rows = read(path)
    except (OSError, UnicodeDecodeError) as e:
      errors.append(f"{path}: {e}")
      continue
    errors += table.errors
    text += [f"#ifdef {group}"] * bool(group) + [f"static const {ctype} {cname}[] = {{"]
    text += [f"\t{row}," for row in rows] + ["};"] + ["#endif"] * bool(group)
  if errors:
    sys.exit("\n".join(errors))
  with open(argv[1], "w", encoding="ascii") as f:
    f.write("\n".join(text) + "\n")


if __name__ == "__main__":
  main(sys.argv)
