# bash completion for `snug`. The words come from the program itself: `snug --list` prints one line per command with its options; an option
# that takes a value ends in "=".
_snug_keys() { snug ls --json 2>/dev/null | grep -o '"key": *"[^"]*"' | cut -d'"' -f4; }
_snug_runtimes() { snug floor --list 2>/dev/null | cut -d' ' -f1 | grep -- '-[0-9]'; }
# The formats in the help of --format.
_snug_formats() { snug profile --help 2>/dev/null | sed -n 's/.*--format FORM *\([^:]*\):.*/\1/p' | sed 's/(default)//; s/ or /, /' | tr -d ' ' | tr ',' '\n'; }

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
    *" $previous= "*)
      case $previous in
        --key) mapfile -t COMPREPLY < <(compgen -W "$(_snug_keys)" -- "$word") ;;
        --format) mapfile -t COMPREPLY < <(compgen -W "$(_snug_formats)" -- "$word") ;;
        --errno) mapfile -t COMPREPLY < <(compgen -W "enosys eperm" -- "$word") ;;
        --runtime | --for) mapfile -t COMPREPLY < <(compgen -W "$(_snug_runtimes)" -- "$word"; compgen -f -- "$word") ;;
        *) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
      esac
      return
      ;;
  esac
  case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W "${options//=/} --help" -- "$word") ;;
    *)
      case $name in
        explain | check | diff | merge) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
        setup) mapfile -t COMPREPLY < <(compgen -W "containerd crio docker k3s kubernetes podman rke2" -- "$word"); return ;;
        ls | doctor | floor | metrics) return ;;
        cluster) mapfile -t COMPREPLY < <(compgen -W "names approval take version events" -- "$word") ;;
      esac
      mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$(_snug_keys)" -- "$word")
      ;;
  esac
}
complete -F _snug snug
