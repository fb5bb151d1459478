import { judgedAlike } from '../../../handlers/common/book-risk/judged.ts';
import { judgedBeside, knownHeat, toldFigures, unknownHeat } from '../../../handlers/common/portfolio-heat.ts';
import type { JudgedFigures } from '../../../schemas/api/judged-figure.ts';
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
  const judged = judgedOf(parsed.data);
  /** What to cut, or what more risk does, follows from the heat where the heat alone decided. */
  const isHeats = judged === undefined || (judged.decides === null && judged.unknown === null);
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
    cooler: (isHeats && coolingOf(parsed.data)) || null,
    hotter: (isHeats && heatingOf(parsed.data)) || null,
    ...(judged !== undefined && { judged }),
  };
}

function judgedOf({ heat, cause, thresholds, risk }: HeatFacts): JudgedFigures | undefined {
  if (risk === undefined) return undefined;
  const limits = { HEAT_MIN: thresholds.heat_min, HEAT_MAX: thresholds.heat_max };
  const own = cause === undefined ? knownHeat(heat, limits) : unknownHeat(cause);
  return toldFigures(judgedBeside(own, judgedAlike(risk, limits), limits));
}
