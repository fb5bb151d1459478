import { Argument, type Command, type Option } from 'commander';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import { type CompletionNode, type CompletionOption, completionScripts } from './completion-scripts.ts';
import type { Io } from './io.ts';
import { type Known, valuesOf } from './values.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** `completion`: a script for a shell that completes commands, options and what they can be, made from what the commands declare. */
export function completionCommand(program: Command, io: Io): void {
  program
    .command('completion')
    .description('a script for a shell that completes commands, options and their values')
    .addArgument(new Argument('<shell>', 'whose').choices(SHELLS))
    .addHelpText(
      'after',
      '\nExamples:\n  $ source <(portcullis completion bash)' +
        '\n  $ portcullis completion zsh > ~/.zfunc/_portcullis' +
        '\n  $ portcullis completion fish > ~/.config/fish/completions/portcullis.fish' +
        '\n\nGates, limits, streams and portfolios are those installed and set now: make it anew after a gate of your own.',
    )
    .action(async (shell: (typeof SHELLS)[number]) => {
      const known = { handlers: await loadHandlers(), environment: io.environment };
      io.out(completionScripts[shell](nodesOf(program, '', known)));
    });
}

function nodesOf(command: Command, at: string, known: Known): CompletionNode[] {
  const subcommands = command.commands.filter((one) => one.name() !== 'help');
  const commands = subcommands.map((one) => ({ word: one.name(), says: one.description() }));
  const options = [
    ...command.options.flatMap((option) => optionOf(option, known)),
    { word: '--help', says: 'show help', values: undefined },
  ];
  const [own, ...further] = argumentNodes({ at, options }, command.registeredArguments, [], known);
  const below = subcommands.flatMap((one) => nodesOf(one, `${at} ${one.name()}`, known));
  return [{ ...own, words: [...commands, ...own.words] }, ...further, ...below];
}

/** Where the arguments of a command stand: a node for the first, and for each of its values with those after it. */
function argumentNodes(
  node: Pick<CompletionNode, 'at' | 'options'>,
  [first, ...rest]: readonly Argument[],
  before: readonly string[],
  known: Known,
): [CompletionNode, ...CompletionNode[]] {
  if (first === undefined) return [{ ...node, words: [], paths: false }];
  const { words, paths } = valuesOf(first, known, before);
  const own = { ...node, paths, words: words.map((word) => ({ word, says: first.description })) };
  if (rest.length === 0) return [own];
  const below = (word: string) => argumentNodes({ ...node, at: `${node.at} ${word}` }, rest, [...before, word], known);
  return [own, ...words.flatMap(below)];
}

function optionOf(option: Option, known: Known): CompletionOption[] {
  const { long, description: says, required, optional, variadic: many } = option;
  if (!long) return [];
  const values = required || optional ? { ...valuesOf(option, known), many } : undefined;
  return [{ word: long, says, values }];
}
