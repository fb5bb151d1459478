import type { Strategy } from '../../../schemas/strategy.ts';
import type { FundingRules } from '../../market/player/funded-book.ts';
import type { Market } from '../../market/player/market.ts';
import type { RedisAddress } from '../../redis/connection/address.ts';
import type { MonthMarket } from './candle-market.ts';
import { type PlayedStrategy, type ProposedBy, playRules } from './cast.ts';
import type { NamedPlay, RunRecorder } from './recorder.ts';
import type { RunResult } from './run.ts';
import type { Runs } from './run-settings.ts';
import { playSideBySide } from './side-by-side.ts';
import { type JudgedMonth, type Measure, measured, type WalkForward, walkForward } from './walk-forward.ts';

/** What is played, each month by itself from the same equity on, under each set of limits. */
export interface MonthsRequest {
  /** A Redis of its own: every key of the portfolios that are played on is deleted. */
  readonly address: RedisAddress;
  readonly months: readonly MonthMarket[];
  readonly cast: PlayedStrategy;
  /** The sets of limits with their settings, in the same order; the first are those in force. */
  readonly plays: readonly NamedPlay[];
  readonly runs: Runs;
  readonly measure: Measure;
  /** What positions pay for being held; nothing is recorded without it. */
  readonly funding?: FundingRules | undefined;
  /** Ends it after the hour under way: months that are whole by then count. */
  readonly signal: AbortSignal;
  /** Told after each hour: how many of all are played, and the simulated time, Unix ms. */
  readonly onHour?: (played: number, of: number, atMs: number) => void;
  readonly recorder?: RunRecorder | undefined;
}

/** A month under one set of limits. */
interface MonthPlay {
  readonly name: string;
  readonly gain_usd: number;
  readonly max_drawdown_percent: number;
  readonly result: RunResult;
}

/** A month that was played. */
export interface PlayedMonth extends JudgedMonth {
  /** ISO 8601: when its first hour opened and its last one closed. */
  readonly from: string;
  readonly to: string;
  readonly hours: number;
  readonly symbols: readonly string[];
  readonly plays: readonly MonthPlay[];
}

/** What months came to, month by month, and what choosing limits on those before would have (docs/evidence.md, Month by month). */
export interface MonthsReplay {
  readonly strategy: Strategy;
  /** Who proposed, where it was not the strategy's rules. */
  readonly proposed_by?: ProposedBy;
  readonly rules: Readonly<Record<string, string>>;
  readonly months: readonly PlayedMonth[];
  /** Over all months, by set of limits: US dollars, percent. */
  readonly totals: readonly ({ readonly name: string } & Readonly<Record<Measure, number>>)[];
  readonly walk_forward: WalkForward | null;
  readonly took_ms: number;
  /** Whether it was ended before the last month was whole. */
  readonly stopped: boolean;
}

/** Plays each month by itself, under each set of limits side by side. */
export async function replayMonths(request: MonthsRequest): Promise<MonthsReplay> {
  const { months, cast, plays, measure, signal } = request;
  const startedMs = performance.now();
  const found: PlayedMonth[] = [];
  let before = 0;
  for (const one of months) {
    const results = await playMonth(request, one, before);
    if (results === undefined) break;
    found.push(monthOf(one, plays, results));
    before += one.market.hours;
  }
  return {
    strategy: cast.strategy,
    ...(cast.proposedBy !== undefined && { proposed_by: cast.proposedBy }),
    rules: playRules(cast),
    months: found,
    totals: plays.map(({ name }, at) => ({ name, ...measured(found, at) })),
    walk_forward: walkForward(found, measure),
    took_ms: Math.round(performance.now() - startedMs),
    stopped: signal.aborted && found.length < months.length,
  };
}

/** What a month came to under each set of limits; undefined where it was not played to its end. */
async function playMonth(
  { address, months, cast, plays, runs, funding, signal, onHour, recorder }: MonthsRequest,
  { month, market }: MonthMarket,
  before: number,
): Promise<readonly RunResult[] | undefined> {
  const all = months.reduce((sum, one) => sum + one.market.hours, 0);
  await recorder?.beginPlays(plays.map((play) => ({ ...play, name: `${month}-${play.name}` })));
  const { hours, results } = await playSideBySide({
    ...{ address, market, cast, ...runs, funding, prefix: 'months', signal },
    onHour: async (played, decisions) => {
      await recorder?.decided(decisions);
      onHour?.(before + played, all, market.closedAtMs(played - 1));
    },
  });
  if (hours < market.hours) return undefined;
  await recorder?.endPlays(market, results);
  return results;
}

function monthOf(
  { month, market }: MonthMarket,
  plays: readonly NamedPlay[],
  results: readonly RunResult[],
): PlayedMonth {
  return {
    month,
    from: new Date(market.closedAtMs(-1)).toISOString(),
    to: new Date(market.closedAtMs(lastHour(market))).toISOString(),
    hours: market.hours,
    symbols: market.symbols,
    plays: results.map((result, at) => ({
      name: plays[at]?.name ?? '',
      gain_usd: Math.round((result.equity.end_usd - result.equity.start_usd) * 100) / 100,
      max_drawdown_percent: result.equity.max_drawdown_percent,
      result,
    })),
  };
}

function lastHour({ hours }: Market): number {
  return hours - 1;
}
