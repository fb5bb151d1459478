import type { Command } from 'commander';
import { ALL_SYMBOLS } from '../../../schemas/trades.ts';
import { type KeptLosses, keptLosses } from '../../desk/switches/kept-losses.ts';
import { confirmLoss, releaseLoss } from '../../desk/switches/loss.ts';
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

/** `loss` and `loss release`: what is lost and what a loss limit holds, and letting plans open again. */
export function lossCommands(program: Command, io: Io): void {
  const loss = program
    .command('loss')
    .description('what losses are counted against, and loss limits that were reached');
  withCommonOptions(loss.command('show', { isDefault: true }).description('bases, losses since each, and what is held'))
    .addHelpText('after', '\nExample:\n  $ portcullis loss --json | jq .tripped')
    .action(async (options: CommonOptions) => {
      await withSession(io, options, async ({ redis, portfolio }) => {
        print(io, options, await keptLosses(redis, portfolio), keptText);
      });
    });
  confirmCommand(loss, io);
  withChangeOptions(loss.command('release').description('let plans open again after a loss limit was reached'), {
    asks: true,
  })
    .addHelpText(
      'after',
      '\nWhat was reached counts anew from the next reading of the account; a static drawdown trips again while it is' +
        '\nabove its limit. Losses in a row count from the next trade. The trading state stays as it is.' +
        '\n\nExample:\n  $ portcullis loss release --reason "the strategy that lost is stopped" --yes',
    )
    .action(async (options: ChangeOptions) => {
      await confirm(io, options, 'Release the loss latch? OPEN plans can get permits again at once.');
      await withSession(io, options, async ({ redis, portfolio }) => {
        const done = await releaseLoss(redis, portfolio, changeOf(io, options));
        print(io, options, done, ({ released }) => `Released: ${released}. It counts anew.\n`);
      });
    });
}

function confirmCommand(loss: Command, io: Io): void {
  withChangeOptions(loss.command('confirm').description('let plans open again after marks of losses were lost'), {
    asks: true,
  })
    .addHelpText(
      'after',
      '\nCompare `portcullis loss` with the account first. What cannot be read is forgotten and begins anew.' +
        '\n\nExample:\n  $ portcullis loss confirm --reason "compared with the statement of the day" --yes',
    )
    .action(async (options: ChangeOptions) => {
      await confirm(io, options, 'Confirm what is kept of losses? OPEN plans are judged by it again.');
      await withSession(io, options, async ({ redis, portfolio }) => {
        const done = await confirmLoss(redis, portfolio, changeOf(io, options));
        print(io, options, done, ({ confirmed }) => `Confirmed (${confirmed}).\n`);
      });
    });
}

function keptText(kept: KeptLosses): string {
  const inARow = kept.paused.map(({ symbol, losses, limit, at }) => {
    const where = symbol === ALL_SYMBOLS ? '' : ` in ${symbol}`;
    return `HELD: consecutive_losses${where} (${losses} in a row, limit ${limit}, the last at ${moment(String(at))})\n`;
  });
  const unread = kept.paused_unreadable ? ['What is kept of losses in a row cannot be read: nothing opens.\n'] : [];
  return [marksText(kept), ...inARow, ...unread].join('');
}

function marksText({ state, lost, equity_usd, read_at, bases, tripped }: KeptLosses): string {
  if (state === 'none') return 'No losses are counted: no loss limit is set, or the account was not read yet.\n';
  if (state === 'unreadable')
    return 'What is kept of losses cannot be read: nothing opens while a loss limit is set.\n';
  const read = equity_usd === null ? 'Not read yet.' : `Equity ${equity_usd} USD, read ${moment(String(read_at))}.`;
  const rows = bases.map(({ kind, since, base_usd, loss_usd, loss_pct }) => [
    kind,
    moment(String(since)),
    `${base_usd} USD`,
    `${loss_usd} USD`,
    `${loss_pct} %`,
  ]);
  const held = tripped.map(
    ({ reason, setting, loss, limit }) => `HELD: ${reason} (${setting}: ${loss}, limit ${limit})`,
  );
  const gone = lost === null ? [] : [`LOST by ${lost}: nothing opens until portcullis loss confirm`];
  return `${[read, table(['loss', 'since', 'base', 'lost', ''], rows).trimEnd(), ...held, ...gone].join('\n')}\n`;
}
