import { counted, percent } from '../../../schemas/figure-text.ts';
import type { Strategy } from '../../../schemas/strategy.ts';

/** The rules by which a strategy is played, in words. */
export function rulesInWords(strategy: Strategy) {
  const { entry_sigmas, take_profit_sigmas, stop_loss_sigmas, volatility_hours: window, trend_hours: trend } = strategy;
  return {
    core_book: coreBook(strategy),
    volatility: `sample standard deviation of the last ${window} hourly log returns, times the root of 24 for a day`,
    entries:
      `${percent(strategy.entry_share)} of equity ${strategy.direction === 'with' ? 'in the direction of' : 'against'} ` +
      `the ${trend}-hour return, in the hour in which that return crosses ${times(entry_sigmas)}` +
      `${trend === 24 ? '' : ` times the root of ${trend}/24`}; one position a symbol, none in the core book's`,
    exits:
      `FULL_CLOSE at a gain of ${times(take_profit_sigmas)} of the entry (take_profit), at a loss of ` +
      `${times(stop_loss_sigmas)} (stop_loss, protective), else after ${strategy.hold_hours} hours (max_hold)`,
    fills: `at the close of the hour, in full, ${fees(strategy)}, and only with a permit`,
    funding:
      'recorded rates are taken off what positions and kept parts came to, at their payments; the gates and the sizes of ' +
      'entries see the equity without them',
    kill_score: `1 when the last hour moved by ${strategy.kill_score_sigmas} hourly sigmas, in proportion below`,
    softening:
      'exits are executed as proposed; the part that a softened exit would have kept is marked from its close to that of ' +
      'the next exit of its symbol, a day later at most, or to the end',
  } as const;
}

function coreBook({ core_shares }: Strategy): string {
  const held = Object.entries(core_shares);
  const [share = 0, ...others] = new Set(held.map(([, each]) => Math.abs(each)));
  if (share === 0) return 'none';
  const size = others.length === 0 ? `${percent(share)} of the starting equity each` : shares(held);
  const sides = [side('long', held, 1), side('short', held, -1)].filter((words) => words !== '');
  return `${sides.join(', ')}, ${size}, from the first hour with a volatility to the end`;
}

function side(name: string, held: readonly (readonly [string, number])[], sign: number): string {
  const symbols = held.filter(([, share]) => Math.sign(share) === sign).map(([symbol]) => symbol);
  return symbols.length === 0 ? '' : `${name} ${symbols.join(' and ')}`;
}

function shares(held: readonly (readonly [string, number])[]): string {
  const each = held.map(([symbol, share]) => `${symbol} ${percent(Math.abs(share))}`);
  return `by share of the starting equity: ${each.join(', ')}`;
}

function fees({ fee_bps }: Strategy): string {
  return fee_bps === 0 ? 'without fees' : `with a fee of ${fee_bps / 100} %`;
}

function times(sigmas: number): string {
  return `${counted(sigmas, 'daily sigma')}`;
}
