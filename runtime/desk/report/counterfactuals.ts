import { FUNDING_BOUNDS, type FundingSum, fundingSum } from '../../market/player/held-funding.ts';
import { type Adjusted, type AdjustedEnd, type Breach, type Overlap, piecesFunding } from './adjusted.ts';
import { differences } from './differences.ts';
import type { NotValued, ValuationRules } from './kept-parts.ts';
import { drawdownOf, type Money } from './money.ts';
import type { Valuation } from './valuation.ts';

/** Overlaps and breaches that are listed, the first of each. */
const MOST_LISTED = 50;

/** What softening came to in one reading of it: softened exits, those that could be valued, US dollars; drawdowns are shares. */
export interface Column {
  readonly softened: number;
  readonly valued: number;
  readonly pnl_usd: number;
  /** Funding that is in it, and by how much what is not recorded moves it. */
  readonly funding: FundingSum;
  readonly end_equity_usd: number | null;
  readonly max_drawdown: number | null;
}

/** The same with each kept part ended where other trades left no room for it. */
export interface AdjustedColumn extends Column {
  readonly not_valued: Readonly<Partial<Record<NotValued, number>>>;
  /** Kept notional, US dollars, by what ended it. */
  readonly ended_usd: Readonly<Partial<Record<AdjustedEnd, number>>>;
  /** Most kept notional at once. */
  readonly most_kept_usd: number;
  readonly overlaps: {
    /** Kept parts whose symbol was opened meanwhile, and those where it was on the opposite side. */
    readonly exits: number;
    readonly opposite: number;
    readonly list: readonly {
      readonly at: number;
      readonly symbol: string;
      readonly plan_id: string;
      readonly opened_by: string;
      readonly opposite: boolean;
    }[];
  };
  readonly breaches: {
    readonly count: number;
    readonly list: readonly {
      readonly at: number;
      readonly cap: string;
      readonly limit: number;
      readonly without: number;
      readonly with: number;
      readonly ended: readonly string[];
    }[];
  };
}

/** What one play of a month came to, US dollars and counts. */
export interface PlayedMonth {
  readonly end_equity_usd: number;
  readonly max_drawdown: number;
  readonly entries_asked: number;
  readonly entries_permitted: number;
  readonly exits_proposed: number;
  readonly blocks: Readonly<Record<string, number>>;
}

/** What of a log was proposed again, in counts by why where it was not; US dollars. */
export interface PlayedProposals<Side extends string> {
  readonly opens: number;
  readonly closes: number;
  /** Positions that no plan of the log opened. */
  readonly held: number;
  readonly not_carried: Readonly<Record<string, number>>;
  /** Proposals that came to no plan in each play. */
  readonly left_out: Readonly<Record<Side, Readonly<Record<string, number>>>>;
  /** The last reading of the equity in the log: the first of the two plays is to be held against it. */
  readonly logged_end_equity_usd: number | null;
}

/** A month played again through the gates in two ways, of which the second is held against the first. */
export interface PlayedWays<Side extends string> {
  readonly strategy: string;
  /** ISO 8601. */
  readonly from: string;
  readonly to: string;
  /** Equity at the end less recorded funding, the second less the first. */
  readonly pnl_usd: number;
  /** Funding that is in it: what the two paid differently; of how many payments in which they differ it is not recorded. */
  readonly funding: FundingSum & { readonly payments: number };
  /** Where the log's own proposals were made again. */
  readonly proposals?: PlayedProposals<Side>;
  /** What that was when the play began so many hours later; it is one path each time, so there is no interval. */
  readonly starts: readonly { readonly hours_later: number; readonly pnl_usd: number }[];
}

type Sides<Side extends string> = PlayedWays<Side> & Readonly<Record<Side, PlayedMonth>>;

/** With the original exits, and with softened ones. */
export type PlayedColumn = Sides<'original' | 'softened'>;

/** As the gates judge, and without the plans that one of them has blocked. */
export type PlayedPlans = Sides<'judged' | 'unblocked'>;

/** What was played of a report, or why nothing was. */
export type Played = PlayedColumn | PlayedPlans | NotPlayed;

/** Why there is no played month. */
export interface NotPlayed {
  readonly reason: string;
}

/** What keeping parts came to, read in three ways (docs/evidence.md, Three readings). */
export interface Counterfactuals {
  readonly horizon_sec: number;
  readonly direct: Column;
  readonly adjusted: AdjustedColumn;
  readonly played: PlayedColumn | NotPlayed;
  /** Why they differ, in sentences; why one is not there. */
  readonly differences: readonly string[];
}

/** Whether a month was played. */
export function isPlayed<P extends { readonly pnl_usd: number }>(played: P | NotPlayed): played is P {
  return 'pnl_usd' in played;
}

/** The three readings side by side. */
export function counterfactuals(
  valuation: Valuation,
  parts: Adjusted,
  { money, rules, played }: { money: Money; rules: ValuationRules; played: PlayedColumn | NotPlayed },
): Counterfactuals {
  const readings = {
    horizon_sec: rules.horizonMs / 1000,
    direct: {
      softened: money.softened,
      valued: money.valued,
      pnl_usd: money.pnl_usd,
      funding: money.funding,
      ...endsOf(valuation),
    },
    adjusted: adjustedColumn(parts, rules),
    played,
  };
  return { ...readings, differences: differences(readings) };
}

function endsOf({ path }: Pick<Valuation, 'path'>): Pick<Column, 'end_equity_usd' | 'max_drawdown'> {
  const drawdown = drawdownOf(path);
  return {
    end_equity_usd: drawdown?.end_equity_with_usd ?? null,
    max_drawdown: drawdown?.max_drawdown_with ?? null,
  };
}

function adjustedColumn(parts: Adjusted, { funding }: ValuationRules): AdjustedColumn {
  const { exits, overlaps, breaches, mostKeptUsd } = parts;
  const notValued: Partial<Record<NotValued, number>> = {};
  const ended: Partial<Record<AdjustedEnd, number>> = {};
  let [valued, pnlUsd] = [0, 0];
  for (const { pieces } of exits) {
    if (typeof pieces === 'string') {
      notValued[pieces] = (notValued[pieces] ?? 0) + 1;
      continue;
    }
    valued += 1;
    for (const { usd, end, pnlUsd: earned } of pieces) {
      ended[end] = (ended[end] ?? 0) + usd;
      pnlUsd += earned;
    }
  }
  return {
    ...{ softened: exits.length, valued, pnl_usd: pnlUsd },
    funding: fundingSum(piecesFunding(exits), funding?.bounds ?? FUNDING_BOUNDS),
    ...{ not_valued: notValued, ended_usd: ended },
    ...endsOf(parts),
    most_kept_usd: mostKeptUsd,
    overlaps: overlapsOf(overlaps),
    breaches: { count: breaches.length, list: breaches.slice(0, MOST_LISTED).map(breachRow) },
  };
}

function overlapsOf(overlaps: readonly Overlap[]): AdjustedColumn['overlaps'] {
  const of = (some: readonly Overlap[]) => new Set(some.map(({ exit }) => exit)).size;
  return {
    exits: of(overlaps),
    opposite: of(overlaps.filter(({ opposite }) => opposite)),
    list: overlaps.slice(0, MOST_LISTED).map(({ atMs, exit, opening, opposite }) => {
      const { symbol, planId: plan_id } = exit;
      return { at: Math.floor(atMs / 1000), symbol, plan_id, opened_by: opening.planId, opposite };
    }),
  };
}

function breachRow({
  atMs,
  cap,
  limit,
  without,
  withParts,
  ended,
}: Breach): AdjustedColumn['breaches']['list'][number] {
  return { at: Math.floor(atMs / 1000), cap, limit, without, with: withParts, ended };
}
