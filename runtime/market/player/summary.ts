import { cents } from '../../../schemas/number.ts';
import { type EquityFigures, equityOf } from './equity-path.ts';
import { fundingInCents, type PlayFunding } from './funded-book.ts';
import type { FundingSum } from './held-funding.ts';
import { KEPT_HOURS, type SofteningResult } from './softening.ts';

/** The names of the three buckets, calmest first (contract §1). */
export const BUCKETS = ['COLD', 'WARM', 'HOT'] as const;
export type Bucket = (typeof BUCKETS)[number];

/** How many of each, by name. */
export type Counts = Readonly<Record<string, number>>;

/** One hour with a volatility, as the gates saw it. */
export interface HourRecord {
  /** ISO 8601, the moment the hour closed. */
  readonly at: string;
  readonly heat: number;
  readonly bucket: Bucket;
  readonly equity_usd: number;
  /** Budget in dollars of every active symbol. */
  readonly budgets_usd: Counts;
}

/** What a played market came to. Dollars are rounded to cents; every figure follows from the candles and the stated rules alone. */
export interface Summary {
  /** Only of the demo. */
  readonly month?: string;
  readonly symbols: readonly string[];
  readonly modes: Readonly<Record<string, string>>;
  /** The settings in which the demo differs from the defaults. */
  readonly settings: Readonly<Record<string, string>>;
  readonly rules: Readonly<Record<string, string>>;
  readonly hours: {
    readonly played: number;
    /** Hours before the first volatility, without positions. */
    readonly warm_up: number;
    readonly by_bucket: Readonly<Record<Bucket, number>>;
  };
  readonly equity: EquityFigures;
  readonly exits: {
    readonly proposed: number;
    readonly by_rule: Counts;
    readonly softened: number;
    readonly softened_to: Counts;
    /** By the heat gate's reason. */
    readonly by_reason: Counts;
  };
  readonly plans: {
    readonly entries: number;
    readonly exits: number;
    readonly entry_permits: number;
    readonly exit_permits: number;
    readonly blocks: number;
    readonly blocks_by_reason: Counts;
  };
  readonly budgets: {
    readonly calmest_hour: HourRecord;
    readonly worst_hour: HourRecord;
    /** Violation events over all hours. */
    readonly violations: number;
  };
  readonly softening: {
    /** A kept part is followed for so long at most. */
    readonly horizon_hours: number;
    readonly exits: number;
    readonly saved_usd: number;
    readonly cost_usd: number;
    /** Positive: softened exits would have earned so much more than the original ones. */
    readonly net_usd: number;
    /** Funding of the kept parts that is in it, and by how much what is not recorded moves it. */
    readonly funding: FundingSum;
  };
  /** Funding of the positions: the equity (not that of the budgets, which the gates saw) is less what is recorded of it. */
  readonly funding: PlayFunding;
  /** Only where the month was played on a local exchange. */
  readonly exchange?: ExchangeSummary;
  /** Only where loss limits were set: each that was reached or released, in order of time. */
  readonly losses?: readonly LossRecord[];
}

/** A loss limit that was reached or released. */
export interface LossRecord {
  /** ISO 8601, the close of the hour. */
  readonly at: string;
  readonly event: 'LOSS_LIMIT' | 'LOSS_RELEASED';
  /** Why it refuses, or why it was released. */
  readonly reason: string;
}

/** What the local exchange did, and what the feeds made of it. */
export interface ExchangeSummary {
  /** As the feeds name it. */
  readonly name: string;
  readonly orders_filled: number;
  /** By the exchange's error. */
  readonly orders_refused: Counts;
  readonly account_readings: number;
  /** Between what the feeds published and the strategy's own book, at worst over so many hours. */
  readonly largest_differences: {
    readonly hours: number;
    readonly equity_usd: number;
    readonly positions: number;
    readonly heat: number;
  };
}

/** What happened to one exit at the heat gate. */
export interface ExitRecord {
  readonly rule: string;
  /** The gate's reason. */
  readonly reason: string;
  /** The action it was softened to, if it was. */
  readonly softenedTo: string | undefined;
}

/** What happened to one plan at the governor. */
export interface PlanRecord {
  readonly kind: 'entry' | 'exit';
  /** Why it was blocked; `undefined` when it was permitted. */
  readonly blockedBy: string | undefined;
}

/** What does not change while it is played. */
export type Stated = Pick<Summary, 'month' | 'symbols' | 'modes' | 'settings' | 'rules' | 'exchange'>;

/** What softening and funding came to. */
interface MoneyResult {
  readonly softening: SofteningResult;
  readonly funding: PlayFunding;
}

/** Counts a market up, hour by hour. */
export class Tally {
  #warmUp = 0;
  #violations = 0;
  readonly #hours: HourRecord[] = [];
  readonly #equityUsd: number[] = [];
  readonly #exits: ExitRecord[] = [];
  readonly #plans: PlanRecord[] = [];

  addWarmUpHour(): void {
    this.#warmUp += 1;
  }

  /** `equityUsd` is less recorded funding, which the gates did not see. */
  addHour(hour: HourRecord, violations: number, equityUsd: number): void {
    this.#hours.push(hour);
    this.#equityUsd.push(equityUsd);
    this.#violations += violations;
  }

  addExit(exit: ExitRecord): void {
    this.#exits.push(exit);
  }

  addPlan(plan: PlanRecord): void {
    this.#plans.push(plan);
  }

  /** The summary of what was counted; at least one hour must have been. */
  summary(stated: Stated, startUsd: number, { softening, funding }: MoneyResult): Summary {
    const byHeat = this.#hours.toSorted((a, b) => a.heat - b.heat);
    const [calmest, worst] = [byHeat[0], byHeat.at(-1)];
    if (calmest === undefined || worst === undefined) throw new Error('expected at least one hour, got none');
    return {
      ...stated,
      hours: {
        played: this.#warmUp + this.#hours.length,
        warm_up: this.#warmUp,
        by_bucket: bucketsOf(this.#hours),
      },
      equity: equityOf(this.#equityUsd, startUsd),
      exits: exitsOf(this.#exits),
      plans: plansOf(this.#plans),
      budgets: { calmest_hour: inCents(calmest), worst_hour: inCents(worst), violations: this.#violations },
      softening: {
        horizon_hours: KEPT_HOURS,
        exits: softening.softenedExits,
        saved_usd: cents(softening.savedUsd),
        cost_usd: cents(softening.costUsd),
        net_usd: cents(cents(softening.savedUsd) - cents(softening.costUsd)),
        funding: fundingInCents(softening.funding),
      },
      funding: fundingInCents(funding),
    };
  }
}

function bucketsOf(hours: readonly HourRecord[]): Record<Bucket, number> {
  const counts = countBy(hours.map(({ bucket }) => bucket));
  return { COLD: counts.COLD ?? 0, WARM: counts.WARM ?? 0, HOT: counts.HOT ?? 0 };
}

function exitsOf(exits: readonly ExitRecord[]): Summary['exits'] {
  const softened = exits.flatMap(({ softenedTo }) => (softenedTo === undefined ? [] : [softenedTo]));
  return {
    proposed: exits.length,
    by_rule: countBy(exits.map(({ rule }) => rule)),
    softened: softened.length,
    softened_to: countBy(softened),
    by_reason: countBy(exits.map(({ reason }) => reason)),
  };
}

function plansOf(plans: readonly PlanRecord[]): Summary['plans'] {
  const blocks = plans.flatMap(({ blockedBy }) => (blockedBy === undefined ? [] : [blockedBy]));
  const count = (kind: PlanRecord['kind'], permitted: boolean) =>
    plans.filter((plan) => plan.kind === kind && (!permitted || plan.blockedBy === undefined)).length;
  return {
    entries: count('entry', false),
    exits: count('exit', false),
    entry_permits: count('entry', true),
    exit_permits: count('exit', true),
    blocks: blocks.length,
    blocks_by_reason: countBy(blocks),
  };
}

/** How often each word occurs, most frequent first, then by name. */
export function countBy(words: readonly string[]): Counts {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)));
}

function inCents(hour: HourRecord): HourRecord {
  const budgets = Object.entries(hour.budgets_usd).map(([symbol, usd]) => [symbol, cents(usd)] as const);
  return { ...hour, equity_usd: cents(hour.equity_usd), budgets_usd: Object.fromEntries(budgets) };
}
