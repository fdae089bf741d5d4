#!/usr/bin/env python3
"""Runs the commands of a guide, in order and in one shell, and compares what they print with what the page shows.

usage: guide.py PAGE.md [VARIANT]      runs it; ends with 1 if a command failed or printed something else
       guide.py --blocks PAGE.md...    prints of each block what becomes of it: PAGE:LINE: run|run for VARIANT|file PATH|not run: REASON|unmarked

In the page, a block of ```console holds commands after "# " or "$ " (a line that ends with \\ goes on in the next) and what they print. A line
"..." stands for any lines, "..." in a line for any text. Figures, ids, and how columns are spaced may differ. A command without output in the
page may print anything, but must succeed. Every other block, also one that is only indented, has a comment before it; one without is an error.
    <!-- not run: REASON -->    the next block is not run
    <!-- only: VARIANT -->      the next block is run only for this variant
    <!-- run: COMMAND -->       runs a command that readers need not type
    <!-- file: PATH -->         the next block, of any kind, is written into this file
At the end it counts the commands that it has run and the blocks that it has not, whose reasons are in the output.
"""
import os
import re
import subprocess
import sys

COMMENT = re.compile(r"<!-- (not run|only|run|file): (.*?) *-->$")


def blocks(text):
    """Yields (line number, kind, value, lines, variant): "hidden" COMMAND, "console", "file" PATH, "not run" REASON, "unmarked" FIRST LINE."""
    pending, variant, lines, last = None, None, enumerate(text.split("\n"), 1), ""
    number, line = next(lines, (0, None))
    while line is not None:
        said = COMMENT.match(line)
        if said and said[1] == "run":
            yield number, "hidden", said[2], None, variant
        elif said and said[1] == "only":
            variant = said[2]
        elif said:
            pending = (said[1], said[2])
        fence = re.match(r"( *)```(\w*)", line)
        indented = re.match(r"    \S", line) and not last.strip()
        if not fence and not indented:
            last = line
            number, line = next(lines, (0, None))
            continue
        first, block = number, []
        if fence:
            for number, line in lines:
                if line.strip() == "```":
                    break
                block.append(line[len(fence[1]):])
            number, line = next(lines, (0, None))
        else:
            while line is not None and (line.startswith("    ") or not line.strip()):
                block.append(line[4:])
                number, line = next(lines, (0, None))
            while not block[-1]:
                block.pop()
        if pending:
            yield first, pending[0], pending[1], block, variant
        elif fence and fence[2] == "console":
            yield first, "console", None, block, variant
        else:
            yield first, "unmarked", block[0], block, variant
        pending = variant = None
        last = ""


def steps(text):
    """Yields (kind, value, output, variant): "run" or "hidden" COMMAND LINES|None, the others as blocks() does."""
    for _, kind, value, block, variant in blocks(text):
        if kind == "console":
            for command, output in commands(block):
                yield "run", command, output, variant
        else:
            yield kind, value, block, variant


def commands(block):
    command, output = None, []
    for line in block:
        if command and command.endswith("\\"):
            command = command[:-1].rstrip() + " " + line.strip()
        elif re.match(r"[#$] ", line):
            if command:
                yield command, output
            command, output = line[2:], []
        else:
            output.append(line)
    if command:
        yield command, output


def plain(line):
    line = re.sub(r"[0-9a-f]{12,}", "ID", line.rstrip())
    return re.sub(r"[ \t]+", " ", re.sub(r"\d+(\.\d+)*", "0", line)).strip()


def same(expected, got):
    pattern = ""
    for line in expected:
        if line.strip() == "...":
            pattern += r"(?:.*\n)*"
        else:
            pattern += ".*".join(re.escape(part) for part in plain(line).split("...")) + r"\n"
    return re.fullmatch(pattern, "".join(plain(line) + "\n" for line in got))


class Shell:
    END = "=== the command ended with "

    def __init__(self):
        self.p = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")

    def run(self, command):
        """Returns its output's lines and its status. What it leaves in the background must not write."""
        self.p.stdin.write("{ %s\n} </dev/null; s=$?; echo; echo '%s'$s\n" % (command, self.END))
        self.p.stdin.flush()
        lines = []
        for line in self.p.stdout:
            if line.startswith(self.END):
                break
            lines.append(line.rstrip("\n"))
        else:
            return lines, -1
        if lines and not lines[-1]:
            lines.pop()
        return lines, int(line[len(self.END):])


def main(page, variant):
    shell, bad, run, left = Shell(), 0, 0, 0
    with open(page) as f:
        text = f.read()
    for kind, value, shown, only in steps(text):
        if only and only != variant:
            continue
        if kind == "not run":
            print("not run: " + value)
            left += 1
        elif kind == "unmarked":
            print("neither run nor marked: " + value)
            bad = 1
        elif kind == "file":
            os.makedirs(os.path.dirname(value) or ".", exist_ok=True)
            with open(value, "w") as f:
                f.write("\n".join(shown) + "\n")
        else:
            got, status = shell.run(value)
            run += kind == "run"
            good = same(shown, got) if shown else status == 0
            print(("$ " if kind == "run" else "(hidden) $ ") + value, flush=True)
            print("\n".join(got), flush=True)
            if not good:
                print("^^^ status %d, and the page shows:\n%s\n" % (status, "\n".join(shown or ["(nothing, so the status must be 0)"])), flush=True)
                bad = 1
                break
    shell.p.stdin.close()
    shell.p.kill()
    print(f"{os.path.basename(page)}: {run} commands run, {left} blocks not run")
    return bad


if __name__ == "__main__":
    if sys.argv[1] == "--blocks":
        for path in sys.argv[2:]:
            for at, kind, value, _, only in blocks(open(path).read()):
                said = {"console": f"run for {only}" if only else "run", "file": f"file {value}", "not run": f"not run: {value}"}.get(kind, kind)
                if kind != "hidden":
                    print(f"{path}:{at}: {said}")
    else:
        sys.exit(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None))
