import { type RiskFigure, riskFigures } from '../../schemas/book-risk.ts';
import type { CheckWords } from '../../schemas/check-words.ts';
import { type CalibratedReason, type HeatCause, heatCauses } from '../../schemas/heat-gate.ts';
import { figureWords } from '../../schemas/risk-text.ts';
import type { ReasonWords } from '../contract/words.ts';

const CAUSES: Readonly<Record<HeatCause, string>> = {
  portfolio_state_missing: 'there was no portfolio state',
  portfolio_state_stale: 'the portfolio state was too old',
  invalid_equity: 'the portfolio state had no equity above 0',
  equity_doubted: 'a reading that left no equity was in doubt',
  positions_unreadable: 'the stream of positions could not be read for too long',
  no_positions: 'no position was ever reported',
  positions_stale: 'no position had been reported for too long',
  nothing_priced: 'no position had a price and a volatility',
  handler_failed: 'the judgment failed',
};

/** Why the heat gate did what it did. */
export const exitReasons: Readonly<Record<CalibratedReason, ReasonWords>> = {
  portfolio_heat_cold: 'the portfolio was COLD',
  portfolio_heat_warm: 'the portfolio was WARM',
  portfolio_heat_hot: 'the portfolio was HOT: a full close passes',
  partial_unchanged: 'only a full close is ever softened, and this is a partial one',
  non_full_close_unchanged: 'only a full close is ever softened',
  equity_doubted: 'a reading that left no equity was in doubt: then every exit passes',
  protective_exit_unchanged: 'an exit that protects, such as a stop loss, is never softened',
  ...unknownHeats(),
  ...judgedByFigures(),
};

/** How its two thresholds are called. */
export const exitChecks: Readonly<Record<'heat_min' | 'heat_max', CheckWords>> = {
  heat_min: { name: 'heat, to close three quarters', setting: 'HEAT_MIN' },
  heat_max: { name: 'heat, to close whole', setting: 'HEAT_MAX' },
};

function unknownHeats() {
  const told = heatCauses.map((cause) => [
    `fail_closed_${cause}`,
    `the heat was not known, because ${CAUSES[cause]}: then it counts as COLD`,
  ]);
  return Object.fromEntries(told) as Record<`fail_closed_${HeatCause}`, string>;
}

function judgedByFigures() {
  const told = riskFigures.flatMap((figure) => [
    [`portfolio_${figure}_warm`, `the ${figureWords(figure)} of the book was WARM`],
    [`portfolio_${figure}_hot`, `the ${figureWords(figure)} of the book was HOT: a full close passes`],
    [`portfolio_${figure}_unknown`, `the ${figureWords(figure)} of the book was not known: then every exit passes`],
  ]);
  return Object.fromEntries(told) as Record<`portfolio_${RiskFigure}_${'warm' | 'hot' | 'unknown'}`, string>;
}
