import { DAY_HOURS } from '../../../schemas/duration.ts';
import { round10 } from '../../../schemas/number.ts';
import { type Strategy, strategies } from '../../../schemas/strategy.ts';
import type { Position } from './account.ts';
import type { Indicators } from './indicators.ts';

/** The strategy that is played where none is stated. */
export const DEMO_STRATEGY: Strategy = strategies.demo;

/** Why the exit rule closes a position. */
const EXIT_REASONS = ['stop_loss', 'take_profit', 'max_hold'] as const;
type ExitReason = (typeof EXIT_REASONS)[number];

/** The direction of an entry. */
export type EntrySide = 'BUY' | 'SELL';

/** Why a position is to be closed at this price, or `undefined`: the core book never, the others by the three rules. */
export function exitReason(
  strategy: Strategy,
  position: Position,
  price: number,
  hour: number,
): ExitReason | undefined {
  if (position.core) return undefined;
  const gained = round10(Math.sign(position.qty) * (price / position.entryPrice - 1));
  if (gained <= round10(-strategy.stop_loss_sigmas * position.entrySigmaDaily)) return 'stop_loss';
  if (gained >= round10(strategy.take_profit_sigmas * position.entrySigmaDaily)) return 'take_profit';
  return hour - position.openedHour >= strategy.hold_hours ? 'max_hold' : undefined;
}

/** The entry of an hour: with the trend or against it, in the hour in which the trend crosses its sigmas. */
export function entrySide(strategy: Strategy, now: Indicators, before: Indicators | undefined): EntrySide | undefined {
  if (before === undefined || !isStretched(strategy, now) || isStretched(strategy, before)) return undefined;
  return now.trendReturn > 0 === (strategy.direction === 'with') ? 'BUY' : 'SELL';
}

/** The kill score of an entry plan: how violent the last hour was, from 0 to 1. */
export function killScore(strategy: Strategy, now: Indicators): number {
  if (now.sigmaHourly === 0) return 0;
  return round10(Math.min(1, Math.abs(now.hourReturn) / (strategy.kill_score_sigmas * now.sigmaHourly)));
}

/** The quantity that a notional buys, rounded down to a thousandth. */
export function quantityFor(notionalUsd: number, price: number): number {
  return wholeThousandths(notionalUsd / price);
}

/** How much of a position an exit closes: its share, and all of it where too little would be left for an order. */
export function closeQuantity(strategy: Strategy, qty: number, share: number, price: number): number {
  const held = Math.abs(qty);
  const closed = wholeThousandths(held * share);
  return closed <= 0 || (held - closed) * price < strategy.least_order_usd ? held : closed;
}

function isStretched({ entry_sigmas, trend_hours }: Strategy, { trendReturn, sigmaDaily }: Indicators): boolean {
  return Math.abs(trendReturn) >= round10(entry_sigmas * sigmaDaily * Math.sqrt(trend_hours / DAY_HOURS));
}

function wholeThousandths(qty: number): number {
  return Math.floor(qty * 1000) / 1000;
}
