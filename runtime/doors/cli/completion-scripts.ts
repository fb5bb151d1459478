/** A word that may stand next, and what it means. */
interface Word {
  readonly word: string;
  readonly says: string;
}

/** An option, with what its value can be where it takes one. */
export interface CompletionOption extends Word {
  readonly values: { readonly words: readonly string[]; readonly paths: boolean; readonly many: boolean } | undefined;
}

/** A command, or a command with an argument that is known, and what may stand next. */
export interface CompletionNode {
  /** Its words, a blank before each; empty for the program itself. */
  readonly at: string;
  /** Subcommands and values of the argument. */
  readonly words: readonly Word[];
  /** Whether the argument can be a path. */
  readonly paths: boolean;
  readonly options: readonly CompletionOption[];
}

/** What may stand somewhere: at a node, or as the value of an option of it. */
interface Place {
  readonly at: string;
  readonly words: readonly Word[];
  readonly paths: boolean;
}

/** The completion script of each shell. */
export const completionScripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

function bashScript(nodes: readonly CompletionNode[]): string {
  const cases = placesOf(nodes).map(({ at, words, paths }) => {
    const list = words.map(({ word }) => word).join(' ');
    return `    ${quoted(at)}) words=${quoted(list)}${paths ? ' paths=1' : ''} ;;`;
  });
  return `# portcullis completion bash
_portcullis() {
  local at='' option='' many='' word words='' paths='' now="\${COMP_WORDS[COMP_CWORD]}"
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
${walk(nodes)}
  done
  [ "$now" = '=' ] && now=''
  [[ -n "$many" && "$now" == -* ]] && option=''
  case "$at\${option:+ $option}" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$now"))
  [ -n "$paths" ] || return 0
  local IFS=$'\\n'
  COMPREPLY+=($(compgen -f -- "$now"))
  compopt -o filenames 2>/dev/null || return 0
}
complete -F _portcullis portcullis
`;
}

function zshScript(nodes: readonly CompletionNode[]): string {
  const cases = placesOf(nodes).map(({ at, words, paths }) => {
    const list = words.map(({ word, says }) => quoted(`${word.replaceAll(':', '\\:')}:${says}`)).join(' ');
    return `    ${quoted(at)}) found=(${list})${paths ? ' paths=1' : ''} ;;`;
  });
  return `#compdef portcullis
_portcullis() {
  local at='' option='' many='' word paths='' known=1
  local -a found
  for word in "\${(@)words[2,CURRENT-1]}"; do
${walk(nodes)}
  done
  [[ -n "$many" && "$words[CURRENT]" == -* ]] && option=''
  if [[ "$words[CURRENT]" == --*=* ]]; then
    option=\${words[CURRENT]%%=*}
    compset -P '*='
  fi
  case "$at\${option:+ $option}" in
${cases.join('\n')}
  esac
  (( $#found )) && _describe portcullis found && known=0
  [[ -n "$paths" ]] && _files && known=0
  return $known
}
if [ "$funcstack[1]" = "_portcullis" ]; then _portcullis "$@"; else compdef _portcullis portcullis; fi
`;
}

/** What bash and zsh do with each word before the one that is typed: it is a value of the option before it, an option, or goes deeper. */
function walk(nodes: readonly CompletionNode[]): string {
  return `    [ "$word" = '=' ] && continue
    if [[ -n "$option" && ( -z "$many" || "$word" != -* ) ]]; then
      [ -n "$many" ] || option=''
      continue
    fi
    option='' many=''
    case "$at $word" in
      ${pattern(optionsOf(nodes, false))}) option=$word ;;
      ${pattern(optionsOf(nodes, true))}) option=$word many=1 ;;
      ${pattern(deeper(nodes))}) at="$at $word" ;;
    esac`;
}

/** fish knows by itself which value follows its option; of several, only the first. */
function fishScript(nodes: readonly CompletionNode[]): string {
  const list = (places: readonly string[]) => places.map(quoted).join(' ');
  return `# portcullis completion fish
function __portcullis_at
  set -l at ''
  set -l option ''
  set -l many ''
  set -l given ''
  for word in (commandline -opc)[2..]
    if test -n "$option"; and begin; test -z "$many"; or not string match -q -- '-*' $word; end
      set given 1
      test -n "$many"; or set option ''
      continue
    end
    set option ''; set many ''; set given ''
    if contains -- "$at $word" ${list(optionsOf(nodes, false))}
      set option $word
    else if contains -- "$at $word" ${list(optionsOf(nodes, true))}
      set option $word; set many 1
    else if contains -- "$at $word" ${list(deeper(nodes))}
      set at "$at $word"
    end
  end
  if test -n "$many" -a -n "$given"; and not string match -q -- '-*' (commandline -ct)
    set at "$at $option"
  end
  test "$at" = "$argv[1]"
end
complete -c portcullis -f
${[...fishPlaces(nodes).flatMap(fishWords), ...nodes.flatMap(fishOptions)].join('\n')}
`;
}

/** All places but values of an option that takes one. */
function fishPlaces(nodes: readonly CompletionNode[]): Place[] {
  const single = new Set(optionsOf(nodes, false));
  return placesOf(nodes).filter(({ at }) => !single.has(at));
}

function fishWords({ at, words, paths }: Place): string[] {
  const lines = words
    .filter(({ word }) => !word.startsWith('--'))
    .map(({ word, says }) => `${fishAt(at)} -a ${quoted(word)} -d ${quoted(says)}`);
  return paths ? [...lines, `${fishAt(at)} -F`] : lines;
}

function fishOptions({ at, options }: CompletionNode): string[] {
  return options.map(({ word, says, values }) => {
    const takes = values === undefined ? '' : values.paths ? ' -r -F' : ' -x';
    const list = values === undefined || values.words.length === 0 ? '' : ` -a ${quoted(values.words.join(' '))}`;
    return `${fishAt(at)} -l ${word.slice(2)}${takes}${list} -d ${quoted(says)}`;
  });
}

function fishAt(at: string): string {
  return `complete -c portcullis -n ${quoted(`__portcullis_at ${quoted(at)}`)}`;
}

function placesOf(nodes: readonly CompletionNode[]): Place[] {
  return nodes.flatMap(({ at, words, paths, options }) => [
    { at, words: [...words, ...options], paths },
    ...options.flatMap(({ word, values }) => {
      if (values === undefined) return [];
      const list = values.words.map((one) => ({ word: one, says: '' }));
      return [{ at: `${at} ${word}`, words: list, paths: values.paths }];
    }),
  ]);
}

/** Options that take a value, or several. */
function optionsOf(nodes: readonly CompletionNode[], many: boolean): string[] {
  return nodes.flatMap(({ at, options }) =>
    options.flatMap(({ word, values }) => (values?.many === many ? [`${at} ${word}`] : [])),
  );
}

function deeper(nodes: readonly CompletionNode[]): string[] {
  return nodes.flatMap(({ at }) => (at === '' ? [] : [at]));
}

/** A pattern of these, as `case` takes it. */
function pattern(places: readonly string[]): string {
  return places.map(quoted).join('|');
}

/** Text as one word of a shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll('\n', ' ').replaceAll("'", `'\\''`)}'`;
}
