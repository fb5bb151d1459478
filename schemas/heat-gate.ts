import { z } from 'zod';
import type { RiskFigure } from './book-risk.ts';
import { HOUR_SEC } from './duration.ts';
import { knownExposureSettings } from './exposure.ts';
import { judgingSettings, refuseJudgingContradictions, riskLimitNames } from './judged-figures.ts';
import { choiceSetting, numberAboveSetting, numberSetting, setting } from './setting.ts';
import { wordRun } from './words.ts';

/** How the heat gate may be run: `shadow` only publishes what it would do, `enforce` also rewrites the live hash. */
export const heatModes = ['shadow', 'enforce'] as const;

/** The heat buckets of contract §1, coldest first. */
export const heatBuckets = ['COLD', 'WARM', 'HOT'] as const;
export type HeatBucket = (typeof heatBuckets)[number];

/** Why the heat is unknown, so that the gate fails closed; of several, the first in this order (contract §1). */
export const heatCauses = [
  'portfolio_state_missing',
  'portfolio_state_stale',
  'invalid_equity',
  'equity_doubted',
  'positions_unreadable',
  'no_positions',
  'positions_stale',
  'nothing_priced',
  'handler_failed',
] as const;
export type HeatCause = (typeof heatCauses)[number];

/** What is missing of single positions: they are left out of the sum, and counted beside the causes (contract §1). */
export const heatGaps = ['sigma_missing', 'notional_missing'] as const;

/** What a logged exit said for itself (`input` of the decision log). */
export const RecordedExit = z.object({ reason: z.string().optional(), reason_codes: z.string().optional() });

/** The exits into which a full close may be softened. */
export const softenedActions = ['PARTIAL_25', 'PARTIAL_75'] as const;
export type SoftenedAction = (typeof softenedActions)[number];

/** Why an exit was softened, or a full close passed by heat. */
export type HeatReason =
  | `portfolio_heat_${Lowercase<HeatBucket>}`
  | `fail_closed_${HeatCause}`
  | `portfolio_${RiskFigure}_${'warm' | 'hot' | 'unknown'}`;

/** The `reason` of `harvest.calibrated` and `downgrade_reason` of the live hash (contract §1). */
export type CalibratedReason =
  | HeatReason
  | 'partial_unchanged'
  | 'non_full_close_unchanged'
  | 'protective_exit_unchanged'
  | 'equity_doubted';

/** The `heat_level` of `harvest.heat.decision`: `unknown` when the gate failed closed. */
export type HeatLevel = Lowercase<HeatBucket> | 'unknown';

/** The `heat_action` of `harvest.heat.decision`. */
export type HeatAction = 'NONE' | 'DOWNGRADE_FULL_TO_PARTIAL';

/** The reasons of exits that only protect: the default of `P26_PROTECTIVE_REASONS`. */
const PROTECTIVE_REASONS = 'stop_loss,sl_hit,liquidation,margin_call,kill_switch,emergency';

/** The settings that the position book's heat rests on; every handler that asks for it has them. */
export const bookHeatSettings = {
  P26_SNAPSHOT_MAX_AGE_SEC: numberSetting(0, Infinity, 900),
  P26_SIGMA_HORIZON_SEC: numberAboveSetting(0, Infinity, HOUR_SEC),
  ...knownExposureSettings,
} as const;

/** Seconds: how long a silent symbol counts (0: for ever), and the span of a market `sigma` that does not say its own. */
export interface BookHeatSettings {
  readonly P26_SNAPSHOT_MAX_AGE_SEC: number;
  readonly P26_SIGMA_HORIZON_SEC: number;
  /** Seconds after which a book whose stream cannot be read is not known. */
  readonly GOV_STATE_MAX_AGE_SEC: number;
}

const SettingsShape = z.object({
  P26_MODE: choiceSetting(heatModes, 'shadow'),
  ...judgingSettings,
  P26_PROTECTIVE_REASONS: protectiveReasonsSetting(),
  ...bookHeatSettings,
  P26_STATE_MAX_AGE_SEC: numberSetting(0, Infinity, 0),
  P26_POLL_SEC: numberAboveSetting(0, HOUR_SEC, 2),
});

/** Settings of the heat gate: heat thresholds (heat is a share of equity), seconds, and protective reasons as runs of words. */
export type HeatSettings = z.output<typeof SettingsShape>;

/** The documented names of the heat gate's settings. */
export const heatSettingNames: readonly string[] = Object.keys(SettingsShape.shape);

/** Those of them that a policy may set. */
export const heatPolicySettings = [
  'HEAT_MIN',
  'HEAT_MAX',
  'P26_PROTECTIVE_REASONS',
  'P26_SNAPSHOT_MAX_AGE_SEC',
  'P26_SIGMA_HORIZON_SEC',
  'P26_STATE_MAX_AGE_SEC',
  ...riskLimitNames,
] as const satisfies readonly (keyof HeatSettings)[];

/** Parses the settings of the heat gate and checks that its thresholds, and the limits of its figures, are in order. */
export const HeatSettings = SettingsShape.superRefine(refuseJudgingContradictions);

function protectiveReasonsSetting() {
  return setting('a comma list of words (empty: none)', protectiveRuns(PROTECTIVE_REASONS) ?? [], protectiveRuns);
}

/** Each reason of a comma list as a run of words, or `undefined` when one of them has no word; blanks are no reason. */
function protectiveRuns(text: string): readonly string[] | undefined {
  const reasons = text.split(',').filter((reason) => reason.trim() !== '');
  const runs = reasons.map(wordRun);
  return runs.includes('') ? undefined : runs;
}
