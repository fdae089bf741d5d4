"""Holds that each line of SECURITY.md's "What is defended" names tests, and that they are there. Prints what is wrong.

    security.py SECURITY.md TESTS-DIRECTORY
"""
import pathlib
import re
import sys


def names_of(tests, suite):
    """The names of a suite's tests: bats' descriptions, or the functions that cmocka is given."""
    folder, name = suite.split("/")
    if folder == "unit":
        path = tests / folder / (name + ".c")
        return path.exists() and re.findall(r"(?<=[(\s])([a-z]\w+)(?=[),])", path.read_text().split("main(void)")[-1])
    path = tests / folder / (name + ".bats")
    return path.exists() and re.findall(r'^@test "(.*)" \{$', path.read_text(), re.M)


def wrong(text, tests):
    defended = text.split("## What is defended\n")[1].split("\n## ")[0]
    for line in re.findall(r"^- (.*(?:\n  .*)*)", defended, re.M):
        line = re.sub(r"\s+", " ", line)
        refs = re.search(r"\[((?:root|unit|cli)/[^\]]*)\]$", line)
        if not refs:
            yield f"no test is named: {line[:60]}"
            continue
        for ref in refs.group(1).split("; "):
            suite, _, words = ref.partition(": ")
            names = names_of(tests, suite)
            if names is False:
                yield f"no such suite: {suite}"
            elif not any(words == n if suite.startswith("unit/") else words in n for n in names):
                yield f"no such test in {suite}: {words}"


found = list(wrong(pathlib.Path(sys.argv[1]).read_text(), pathlib.Path(sys.argv[2])))
print("\n".join(found))
sys.exit(1 if found else 0)
