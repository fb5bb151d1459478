import { z } from 'zod';
import {
  judgingFigures,
  type RiskFigure,
  type RiskSettings,
  riskFigures,
  riskSettingOf,
  riskSettings,
} from './book-risk.ts';
import { numberAboveSetting, numberSetting, offSetting } from './setting.ts';

/** The gate beside whose policy it is kept which figures are on. */
export const FIGURES_GATE = 'heat-gate';
const LARGEST_LIMIT = 1000;

/** The two limits of each figure: there it counts as a heat of `HEAT_MIN`, and of `HEAT_MAX`. */
export const riskLimitsOf = {
  shock: ['RISK_SHOCK_MIN', 'RISK_SHOCK_MAX'],
  leverage: ['RISK_LEVERAGE_MIN', 'RISK_LEVERAGE_MAX'],
  correlated_heat: ['RISK_CORRELATED_HEAT_MIN', 'RISK_CORRELATED_HEAT_MAX'],
  expected_shortfall: ['RISK_EXPECTED_SHORTFALL_MIN', 'RISK_EXPECTED_SHORTFALL_MAX'],
  margin: ['RISK_MARGIN_MIN', 'RISK_MARGIN_MAX'],
} as const satisfies Readonly<Record<RiskFigure, readonly [string, string]>>;

type RiskLimit = (typeof riskLimitsOf)[RiskFigure][number];

/** The names of all limits of figures. */
export const riskLimitNames: readonly RiskLimit[] = Object.values(riskLimitsOf).flat();

/** The names of what says which figures judge. */
export const riskModeNames: readonly (typeof riskSettingOf)[RiskFigure][] = Object.values(riskSettingOf);

/** What every gate that judges by heat has: the thresholds of the heat, and which figures judge beside it, by which limits. */
export const judgingSettings = {
  HEAT_MIN: numberSetting(0, Infinity, 0.25),
  HEAT_MAX: numberSetting(0, Infinity, 0.65),
  ...riskSettings,
  RISK_SHOCK_MIN: limitSetting(),
  RISK_SHOCK_MAX: limitSetting(),
  RISK_LEVERAGE_MIN: limitSetting(),
  RISK_LEVERAGE_MAX: limitSetting(),
  RISK_CORRELATED_HEAT_MIN: limitSetting(),
  RISK_CORRELATED_HEAT_MAX: limitSetting(),
  RISK_EXPECTED_SHORTFALL_MIN: limitSetting(),
  RISK_EXPECTED_SHORTFALL_MAX: limitSetting(),
  RISK_MARGIN_MIN: limitSetting(),
  RISK_MARGIN_MAX: limitSetting(),
} as const;

/** Thresholds of the heat (shares of equity), the figures that judge, and their limits in parts of equity. */
export type JudgingSettings = RiskSettings &
  Readonly<Record<'HEAT_MIN' | 'HEAT_MAX', number>> &
  Readonly<Record<RiskLimit, number | undefined>>;

/** What a logged judgment had of each figure that judged: parts of equity; a value that is null was not known. */
export const RecordedRisk = z.partialRecord(
  z.enum(riskFigures),
  z.object({ value: z.number().nullable(), min: z.number(), max: z.number() }),
);
export type RecordedRisk = z.output<typeof RecordedRisk>;

/** Refuses thresholds and limits that contradict each other, and a figure that judges without both of its limits. */
export function refuseJudgingContradictions(settings: JudgingSettings, context: z.RefinementCtx): void {
  const refuse = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
  const pairs = [['HEAT_MIN', 'HEAT_MAX'] as const, ...Object.values(riskLimitsOf)];
  for (const [lower, upper] of pairs) {
    const [min, max] = [settings[lower], settings[upper]];
    if (min === undefined || max === undefined || min < max) continue;
    refuse(lower, `expected less than ${upper} (${max}), got ${min}`);
  }
  for (const figure of judgingFigures(settings)) {
    for (const name of riskLimitsOf[figure].filter((limit) => settings[limit] === undefined)) {
      refuse(name, `expected a number above 0 beside ${riskSettingOf[figure]}=judge, got nothing`);
    }
  }
}

function limitSetting() {
  return offSetting(numberAboveSetting(0, LARGEST_LIMIT, LARGEST_LIMIT));
}
