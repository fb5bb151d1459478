import type { SoftenedExit } from '../../../handlers/common/kept-exits.ts';
import {
  FUNDING_BOUNDS,
  type FundedUsd,
  type FundingSum,
  fundedUsd,
  fundingSum,
} from '../../market/player/held-funding.ts';
import type { NotValued, ValuationRules } from './kept-parts.ts';
import { countBy, sum } from './money.ts';
import { type Sureness, surenessOf } from './uncertainty.ts';
import type { ValuedExit } from './valuation.ts';

/** What the difference came to in money: the candidate less what was decided, each decision by itself. */
export interface CandidateMoney extends Sureness {
  readonly horizon_sec: number;
  readonly fee_bps: number;
  /** Exits or plans on which the difference is one of money. */
  readonly effects: number;
  readonly valued: number;
  readonly not_valued: Readonly<Partial<Record<NotValued, number>>>;
  readonly pnl_usd: number;
  readonly funding: FundingSum;
}

/** A decision on which the difference is one of money: what it came to, or why that is not known, and funding in it. */
export interface Effect {
  readonly exit: SoftenedExit;
  readonly usd: number | NotValued;
  readonly funding: readonly FundedUsd[];
}

/** The effect of a valued exit or plan that came to this much, US dollars; `sign` -1 takes it off. */
export function effectOf(exit: SoftenedExit, value: ValuedExit['value'], usd: number, sign: 1 | -1): Effect {
  if (typeof value === 'string') return { exit, usd: value, funding: [] };
  return { exit, usd: sign * usd, funding: [fundedUsd(value.funding, value.keptUsd, value.endMs, sign)] };
}

/** What effects come to, and how sure that is. */
export function moneyOf(effects: readonly Effect[], fromMs: number, rules: ValuationRules): CandidateMoney {
  const known = effects.flatMap(({ exit, usd }) => (typeof usd === 'string' ? [] : [{ exit, usd }]));
  return {
    ...{ horizon_sec: rules.horizonMs / 1000, fee_bps: rules.feeBps, effects: effects.length, valued: known.length },
    not_valued: countBy(effects.flatMap(({ usd }) => (typeof usd === 'string' ? [usd] : []))),
    pnl_usd: sum(known.map(({ usd }) => usd)),
    funding: fundingSum(
      effects.flatMap(({ usd, funding }) => (typeof usd === 'string' ? [] : [funding])),
      rules.funding?.bounds ?? FUNDING_BOUNDS,
    ),
    ...surenessOf(known, { fromMs, endMs: rules.endMs, horizonMs: rules.horizonMs }),
  };
}
