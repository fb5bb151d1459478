import { z } from 'zod';
import { DAY_SEC } from './duration.ts';
import { exposureSettings, knownExposureSettings } from './exposure.ts';
import { bookHeatSettings } from './heat-gate.ts';
import { judgingSettings, RecordedRisk, refuseJudgingContradictions, riskLimitNames } from './judged-figures.ts';
import { parseNumber } from './number.ts';
import {
  booleanSetting,
  choiceSetting,
  integerSetting,
  numberAboveSetting,
  numberSetting,
  optionalTextSetting,
  portSetting,
  quoted,
} from './setting.ts';
import { identifierProblem } from './wire.ts';

/** Symbols of one budget commit at most; a cycle with more is split into chunks. */
export const SYMBOLS_PER_CHUNK = 200;

/** How the risk governor may be run: `shadow` reports violations, `enforce` lets the governor block on them. */
export const budgetModes = ['shadow', 'enforce'] as const;

/** The portfolio state a cycle was computed from. */
export type StateSource = 'fresh' | 'last_known_good';

/** What a tick came to, as the decision log names it. */
export type CycleVerdict = 'BUDGETS' | 'NO_BUDGETS' | 'SPLIT' | 'SKIPPED';

/** Why a tick came to that, as the decision log names it. */
export type CycleReason =
  | 'fresh_state'
  | 'last_known_good_state'
  | 'portfolio_too_old'
  | 'no_active_symbols'
  | 'too_many_for_one_commit'
  | 'tick_too_old'
  | 'handler_failed';

/** Volatility regimes and what each adds to stress (contract §3). */
export const volRegimes: Readonly<Record<string, number>> = {
  LOW_VOL: 0,
  NORMAL_VOL: 0.33,
  HIGH_VOL: 0.67,
  EXTREME_VOL: 1,
};

const SettingsShape = z.object({
  P28_MODE: choiceSetting(budgetModes, 'shadow'),
  BASE_RISK_PCT: numberAboveSetting(0, 1, 0.02),
  ALPHA_HEAT: numberSetting(0, Infinity, 0.4),
  BETA_CLUSTER: numberSetting(0, Infinity, 0.4),
  GAMMA_VOL: numberSetting(0, Infinity, 0.2),
  MIN_BUDGET_K: numberSetting(0, Infinity, 500),
  MAX_BUDGET_K: numberSetting(0, Infinity, 10_000),
  STALE_SEC: numberAboveSetting(0, Infinity, 30),
  MAX_LKG_AGE_SEC: numberSetting(0, Infinity, 900),
  BUDGET_HASH_TTL_SEC: integerSetting(1, DAY_SEC, 300),
  BUDGET_COMPUTE_INTERVAL_SEC: numberSetting(0.1, 60, 10),
  HEAT_GATE_METRICS_URL: optionalTextSetting(),
  P28_TEST_MODE: booleanSetting(false),
  P28_PORT: portSetting(8049),
  ...judgingSettings,
  ...bookHeatSettings,
  ...exposureSettings,
  ...knownExposureSettings,
});

/** Settings of the risk governor: US dollars, seconds, shares of equity (contract §3). */
export type RiskGovernorSettings = z.output<typeof SettingsShape>;

/** The documented names of the risk governor's settings. */
export const riskGovernorSettingNames: readonly string[] = Object.keys(SettingsShape.shape);

/** Those of them that a policy may set. */
export const riskGovernorPolicySettings = [
  'BASE_RISK_PCT',
  'ALPHA_HEAT',
  'BETA_CLUSTER',
  'GAMMA_VOL',
  'MIN_BUDGET_K',
  'MAX_BUDGET_K',
  'STALE_SEC',
  'MAX_LKG_AGE_SEC',
  'P26_SNAPSHOT_MAX_AGE_SEC',
  'P26_SIGMA_HORIZON_SEC',
  'GOV_POSITION_MAX_AGE_SEC',
  'GOV_STATE_MAX_AGE_SEC',
  'HEAT_MIN',
  'HEAT_MAX',
  ...riskLimitNames,
] as const satisfies readonly (keyof RiskGovernorSettings)[];

/** Parses the settings of the risk governor and checks what must hold between them. */
export const RiskGovernorSettings = SettingsShape.superRefine((settings, context) => {
  refuseJudgingContradictions(settings, context);
  if (settings.MIN_BUDGET_K > settings.MAX_BUDGET_K) {
    const message = `expected at most MAX_BUDGET_K (${settings.MAX_BUDGET_K}), got ${settings.MIN_BUDGET_K}`;
    context.addIssue({ code: 'custom', path: ['MIN_BUDGET_K'], message });
  }
  if (settings.BUDGET_HASH_TTL_SEC < settings.BUDGET_COMPUTE_INTERVAL_SEC) {
    const message = `expected at least BUDGET_COMPUTE_INTERVAL_SEC (${settings.BUDGET_COMPUTE_INTERVAL_SEC}), got ${settings.BUDGET_HASH_TTL_SEC}`;
    context.addIssue({ code: 'custom', path: ['BUDGET_HASH_TTL_SEC'], message });
  }
});

/** What a logged cycle made its budgets of (`facts` of the decision log); figures of a symbol that are null are not known. */
export const RecordedCycle = z.object({
  equity_usd: z.number(),
  portfolio_heat: z.number(),
  risk: RecordedRisk.optional(),
  budgets: z.array(
    z.object({ cluster_stress: z.number(), vol_regime: z.number(), position_notional: z.number().nullable() }),
  ),
  more_positions: z.array(z.tuple([z.number(), z.number(), z.number().nullable()])),
});

/** Parsed `RecordedCycle`. */
export type RecordedCycle = z.output<typeof RecordedCycle>;

/** The same with the names of the symbols, and the budgets they were given, US dollars. */
export const JointCycle = RecordedCycle.extend({
  budgets: z.array(RecordedCycle.shape.budgets.element.extend({ symbol: z.string(), budget_usd: z.number() })),
});

/** The budgets that a logged cycle gave, in US dollars: those of the 64 symbols most over theirs, or most stressed, by name. */
export const RecordedBudgets = z.object({
  equity_usd: z.number(),
  budgets: z.array(z.object({ symbol: z.string(), budget_usd: z.number(), position_notional: z.number().nullable() })),
});

/** A trigger of a cycle, or, with `symbols`, of one chunk of it. */
export interface BudgetTick {
  readonly tickId: string;
  /** Unix ms at which the cycle was due. */
  readonly scheduledMs: number;
  /** The symbols of a chunk; undefined for a whole cycle. */
  readonly symbols: readonly string[] | undefined;
}

/** The symbols of a chunk as one field: with blanks between them, because a symbol may hold a comma but no blank. */
export function formatSymbols(symbols: readonly string[]): string {
  return symbols.join(' ');
}

const Symbols = z.string().transform((text, context) => {
  const symbols = text.split(' ');
  const bad = symbols.find((symbol) => identifierProblem(symbol) !== undefined);
  if (bad === undefined && symbols.length <= SYMBOLS_PER_CHUNK) return symbols;
  const got = bad === undefined ? `${symbols.length} of them` : quoted(bad);
  context.addIssue({ code: 'custom', message: `expected up to ${SYMBOLS_PER_CHUNK} symbols, got ${got}` });
  return z.NEVER;
});

const ScheduledMs = z.string().transform((text, context) => {
  const value = parseNumber(text);
  if (value !== undefined && value >= 0) return value;
  context.addIssue({ code: 'custom', message: `expected Unix milliseconds, got ${quoted(text)}` });
  return z.NEVER;
});

/** Parses an entry of the risk governor's tick stream. */
export const BudgetTick: z.ZodType<BudgetTick> = z
  .object({ tick_id: z.string().min(1), scheduled_ms: ScheduledMs, symbols: Symbols.optional() })
  .transform((entry) => ({ tickId: entry.tick_id, scheduledMs: entry.scheduled_ms, symbols: entry.symbols }));

/** The JSON of a `budget.violation` as it is reported (contract §3). */
export const ReportedViolation = z.object({
  symbol: z.string(),
  position_notional: z.number(),
  budget_usd: z.number(),
  over_budget: z.number(),
  mode: z.string().default(''),
  timestamp: z.number().optional(),
});
