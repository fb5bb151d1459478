import { Argument, type Command } from 'commander';
import {
  arm,
  disarm,
  type StateChange,
  setTradingState,
  type TradingState,
  tradingStates,
} from '../../desk/switches/trading-state.ts';
import type { Io } from './io.ts';
import { type ChangeOptions, changeOf, confirm, withChangeOptions } from './options.ts';
import { print } from './output.ts';
import { withSession } from './session.ts';

/** `state`, `arm` and `disarm`: what the governor lets through besides its caps. */
export function tradingCommands(program: Command, io: Io): void {
  stateCommand(program, io);
  withChangeOptions(program.command('arm').description('accept OPEN plans again after a disarm'), { asks: true })
    .addHelpText('after', '\nExample:\n  $ portcullis arm --reason "burst was a replayed backlog" --yes')
    .action(async (options: ChangeOptions) => {
      await confirm(io, options, 'Arm the governor? OPEN plans can get permits again at once.');
      await withSession(io, options, async ({ redis, portfolio }) => {
        const change = await arm(redis, portfolio, changeOf(io, options));
        print(io, options, change, () => 'Armed.\n');
      });
    });
  withChangeOptions(program.command('disarm').description('refuse OPEN plans until armed; CLOSE plans pass'), {
    asks: false,
  })
    .addHelpText('after', '\nExample:\n  $ portcullis disarm --reason "strategy misbehaves"')
    .action(async (options: ChangeOptions) =>
      withSession(io, options, async ({ redis, portfolio }) => {
        const change = await disarm(redis, portfolio, changeOf(io, options));
        print(io, options, change, () => 'Disarmed: OPEN plans are refused, CLOSE plans pass.\n');
      }),
    );
}

function stateCommand(program: Command, io: Io): void {
  const command = program
    .command('state')
    .description('the trading state: ACTIVE, REDUCING (only CLOSE plans pass) or HALTED (like the kill switch)')
    .addArgument(new Argument('<state>', 'the state to set').choices(tradingStates));
  withChangeOptions(command, { asks: true })
    .addHelpText('after', '\nExample:\n  $ portcullis state REDUCING --reason "flat before the weekend"')
    .action(async (state: TradingState, options: ChangeOptions) => {
      if (state === 'ACTIVE') await confirm(io, options, 'Set the trading state to ACTIVE? OPEN plans can pass again.');
      await withSession(io, options, async ({ redis, portfolio }) => {
        const change = await setTradingState(redis, portfolio, state, changeOf(io, options));
        print(io, options, change, said);
      });
    });
}

function said({ before, after, rev }: StateChange): string {
  return `Trading state ${after} (was ${before}), revision ${rev}.\n`;
}
