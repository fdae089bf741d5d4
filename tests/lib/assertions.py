# Statements of bats tests that cannot fail a test, though they look like assertions:
#   A && B, which is passed over where A is false (errexit exempts all but the last of a list), unless B ends something itself
#   ! A, whatever A returns
# Prints them with their places; status 1 if there are any. The last statement of a test counts: its status is the test's.
#   assertions.py FILE...
import re
import sys


def blank(text):
    """Text with what stands in quotes, substitutions, groups, [[ ]] and here-documents blanked, line for line."""
    out, stack, waiting, i = [], [], [], 0
    while i < len(text):
        top = stack[-1] if stack else ""
        two, c = text[i:i + 2], text[i]
        if c == "\n" and waiting and top not in ("'", '"'):
            out.append(c)
            i += 1
            for word in waiting:
                end = re.compile(rf"^\t*{re.escape(word)}$", re.M).search(text, i)
                body = text[i:end.end() if end else len(text)]
                out.append("\n" * body.count("\n"))
                i += len(body)
            waiting = []
            continue
        if c == "\\" and top != "'":
            out.append(" \n" if two == "\\\n" else "  ")
            i += 2
            continue
        if text[i:i + 3] == "<<<" and top not in ("'", '"'):
            out.append("   ")
            i += 3
            continue
        here = re.compile(r"<<-?(['\"]?)(\w+)\1").match(text, i) if top not in ("'", '"') and two == "<<" else None
        if here:
            waiting.append(here[2])
            out.append(" " * len(here[0]))
            i += len(here[0])
            continue
        word = i == 0 or text[i - 1] in " \n\t;(&|"
        if top == "'":
            if c == "'":
                stack.pop()
        elif top == '"':
            if c == '"':
                stack.pop()
            elif two in ("$(", "${"):
                stack.append(")" if two == "$(" else "}")
                out.append(" ")
                i += 1
        elif c in "'\"":
            stack.append(c)
        elif c == "#" and word:
            while i < len(text) and text[i] != "\n":
                out.append(" ")
                i += 1
            continue
        elif c == "(":
            stack.append(")")
        elif two == "${" or (c == "{" and stack) or (c == "{" and text[i + 1:i + 2] == " "):
            stack.append("}")
            if two == "${":
                out.append(" ")
                i += 1
        elif two == "[[" and word:
            stack.append("]")
            out.append(" ")
            i += 1
        elif c == "]" and top == "]" and two == "]]":
            stack.pop()
            out.append(" ")
            i += 1
        elif stack and c == top and top != "]":
            stack.pop()
        elif not stack:
            out.append(c)
            i += 1
            continue
        out.append("\n" if text[i:i + 1] == "\n" else " ")
        i += 1
    return "".join(out)


# What ends the test or the loop, sets something, or is right to be left out.
ENDS = re.compile(r"&& *(skip|false|return|exit|break|continue|sleep|\w+=)")
LISTED = re.compile(r"^(if|elif|while|until|for|case|else|do|then) ?")


def suspects(body):
    for number, line in enumerate(body):
        for statement in re.split(r"; |;$|\bdo |\bthen |\belse |\) (?=\S.*;;)", line):
            statement = statement.strip()
            rest = [l for l in body[number + 1:] if l.strip()]
            if not statement or not rest or re.search(r"\|\||&&$|\\$", statement):
                continue
            if re.match(r"\s*(if|elif|while|until)\b.*" + re.escape(statement), line):
                continue
            if re.match(r"!(\s|$)", statement) or (" && " in statement and not ENDS.search(statement) and not LISTED.match(statement)):
                yield number
                break


bad = 0
for path in sys.argv[1:]:
    text = open(path, encoding="utf-8").read()
    lines = text.split("\n")
    for test in re.finditer(r"^@test [^\n]*\{\n(.*?)^\}$", text, re.M | re.S):
        first = text.count("\n", 0, test.start(1))
        for number in suspects(blank(test[1]).split("\n")):
            print(f"{path}:{first + number + 1}: {lines[first + number].strip()}")
            bad = 1
sys.exit(bad)
