"""Reads a page in the Prometheus text format, strictly, and prints each sample as "NAME LABEL=VALUE... NUMBER".

Exit status 1 with the line and what is wrong with it: no HELP or TYPE, a family in two places, a sample twice, a name or label that the
format does not have, a bad escape, a counter without _total, no newline at the end.
"""
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)')


def labels(text):
    out, at = [], 0
    while at < len(text):
        m = LABEL.match(text, at)
        assert m, "bad label"
        assert m[1] not in [n for n, _ in out], "a label twice"
        out.append((m[1], m[2]))
        at = m.end()
    return out


def read(text):
    assert text.endswith("\n"), "no newline at the end"
    helped, types, closed, current, seen = set(), {}, set(), None, set()
    for line in text[:-1].split("\n"):
        try:
            if m := re.fullmatch(rf"# HELP ({NAME}) \S.*", line):
                assert m[1] not in helped, "HELP twice"
                closed.add(current)
                helped.add(m[1])
                current = m[1]
            elif m := re.fullmatch(rf"# TYPE ({NAME}) (gauge|counter)", line):
                assert m[1] == current and m[1] not in types, "TYPE not right after HELP"
                assert m[1].endswith("_total") == (m[2] == "counter"), "a counter, and nothing else, ends in _total"
                types[m[1]] = m[2]
            elif m := re.fullmatch(rf"({NAME})(?:{{(.*)}})? ([0-9]+(?:\.[0-9]+)?)", line):
                assert m[1] == current and m[1] in types and m[1] not in closed, "a sample outside its family"
                pairs = labels(m[2] or "")
                same = (m[1], tuple(sorted(pairs)))
                assert same not in seen, "a sample twice"
                seen.add(same)
                print(m[1], *[f"{n}={v}" for n, v in pairs], m[3])
            else:
                raise AssertionError("neither a sample nor HELP nor TYPE")
        except AssertionError as e:
            sys.exit(f"{line}: {e}")


read(open(sys.argv[1], encoding="utf-8", newline="").read())
