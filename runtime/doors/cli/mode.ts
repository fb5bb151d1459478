import { Argument, type Command } from 'commander';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { counted } from '../../../schemas/figure-text.ts';
import { servedNow, unservedText } from '../../desk/switches/workers-now.ts';
import { Refusal } from '../../engine/commit/operation.ts';
import { loadHandlers } from '../../engine/host/load-handlers.ts';
import { type ModalGate, modalGate } from '../../engine/policy/modal-gates.ts';
import { modeProblem, setMode } from '../../engine/policy/modes.ts';
import { cleanEnvironment } from '../../settings/environment.ts';
import { usageError } from './errors.ts';
import type { Io } from './io.ts';
import { type ChangeOptions, changeOf, confirm, withChangeOptions } from './options.ts';
import { print } from './output.ts';
import { withSession } from './session.ts';
import { modesOfGate, valued, withModes } from './values.ts';

const MODES = 'heat-gate, risk-governor: shadow or enforce; governor: testnet, production or dry_run';

/** `mode GATE MODE`: in force in every running worker with its next batch. */
export function modeCommand(program: Command, io: Io): void {
  const command = program
    .command('mode')
    .description('put a gate into a mode, in force in every running worker within a second')
    .addArgument(valued(new Argument('<gate>', 'heat-gate, risk-governor, governor, or one of your own'), withModes))
    .addArgument(valued(new Argument('<mode>', MODES), modesOfGate));
  withChangeOptions(command, { asks: true })
    .addHelpText(
      'after',
      '\nExamples:\n  $ portcullis mode heat-gate enforce --reason "a week of shadow agreed" --yes' +
        '\n  $ portcullis mode risk-governor shadow --reason "budgets too tight"' +
        '\n  $ portcullis mode governor production --reason "go-live 12 June" --yes',
    )
    .action(async (gate: string, mode: string, options: ChangeOptions) => switchMode(io, gate, mode, options));
}

async function switchMode(io: Io, gate: string, mode: string, options: ChangeOptions): Promise<void> {
  const environment = cleanEnvironment(io.environment);
  const about = gateNamed(await loadHandlers(), gate);
  const problem = modeProblem(about, mode, environment);
  if (problem !== undefined) throw usageError(problem);
  if (mode === about.modes.enforcing)
    await confirm(io, options, `Put ${gate} into ${mode}? Its refusals take effect at once.`);
  await withSession(io, options, async ({ redis, portfolio }) => {
    const change = await setMode(redis, portfolio, about, mode, changeOf(io, options), environment);
    const served = await servedNow(redis, portfolio);
    print(io, options, { ...change, workers: served?.workers ?? null }, ({ before, after, budgets }) => {
      const rewritten = budgets === 0 ? '' : `, ${counted(budgets, 'stored budget')} with it`;
      return `${gate} is in ${after} (was ${before || 'not set'})${rewritten}.\n`;
    });
    if (options.json !== true) io.err(unservedText(portfolio.prefix, served));
  });
}

function gateNamed(handlers: readonly AnyHandler[], name: string): ModalGate {
  try {
    return modalGate(handlers, name);
  } catch (error) {
    throw error instanceof Refusal ? usageError(error.message) : error;
  }
}
