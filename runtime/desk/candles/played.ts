import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { ReplayPolicy } from '../../../schemas/replay-policy.ts';
import type { Strategy } from '../../../schemas/strategy.ts';
import {
  type FundingRules,
  fundingBetween,
  fundingInCents,
  NOTHING_RECORDED,
  type PlayPayments,
} from '../../market/player/funded-book.ts';
import { warmUpHours } from '../../market/player/indicators.ts';
import { laterMarket, type Market } from '../../market/player/market.ts';
import type { RedisAddress } from '../../redis/connection/address.ts';
import type { Environment } from '../../settings/environment.ts';
import type { PlayedColumn, PlayedMonth, PlayedPlans, PlayedProposals, PlayedWays } from '../report/counterfactuals.ts';
import type { PlayedStrategy } from './cast.ts';
import type { LoggedPlay } from './logged-play.ts';
import type { RunResult } from './run.ts';
import { type Runs, runsOf } from './run-settings.ts';
import { playSideBySide } from './side-by-side.ts';

/** What is played, and from how many hours on. */
export interface PlayRequest {
  /** A Redis of its own: every key of the portfolios that are played on is deleted. */
  readonly address: RedisAddress;
  readonly market: Market;
  readonly cast: PlayedStrategy;
  readonly environment: Environment;
  /** What is changed of its settings. */
  readonly policy?: ReplayPolicy;
  /** What positions pay for being held; nothing is recorded without it. */
  readonly funding?: FundingRules | undefined;
  /** The log whose proposals are made again, where it is one. */
  readonly logged?: LoggedPlay | undefined;
  /** Whose gate it is about. */
  readonly judge: AnyHandler;
  /** How often it is played: from the first hour, and from each of the next. */
  readonly starts: number;
  /** Ends it after the hour under way; what was played whole until then counts. */
  readonly signal: AbortSignal;
  /** Told after each hour: how many of all are played. */
  readonly onHour?: (played: number, of: number) => void;
}

/** One of the two ways in which a month is played. */
interface Way<Side extends string> {
  readonly side: Side;
  readonly policy: ReplayPolicy;
  readonly executesBlocked?: boolean;
}

/** With the gate that softens in shadow (the original exits are executed), and in enforce (softened ones are). */
export async function playedColumn(request: PlayRequest): Promise<PlayedColumn | undefined> {
  const ways = [
    { side: 'original', policy: inMode(request, 'shadow') },
    { side: 'softened', policy: inMode(request, 'enforce') },
  ] as const;
  return await playedWays<'original' | 'softened'>(request, ways);
}

/** As the gates judge, and without what the gate in question blocks: with it in shadow, or what is blocked executed all the same. */
export async function playedPlans(
  request: PlayRequest,
  without: 'shadow' | 'executed',
): Promise<PlayedPlans | undefined> {
  const { policy = {} } = request;
  const isShadow = without === 'shadow';
  const ways = [
    { side: 'judged', policy },
    { side: 'unblocked', policy: isShadow ? inMode(request, 'shadow') : policy, executesBlocked: !isShadow },
  ] as const;
  return await playedWays<'judged' | 'unblocked'>(request, ways);
}

/**
 * Plays a strategy on candles through running gates in two ways side by side, and in both again from each of the next hours
 * on. Undefined when it was ended before the first two were played.
 */
async function playedWays<Side extends string>(
  request: PlayRequest,
  ways: readonly [Way<Side>, Way<Side>],
): Promise<(PlayedWays<Side> & Readonly<Record<Side, PlayedMonth>>) | undefined> {
  const { market, environment } = request;
  const { handlers, settings } = await runsOf(
    environment,
    ways.map(({ policy }) => policy),
  );
  const runs = {
    handlers,
    settings: settings.map((one, at) => ({ ...one, executesBlocked: ways[at]?.executesBlocked === true })),
  };
  const hours = (start: number) => market.hours - start;
  const all = Array.from({ length: request.starts }, (_, start) => hours(start)).reduce((sum, of) => sum + of, 0);
  const found: (PlayedPair & { readonly hoursLater: number })[] = [];
  let done = 0;
  for (let start = 0; start < request.starts; start += 1) {
    const played = await playPair(request, { start, runs }, () => {
      done += 1;
      request.onHour?.(done, all);
    });
    if (played === undefined) break;
    found.push({ hoursLater: start, ...played });
  }
  const [first] = found;
  if (first === undefined) return undefined;
  const sides = [ways[0].side, ways[1].side] as const;
  const { bounds } = request.funding ?? NOTHING_RECORDED;
  const [before, after] = first.payments;
  return {
    strategy: request.cast.named,
    from: new Date(market.closedAtMs(-1)).toISOString(),
    to: new Date(market.closedAtMs(market.hours - 1)).toISOString(),
    ...bySide(sides, first.results.map(monthOf)),
    pnl_usd: gainOf(first),
    funding: fundingInCents(fundingBetween(before, after, bounds)),
    ...(request.logged !== undefined && { proposals: proposalsOf(request.logged, first, sides) }),
    starts: found.map(({ hoursLater, ...pair }) => ({ hours_later: hoursLater, pnl_usd: gainOf(pair) })),
  };
}

function inMode({ policy = {}, judge: { gate } }: PlayRequest, mode: string): ReplayPolicy {
  return { ...policy, [gate]: { settings: {}, ...policy[gate], mode } };
}

function bySide<Side extends string, T>(sides: readonly Side[], values: readonly T[]): Readonly<Record<Side, T>> {
  return Object.fromEntries(sides.map((side, at) => [side, values[at]])) as Record<Side, T>;
}

interface Pair {
  readonly start: number;
  readonly runs: Runs;
}

/** What both plays of a start came to, and their funding. */
interface PlayedPair {
  readonly results: readonly [RunResult, RunResult];
  readonly payments: readonly [PlayPayments, PlayPayments];
}

async function playPair(
  { address, market: whole, cast, funding, signal }: PlayRequest,
  { start, runs }: Pair,
  onHour: () => void,
): Promise<PlayedPair | undefined> {
  const market = laterMarket(whole, start);
  const about = { address, market, cast, ...runs, funding, prefix: 'played', signal, onHour };
  const { hours, results, payments } = await playSideBySide(about);
  const [[one, other], [before, after]] = [results, payments];
  if (hours < market.hours || !one || !other || !before || !after) return undefined;
  return { results: [one, other], payments: [before, after] };
}

/** The hours that a market has to have for so many starts. */
export function hoursToPlay(strategy: Strategy, starts: number): number {
  return warmUpHours(strategy) + starts;
}

/** What of a play a played reading says. */
export function monthOf({ equity, plans, exits }: Pick<RunResult, 'equity' | 'plans' | 'exits'>): PlayedMonth {
  return {
    end_equity_usd: equity.end_usd,
    max_drawdown: equity.max_drawdown_percent / 100,
    entries_asked: plans.entries,
    entries_permitted: plans.entry_permits,
    exits_proposed: exits.proposed,
    blocks: plans.blocks_by_reason,
  };
}

function proposalsOf<Side extends string>(
  logged: LoggedPlay,
  { results }: PlayedPair,
  sides: readonly Side[],
): PlayedProposals<Side> {
  const { opens, closes, held, notCarried, endEquityUsd } = logged;
  return {
    opens,
    closes,
    held: held.length,
    not_carried: notCarried,
    left_out: bySide(
      sides,
      results.map(({ proposals }) => proposals?.left_out ?? {}),
    ),
    logged_end_equity_usd: endEquityUsd ?? null,
  };
}

function gainOf({ results: [one, other] }: Pick<PlayedPair, 'results'>): number {
  return Math.round((other.equity.end_usd - one.equity.end_usd) * 100) / 100;
}
