import type { Hypothesis } from '../../schemas/evaluation.ts';
import { toJson } from '../../schemas/json.ts';
import { formatNumber, parseNumber, round10 } from '../../schemas/number.ts';
import type { HeatFacts } from '../common/portfolio-heat.ts';
import { isProposedExit, withFields } from '../common/supposed.ts';
import type { WhatIf } from '../contract/faces.ts';

/** What may be supposed of an exit, and which entries are one. */
export const exitWhatIf: WhatIf<HeatFacts> = { suppose: supposedHeat, claims: isProposedExit };

/** The facts of an exit with what is supposed in place of what was read. A supposed heat is of no known positions. */
function supposedHeat(facts: HeatFacts, { equity_usd, heat }: Hypothesis): HeatFacts {
  const read = parseNumber(facts.portfolio.fields?.equity_usd);
  const equityUsd = equity_usd ?? (heat !== undefined && (read === undefined || read <= 0) ? 1 : undefined);
  const portfolio =
    equityUsd === undefined ? facts.portfolio : withFields(facts.portfolio, { equity_usd: formatNumber(equityUsd) });
  if (heat === undefined) return { ...facts, portfolio };
  const riskUsd = round10(heat * (equityUsd ?? read ?? 1));
  const said = {
    status: 'priced',
    book_id: '',
    positions: 0,
    risk_usd: riskUsd,
    silent_positions: 0,
    silent_risk_usd: 0,
  };
  const book = {
    ...facts.book,
    status: 'priced' as const,
    riskUsd,
    sigmaMissing: [],
    notionalMissing: [],
    totalsJson: toJson(said),
    factsJson: toJson({ ...said, largest: [], remainder_usd: riskUsd }),
  };
  return { ...facts, portfolio, book };
}
