import { RULES } from './strategy.ts';

/** The portfolio prefix of the demo: every key it touches starts with it. */
export const DEMO_PREFIX = 'demo';

/** The gates of the demo and the modes they run in: the heat gate only says what it would do. */
export const DEMO_MODES = { 'heat-gate': 'shadow', 'risk-governor': 'enforce', governor: 'production' } as const;

/** The demo's settings where they differ from the defaults: caps that fit its book of about four times its equity. */
export const DEMO_SETTINGS = {
  P26_MODE: DEMO_MODES['heat-gate'],
  P28_MODE: DEMO_MODES['risk-governor'],
  GOV_MODE: DEMO_MODES.governor,
  BASE_RISK_PCT: '0.6',
  MAX_BUDGET_K: '60000',
  GOV_MAX_OPEN_POSITIONS: '9',
  GOV_MAX_NOTIONAL_PER_TRADE_USDT: '42000',
  GOV_MAX_TOTAL_NOTIONAL_USDT: '350000',
  GOV_SYMBOL_COOLDOWN_SECONDS: '14400',
} as const;

/** The handlers that play: all that a message of the demo passes, none that waits for the clock on the wall. */
export const DEMO_HANDLERS = [
  'heat-gate',
  'heat-monitor',
  'heat-bridge',
  'risk-governor',
  'governor',
  'governor-results',
] as const;

/** The rules of the demo, in words. */
export const RULES_IN_WORDS = {
  core_book:
    `long BTCUSDT and ETHUSDT, short LTCUSDT and XRPUSDT, ${percent(RULES.coreShare)} of the starting equity each, ` +
    'from the first hour with a volatility to the end of the month',
  volatility: 'sample standard deviation of the last 24 hourly log returns, times the root of 24 for a day',
  entries:
    `${percent(RULES.entryShare)} of equity in the direction of the 24-hour return, in the hour in which that return ` +
    `crosses ${times(RULES.entrySigmas)}; one position a symbol, none in the core book's`,
  exits:
    `FULL_CLOSE at a gain of ${times(RULES.takeProfitSigmas)} of the entry (take_profit), at a loss of ` +
    `${times(RULES.stopLossSigmas)} (stop_loss, protective), else after ${RULES.holdHours} hours (max_hold)`,
  fills: 'at the close of the hour, in full, without fees or funding, and only with a permit',
  kill_score: `1 when the last hour moved by ${RULES.killScoreSigmas} hourly sigmas, in proportion below`,
  softening:
    'exits are executed as proposed; the part that a softened exit would have kept is marked from its close to that of ' +
    'the next exit of its symbol, or to the end of the month',
} as const;

function times(sigmas: number): string {
  return `${sigmas} daily ${sigmas === 1 ? 'sigma' : 'sigmas'}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
