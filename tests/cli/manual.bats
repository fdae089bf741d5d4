# Every command has a manual page, which names every option of its table; completion comes from the same table.
load helper

# page NAME: the hand-written page, or the one made of the table.
page() { if [ -f "$SNUG_SOURCE/man/snug-$1.1" ]; then cat "$SNUG_SOURCE/man/snug-$1.1"; else "$snug" --manual "$1"; fi; }

@test "each command in --help has a page, and each option in its table is in it" {
  [ "$("$snug" --list | wc -l)" -ge 7 ]
  [ "$("$snug" --list | cut -d' ' -f1 | sort)" = "$("$snug" --help | sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort)" ]
  missing=
  while read -r name options; do
    text=$(page "$name" | sed 's/\\-/-/g')
    for o in $options; do grep -qF -- "${o%=}" <<<"$text" || missing="$missing $name:$o"; done
    # What `--help` prints is the table too.
    for o in $options; do grep -qF -- "${o%=}" <("$snug" "$name" --help) || missing="$missing help:$name:$o"; done
    [ -f "$SNUG_SOURCE/man/snug-$name.1" ] || grep -q "'$name'" "$SNUG_SOURCE/meson.build" || missing="$missing $name:not-installed"
  done < <("$snug" --list)
  echo "missing:$missing"
  [ -z "$missing" ]
}

@test "the pages are sound troff" {
  command -v man >/dev/null || skip "there is no man here (Debian: man-db)"
  for f in "$SNUG_SOURCE"/man/*.[158]; do
    run bash -c "LC_ALL=C.UTF-8 man --warnings=w -E UTF-8 -l -Tutf8 -Z '$f' 2>&1 >/dev/null"
    [ -z "$output" ] || { echo "$f: $output"; false; }
  done
  "$snug" --manual approve >"$dir/approve.1"
  run bash -c "LC_ALL=C.UTF-8 man --warnings=w -E UTF-8 -l -Tutf8 -Z '$dir/approve.1' 2>&1 >/dev/null"
  [ -z "$output" ]
}

@test "every program has a page" {
  for f in snug.1 snug-runtime.8 snugd.8 snug-agent.8 snug-canary.8 snug-config.5 snug-evidence.5; do [ -f "$SNUG_SOURCE/man/$f" ]; done
  # Each setting of the configuration is in its page.
  for s in $(sed -n '/^static const struct setting settings/,/^};/s/^\t{"\([a-z_]*\)".*/\1/p' "$SNUG_SOURCE/shim/common/config.c"); do
    grep -qx "\.B $s" "$SNUG_SOURCE/man/snug-config.5" || { echo "no $s in snug-config(5)"; false; }
  done
}

# As compinit would call it, but compadd and _files print what they are given.
@test "zsh completes the same" {
  command -v zsh >/dev/null || skip "there is no zsh here (Debian: zsh)"
  PATH=$SNUG_BUILD:$PATH
  cat >"$dir/complete" <<'E'
compadd() {
  local -a names
  if [[ $1 == -a ]]; then names=(${(P)2}); else shift; names=("$@"); fi
  print -rl -- ${(M)names:#${PREFIX}*}
}
_files() { print -rl -- ${~PREFIX}*(N) }
words=("$@") CURRENT=$# PREFIX=${@[-1]}
source $COMPLETION
E
  complete_words() { COMPLETION=$SNUG_SOURCE/completions/_snug zsh -f "$dir/complete" "$@" | sed '/^$/d' | paste -sd' '; }
  [ "$(complete_words snug rep)" = report ]
  [ "$(complete_words snug report --out)" = --output ]
  put_web web
  touch "$dir/web.json"
  [ "$(complete_words snug show w)" = web ]
  [ "$(complete_words snug explain --key w)" = web ]
  [ "$(complete_words snug approve web --for runc-1.1.5)" = runc-1.1.5 ]
  [ "$(complete_words snug profile --format '')" = "oci docker spo spo-v1beta1 systemd libseccomp-c" ]
  [ "$(complete_words snug diff "$dir/w")" = "$dir/web.json" ]
  # What bash offers where it is no file.
  . "$SNUG_SOURCE/completions/snug.bash"
  in_bash() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _snug; echo "${COMPREPLY[*]}"; }
  for command in '' profile approve setup; do [ "$(complete_words snug $command --)" = "$(in_bash snug $command --)" ]; done
  for command in setup cluster ls show; do [ "$(complete_words snug $command '')" = "$(in_bash snug $command '')" ]; done
}

@test "a zsh that is typed into completes a command and a key" {
  command -v zsh >/dev/null || skip "there is no zsh here (Debian: zsh)"
  put_web web
  mkdir "$dir/home"
  printf '%s\n' "fpath=($SNUG_SOURCE/completions \$fpath)" "path=($SNUG_BUILD \$path)" "autoload -Uz compinit; compinit -u -d $dir/home/dump" \
    'PROMPT="READY "' >"$dir/home/.zshrc"
  ZDOTDIR=$dir/home TERM=dumb SNUG_PAGER='' COLUMNS=100 run python3 "$BATS_TEST_DIRNAME/terminal.py" 40 100 'READY ' 'snug sho\tw\t\nexit\n' -- zsh -d -i
  echo "$output"
  [[ "$output" == *"$(COLUMNS=100 "$snug" show web)"* ]]
}

@test "bash completes commands and options" {
  PATH=$SNUG_BUILD:$PATH
  . "$SNUG_SOURCE/completions/snug.bash"
  complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _snug; echo "${COMPREPLY[*]}"; }
  [ "$(complete_words snug rep)" = report ]
  [[ " $(complete_words snug approve --)" == *" --no-sample"* ]]
  [ "$(complete_words snug report --out)" = --output ]
  put_web web
  [ "$(complete_words snug show w)" = web ]
  [ "$(complete_words snug explain --key w)" = web ]
  [ "$(complete_words snug metrics --o)" = --output ]
  [ "$(complete_words snug profile --format '')" = "oci docker spo spo-v1beta1 systemd libseccomp-c" ]
  [ "$(complete_words snug profile web --errno e)" = "enosys eperm" ]
  [ "$(complete_words snug approve web --for runc-1.1.5)" = runc-1.1.5 ]
  [[ " $(complete_words snug check --runtime crun-) " == *" crun-1.28 "* ]]
  # Those of the help.
  [ "$(complete_words snug setup '' | tr ' ' '\n' | sort)" = "$("$snug" setup --help | sed -n '3s/.*configures \(.*\) to use.*/\1/p' | sed 's/ or /, /' | tr -d ' ' | tr ',' '\n' | sort)" ]
  # A file for what is neither a key nor a name.
  touch "$dir/x.json"
  [ "$(complete_words snug explain --profile "$dir/x")" = "$dir/x.json" ]
}
