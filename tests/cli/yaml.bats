# YAML as kubectl reads it: generated texts, both ways. The seed is printed; SNUG_SEED takes another one.
load helper

# objects COUNT SEED >FILE: a stream of objects whose spec holds generated scalars and structures.
objects() {
  python3 - "$1" "$2" <<'P'
import random, sys, yaml
count, seed = int(sys.argv[1]), int(sys.argv[2])
r = random.Random(seed)
WORDS = ["yes", "Yes", "YES", "yEs", "no", "on", "Off", "y", "N", "true", "TRUE", "tRue", "null", "~", "Null", "nULL", "", "=", "0x", "0b", "0o",
         "12:30:45", "2020-01-01", "2001-12-14t21:59:43.10-05:00", "1.2.3", "v1", "-", "a#b", "a: b"[:1], ".", "..", "+", "-.", "1e", "e1", "0_", "_1", "1_",
         "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e400", ".5", "5.", "-.5e-7", "1e21", "1e20", "123456789012345678901234567890",
         "0x7fffffffffffffff", "08", "09.5", "0.000001", "0.0000001", "1.7976931348623157e308", "5e-324", "0b102", "0o78", "!!str 12", "!!int '7'", "!!float 3",
         "!x yes", "! 12", "!!bool 'on'", "'yes'", '"0x1f"', "'it''s'", r'"\x41\u00e9\t"', "<< b"]
def scalar():
    if r.random() < 0.4:
        return r.choice(WORDS)
    s = "".join(r.choice("0123456789" if r.random() < .6 else "0123456789_.eE+-xXoObBaf") for _ in range(r.randint(1, 12)))
    return "x" + s if s[0] == "-" and (len(s) == 1 or s[1] in " -") else s
def value(depth):
    k = r.random()
    if depth > 3 or k < .5:
        return r.choice([None, True, 3, -1, 1.5, "", "yes", "no", "0x1f", "a: b", "it's", "tab\there", "two\nlines\n", "\n\nx", " lead", "trail ", "ä€",
                         "long " * 30, "# no comment", "{x}", "[", "- a", "line one\n  indented\n\nlast", '"q"', "\\n", "1e3", "~", "&a", "*a", "!t", "%", "@", "`"])
    if k < .75:
        return [value(depth + 1) for _ in range(r.randint(0, 4))]
    return {r.choice(["a", "b", "c", "d e", "yes", "12", "~", "x:", "#"]): value(depth + 1) for _ in range(r.randint(0, 4))}
class Shared(yaml.SafeDumper):
    pass
for i in range(count):
    print("---\napiVersion: x.io/v1\nkind: Foo\nmetadata: {name: n%d}\nspec:\n  scalars:" % i)
    for _ in range(40):
        print("  - " + scalar())
    tree = {"tree": [value(0) for _ in range(6)]}
    tree["again"] = [tree["tree"], tree["tree"]]  # written by an anchor
    text = yaml.dump(tree, Dumper=Shared, default_flow_style=r.choice([True, False, None]), width=r.choice([20, 80, 1000]),
                     default_style=r.choice([None, None, "'", '"', "|", ">"]), allow_unicode=r.random() < .5, indent=r.choice([2, 4]))
    print("\n".join("  " + l if l else l for l in ("structure:\n" + "\n".join("  " + l if l else l for l in text.splitlines())).splitlines()))
P
}

# same KUBECTL OURS: the objects of both, numbers as a float holds them. Prints how many values.
same() {
  python3 - "$1" "$2" <<'P'
import json, sys
def stream(path):
    text, at, out, d = open(path).read(), 0, [], json.JSONDecoder(parse_int=float)
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        o, at = d.raw_decode(text, at)
        out += o["items"] if o.get("kind") == "List" else [o]
    return out
a, b = stream(sys.argv[1]), stream(sys.argv[2])
n = 0
def walk(x, y, path):
    global n
    n += 1
    if type(x) is not type(y) or (not isinstance(x, (dict, list)) and x != y) or (isinstance(x, list) and len(x) != len(y)) or \
       (isinstance(x, dict) and x.keys() != y.keys()):
        sys.exit("%s: kubectl %r, snug %r" % (path, x, y))
    for k in x if isinstance(x, dict) else range(len(x)) if isinstance(x, list) else []:
        walk(x[k], y[k], "%s.%s" % (path, k))
assert len(a) == len(b), (len(a), len(b))
for i, (x, y) in enumerate(zip(a, b)):
    x["metadata"].pop("annotations", None)
    walk(x, y, "object %d" % i)
print(n, "values,", len(a), "objects: the same")
P
}

@test "what kubectl makes of generated YAML, and we" {
  command -v kubectl >/dev/null || skip "kubectl is not here"
  seed=${SNUG_SEED:-1}
  echo "seed $seed"
  objects 60 "$seed" >"$dir/in.yaml"
  kubectl annotate --local -f "$dir/in.yaml" -o json snug=1 >"$dir/kubectl.json"
  "$SNUG_BUILD/tests/cli/yaml_json" <"$dir/in.yaml" >"$dir/ours.json"
  run same "$dir/kubectl.json" "$dir/ours.json"
  echo "$output"
  [ "$status" -eq 0 ]
  echo "# seed $seed: $output" >&3
}
