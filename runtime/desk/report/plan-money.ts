import type { SoftenedExit } from '../../../handlers/common/kept-exits.ts';
import type { Opening } from '../../../handlers/common/openings.ts';
import type { PlannedOpening } from '../../../handlers/common/planned-openings.ts';
import {
  FUNDING_BOUNDS,
  type FundedUsd,
  type FundingSum,
  fundedUsd,
  fundingSum,
} from '../../market/player/held-funding.ts';
import { type AdjustedEnd, type AdjustedExit, adjusted, piecesFunding } from './adjusted.ts';
import type { NotPlayed, PlayedPlans } from './counterfactuals.ts';
import { type DeflatedSharpe, deflatedSharpe } from './deflated-sharpe.ts';
import type { NotValued, ValuationRules } from './kept-parts.ts';
import type { MarkSource } from './marks.ts';
import { countBy, sum } from './money.ts';
import { dailyOf, type Sureness, surenessOf } from './uncertainty.ts';
import { type ValuedExit, valued } from './valuation.ts';

/** Plans counted under one name: how many, those that could be valued and their worth, and what they would have earned; US dollars. */
export interface PlanMoneyRow {
  readonly name: string;
  readonly plans: number;
  readonly valued: number;
  readonly usd: number;
  readonly direct_usd: number;
  readonly adjusted_usd: number;
}

/** What plans that did not open anything would have earned or lost, up to the strategy's next exit of the symbol, else the horizon. */
export interface PlanMoney {
  readonly horizon_sec: number;
  readonly fee_bps: number;
  readonly plans: number;
  readonly valued: number;
  readonly not_valued: Readonly<Partial<Record<NotValued, number>>>;
  /** What the valued ones were worth. */
  readonly usd: number;
  /** Each plan by itself, all other trades unchanged. */
  readonly direct: { readonly pnl_usd: number; readonly funding: FundingSum } & Sureness;
  /** Each trade once: what a strategy asks for again while it would hold it already is left out, and it gives way to other trades. */
  readonly adjusted: {
    readonly pnl_usd: number;
    readonly funding: FundingSum;
    readonly plans: number;
    readonly repeats: number;
    /** Worth of what ended, by what ended it. */
    readonly ended_usd: Readonly<Partial<Record<AdjustedEnd, number>>>;
  } & Sureness;
  /** What blocking them earned by the day (the direct reading, its sign turned), by how many policies were tried on these days. */
  readonly sharpe: DeflatedSharpe;
  readonly played: PlayedPlans | NotPlayed;
  readonly by_reason: readonly PlanMoneyRow[];
  readonly by_strategy: readonly PlanMoneyRow[];
}

/** What is valued of plans besides the plans. */
export interface PlansAbout {
  readonly openings: readonly Opening[];
  readonly rules: ValuationRules;
  /** Unix ms of the first decision that was looked at. */
  readonly fromMs: number;
  /** Policies of the gate that were tried on these days; null where that is not known. */
  readonly tries: number | null;
  /** The month again without these blocks, or why it was not played. */
  readonly played: PlayedPlans | NotPlayed;
}

/** What a plan came to, US dollars; undefined where it could not be valued. */
export interface PlanWorth {
  readonly plan: PlannedOpening;
  readonly value: ValuedExit['value'];
  readonly directUsd: number | undefined;
}

/** What each plan would have earned by itself, both fees taken off. */
export async function planWorths(
  plans: readonly PlannedOpening[],
  sources: readonly MarkSource[],
  { openings, rules }: Pick<PlansAbout, 'openings' | 'rules'>,
): Promise<{ readonly worths: readonly PlanWorth[]; readonly valuation: Awaited<ReturnType<typeof valued>> }> {
  // The two ways of keeping a part close it once; a plan is opened as well: its fees are taken off here.
  const valuation = await valued(plans.map(asKept), sources, [], { ...rules, feeBps: 0 }, { openings });
  const worths = plans.map((plan, at): PlanWorth => {
    const value = valuation.exits[at]?.value ?? 'no_mark';
    if (typeof value === 'string') return { plan, value, directUsd: undefined };
    const { paidUsd } = fundedUsd(value.funding, value.keptUsd, value.endMs);
    return {
      plan,
      value,
      directUsd: lessFees(value, { usd: value.keptUsd, pnlUsd: value.pnlUsd, paidUsd }, rules.feeBps),
    };
  });
  return { worths, valuation };
}

/** The money of plans, in the readings there are. */
export async function planMoney(
  plans: readonly PlannedOpening[],
  sources: readonly MarkSource[],
  about: PlansAbout,
): Promise<PlanMoney> {
  const { rules, openings, fromMs } = about;
  const bounds = rules.funding?.bounds ?? FUNDING_BOUNDS;
  const { worths, valuation } = await planWorths(plans, sources, about);
  const once = firstOfEach(worths);
  const exits = valuation.exits.filter((_one, at) => once.has(at));
  const parts = await adjusted({ ...valuation, exits }, openings, { ...rules, feeBps: 0 });
  const adjustedUsd = new Map([...once].map((at, nth) => [at, piecesUsd(parts.exits[nth], rules.feeBps)] as const));
  const known = worths.flatMap(({ directUsd }, at) => (directUsd === undefined ? [] : [{ at, usd: directUsd }]));
  const time = { fromMs, endMs: rules.endMs, horizonMs: rules.horizonMs };
  const sumsOf = (of: readonly { readonly at: number; readonly usd: number }[]) =>
    of.flatMap(({ at, usd }) => (valuation.exits[at] === undefined ? [] : [{ exit: valuation.exits[at].exit, usd }]));
  const sure = (of: Parameters<typeof sumsOf>[0]) => surenessOf(sumsOf(of), time);
  const knownOnce = [...adjustedUsd].flatMap(([at, usd]) => (usd === undefined ? [] : [{ at, usd }]));
  const rowsBy = (name: (plan: PlannedOpening) => string) => rowsOf(worths, adjustedUsd, name);
  return {
    ...{ horizon_sec: rules.horizonMs / 1000, fee_bps: rules.feeBps, plans: plans.length, valued: known.length },
    not_valued: countBy(worths.flatMap(({ value }) => (typeof value === 'string' ? [value] : []))),
    usd: sum(worths.map(({ plan, directUsd }) => (directUsd === undefined ? 0 : (plan.usd ?? 0)))),
    direct: {
      pnl_usd: sum(known.map(({ usd }) => usd)),
      funding: fundingSum(worthsFunding(worths), bounds),
      ...sure(known),
    },
    adjusted: {
      ...{ pnl_usd: sum(knownOnce.map(({ usd }) => usd)), plans: once.size, repeats: known.length - once.size },
      funding: fundingSum(piecesFunding(parts.exits), bounds),
      ended_usd: endedUsd(parts.exits),
      ...sure(knownOnce),
    },
    sharpe: deflatedSharpe(
      dailyOf(sumsOf(known), time).map((usd) => -usd),
      about.tries,
    ),
    played: about.played,
    by_reason: rowsBy(({ reason }) => reason),
    by_strategy: rowsBy(({ strategy }) => strategy),
  };
}

/** A plan as what is kept of a position: all of it, until the strategy leaves. */
function asKept({ atMs, symbol, planId, reason, side, usd, nextExitMs }: PlannedOpening): SoftenedExit {
  return {
    ...{ atMs, symbol, planId, reason, side, notionalUsd: usd, nextFullCloseMs: nextExitMs },
    ...{
      enforced: false,
      bucket: 'COLD',
      softenedTo: 'PARTIAL_25',
      keptShare: 1,
      heat: undefined,
      closedMs: undefined,
    },
  };
}

/** Opening and closing each cost the fee of what is traded: at the end that is the worth and what was earned on its side. */
function lessFees({ side }: { readonly side: 1 | -1 }, { usd, pnlUsd, paidUsd }: Earned, feeBps: number): number {
  return pnlUsd - (feeBps / 10_000) * (2 * usd + side * (pnlUsd + paidUsd));
}

/** What was held, what it earned less funding, and that funding; US dollars. */
interface Earned {
  readonly usd: number;
  readonly pnlUsd: number;
  readonly paidUsd: number;
}

/** The funding of the plans that could be valued. */
function worthsFunding(worths: readonly PlanWorth[]): readonly (readonly FundedUsd[])[] {
  return worths.flatMap(({ value }) =>
    typeof value === 'string' ? [] : [[fundedUsd(value.funding, value.keptUsd, value.endMs)]],
  );
}

/** The valued plans without those that their strategy asked for again while one on that side would have been held. */
function firstOfEach(worths: readonly PlanWorth[]): ReadonlySet<number> {
  const heldUntil = new Map<string, number>();
  const once = new Set<number>();
  for (const [at, { plan, value }] of worths.entries()) {
    if (typeof value === 'string') continue;
    const key = `${plan.strategy} ${plan.symbol} ${value.side}`;
    if (plan.atMs < (heldUntil.get(key) ?? Number.NEGATIVE_INFINITY)) continue;
    heldUntil.set(key, value.endMs);
    once.add(at);
  }
  return once;
}

function piecesUsd(exit: AdjustedExit | undefined, feeBps: number): number | undefined {
  if (exit === undefined || typeof exit.pieces === 'string') return undefined;
  const side = exit.exit.side ?? 1;
  return sum(exit.pieces.map(({ funding, ...of }) => lessFees({ side }, { ...of, paidUsd: funding.paidUsd }, feeBps)));
}

function endedUsd(exits: readonly AdjustedExit[]): Partial<Record<AdjustedEnd, number>> {
  const ended: Partial<Record<AdjustedEnd, number>> = {};
  for (const { pieces } of exits) {
    if (typeof pieces === 'string') continue;
    for (const { usd, end } of pieces) ended[end] = (ended[end] ?? 0) + usd;
  }
  return ended;
}

function rowsOf(
  worths: readonly PlanWorth[],
  adjustedUsd: ReadonlyMap<number, number | undefined>,
  nameOf: (plan: PlannedOpening) => string,
): readonly PlanMoneyRow[] {
  const rows = new Map<string, { -readonly [K in keyof PlanMoneyRow]: PlanMoneyRow[K] }>();
  for (const [at, { plan, directUsd }] of worths.entries()) {
    const name = nameOf(plan);
    const row = rows.get(name) ?? { name, plans: 0, valued: 0, usd: 0, direct_usd: 0, adjusted_usd: 0 };
    rows.set(name, row);
    row.plans += 1;
    if (directUsd === undefined) continue;
    row.valued += 1;
    row.usd += plan.usd ?? 0;
    row.direct_usd += directUsd;
    row.adjusted_usd += adjustedUsd.get(at) ?? 0;
  }
  return [...rows.values()].sort((a, b) => b.plans - a.plans || a.name.localeCompare(b.name));
}
