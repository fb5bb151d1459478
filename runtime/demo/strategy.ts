import { round10 } from '../../schemas/number.ts';
import type { Position } from './account.ts';
import type { Indicators } from './indicators.ts';

/** Equity at the start of the month, US dollars. */
export const START_EQUITY_USD = 100_000;

/** The core book: bought (1) or sold (-1) at the close of the first hour with a volatility, and kept all month. */
export const CORE_BOOK: Readonly<Record<string, 1 | -1>> = { BTCUSDT: 1, ETHUSDT: 1, LTCUSDT: -1, XRPUSDT: -1 };

/** The numbers of the rules, as the summary and docs/demo.md state them. */
export const RULES = {
  /** Notional of each core position as a share of the starting equity. */
  coreShare: 0.5,
  /** Notional of an entry as a share of the equity of the hour. */
  entryShare: 0.35,
  /** An entry when the 24-hour return crosses so many daily sigmas. */
  entrySigmas: 1,
  /** Take profit and stop loss, in daily sigmas of the entry. */
  takeProfitSigmas: 1,
  stopLossSigmas: 1.5,
  /** Hours after which a position is closed whatever it earned. */
  holdHours: 48,
  /** The kill score of an entry is 1 when the last hour moved by so many hourly sigmas. */
  killScoreSigmas: 4,
} as const;

/** Why the exit rule closes a position. */
export const EXIT_REASONS = ['stop_loss', 'take_profit', 'max_hold'] as const;
export type ExitReason = (typeof EXIT_REASONS)[number];

/** The direction of an entry. */
export type EntrySide = 'BUY' | 'SELL';

/** Why a position is to be closed at this price, or `undefined`: the core book never, the others by the three rules. */
export function exitReason(position: Position, price: number, hour: number): ExitReason | undefined {
  if (position.core) return undefined;
  const gained = round10(Math.sign(position.qty) * (price / position.entryPrice - 1));
  if (gained <= round10(-RULES.stopLossSigmas * position.entrySigmaDaily)) return 'stop_loss';
  if (gained >= round10(RULES.takeProfitSigmas * position.entrySigmaDaily)) return 'take_profit';
  return hour - position.openedHour >= RULES.holdHours ? 'max_hold' : undefined;
}

/** The entry of an hour: with the 24-hour return, in the hour in which it crosses one daily sigma. */
export function entrySide(now: Indicators, before: Indicators | undefined): EntrySide | undefined {
  if (before === undefined || !isStretched(now) || isStretched(before)) return undefined;
  return now.dayReturn > 0 ? 'BUY' : 'SELL';
}

/** The kill score of an entry plan: how violent the last hour was, from 0 to 1. */
export function killScore(now: Indicators): number {
  if (now.sigmaHourly === 0) return 0;
  return round10(Math.min(1, Math.abs(now.hourReturn) / (RULES.killScoreSigmas * now.sigmaHourly)));
}

/** The quantity that a notional buys, rounded down to a thousandth. */
export function quantityFor(notionalUsd: number, price: number): number {
  return Math.floor((notionalUsd / price) * 1000) / 1000;
}

function isStretched(indicators: Indicators): boolean {
  return Math.abs(indicators.dayReturn) >= round10(RULES.entrySigmas * indicators.sigmaDaily);
}
