import { HOUR_MS } from '../../../schemas/duration.ts';
import type { Strategy } from '../../../schemas/strategy.ts';
import type { FundingRules } from '../../market/player/funded-book.ts';
import type { Market } from '../../market/player/market.ts';
import type { RedisAddress } from '../../redis/connection/address.ts';
import { type DecisionFilter, type LoggedDecision, matches } from '../decisions/decisions.ts';
import { type Differences, DifferenceTally } from '../replay/tally.ts';
import { type PlayedStrategy, type ProposedBy, playRules } from './cast.ts';
import { type Pair, pairsOf } from './pairs.ts';
import type { RunResult } from './run.ts';
import type { Runs } from './run-settings.ts';
import { playSideBySide } from './side-by-side.ts';

/** What is played, once for each of its runs, and who is told how far that is. */
export interface CandleReplayRequest {
  /** A Redis of its own: every key of the portfolios that are played on is deleted. */
  readonly address: RedisAddress;
  readonly market: Market;
  readonly cast: PlayedStrategy;
  readonly runs: Runs;
  /** What positions pay for being held; nothing is recorded without it. */
  readonly funding?: FundingRules | undefined;
  /** Which decisions are compared. */
  readonly filter: DecisionFilter;
  /** Ends it after the hour under way; the result is what was found until then. */
  readonly signal: AbortSignal;
  /** Told after each hour: how many are played, the simulated time, Unix ms, and what was decided in each run. */
  readonly onHour?: (
    played: number,
    atMs: number,
    decisions: readonly (readonly LoggedDecision[])[],
  ) => Promise<void> | void;
}

/** What a replay over candles found (docs/evidence.md, Replay over candles). */
export interface CandleReplay {
  readonly symbols: readonly string[];
  /** ISO 8601: when the first hour and the last one that was played closed. */
  readonly from: string;
  readonly to: string;
  readonly strategy: Strategy;
  /** Who proposed, where it was not the strategy's rules. */
  readonly proposed_by?: ProposedBy;
  /** The same in words. */
  readonly rules: Readonly<Record<string, string>>;
  /** Under the settings in force; and under the policy, null without one. */
  readonly in_force: RunResult;
  readonly under_policy: RunResult | null;
  /** Decisions of gates with limits; what came up in both runs counts once. */
  readonly decisions: number;
  /** Null without a policy. */
  readonly differences: Differences | null;
  readonly took_ms: number;
  /** Whether it was ended before the last hour. */
  readonly stopped: boolean;
}

/**
 * Plays a strategy on candles through running gates under a simulated clock: under the settings in force and, hour by
 * hour beside it, under a policy. What is blocked in a run is not held later in that run. Undefined when it was ended
 * before the first hour with a volatility.
 */
export async function replayCandles(request: CandleReplayRequest): Promise<CandleReplay | undefined> {
  const { address, market, cast, funding, signal, onHour } = request;
  const { handlers, settings } = request.runs;
  const startedMs = performance.now();
  const judging = new Set(handlers.filter(({ rejudge }) => rejudge !== undefined).map(({ name }) => name));
  const found = new Found(judging, request.filter);
  const about = { address, market, cast, handlers, settings, funding, prefix: 'candles', signal };
  const { hours, results } = await playSideBySide({
    ...about,
    onHour: async (played, decisions) => {
      const [before = [], after = before] = decisions;
      for (const pair of pairsOf(before, after)) found.add(pair);
      await onHour?.(played, market.closedAtMs(played - 1), decisions);
    },
  });
  const [in_force, under_policy] = results;
  if (in_force === undefined) return undefined;
  return {
    symbols: market.symbols,
    from: new Date(market.closedAtMs(0) - HOUR_MS).toISOString(),
    to: new Date(market.closedAtMs(hours - 1)).toISOString(),
    strategy: cast.strategy,
    ...(cast.proposedBy !== undefined && { proposed_by: cast.proposedBy }),
    rules: playRules(cast),
    in_force,
    under_policy: under_policy ?? null,
    decisions: found.decisions,
    differences: under_policy === undefined ? null : found.differences.result(),
    took_ms: Math.round(performance.now() - startedMs),
    stopped: hours < market.hours,
  };
}

/** Differences of the decisions that are asked for. */
class Found {
  readonly differences = new DifferenceTally();
  readonly #judging: ReadonlySet<string>;
  readonly #filter: DecisionFilter;
  decisions = 0;

  constructor(judging: ReadonlySet<string>, filter: DecisionFilter) {
    this.#judging = judging;
    this.#filter = filter;
  }

  add({ decision, record, difference }: Pair): void {
    if (!this.#judging.has(record.handler) || !matches(this.#filter, decision)) return;
    this.decisions += 1;
    this.differences.add(decision.id, record, difference);
  }
}
