# Who may include whom.
bats_require_minimum_version 1.5.0

setup() { cd "${SNUG_SOURCE:?}"; }

# includes DIRECTORY: FILE:HEADER for every quoted include of a folder of ours, and every library's.
includes() { grep -rEno '^#include [<"][^>"]+[>"]' --include='*.[ch]' "$1" | sed -E 's/:[0-9]+:#include [<"]/ /; s/[>"]$//'; }

# only DIRECTORY PATTERN: no include of our folders or a library but those that match.
only() {
  local bad
  bad=$(includes "$1" | awk '$2 ~ /^(base|oci|yaml|seccomp|shim)\/|^(yajl\/|yaml\.h|seccomp\.h|sys\/capability\.h)/' | awk -v ok="$2" '$2 !~ ok')
  [ -z "$bad" ] || { echo "$bad"; false; }
}

@test "base includes itself and yajl, oci base, yaml base and libyaml, seccomp base, yaml and libseccomp, nobody shim" {
  only base '^(base/|yajl/)'
  only oci '^(base|oci)/'
  only yaml '^(base/|yaml/|yaml\.h)'
  only seccomp '^(base/|yaml/|seccomp/|seccomp\.h)'
  only shim '^(base|oci|seccomp|shim)/|^sys/capability\.h'
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

@test "no goto" {
  run ! grep -rnE '\bgoto\s+\w+\s*;' --include='*.[ch]' base oci yaml seccomp shim tests
}

@test "no path of a machine that it was made on" {
  run ! grep -rnIE --exclude-dir=.git --exclude-dir='build*' '(^|[^[:alnum:]_/.}])/(home|Users|root)/[[:alnum:]]' .
  [ "${#PWD}" -lt 8 ] || run ! grep -rnIF --exclude-dir=.git --exclude-dir='build*' "$PWD" .
}
