import { dollars } from './amount-text.ts';
import type { LoggedCheck } from './decision.ts';
import type { CloseGate, GovernorGate } from './governor.ts';
import { formatNumber } from './number.ts';

interface CheckWords {
  /** What is compared, in words. */
  readonly name: string;
  /** `USD`, `s`, or empty for counts and words. */
  readonly unit: string;
  /** The setting that sets the limit; empty where none does. */
  readonly setting: string;
}

/** How the gates of the governor, and the two thresholds of heat, are called where people read of them. */
const CHECKS: Readonly<Record<GovernorGate | CloseGate | 'heat_min' | 'heat_max', CheckWords>> = {
  kill_switch: { name: 'kill switch', unit: '', setting: '' },
  plan_age: { name: 'age of the plan', unit: 's', setting: 'GOV_MAX_PLAN_AGE_SEC' },
  trading_state: { name: 'trading state', unit: '', setting: '' },
  p28_budget: { name: 'risk budget of the symbol', unit: 'USD', setting: '' },
  kill_score: { name: 'kill score', unit: '', setting: 'GOV_KILL_SCORE_CRITICAL' },
  symbol_cooldown: { name: 'time since the last permit', unit: 's', setting: 'GOV_SYMBOL_COOLDOWN_SECONDS' },
  hourly_limit: { name: 'permits in an hour', unit: '', setting: 'GOV_MAX_EXEC_PER_HOUR' },
  burst_limit: { name: 'permits in 5 minutes', unit: '', setting: 'GOV_MAX_EXEC_PER_5MIN' },
  max_positions: { name: 'positions open or on their way', unit: '', setting: 'GOV_MAX_OPEN_POSITIONS' },
  notional_per_trade: { name: 'size of the plan', unit: 'USD', setting: 'GOV_MAX_NOTIONAL_PER_TRADE_USDT' },
  total_notional: { name: 'all positions with this plan', unit: 'USD', setting: 'GOV_MAX_TOTAL_NOTIONAL_USDT' },
  caps_data: { name: 'figures that are missing', unit: '', setting: 'GOV_CAPS_FAIL_POLICY' },
  close_size: { name: 'quantity to close', unit: '', setting: '' },
  close_side: { name: 'side that reduces the position', unit: '', setting: '' },
  heat_min: { name: 'heat, to close three quarters', unit: '', setting: 'HEAT_MIN' },
  heat_max: { name: 'heat, to close whole', unit: '', setting: 'HEAT_MAX' },
};

const VERDICTS: Readonly<Record<LoggedCheck['verdict'], string>> = {
  pass: 'pass',
  refuse: 'REFUSES',
  skipped: 'not judged',
  would_refuse: 'would refuse',
};

/** A check as the cells of a row: what is compared, value, limit, room left, verdict, setting. */
export function checkCells(check: LoggedCheck): readonly string[] {
  const { name, unit, setting } = wordsOf(check.gate);
  const value = check.gate === 'caps_data' && check.value === '' ? 'none' : figure(check.value, unit);
  const limit = check.gate === 'caps_data' ? `fail ${String(check.limit)}` : figure(check.limit, unit);
  return [name, value, limit, figure(check.headroom, unit), VERDICTS[check.verdict], setting];
}

/** What a check compares, in words. */
function wordsOf(gate: string): CheckWords {
  return Object.hasOwn(CHECKS, gate) ? CHECKS[gate as GovernorGate] : { name: gate, unit: '', setting: '' };
}

/** A figure with its unit: at most four digits after the point, money to the cent; `-` where there is none. */
export function figure(value: LoggedCheck['value'], unit = ''): string {
  if (value === null || value === '') return '-';
  if (typeof value !== 'number') return String(value);
  const text = unit === 'USD' ? dollars(value) : formatNumber(Number(value.toFixed(4)));
  return unit === 's' ? `${text} s` : text;
}
