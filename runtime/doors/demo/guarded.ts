import type { Redis } from 'ioredis';
import type { MonthPair } from '../../../schemas/api/month-pair.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import type { LossRecord, Summary } from '../../market/player/summary.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { Readings } from './readings.ts';

/** The month played with limits on losses and on shock, beside the one without. Dollars are rounded to cents. */
export interface Guarded extends Pick<Summary, 'hours' | 'equity' | 'plans' | 'budgets'> {
  /** The settings in which it differs from the other. */
  readonly settings: Summary['settings'];
  /** The rules that are its own, in words. */
  readonly rules: Summary['rules'];
  readonly losses: readonly LossRecord[];
  /** What the limits cost: the equity at the end without them less that with them; below 0 where they saved. */
  readonly cost_usd: number;
  /** Points of percent by which the largest drawdown is smaller with them. */
  readonly drawdown_spared_percent: number;
}

/** A summary of the demo, with three readings of softening where it was played on paper, and the guarded month where that was played too. */
export type DemoSummary = Summary & { readonly readings?: Readings; readonly guarded?: Guarded };

/** The guarded month, set beside the one without limits. */
export function besideOf(without: Summary, guarded: Summary): Guarded {
  const { hours, equity, plans, budgets, losses = [] } = guarded;
  return {
    settings: unlike(guarded.settings, without.settings),
    rules: unlike(guarded.rules, without.rules),
    hours,
    equity,
    plans,
    budgets,
    losses,
    cost_usd: hundredths(without.equity.end_usd - equity.end_usd),
    drawdown_spared_percent: hundredths(without.equity.max_drawdown_percent - equity.max_drawdown_percent),
  };
}

/** Keeps both months for the console, in a word each: the second one deleted what the first had left. */
export async function keepBeside(
  redis: Redis,
  portfolio: Portfolio,
  { guarded, ...without }: DemoSummary,
): Promise<void> {
  if (guarded === undefined) return;
  const { settings, losses, cost_usd, drawdown_spared_percent } = guarded;
  const beside: MonthPair = {
    without: monthOf(without),
    with: monthOf(guarded),
    settings: { ...settings },
    losses: losses.map((loss) => ({ ...loss })),
    cost_usd,
    drawdown_spared_percent,
  };
  await redis.set(portfolio.key(runtimeKeys.demoBeside), JSON.stringify(beside));
}

function monthOf({ equity, plans }: Pick<Summary, 'equity' | 'plans'>): MonthPair['with'] {
  const { end_usd, lowest_usd, max_drawdown_percent } = equity;
  return { end_usd, lowest_usd, max_drawdown_percent, entry_permits: plans.entry_permits };
}

function unlike(these: Summary['rules'], others: Summary['rules']): Summary['rules'] {
  return Object.fromEntries(Object.entries(these).filter(([name, text]) => others[name] !== text));
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
