import type { z } from 'zod';
import type { CandleInterval } from './candle.ts';
import { choiceSetting } from './setting.ts';

/** The figures of the book's risk, in parts of equity (docs/risk.md). */
export const riskFigures = ['shock', 'leverage', 'correlated_heat', 'expected_shortfall', 'margin'] as const;
export type RiskFigure = (typeof riskFigures)[number];

/** Why there is no figure; of several, the first in this order. */
export const riskGaps = [
  'equity_unknown',
  'positions_unknown',
  'sigma_missing',
  'not_enough_data',
  'margin_unknown',
] as const;
export type RiskGap = (typeof riskGaps)[number];

/** The setting of each figure. */
export const riskSettingOf = {
  shock: 'RISK_SHOCK',
  leverage: 'RISK_LEVERAGE',
  correlated_heat: 'RISK_CORRELATED_HEAT',
  expected_shortfall: 'RISK_EXPECTED_SHORTFALL',
  margin: 'RISK_MARGIN',
} as const satisfies Readonly<Record<RiskFigure, string>>;

const MODES = ['off', 'report', 'judge'] as const;
const WITHOUT_CANDLES: ReadonlySet<RiskFigure> = new Set(['leverage', 'margin']);
/** Returns without which there is no expected shortfall. */
const LEAST_SHORTFALL_RETURNS = 500;

/** Parses the settings of the figures; all are off unless they are set. */
export const riskSettings = {
  RISK_SHOCK: choiceSetting(MODES, 'off'),
  RISK_LEVERAGE: choiceSetting(MODES, 'off'),
  RISK_CORRELATED_HEAT: choiceSetting(MODES, 'off'),
  RISK_EXPECTED_SHORTFALL: choiceSetting(MODES, 'off'),
  RISK_MARGIN: choiceSetting(MODES, 'off'),
} as const;

/** The settings of the figures. */
export type RiskSettings = Readonly<Record<(typeof riskSettingOf)[RiskFigure], (typeof MODES)[number]>>;

/** The figures that are reported; those that judge are. */
export function reportedFigures(settings: RiskSettings): readonly RiskFigure[] {
  return riskFigures.filter((figure) => settings[riskSettingOf[figure]] !== 'off');
}

/** The figures that judge. */
export function judgingFigures(settings: RiskSettings): readonly RiskFigure[] {
  return riskFigures.filter((figure) => settings[riskSettingOf[figure]] === 'judge');
}

/** Refuses figures that there could never be: all but leverage and margin rest on hourly candles, the expected shortfall on many. */
export function refuseRiskContradictions(
  settings: RiskSettings & { readonly MARKET_INTERVAL: CandleInterval; readonly MARKET_LOOKBACK: number },
  context: z.RefinementCtx,
): void {
  const refuse = (figure: RiskFigure, message: string) =>
    context.addIssue({ code: 'custom', path: [riskSettingOf[figure]], message });
  const reported = reportedFigures(settings);
  const { MARKET_INTERVAL: interval, MARKET_LOOKBACK: lookback } = settings;
  for (const figure of reported) {
    if (interval === '1h' || WITHOUT_CANDLES.has(figure)) continue;
    const got = settings[riskSettingOf[figure]];
    refuse(figure, `expected off beside MARKET_INTERVAL=${interval}, got ${got}: it rests on candles of 1h`);
  }
  if (!reported.includes('expected_shortfall') || lookback > LEAST_SHORTFALL_RETURNS) return;
  const expected = `expected MARKET_LOOKBACK of ${LEAST_SHORTFALL_RETURNS + 1} at least beside it, got ${lookback}`;
  refuse('expected_shortfall', `${expected}: it needs ${LEAST_SHORTFALL_RETURNS} returns`);
}
