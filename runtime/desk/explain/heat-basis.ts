import { HeatFacts } from '../../../schemas/heat-facts.ts';
import { parseJson } from '../../../schemas/json.ts';
import { round10 } from '../../../schemas/number.ts';
import { coolingOf, heatingOf } from './cooling.ts';
import type { HeatBasis } from './explanation.ts';

/** What a heat decision was judged on, from its `facts`; null where they say nothing of heat (the judgment failed). */
export function heatBasis(facts: string | undefined): HeatBasis | null {
  const parsed = HeatFacts.safeParse(parseJson(facts));
  if (!parsed.success) return null;
  const { heat, bucket, cause, equity_usd, thresholds, book } = parsed.data;
  const partOf = (riskUsd: number) => (equity_usd === null ? null : round10(riskUsd / equity_usd));
  return {
    heat,
    bucket,
    cause: cause ?? null,
    equity_usd,
    risk_usd: book.risk_usd,
    ...thresholds,
    positions: book.largest.map((position) => ({ ...position, heat: partOf(position.risk_usd) })),
    others_risk_usd: book.remainder_usd,
    sigma_missing: book.sigma_missing,
    notional_missing: book.notional_missing,
    silent_positions: book.silent_positions,
    cooler: coolingOf(parsed.data) ?? null,
    hotter: heatingOf(parsed.data) ?? null,
  };
}
