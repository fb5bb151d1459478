/** The gates of a played market and the modes they run in: the heat gate only says what it would do. */
export const PLAY_MODES = { 'heat-gate': 'shadow', 'risk-governor': 'enforce', governor: 'production' } as const;

/**
 * The settings of a played market where they differ from the defaults: caps that fit a book of about four times its equity, and
 * budgets that can still be looked at a day after its clock stood still.
 */
export const PLAY_SETTINGS = {
  P26_MODE: PLAY_MODES['heat-gate'],
  P28_MODE: PLAY_MODES['risk-governor'],
  GOV_MODE: PLAY_MODES.governor,
  BASE_RISK_PCT: '0.6',
  MAX_BUDGET_K: '60000',
  BUDGET_HASH_TTL_SEC: '86400',
  GOV_MAX_OPEN_POSITIONS: '9',
  GOV_MAX_NOTIONAL_PER_TRADE_USDT: '42000',
  GOV_MAX_TOTAL_NOTIONAL_USDT: '350000',
  GOV_SYMBOL_COOLDOWN_SECONDS: '14400',
} as const;

/** The limits of the guarded demo. An hour has one reading of the account, so that one confirms itself. */
export const GUARD_SETTINGS = {
  GOV_MAX_DAILY_LOSS_PCT: '5',
  GOV_MAX_DRAWDOWN_PCT: '20',
  GOV_MAX_SHOCK_PCT: '60',
  GOV_LOSS_CONFIRMATIONS: '1/1',
  GOV_LOSS_RELEASE: 'day',
} as const;

/** The gate that issues permits: in testnet mode nothing real rests on them. */
export const PERMIT_GATE = 'governor';

/** Who looks for losses: it plays where loss limits are set. */
export const LOSS_WATCHER = 'governor-watch';

/** The handlers that play: all that a message of the player passes, none that waits for the clock on the wall. */
export const PLAY_HANDLERS = [
  'heat-gate',
  'heat-monitor',
  'heat-bridge',
  'risk-governor',
  'governor',
  'governor-results',
] as const;
