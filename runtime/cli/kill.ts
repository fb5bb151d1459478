import type { Command } from 'commander';
import { setKill } from '../ops/kill.ts';
import type { Io } from './io.ts';
import { type ChangeOptions, changeOf, confirm, withChangeOptions } from './options.ts';
import { print } from './output.ts';
import { withSession } from './session.ts';

/** `kill on` and `kill off`: the switch that stops every permit. Turning it on asks nothing and needs no reason. */
export function killCommand(program: Command, io: Io): void {
  const kill = program
    .command('kill')
    .description('the kill switch: no permits while it is on, outstanding ones revoked');
  withChangeOptions(kill.command('on').description('stop everything, at once'), { asks: false, reasonNeeded: false })
    .addHelpText('after', '\nExample:\n  $ portcullis kill on --reason "exchange is down"')
    .action(async (options: ChangeOptions) => switchKill(io, true, options));
  withChangeOptions(kill.command('off').description('let plans be judged again'), { asks: true })
    .addHelpText('after', '\nExample:\n  $ portcullis kill off --reason "exchange is back" --yes')
    .action(async (options: ChangeOptions) => {
      await confirm(io, options, 'Release the kill switch? Plans can get permits again at once.');
      await switchKill(io, false, options);
    });
}

async function switchKill(io: Io, on: boolean, options: ChangeOptions): Promise<void> {
  await withSession(io, options, async ({ redis, portfolio }) => {
    const change = await setKill(redis, portfolio, on, changeOf(io, options));
    print(io, options, change, ({ before, after }) => `Kill switch ${after} (was ${before}).\n`);
    if (!change.recorded)
      io.err('The switch is set, but the ops ledger could not be written: see `portcullis doctor`.\n');
  });
}
