# Who may include whom.
bats_require_minimum_version 1.5.0

setup() { cd "${SNUG_SOURCE:?}"; }

# includes DIRECTORY: FILE:HEADER for every quoted include of a folder of ours, and every library's.
includes() { grep -rEno '^#include [<"][^>"]+[>"]' --include='*.[ch]' "$1" | sed -E 's/:[0-9]+:#include [<"]/ /; s/[>"]$//'; }

layers() { python3 tests/cli/layers.py "$@"; }

@test "a folder includes only what the table of allowed edges lets it, and no circle of folders is allowed" {
  run layers folders tests/cli/layers.txt .
  echo "$output"
  [ "$status" -eq 0 ]
}

@test "a planted include of a folder above is found, and so is a circle in the table" {
  cp -r base "$BATS_TEST_TMPDIR/base"
  sed -i '1i #include "oci/spec.h"' "$BATS_TEST_TMPDIR/base/buf.c"
  run -1 layers folders tests/cli/layers.txt "$BATS_TEST_TMPDIR"
  [[ "$output" == *"base/buf.c includes oci/spec.h: base may not know oci"* ]]
  { cat tests/cli/layers.txt; echo "base: oci"; } >"$BATS_TEST_TMPDIR/table"
  run -1 layers folders "$BATS_TEST_TMPDIR/table" .
  [[ "$output" == *"the table holds a circle: base base/json oci"* ]]
}

@test "no circle of files" {
  run layers circles "${SNUG_BUILD:?}" .
  echo "$output"
  [ "$status" -eq 0 ]
}

@test "a planted circle of files is found" {
  cd "$BATS_TEST_TMPDIR"
  mkdir base
  echo 'int b(void); int a(void); int a(void) { return b(); }' >base/a.c
  echo 'int b(void); int a(void); int b(void) { return a(); }' >base/b.c
  for f in a b; do cc -c base/$f.c -o $f.o; done
  jq -n --arg d "$PWD" '[("a", "b") | {directory: $d, file: "base/\(.).c", output: "\(.).o"}]' >compile_commands.json
  run -1 python3 "$SNUG_SOURCE/tests/cli/layers.py" circles . .
  [[ "$output" == "a circle of files: base/a.c base/b.c" ]]
}

@test "each folder of code says in a README.md what lives there" {
  for d in $(git ls-files base oci yaml seccomp shim | sed -n 's#/[^/]*\.[ch]$##p' | sort -u); do
    [ -s "$d/README.md" ] || { echo "$d has no README.md"; false; }
    [ "$(wc -l <"$d/README.md")" -le 20 ]
  done
}

@test "the glossary has at most 40 entries" {
  [ "$(grep -c '^| ' docs/glossary.md)" -le 41 ] # with the line of its columns
}

@test "only base/json/parse.c includes yajl, only seccomp/ libseccomp" {
  [ "$(includes . | awk '$2 ~ /^yajl/ {print $1}' | sort -u | sed 's#^\./##')" = base/json/parse.c ]
  run grep -rlE '<seccomp\.h>' --include='*.[ch]' base oci seccomp shim
  run ! grep -vE '^seccomp/' <<<"$output"
}

@test "only yaml/nodes.c includes libyaml, and snug alone is linked with it" {
  [ "$(includes . | awk '$2 == "yaml.h" {print $1}' | sort -u | sed 's#^\./##')" = yaml/nodes.c ]
  for program in snug-runtime snugd snug-canary; do
    run readelf -d "${SNUG_BUILD:?}/$program"
    [[ "$output" != *libyaml* ]]
    run nm "$SNUG_BUILD/$program"
    [[ "$output" != *" yaml_parser_"* ]]
  done
  readelf -d "$SNUG_BUILD/snug" | grep -q libyaml || nm "$SNUG_BUILD/snug" | grep -q ' yaml_parser_'
}

@test "the wrapper does without libseccomp" {
  run readelf -d "${SNUG_BUILD:?}/snug-runtime"
  [ "$status" -eq 0 ]
  [[ "$output" != *libseccomp* ]]
  run nm "$SNUG_BUILD/snug-runtime"
  [[ "$output" != *" seccomp_init"* ]]
}

@test "the programs read only the environment variables that are listed here" {
  run bash -c "grep -rohE 'getenv\([^)]*\)' --include='*.c' base oci yaml seccomp shim | sort -u"
  echo "$output"
  [ "$output" = "$(sort <<'E'
getenv("COLUMNS")
getenv("DOAS_USER")
getenv("LISTEN_PID")
getenv("LISTEN_FDS")
getenv("PAGER")
getenv("PKEXEC_UID")
getenv("SNUG_CONFIG")
getenv("SNUG_LEARN_SOURCE")
getenv("SNUG_PAGER")
getenv("SUDO_UID")
getenv(name)
getenv(own_variables[i])
getenv(variables[i])
E
  )" ]
}

@test "no goto" {
  run ! grep -rnE '\bgoto\s+\w+\s*;' --include='*.[ch]' base oci yaml seccomp shim tests
}

@test "no path of a machine that it was made on" {
  run ! grep -rnIE --exclude-dir=.git --exclude-dir='build*' '(^|[^[:alnum:]_/.}])/(home|Users|root)/[[:alnum:]]' .
  [ "${#PWD}" -lt 8 ] || run ! grep -rnIF --exclude-dir=.git --exclude-dir='build*' "$PWD" .
}
