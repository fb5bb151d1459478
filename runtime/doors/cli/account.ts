import type { Command } from 'commander';
import { parseNumber } from '../../../schemas/number.ts';
import { quoted } from '../../../schemas/setting.ts';
import { setAccountMark } from '../../desk/positions/account-mark.ts';
import { usageError } from './errors.ts';
import type { Io } from './io.ts';
import { type ChangeOptions, changeOf, confirm, withChangeOptions } from './options.ts';
import { print } from './output.ts';
import { withSession } from './session.ts';

/** `account mark`: the high-water mark from which drawdown counts. */
export function accountCommands(program: Command, io: Io): void {
  const account = program.command('account').description('what the account feed remembers of the exchange account');
  withChangeOptions(account.command('mark').description('set the high-water mark of equity'), { asks: true })
    .argument('<usd>', 'the mark in US dollars, such as 100000')
    .addHelpText(
      'after',
      '\nDrawdown counts from the mark. It rises by itself with an equity that is read twice, and moves with deposits and' +
        '\nwithdrawals. Set it where a figure of the exchange was wrong, or to begin a new period.' +
        '\n\nExample:\n  $ portcullis account mark 100000 --reason "the venue showed 240000 for a second" --yes',
    )
    .action(async (usd: string, options: ChangeOptions) => mark(io, usd, options));
}

async function mark(io: Io, given: string, options: ChangeOptions): Promise<void> {
  const usd = parseNumber(given);
  if (usd === undefined || usd <= 0) {
    throw usageError(`expected a mark above 0 US dollars, got ${quoted(given)}`);
  }
  await confirm(io, options, `Set the high-water mark to ${usd} US dollars? Drawdown counts from there.`);
  await withSession(io, options, async ({ redis, portfolio }) => {
    const changed = await setAccountMark(redis, portfolio, usd, changeOf(io, options));
    print(io, options, changed, ({ before, after }) => `High-water mark: ${before || 'none'} → ${after} US dollars.\n`);
  });
}
