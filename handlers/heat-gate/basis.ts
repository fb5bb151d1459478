import type { HeatSettings } from '../../schemas/heat-gate.ts';
import { toJson } from '../../schemas/json.ts';
import { round10 } from '../../schemas/number.ts';
import { failureJson } from '../common/failure-json.ts';
import { lastOf } from '../common/last-of.ts';
import { type HeatFacts, type PortfolioHeat, portfolioHeat, unknownHeat } from '../common/portfolio-heat.ts';
import type { Check } from '../contract/effects.ts';
import type { Failure } from '../contract/handler.ts';

/** A heat, and the checks it comes to: of a full close that heat decides over, and of any other exit. */
export interface Standards {
  readonly heat: PortfolioHeat;
  readonly decidingChecks: readonly Check[];
  readonly skippedChecks: readonly Check[];
}

/** What proposals of one moment are judged by: the same for all of them. */
export interface Basis extends Standards {
  /** JSON object for `debug_json`. */
  readonly debugJson: string;
  /** JSON object of the figures the judgment rests on, for the decision log. */
  readonly factsJson: string;
}

/** What proposals are judged by; worked out once for all that are judged on the same facts. */
export const basisOf = lastOf((facts: HeatFacts, settings: HeatSettings, nowMs: number, mode: string): Basis => {
  const heat = portfolioHeat(facts, settings, nowMs);
  const figures = figuresJson(heat, settings);
  return {
    ...standardsOf(heat, settings, mode),
    debugJson: withBook(figures, facts.book.totalsJson),
    factsJson: withBook(figures, facts.book.factsJson),
  };
});

/** What a proposal is judged by that could not be judged: nothing is known (contract §1, FAIL-CLOSED). */
export function failedBasis(failure: Failure, settings: HeatSettings, mode: string): Basis {
  const json = failureJson(failure);
  return { ...standardsOf(unknownHeat('handler_failed'), settings, mode), debugJson: json, factsJson: json };
}

/** What exits are judged by at a heat, under these thresholds and in this mode. */
export function standardsOf(heat: PortfolioHeat, settings: HeatSettings, mode: string): Standards {
  return {
    heat,
    decidingChecks: checksOf(heat, settings, (pass) =>
      pass ? 'pass' : mode === 'enforce' ? 'refuse' : 'would_refuse',
    ),
    skippedChecks: checksOf(heat, settings, () => 'skipped'),
  };
}

/** A full close needs a heat of `HEAT_MIN` to keep three quarters, of `HEAT_MAX` to pass whole; headroom is heat above the limit. */
function checksOf(
  { heat, cause }: PortfolioHeat,
  settings: HeatSettings,
  verdictOf: (pass: boolean) => Check['verdict'],
): readonly Check[] {
  const known = cause === undefined;
  const limits = { heat_min: settings.HEAT_MIN, heat_max: settings.HEAT_MAX };
  return Object.entries(limits).map(([gate, limit]) => ({
    gate,
    value: known ? heat : null,
    limit,
    headroom: known ? round10(heat - limit) : null,
    verdict: verdictOf(known && heat >= limit),
  }));
}

function figuresJson(heat: PortfolioHeat, settings: HeatSettings): string {
  return toJson({
    heat: heat.heat,
    bucket: heat.bucket,
    equity_usd: heat.equityUsd ?? null,
    equity_low_usd: heat.lowEquityUsd,
    cause: heat.cause,
    thresholds: { heat_min: settings.HEAT_MIN, heat_max: settings.HEAT_MAX },
  });
}

/** The figures with what the book says of itself as one more member, `book`. */
function withBook(figures: string, bookJson: string): string {
  return `${figures.slice(0, -1)},"book":${bookJson}}`;
}
