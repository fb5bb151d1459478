import type { SoftenedExit } from '../../../handlers/common/kept-exits.ts';
import { DAY_MS, HOUR_MS } from '../../../schemas/duration.ts';
import type { AdjustedExit } from './adjusted.ts';
import { bcaOfSum, blocksOf, LEAST_BLOCKS, RESAMPLES, SEED } from './bootstrap.ts';
import { type DeflatedSharpe, deflatedSharpe } from './deflated-sharpe.ts';
import type { ValuationRules } from './kept-parts.ts';
import type { Valuation, ValuedExit } from './valuation.ts';

/** The horizons that every report is made by besides its own, ms. */
export const HORIZONS_MS: readonly number[] = [1, 4, 12, 24, 48, 72, 168].map((hours) => hours * HOUR_MS);

/** How sure a sum over exits is, US dollars. */
export interface Sureness {
  readonly exits: number;
  /** Days that were looked at, with and without exits (UTC), and in how many blocks of how many days they were drawn. */
  readonly days: number;
  readonly block_days: number;
  readonly blocks: number;
  /** 95 %; null with too few blocks. */
  readonly interval_usd: { readonly low: number; readonly high: number } | null;
  /** Whether 0 is outside of it; null without one. */
  readonly distinguishable: boolean | null;
}

/** The direct reading up to a horizon. */
export interface HorizonRow extends Sureness {
  readonly horizon_sec: number;
  readonly pnl_usd: number;
}

/** The direct reading of some of the exits. */
export interface SplitRow extends Sureness {
  readonly by: 'heat bucket' | 'volatility' | 'side';
  readonly name: string;
  readonly pnl_usd: number;
}

/** How sure the headlines are, and what they come to by other horizons and for some of the exits. */
export interface Uncertainty {
  readonly resamples: number;
  readonly seed: number;
  readonly direct: Sureness;
  readonly adjusted: Sureness;
  /** The direct reading by the day, and what is left of it by how many policies were tried on these days. */
  readonly sharpe: DeflatedSharpe;
  readonly horizons: readonly HorizonRow[];
  readonly splits: readonly SplitRow[];
}

/** What an exit came to. */
interface ExitSum {
  readonly exit: SoftenedExit;
  readonly usd: number;
}

/** Days are those from the first reading of the equity, or the first exit, to the end of the report. */
export function uncertaintyOf(
  valuation: Valuation,
  adjusted: readonly AdjustedExit[],
  rules: ValuationRules,
  tries: number | null,
): Uncertainty {
  const fromMs = Math.min(valuation.path[0]?.atMs ?? Infinity, valuation.exits[0]?.exit.atMs ?? rules.endMs);
  const sure = (of: readonly ExitSum[], horizonMs = rules.horizonMs) =>
    surenessOf(of, { fromMs, endMs: rules.endMs, horizonMs });
  const direct = outcomes(valuation.exits);
  const all = [...valuation.atHorizons].map(([horizonMs, exits]): HorizonRow => {
    const of = outcomes(exits);
    return { horizon_sec: horizonMs / 1000, pnl_usd: sumOf(of), ...sure(of, horizonMs) };
  });
  return {
    resamples: RESAMPLES,
    seed: SEED,
    direct: sure(direct),
    sharpe: deflatedSharpe(dailyOf(direct, { fromMs, endMs: rules.endMs }), tries),
    adjusted: sure(
      adjusted.flatMap(({ exit, pieces }) => {
        return typeof pieces === 'string' ? [] : [{ exit, usd: pieces.reduce((sum, { pnlUsd }) => sum + pnlUsd, 0) }];
      }),
    ),
    horizons: all,
    splits: splitsOf(direct).map(({ of, ...named }) => ({ ...named, pnl_usd: sumOf(of), ...sure(of) })),
  };
}

/**
 * How sure a sum is: the exits by the day of their decision, drawn in blocks a day longer than the horizon, since what
 * is kept on one day reaches into the next.
 */
export function surenessOf(
  of: readonly ExitSum[],
  { fromMs, endMs, horizonMs }: { readonly fromMs: number; readonly endMs: number; readonly horizonMs: number },
): Sureness {
  const days = dailyOf(of, { fromMs, endMs });
  const blockDays = Math.ceil(horizonMs / DAY_MS) + 1;
  const blocks = blocksOf(days, blockDays);
  const about = { exits: of.length, days: days.length, block_days: blockDays, blocks: blocks.length };
  if (blocks.length < LEAST_BLOCKS || of.length === 0) return { ...about, interval_usd: null, distinguishable: null };
  const interval = bcaOfSum(blocks);
  return { ...about, interval_usd: interval, distinguishable: interval.low > 0 || interval.high < 0 };
}

/** What the exits of each day (UTC) came to, days without any as 0. */
export function dailyOf(
  of: readonly ExitSum[],
  { fromMs, endMs }: { readonly fromMs: number; readonly endMs: number },
) {
  const first = Math.floor(fromMs / DAY_MS);
  const count = Math.max(1, Math.ceil(endMs / DAY_MS) - first);
  const days = Array.from({ length: count }, () => 0);
  for (const { exit, usd } of of) {
    const day = Math.min(count - 1, Math.max(0, Math.floor(exit.atMs / DAY_MS) - first));
    days[day] = (days[day] ?? 0) + usd;
  }
  return days;
}

type Split = Pick<SplitRow, 'by' | 'name'> & { readonly of: readonly ExitSum[] };

function splitsOf(of: readonly ExitSum[]): readonly Split[] {
  const sigmas = of.flatMap(({ exit }) => exit.sigma ?? []).sort((a, b) => a - b);
  const middle = sigmas[sigmas.length >> 1] ?? 0;
  const split = (by: SplitRow['by'], name: string, has: (exit: SoftenedExit) => boolean): Split => {
    return { by, name, of: of.filter(({ exit }) => has(exit)) };
  };
  return [
    split('heat bucket', 'COLD', ({ bucket }) => bucket === 'COLD'),
    split('heat bucket', 'WARM', ({ bucket }) => bucket === 'WARM'),
    split('volatility', 'calmer half', ({ sigma }) => sigma !== undefined && sigma < middle),
    split('volatility', 'wilder half', ({ sigma }) => sigma !== undefined && sigma >= middle),
    split('volatility', 'not known', ({ sigma }) => sigma === undefined),
    split('side', 'long', ({ side }) => side === 1),
    split('side', 'short', ({ side }) => side === -1),
  ].filter((one) => one.of.length > 0);
}

function outcomes(exits: readonly ValuedExit[]): readonly ExitSum[] {
  return exits.flatMap(({ exit, value }) => (typeof value === 'string' ? [] : [{ exit, usd: value.pnlUsd }]));
}

function sumOf(of: readonly ExitSum[]): number {
  return of.reduce((sum, { usd }) => sum + usd, 0);
}
