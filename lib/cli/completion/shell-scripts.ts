/**
 * The completion scripts, by shell. They call `hot-config complete`, which prints one candidate per line, with a tab and
 * a description if there is one. `:files` lets the shell complete file names.
 */
export const SHELL_SCRIPTS = {
  // Works without the package bash-completion, and in the bash of macOS (3.2).
  bash: `# Completion of hot-config in bash: source <(hot-config completion bash)
_hot_config() {
  local line=\${COMP_LINE:0:COMP_POINT} current='' answer candidate quoted kept
  local -a words=()
  read -ra words <<<"$line"
  if [[ $line != *[[:space:]] ]]; then
    current=\${words[\${#words[@]}-1]}
    unset "words[\${#words[@]}-1]"
  fi
  # bash replaces only what comes after the last = or : of a word.
  kept=\${current%"\${current##*[=:]}"}
  COMPREPLY=()
  answer=$("\${words[0]}" complete --word="$current" -- "\${words[@]:1}" 2>/dev/null)
  if [[ $answer == :files ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r candidate; do
      [[ -z $candidate ]] || COMPREPLY+=("$candidate")
    done <<<"$(compgen -f -- "$current")"
    return
  fi
  while IFS=$'\\t' read -r candidate _; do
    [[ -n $candidate ]] || continue
    printf -v quoted %q "$candidate"
    COMPREPLY+=("\${quoted#"$kept"}")
  done <<<"$answer"
}
complete -F _hot_config hot-config
`,

  zsh: `#compdef hot-config
# Completion of hot-config in zsh: source <(hot-config completion zsh)
_hot-config() {
  local -a described
  local line value
  local answer="$(hot-config complete --word="\${words[CURRENT]}" -- "\${(@)words[2,CURRENT-1]}" 2>/dev/null)"
  if [[ $answer == :files ]]; then
    _files
    return
  fi
  for line in "\${(@f)answer}"; do
    [[ -n $line ]] || continue
    value=\${\${line%%$'\\t'*}//:/\\\\:}
    [[ $line == *$'\\t'* ]] && value+=":\${line#*$'\\t'}"
    described+=("$value")
  done
  _describe hot-config described
}
if [[ $funcstack[1] == _hot-config ]]; then
  _hot-config "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _hot-config hot-config
fi
`,

  fish: `# Completion of hot-config in fish: hot-config completion fish | source
function __hot_config_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l answer (hot-config complete --word="$current" -- $words[2..-1] 2>/dev/null)
    if test "$answer[1]" = :files
        __fish_complete_path "$current"
    else if test -n "$answer[1]"
        printf '%s\\n' $answer
    end
end
complete -c hot-config -f -a '(__hot_config_complete)'
`,
} as const;
