import type { Command } from 'commander';
import { z } from 'zod';
import { exposureSettings } from '../../../schemas/exposure.ts';
import { formatNumber } from '../../../schemas/number.ts';
import { type ListedPosition, listPositions } from '../../desk/positions/held-positions.ts';
import { clearPosition } from '../../desk/positions/positions.ts';
import { cleanEnvironment } from '../../settings/environment.ts';
import type { Io } from './io.ts';
import {
  type ChangeOptions,
  type CommonOptions,
  changeOf,
  confirm,
  withChangeOptions,
  withCommonOptions,
} from './options.ts';
import { moment, print, table } from './output.ts';
import { withSession } from './session.ts';

/** `positions list` and `positions clear`: what counts as held, and declaring a position closed. */
export function positionCommands(program: Command, io: Io): void {
  const positions = program.command('positions').description('the positions that caps and heat count');
  withCommonOptions(positions.command('list').description('the newest report of each position that is not closed'))
    .addHelpText('after', '\nExample:\n  $ portcullis positions list --json | jq -r ".[].symbol"')
    .action(async (options: CommonOptions) => {
      const settings = z.object(exposureSettings).parse(cleanEnvironment(io.environment));
      await withSession(io, options, async ({ redis, portfolio }) => {
        print(io, options, await listPositions(redis, portfolio, settings), positionsText);
      });
    });
  withChangeOptions(positions.command('clear').description('declare a position closed'), { asks: true })
    .argument('<symbol>', 'the symbol, such as BTCUSDT')
    .addHelpText(
      'after',
      '\nUse it when a position was closed where no producer reported it; one that still reports it opens it again.' +
        '\n\nExample:\n  $ portcullis positions clear BTCUSDT --reason "closed by hand at the venue" --yes',
    )
    .action(async (symbol: string, options: ChangeOptions) => clear(io, symbol, options));
}

async function clear(io: Io, symbol: string, options: ChangeOptions): Promise<void> {
  await confirm(io, options, `Declare the position in ${symbol} closed? Caps stop counting it at once.`);
  await withSession(io, options, async ({ redis, portfolio }) => {
    const cleared = await clearPosition(redis, portfolio, symbol, changeOf(io, options));
    print(io, options, cleared, ({ id }) => `${symbol} is declared closed (position.snapshot ${id}).\n`);
  });
}

function positionsText(positions: readonly ListedPosition[]): string {
  if (positions.length === 0) return 'No positions.\n';
  return table(
    ['SYMBOL', 'QUANTITY', 'NOTIONAL USD', 'MARK', 'REPORTED'],
    positions.map(({ symbol, qty, notional_usd, mark_price, reported_at }) => [
      symbol,
      figure(qty),
      figure(notional_usd),
      figure(mark_price),
      reported_at === null ? 'without a time' : moment(String(reported_at)),
    ]),
  );
}

function figure(value: number | null): string {
  return value === null ? '-' : formatNumber(value);
}
