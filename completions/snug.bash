# bash completion for `snug`. The words come from the program itself: `snug --list` prints one line per command with its options; an option
# that takes a value ends in "=".
_snug() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} line name options
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "$(snug --list 2>/dev/null | cut -d' ' -f1) --help --version" -- "$word")
    return
  fi
  line=$(snug --list 2>/dev/null | grep "^${COMP_WORDS[1]//[^a-z-]/} ") || return
  read -r name options <<<"$line"
  case " $options " in
    *" $previous= "*) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
  esac
  case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W "${options//=/} --help" -- "$word") ;;
    *)
      case $name in
        explain | check | diff | merge) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
      esac
      mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$(snug ls --json 2>/dev/null | grep -o '"key": *"[^"]*"' | cut -d'"' -f4)" -- "$word")
      ;;
  esac
}
complete -F _snug snug
