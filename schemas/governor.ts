import { z } from 'zod';
import { riskSettings } from './book-risk.ts';
import { DAY_SEC, HOUR_SEC, MINUTE_MS } from './duration.ts';
import { exposureSettings, knownExposureSettings } from './exposure.ts';
import { lossReasons, lossSettingNames, lossSettings, refuseLossContradictions } from './loss-limits.ts';
import {
  booleanSetting,
  choiceSetting,
  integerSetting,
  numberAboveSetting,
  numberSetting,
  offSetting,
  optionalTextSetting,
  portSetting,
} from './setting.ts';
import { strategySettingNames, strategySettings } from './strategy-limits.ts';
import { symbolLimitsSetting, symbolsSetting } from './symbol-setting.ts';
import { streakSettings } from './trades.ts';

/** How the governor may be run (contract §4): `testnet` skips the production gates unless told not to, `dry_run` only says what it would do. */
export const governorModes = ['testnet', 'production', 'dry_run'] as const;

/** Where the governor's mode is named, and what holds when nobody said: the same for all its handlers. */
export const governorModeSpec = {
  settings: ['GOV_MODE', 'APPLY_MODE'],
  values: governorModes,
  initial: 'testnet',
} as const;

/** What the trading state may be: REDUCING refuses OPEN, HALTED acts as the kill switch (contract §4). */
export const tradingStates = ['ACTIVE', 'REDUCING', 'HALTED'] as const;
export type TradingState = (typeof tradingStates)[number];

/** Why a plan is denied by us (contract §4). */
export const governorReasons = [
  'kill_switch_active',
  'restored_unreleased',
  'plan_expired',
  ...Object.values(lossReasons),
  'consecutive_losses',
  'reducing_only',
  'disarmed',
  'strategy_paused',
  'symbol_not_allowed',
  'p28_budget_violation',
  'kill_score_critical',
  'symbol_cooldown',
  'hourly_limit_exceeded',
  'burst_limit_exceeded',
  'permits_per_minute_exceeded',
  'strategy_permits_exceeded',
  'duplicate_order',
  'max_positions_reached',
  'strategy_positions_reached',
  'max_qty_exceeded',
  'price_collar_exceeded',
  'notional_per_trade_exceeded',
  'symbol_notional_exceeded',
  'total_notional_exceeded',
  'strategy_notional_exceeded',
  'leverage_exceeded',
  'shock_exceeded',
  'correlated_heat_exceeded',
  'margin_exceeded',
  'caps_data_unavailable',
  'deadline_passed',
  'ask_unreadable',
  'evaluation_error',
] as const;
export type GovernorReason = (typeof governorReasons)[number];

/** How the permit that an asker got in its answer ended before its time. */
export const askEnds = ['permit_revoked', 'permit_used', 'permit_given_back'] as const;
export type AskEnd = (typeof askEnds)[number];

/** What the governor could not know, in the words of the `caps_data` check. */
export const dataGaps = [
  'positions_unknown',
  'position_unpriced',
  'plan_notional',
  'kill_score',
  'last_exec',
  'exec_times',
  'reservations',
  'data_lost',
  'loss_unknown',
  'equity_doubted',
  'plan_qty',
  'mark_price',
  'permit_times',
  'last_order',
  'equity_unknown',
  'margin_unknown',
  'risk_unknown',
  'strategy_unreadable',
  'strategy_use',
  'strategy_permits',
] as const;
export type DataGap = (typeof dataGaps)[number];

/** The entries of `governor.events` that the governor itself writes (contract §4). */
export const governorEvents = [
  'PERMIT',
  'BLOCK',
  'IGNORED',
  'DUPLICATE',
  'AUTO_DISARM',
  'KILL_ON',
  'KILL_OFF',
  'DATA_LOST',
  'DATA_REPORTED',
  'LOSS_LIMIT',
  'LOSS_WARNING',
  'LOSS_RELEASED',
  'LOSS_CONFIRMED',
  'LOSS_MARKS_LOST',
  'COOLDOWN_EXPIRED',
  'PERMIT_REVOKED',
  'PERMIT_WITHDRAWN',
  'EXECUTED_WITHOUT_PERMIT',
  'CALIBRATED_NOT_USED',
] as const;
export type GovernorEvent = (typeof governorEvents)[number];

/** Why the governor disarms itself (contract §4, Auto-disarm). */
export type DisarmReason = 'burst_limit_exceeded' | 'evaluation_errors';

/** What a missing figure means for an OPEN plan: `closed` refuses it, `open` lets it pass, marked. */
const failPolicies = ['closed', 'open'] as const;

/** Life of a permit, seconds (contract §4). */
export const PERMIT_TTL_SEC = 60;
/** Life of a block, seconds. */
export const BLOCK_TTL_SEC = HOUR_SEC;
/** Replies that a mailbox keeps at most: older ones nobody read. */
export const MAILBOX_KEEPS = 1_000;
/** Life of the marker that a plan had its permit, seconds. */
export const PERMITTED_TTL_SEC = DAY_SEC;
/** Life of what is remembered of a permit besides, seconds: it is gone when the marker of the permit is. */
export const TAKEN_BACK_TTL_SEC = PERMITTED_TTL_SEC - PERMIT_TTL_SEC;
/** Age at which the governor takes a permit back that nobody took, milliseconds: shortly before it would expire. */
export const WITHDRAW_AFTER_MS = 59_000;
/** Life of what is remembered of the last permit of a symbol, seconds: longer than the longest cooldown that may be asked for. */
export const LAST_EXEC_TTL_SEC = 90_000;
/** Life of what is remembered of a permitted order, so that a repeat is known, seconds: the longest that may be asked for. */
export const LAST_ORDER_TTL_SEC = HOUR_SEC;
/** Oldest budget that still decides, milliseconds. */
export const BUDGET_MAX_AGE_MS = MINUTE_MS;
/** A `budget.violation` younger than this refuses, milliseconds. */
export const VIOLATION_MAX_AGE_MS = 30_000;
/** The span of the burst limit, and of counted evaluation errors, milliseconds. */
export const FIVE_MINUTES_MS = 5 * MINUTE_MS;

const SettingsShape = z.object({
  GOV_MAX_PLAN_AGE_SEC: numberAboveSetting(0, Infinity, 300),
  GOV_KILL_SCORE_CRITICAL: numberSetting(-Infinity, Infinity, 0.8),
  GOV_SYMBOL_COOLDOWN_SECONDS: numberSetting(0, DAY_SEC, 60),
  GOV_MAX_EXEC_PER_HOUR: integerSetting(0, Infinity, 3),
  GOV_MAX_EXEC_PER_5MIN: integerSetting(0, Infinity, 2),
  GOV_ENABLE_AUTO_DISARM: booleanSetting(true),
  GOV_DISARM_ON_BURST_BREACH: booleanSetting(true),
  GOV_DISARM_ON_ERROR_COUNT: integerSetting(1, Infinity, 5),
  GOV_MAX_OPEN_POSITIONS: integerSetting(0, Infinity, 10),
  GOV_MAX_NOTIONAL_PER_TRADE_USDT: numberSetting(0, Infinity, 200),
  GOV_MAX_TOTAL_NOTIONAL_USDT: numberSetting(0, Infinity, 2000),
  GOV_CAPS_FAIL_POLICY: choiceSetting(failPolicies, 'closed'),
  ...lossSettings,
  ...streakSettings,
  ...strategySettings,
  GOV_ALLOWED_SYMBOLS: offSetting(symbolsSetting()),
  GOV_MAX_QTY: offSetting(symbolLimitsSetting()),
  GOV_MAX_SYMBOL_NOTIONAL_USDT: offSetting(symbolLimitsSetting()),
  GOV_PRICE_COLLAR_PCT: offSetting(numberAboveSetting(0, 100, 100)),
  GOV_MAX_LEVERAGE: offSetting(numberAboveSetting(0, 1000, 1000)),
  GOV_MAX_SHOCK_PCT: offSetting(numberAboveSetting(0, 100, 100)),
  GOV_MAX_CORRELATED_HEAT_PCT: offSetting(numberAboveSetting(0, 1000, 1000)),
  GOV_MAX_MARGIN_PCT: offSetting(numberAboveSetting(0, 100, 100)),
  GOV_MARGIN_RATE_PCT: numberAboveSetting(0, 100, 2.5),
  GOV_MAX_PERMITS_PER_MINUTE: offSetting(integerSetting(1, 10_000, 1)),
  GOV_TESTNET_STRICT: booleanSetting(false),
  GOV_EXCHANGE_FILTERS: offSetting(choiceSetting(['report'], 'report')),
  GOV_DUPLICATE_SEC: offSetting(numberAboveSetting(0, LAST_ORDER_TTL_SEC, LAST_ORDER_TTL_SEC)),
  ...knownExposureSettings,
  GOV_RESERVATION_TTL_SEC: numberSetting(1, DAY_SEC, 120),
  GOV_METRICS_PORT: portSetting(8044),
  STREAM_PLANS: optionalTextSetting(),
  STREAM_RESULTS: optionalTextSetting(),
  STREAM_EVENTS: optionalTextSetting(),
  ...exposureSettings,
  ...riskSettings,
});

/** Settings of the governor: US dollars, seconds, counts, percent (contract §4). */
export type GovernorSettings = z.output<typeof SettingsShape>;

/** Those of them that a policy may set. */
export const governorPolicySettings = [
  'GOV_MAX_PLAN_AGE_SEC',
  'GOV_KILL_SCORE_CRITICAL',
  'GOV_SYMBOL_COOLDOWN_SECONDS',
  'GOV_MAX_EXEC_PER_HOUR',
  'GOV_MAX_EXEC_PER_5MIN',
  'GOV_ENABLE_AUTO_DISARM',
  'GOV_DISARM_ON_BURST_BREACH',
  'GOV_DISARM_ON_ERROR_COUNT',
  'GOV_MAX_OPEN_POSITIONS',
  'GOV_MAX_NOTIONAL_PER_TRADE_USDT',
  'GOV_MAX_TOTAL_NOTIONAL_USDT',
  'GOV_CAPS_FAIL_POLICY',
  'GOV_STATE_MAX_AGE_SEC',
  'GOV_POSITION_MAX_AGE_SEC',
  ...lossSettingNames,
  ...(Object.keys(streakSettings) as (keyof typeof streakSettings)[]),
  'GOV_ALLOWED_SYMBOLS',
  'GOV_MAX_QTY',
  'GOV_MAX_SYMBOL_NOTIONAL_USDT',
  'GOV_PRICE_COLLAR_PCT',
  'GOV_MAX_LEVERAGE',
  'GOV_MAX_SHOCK_PCT',
  'GOV_MAX_CORRELATED_HEAT_PCT',
  'GOV_MAX_MARGIN_PCT',
  'GOV_MARGIN_RATE_PCT',
  'GOV_MAX_PERMITS_PER_MINUTE',
  'GOV_DUPLICATE_SEC',
  'GOV_TESTNET_STRICT',
  'GOV_EXCHANGE_FILTERS',
  ...strategySettingNames,
] as const satisfies readonly (keyof GovernorSettings)[];

/** Parses the settings of the governor from the environment's texts. */
export const GovernorSettings: z.ZodType<GovernorSettings> = SettingsShape.superRefine(refuseLossContradictions);

/** The documented names of the governor's settings; its mode is named by the first two. */
export const governorSettingNames: readonly string[] = [
  ...governorModeSpec.settings,
  ...Object.keys(SettingsShape.shape),
];
