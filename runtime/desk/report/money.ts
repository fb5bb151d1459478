import type { KeptEnd } from '../../../handlers/common/kept-exits.ts';
import { share } from '../../../handlers/common/report-counts.ts';
import { FUNDING_BOUNDS, type FundingSum, fundedUsd, fundingSum } from '../../market/player/held-funding.ts';
import { maxDrawdown } from './equity.ts';
import type { NotValued, ValuationRules, Value } from './kept-parts.ts';
import type { PathPoint } from './kept-path.ts';
import type { MarkSourceName } from './marks.ts';
import type { Valuation, ValuedExit } from './valuation.ts';

const REGRETS = 10;

/** What the kept parts of softened exits came to against the original exits, US dollars (docs/evidence.md, Shadow report). */
export interface Money {
  readonly horizon_sec: number;
  readonly fee_bps: number;
  /** Softened exits, how many of them could be valued, and why the others could not. */
  readonly softened: number;
  readonly valued: number;
  readonly valued_share: number | null;
  readonly not_valued: Readonly<Partial<Record<NotValued, number>>>;
  /** Valued exits by where their marks came from, and by what ended the kept part. */
  readonly sources: Readonly<Partial<Record<MarkSourceName, number>>>;
  readonly ends: Readonly<Partial<Record<KeptEnd, number>>>;
  /** Notional of the kept parts at the decisions. */
  readonly kept_usd: number;
  /** What they earned: of all, of exits that would have been softened (shadow), and of exits that were (enforce). */
  readonly pnl_usd: number;
  /** Funding that is in it, and by how much what is not recorded moves it. */
  readonly funding: FundingSum;
  readonly pnl_shadow_usd: number;
  readonly pnl_enforced_usd: number;
  /** Those that earned and those that lost. */
  readonly gained: { readonly exits: number; readonly usd: number };
  readonly lost: { readonly exits: number; readonly usd: number };
}

/** The equity with the kept parts and without them, US dollars; drawdowns are shares of the highest point before. */
export interface Drawdown {
  readonly start_equity_usd: number;
  readonly end_equity_without_usd: number;
  readonly end_equity_with_usd: number;
  readonly max_drawdown_without: number | null;
  readonly max_drawdown_with: number | null;
}

/** A moment of both paths. */
export interface PathRow {
  /** Unix seconds. */
  readonly at: number;
  readonly without_usd: number;
  readonly with_usd: number;
  /** What the kept parts had earned by then. */
  readonly kept_pnl_usd: number;
}

/** A softened exit whose kept part lost money. */
export interface Regret {
  /** Unix seconds of the decision, and of the end of the kept part. */
  readonly at: number;
  readonly ended_at: number;
  readonly end: KeptEnd;
  readonly symbol: string;
  readonly plan_id: string;
  readonly side: 'LONG' | 'SHORT';
  readonly enforced: boolean;
  readonly softened_to: string;
  readonly reason: string;
  readonly heat: number | null;
  readonly kept_usd: number;
  readonly from_price: number;
  readonly to_price: number;
  readonly source: MarkSourceName;
  readonly pnl_usd: number;
}

type Known = ValuedExit & { readonly value: Value };

/** The sums over a valuation. */
export function moneyOf({ exits }: Pick<Valuation, 'exits'>, rules: ValuationRules): Money {
  const known = exits.filter(isKnown);
  const pnls = (of: readonly Known[]) => sum(of.map(({ value }) => value.pnlUsd));
  const gained = known.filter(({ value }) => value.pnlUsd > 0);
  const lost = known.filter(({ value }) => value.pnlUsd < 0);
  return {
    horizon_sec: rules.horizonMs / 1000,
    fee_bps: rules.feeBps,
    softened: exits.length,
    valued: known.length,
    valued_share: share(known.length, exits.length),
    not_valued: countBy(exits.flatMap(({ value }) => (typeof value === 'string' ? [value] : []))),
    sources: countBy(known.map(({ value }) => value.source)),
    ends: countBy(known.map(({ value }) => value.end)),
    kept_usd: sum(known.map(({ value }) => value.keptUsd)),
    pnl_usd: pnls(known),
    funding: fundingSum(
      known.map(({ value }) => [fundedUsd(value.funding, value.keptUsd, value.endMs)]),
      rules.funding?.bounds ?? FUNDING_BOUNDS,
    ),
    pnl_shadow_usd: pnls(known.filter(({ exit }) => !exit.enforced)),
    pnl_enforced_usd: pnls(known.filter(({ exit }) => exit.enforced)),
    gained: { exits: gained.length, usd: pnls(gained) },
    lost: { exits: lost.length, usd: pnls(lost) },
  };
}

/** The drawdowns of a path; null without a reading of equity. */
export function drawdownOf(path: readonly PathPoint[]): Drawdown | null {
  const rows = pathRows(path);
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return null;
  return {
    start_equity_usd: first.without_usd,
    end_equity_without_usd: last.without_usd,
    end_equity_with_usd: last.with_usd,
    max_drawdown_without: maxDrawdown(rows.map(({ without_usd }) => without_usd)),
    max_drawdown_with: maxDrawdown(rows.map(({ with_usd }) => with_usd)),
  };
}

/**
 * The equity without and with the kept parts. What was read already has in it what exits earned that were softened; of
 * those that only would have been it has nothing.
 */
export function pathRows(path: readonly PathPoint[]): readonly PathRow[] {
  return path.map(({ atMs, equityUsd, enforcedUsd, shadowUsd }) => ({
    at: Math.floor(atMs / 1000),
    without_usd: equityUsd - enforcedUsd,
    with_usd: equityUsd + shadowUsd,
    kept_pnl_usd: enforcedUsd + shadowUsd,
  }));
}

/** The ten exits whose kept parts lost most, worst first. */
export function regretsOf({ exits }: Valuation): readonly Regret[] {
  const lost = exits.filter(isKnown).filter(({ value }) => value.pnlUsd < 0);
  const worst = lost.sort((a, b) => a.value.pnlUsd - b.value.pnlUsd).slice(0, REGRETS);
  return worst.map(({ exit, value }) => ({
    at: Math.floor(exit.atMs / 1000),
    ended_at: Math.floor(value.endMs / 1000),
    end: value.end,
    symbol: exit.symbol,
    plan_id: exit.planId,
    side: exit.side === -1 ? 'SHORT' : 'LONG',
    enforced: exit.enforced,
    softened_to: exit.softenedTo,
    reason: exit.reason,
    heat: exit.heat ?? null,
    kept_usd: value.keptUsd,
    from_price: value.fromPrice,
    to_price: value.toPrice,
    source: value.source,
    pnl_usd: value.pnlUsd,
  }));
}

/** What the kept parts of each symbol earned, by its name. */
export function pnlBySymbol({ exits }: Valuation): ReadonlyMap<string, { valued: number; pnl_usd: number }> {
  const symbols = new Map<string, { valued: number; pnl_usd: number }>();
  for (const { exit, value } of exits.filter(isKnown)) {
    const known = symbols.get(exit.symbol) ?? { valued: 0, pnl_usd: 0 };
    symbols.set(exit.symbol, { valued: known.valued + 1, pnl_usd: known.pnl_usd + value.pnlUsd });
  }
  return symbols;
}

function isKnown(one: ValuedExit): one is Known {
  return typeof one.value !== 'string';
}

/** How often each name is there. */
export function countBy<K extends string>(names: readonly K[]): Partial<Record<K, number>> {
  const counts: Partial<Record<K, number>> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** The sum of figures. */
export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
