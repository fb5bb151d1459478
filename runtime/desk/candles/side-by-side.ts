import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { FundingRules, PlayPayments } from '../../market/player/funded-book.ts';
import { warmUpHours } from '../../market/player/indicators.ts';
import type { Market } from '../../market/player/market.ts';
import type { RedisAddress } from '../../redis/connection/address.ts';
import type { LoggedDecision } from '../decisions/decisions.ts';
import type { PlayedStrategy } from './cast.ts';
import { Run, type RunResult } from './run.ts';
import type { RunSettings } from './run-settings.ts';

/** What is played at once: a strategy on a market, once under each of some settings. */
export interface Plays {
  /** A Redis of its own: every key of the portfolios that are played on is deleted. */
  readonly address: RedisAddress;
  readonly market: Market;
  readonly cast: PlayedStrategy;
  readonly handlers: readonly AnyHandler[];
  readonly settings: readonly RunSettings[];
  /** What positions pay for being held; nothing is recorded without it. */
  readonly funding?: FundingRules | undefined;
  /** Begins the prefixes of the portfolios. */
  readonly prefix: string;
  /** Ends it after the hour under way. */
  readonly signal: AbortSignal;
  /** Told after each hour: how many are played, and what each play decided in it. */
  readonly onHour?: (played: number, decisions: readonly (readonly LoggedDecision[])[]) => Promise<void> | void;
}

/** How many hours were played, what each play came to and the funding of its positions; nothing before the first hour with a volatility. */
export interface Played {
  readonly hours: number;
  readonly results: readonly RunResult[];
  readonly payments: readonly PlayPayments[];
}

/** Plays a strategy on a market under each of some settings, hour by hour beside each other. */
export async function playSideBySide(plays: Plays): Promise<Played> {
  const { address, market, cast, handlers, funding } = plays;
  const runs: Run[] = [];
  try {
    for (const [at, settings] of plays.settings.entries()) {
      const prefix = `${plays.prefix}-${at + 1}`;
      runs.push(await Run.open({ address, market, cast, handlers, settings, prefix, funding }));
    }
    const hours = await playHours(plays, runs);
    const known = hours > warmUpHours(cast.strategy) ? runs : [];
    return { hours, results: known.map((run) => run.result()), payments: known.map((run) => run.payments()) };
  } finally {
    for (const run of runs) await run.close();
  }
}

async function playHours({ market, signal, onHour }: Plays, runs: readonly Run[]): Promise<number> {
  for (let hour = 0; hour < market.hours; hour += 1) {
    if (signal.aborted) return hour;
    const decisions = await Promise.all(runs.map((run) => run.playHour(hour)));
    await onHour?.(hour + 1, decisions);
  }
  return market.hours;
}
