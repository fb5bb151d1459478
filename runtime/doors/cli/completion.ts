import { Argument, type Command } from 'commander';
import type { Io } from './io.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** A command with what may come after it. */
interface Node {
  /** Its words after the program's name; empty for the program itself. */
  readonly path: string;
  /** Words that may stand next: subcommands, options, arguments that are one of a few. */
  readonly words: readonly { readonly word: string; readonly says: string }[];
}

/** `completion`: a script for a shell that completes commands, options and choices of arguments, made from what the commands declare. */
export function completionCommand(program: Command, io: Io): void {
  program
    .command('completion')
    .description('a script for a shell that completes commands and options')
    .addArgument(new Argument('<shell>', 'whose').choices(SHELLS))
    .addHelpText(
      'after',
      '\nExamples:\n  $ source <(portcullis completion bash)' +
        '\n  $ portcullis completion zsh > ~/.zfunc/_portcullis' +
        '\n  $ portcullis completion fish > ~/.config/fish/completions/portcullis.fish',
    )
    .action((shell: Shell) => io.out(completionScript(program, shell)));
}

/** The completion script of a program for a shell. */
function completionScript(program: Command, shell: Shell): string {
  const nodes = nodesOf(program, '');
  if (shell === 'fish') return fishScript(nodes);
  return shell === 'bash' ? bashScript(nodes) : zshScript(nodes);
}

function nodesOf(command: Command, path: string): Node[] {
  const subcommands = command.commands.filter((one) => one.name() !== 'help');
  const options = command.options.flatMap(({ long, description }) => (long ? [{ word: long, says: description }] : []));
  const choices = command.registeredArguments.flatMap(({ argChoices = [], description }) =>
    argChoices.map((word) => ({ word, says: description })),
  );
  const words = [
    ...subcommands.map((one) => ({ word: one.name(), says: one.description() })),
    ...choices,
    ...options,
    { word: '--help', says: 'show help' },
  ];
  const below = subcommands.flatMap((one) => nodesOf(one, path === '' ? one.name() : `${path} ${one.name()}`));
  return [{ path, words }, ...below];
}

/** A pattern of all commands but the program, as `case` takes them. */
function paths(nodes: readonly Node[]): string {
  return nodes.flatMap(({ path }) => (path === '' ? [] : [quoted(path)])).join('|');
}

function bashScript(nodes: readonly Node[]): string {
  const cases = nodes.map(({ path, words }) => {
    const list = words.map(({ word }) => word).join(' ');
    return `    ${quoted(path)}) COMPREPLY=($(compgen -W ${quoted(list)} -- "\${COMP_WORDS[COMP_CWORD]}")) ;;`;
  });
  return `# portcullis completion bash
_portcullis() {
  local at='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${at:+$at }$word" in
      ${paths(nodes)}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at" in
${cases.join('\n')}
  esac
}
complete -o default -F _portcullis portcullis
`;
}

function zshScript(nodes: readonly Node[]): string {
  const cases = nodes.map(({ path, words }) => {
    const list = words.map(({ word, says }) => quoted(`${word.replaceAll(':', '\\:')}:${says}`)).join(' ');
    return `    ${quoted(path)}) found=(${list}) ;;`;
  });
  return `#compdef portcullis
_portcullis() {
  local at='' word
  local -a found
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "\${at:+$at }$word" in
      ${paths(nodes)}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at" in
${cases.join('\n')}
  esac
  _describe portcullis found || _files
}
if [ "$funcstack[1]" = "_portcullis" ]; then _portcullis "$@"; else compdef _portcullis portcullis; fi
`;
}

function fishScript(nodes: readonly Node[]): string {
  const known = nodes.flatMap(({ path }) => (path === '' ? [] : [quoted(path)])).join(' ');
  const lines = nodes.flatMap(({ path, words }) =>
    words.map(({ word, says }) => {
      const how = word.startsWith('--') ? `-l ${word.slice(2)}` : `-f -a ${quoted(word)}`;
      return `complete -c portcullis -n ${quoted(`test (__portcullis_at) = "${path}"`)} ${how} -d ${quoted(says)}`;
    }),
  );
  return `# portcullis completion fish
function __portcullis_at
  set -l at ''
  for word in (commandline -opc)[2..]
    set -l next (string trim "$at $word")
    contains -- $next ${known}; and set at $next
  end
  echo "$at"
end
${lines.join('\n')}
`;
}

/** Text as one word of a shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll('\n', ' ').replaceAll("'", `'\\''`)}'`;
}
