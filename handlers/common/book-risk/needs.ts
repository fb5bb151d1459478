import { judgingFigures, riskSettingOf } from '../../../schemas/book-risk.ts';
import type { GovernorSettings } from '../../../schemas/governor.ts';
import type { HashFact } from '../../contract/reads.ts';
import { figureNow } from './judged.ts';
import { storedCorrelation, storedDays } from './stored.ts';

/** Whether shock counts the worst days of symbols in the data: where the feeds tell them, with `RISK_SHOCK` on. */
export function countsWorstDays({
  GOV_MAX_SHOCK_PCT,
  RISK_SHOCK,
}: Pick<GovernorSettings, 'GOV_MAX_SHOCK_PCT' | 'RISK_SHOCK'>): boolean {
  return GOV_MAX_SHOCK_PCT !== undefined && RISK_SHOCK !== 'off';
}

/** What of the governor's settings rests on the risk of the book. */
type RiskNeeds = Pick<
  GovernorSettings,
  'GOV_MAX_SHOCK_PCT' | 'GOV_MAX_CORRELATED_HEAT_PCT' | (typeof riskSettingOf)[keyof typeof riskSettingOf]
>;

/** The settings that judge plans by a figure of the book's risk which is not known now, whatever the plan. */
export function unmetRiskNeeds(risk: HashFact | undefined, settings: RiskNeeds, nowMs: number): readonly string[] {
  const isUnknown = {
    GOV_MAX_SHOCK_PCT: countsWorstDays(settings) && storedDays(risk, nowMs) === undefined,
    GOV_MAX_CORRELATED_HEAT_PCT:
      settings.GOV_MAX_CORRELATED_HEAT_PCT !== undefined && storedCorrelation(risk, nowMs) === undefined,
  };
  const figures = judgingFigures(settings).filter((figure) => figureNow(risk, figure, nowMs) === undefined);
  const limits = Object.entries(isUnknown).flatMap(([name, unknown]) => (unknown ? [name] : []));
  return [...figures.map((figure) => `${riskSettingOf[figure]}=judge`), ...limits];
}
