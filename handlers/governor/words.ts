import { dollars } from '../../schemas/amount-text.ts';
import { type CheckWords, figure } from '../../schemas/check-words.ts';
import type { LoggedCheck } from '../../schemas/decision.ts';
import type { AskEnd, DataGap, GovernorReason } from '../../schemas/governor.ts';
import type { CloseGate, GovernorGate } from '../../schemas/governor-gates.ts';
import { formatNumber } from '../../schemas/number.ts';
import type { ReasonWords } from '../contract/words.ts';

const GAPS: Readonly<Record<DataGap, string>> = {
  positions_unknown: 'which positions there are (no fresh report of any)',
  position_unpriced: 'what a position is worth (no price)',
  plan_notional: 'what the plan is worth (no quantity, or no price)',
  kill_score: 'the kill score (not a number)',
  last_exec: 'when the last permit was',
  exec_times: 'how many permits there were',
  reservations: 'what is reserved for other plans',
  data_lost: 'what happened before Redis lost data (positions have not been reported afresh since)',
  loss_unknown: 'what was lost (no fresh reading of the account, or the marks of losses are missing)',
  equity_doubted: 'whether any equity is left (a reading that says none is in doubt)',
  plan_qty: 'what quantity the plan asks for (no quantity, and no price)',
  permit_times: 'how many permits all symbols had',
  last_order: 'when the same order was permitted last',
  equity_unknown: 'what the equity is (no fresh portfolio state with one above 0)',
  margin_unknown: 'what maintenance margin the exchange asks for (no fresh portfolio state that says so)',
  risk_unknown: 'what the risk of the book is (a figure that judges, or that a limit rests on, is missing or old)',
  strategy_use: 'what the strategy holds (what is stored of it cannot be read, or a position has no price)',
  strategy_permits: 'how many permits the strategy had',
  strategy_unreadable: 'which strategy asks (its name cannot be read)',
  mark_price: 'what the market price is (no mark of the last 120 s)',
};

/** What an asker is told that is no refusal by a gate. */
type AskReason = AskEnd | 'already_permitted' | 'plan_id_taken' | 'permit_expired' | 'neutral_action' | 'dry_run';

/** Why the governor refuses a plan, with the figures of the check that refused. */
export const planReasons: Readonly<Record<GovernorReason | AskReason, ReasonWords>> = {
  kill_switch_active: (check) =>
    check?.value === 'HALTED' ? 'trading was halted' : 'the kill switch was on: nothing gets a permit',
  restored_unreleased:
    'the data were restored from a backup after it was sent, and nobody had released that: it may have had its permit before',
  plan_expired: (check) =>
    `the plan was ${figure(check?.value ?? null, 's')} old; one that opens a position is good for ${figure(check?.limit ?? null, 's')}`,
  daily_loss_exceeded: (check) => lossWords(check, 'the loss of the day'),
  weekly_loss_exceeded: (check) => lossWords(check, 'the loss of the week'),
  drawdown_exceeded: (check) => lossWords(check, 'the drawdown from the high-water mark'),
  static_drawdown_exceeded: (check) => lossWords(check, 'the drawdown from the starting balance'),
  consecutive_losses: (check) =>
    `${figure(check?.value ?? null)} trades in a row lost; after ${figure(check?.limit ?? null)} nothing is opened for a while`,
  reducing_only: 'the trading state let only plans pass that reduce risk',
  disarmed: 'the governor was disarmed: nothing is opened until an operator arms it',
  strategy_paused: (check) =>
    `the strategy ${figure(check?.value ?? null)} is paused: it opens nothing until it is resumed`,
  symbol_not_allowed: (check, symbol) =>
    `${symbol} is none of the ${figure(check?.limit ?? null)} symbols that may be opened`,
  p28_budget_violation: budgetReason,
  kill_score_critical: (check) =>
    `its kill score was ${figure(check?.value ?? null)}; from ${figure(check?.limit ?? null)} on nothing is opened`,
  symbol_cooldown: (check, symbol) =>
    `the last permit for ${symbol} was ${figure(check?.value ?? null, 's')} before; ${figure(check?.limit ?? null, 's')} have to pass`,
  hourly_limit_exceeded: (check, symbol) =>
    `${symbol} had ${figure(check?.value ?? null)} permits within an hour; ${figure(check?.limit ?? null)} are allowed`,
  burst_limit_exceeded: (check, symbol) =>
    `${symbol} had ${figure(check?.value ?? null)} permits within 5 minutes; ${figure(check?.limit ?? null)} are allowed`,
  permits_per_minute_exceeded: (check) =>
    `${figure(check?.value ?? null)} permits were given within a minute; ${figure(check?.limit ?? null)} are allowed`,
  strategy_permits_exceeded: (check) =>
    `its strategy had ${figure(check?.value ?? null)} permits within an hour; ${figure(check?.limit ?? null)} are allowed`,
  strategy_positions_reached: (check) =>
    `its strategy holds or has reserved ${figure(check?.value ?? null)} symbols; ${figure(check?.limit ?? null)} are allowed`,
  strategy_notional_exceeded: (check) =>
    `what its strategy holds and has reserved would be worth ${money(check?.value)} with this plan; ${money(check?.limit)} is its share`,
  duplicate_order: (check) =>
    `the same order was permitted ${figure(check?.value ?? null, 's')} before; ${figure(check?.limit ?? null, 's')} have to pass`,
  max_positions_reached: (check) =>
    `${figure(check?.value ?? null)} positions were open or on their way; ${figure(check?.limit ?? null)} are allowed`,
  max_qty_exceeded: (check, symbol) =>
    `it asks for ${exact(check?.value)} ${symbol}; ${exact(check?.limit)} may be opened at once`,
  price_collar_exceeded: (check) =>
    `its price is ${figure(check?.value ?? null, '%')} from the mark; ${figure(check?.limit ?? null, '%')} is allowed`,
  notional_per_trade_exceeded: (check) =>
    `the plan is worth ${money(check?.value)}; one trade may be worth ${money(check?.limit)}`,
  symbol_notional_exceeded: (check, symbol) =>
    `position, reservations and plan in ${symbol} would be worth ${money(check?.value)}; ${money(check?.limit)} is allowed`,
  total_notional_exceeded: (check) =>
    `all positions with this plan would be worth ${money(check?.value)}; ${money(check?.limit)} is allowed`,
  leverage_exceeded: (check) =>
    `all positions with this plan would be ${figure(check?.value ?? null)} times the equity; ${figure(check?.limit ?? null)} is allowed`,
  shock_exceeded: (check) =>
    `with this plan the worst scenario would cost ${figure(check?.value ?? null, '%')} of equity; ${figure(check?.limit ?? null, '%')} is allowed`,
  correlated_heat_exceeded: (check) =>
    `with this plan all positions together would move ${figure(check?.value ?? null, '%')} of equity in a day (one standard deviation); ${figure(check?.limit ?? null, '%')} is allowed`,
  margin_exceeded: (check) =>
    `with this plan the exchange would ask for ${figure(check?.value ?? null, '%')} of the equity as maintenance margin; ${figure(check?.limit ?? null, '%')} is allowed`,
  caps_data_unavailable: (check) => `this was not known: ${gapWords(String(check?.value ?? ''))}`,
  deadline_passed: 'it was judged after its deadline: whoever asked has gone on without it',
  ask_unreadable: 'it asks for a reply by a reply_to or a timeout_ms that cannot be read',
  already_permitted: 'the plan had its permit already',
  plan_id_taken: 'another order had the same plan id: a new order needs an id of its own',
  permit_expired: 'the permit that it had was good for 60 s, which are over',
  permit_revoked: 'the permit that it had was taken back by the kill switch, a halt or a loss limit',
  permit_used: 'the order of its permit was executed: there is no second one',
  permit_given_back: 'the permit that it had was given back: ask with a new plan id',
  neutral_action: 'its action asks for nothing to be executed',
  dry_run: 'the governor is in a dry run, which grants nothing',
  evaluation_error: 'it could not be judged, and a plan is never executed blindly',
};

/** How its checks are called. */
export const planChecks: Readonly<Record<GovernorGate | CloseGate, CheckWords>> = {
  kill_switch: { name: 'kill switch' },
  plan_age: { name: 'age of the plan', unit: 's', setting: 'GOV_MAX_PLAN_AGE_SEC' },
  loss_limit: { name: 'loss nearest to its limit', none: 'none' },
  consecutive_losses: { name: 'trades in a row that lost', setting: 'GOV_MAX_CONSECUTIVE_LOSSES' },
  trading_state: { name: 'trading state' },
  strategy_paused: { name: 'strategy, of those that are paused', setting: 'GOV_STRATEGY_PAUSED', limit: 'one of' },
  allowed_symbols: { name: 'symbols that may be opened', setting: 'GOV_ALLOWED_SYMBOLS', limit: 'one of' },
  p28_budget: { name: 'risk budget of the symbol', unit: 'USD' },
  kill_score: { name: 'kill score', setting: 'GOV_KILL_SCORE_CRITICAL' },
  symbol_cooldown: { name: 'time since the last permit', unit: 's', setting: 'GOV_SYMBOL_COOLDOWN_SECONDS' },
  hourly_limit: { name: 'permits in an hour', setting: 'GOV_MAX_EXEC_PER_HOUR' },
  burst_limit: { name: 'permits in 5 minutes', setting: 'GOV_MAX_EXEC_PER_5MIN' },
  permits_per_minute: { name: 'permits of all symbols in a minute', setting: 'GOV_MAX_PERMITS_PER_MINUTE' },
  strategy_permits: { name: 'permits of the strategy in an hour', setting: 'GOV_STRATEGY_MAX_PERMITS_PER_HOUR' },
  strategy_positions: { name: 'symbols of the strategy, held or reserved', setting: 'GOV_STRATEGY_MAX_POSITIONS' },
  strategy_notional: { name: 'strategy with this plan', unit: 'USD', setting: 'GOV_STRATEGY_MAX_SHARE_PCT' },
  duplicate_order: { name: 'time since the same order', unit: 's', setting: 'GOV_DUPLICATE_SEC' },
  max_positions: { name: 'positions open or on their way', setting: 'GOV_MAX_OPEN_POSITIONS' },
  max_qty: { name: 'quantity of the plan', setting: 'GOV_MAX_QTY' },
  price_collar: { name: 'price against the mark', unit: '%', setting: 'GOV_PRICE_COLLAR_PCT' },
  notional_per_trade: { name: 'size of the plan', unit: 'USD', setting: 'GOV_MAX_NOTIONAL_PER_TRADE_USDT' },
  symbol_notional: { name: 'symbol with this plan', unit: 'USD', setting: 'GOV_MAX_SYMBOL_NOTIONAL_USDT' },
  total_notional: { name: 'all positions with this plan', unit: 'USD', setting: 'GOV_MAX_TOTAL_NOTIONAL_USDT' },
  leverage: { name: 'all positions with this plan over equity', setting: 'GOV_MAX_LEVERAGE' },
  shock: { name: 'loss in the worst scenario with this plan', unit: '%', setting: 'GOV_MAX_SHOCK_PCT' },
  correlated_heat: { name: 'correlated heat with this plan', unit: '%', setting: 'GOV_MAX_CORRELATED_HEAT_PCT' },
  margin: { name: 'maintenance margin with this plan over equity', unit: '%', setting: 'GOV_MAX_MARGIN_PCT' },
  tick_size: { name: 'price in ticks of the exchange', unit: 'USD', setting: 'GOV_EXCHANGE_FILTERS' },
  step_size: { name: 'quantity in steps of the exchange', setting: 'GOV_EXCHANGE_FILTERS' },
  min_notional: { name: 'least size at the exchange', unit: 'USD', setting: 'GOV_EXCHANGE_FILTERS' },
  caps_data: { name: 'figures that are missing', setting: 'GOV_CAPS_FAIL_POLICY', none: 'none', limit: 'fail' },
  close_size: { name: 'quantity to close' },
  close_side: { name: 'side that reduces the position' },
};

function lossWords(check: LoggedCheck | undefined, what: string): string {
  const [value, limit] = [figure(check?.value ?? null), figure(check?.limit ?? null)];
  return `${what} reached ${value}, the limit is ${limit}: nothing is opened until that is released`;
}

const WHY: Readonly<Record<string, string>> = {
  not_taken: 'no executor took it within 59 s',
  not_executed: 'the executor said that it did not execute the plan',
  kill_switch_active: 'the kill switch was turned on',
  halted: 'trading was halted',
  loss_limit: 'a loss limit was reached',
};

const BYPASS: Readonly<Record<string, string>> = {
  no_permit: 'it had none within a day',
  permit_not_taken: 'the one it had was not taken',
  permit_withdrawn: 'the one it had was taken back before',
  permit_revoked: 'the one it had was revoked before',
};

/** What the alarm of an execution says. */
interface Alarm {
  readonly event: string;
  readonly reason: string;
  readonly expected: string;
  readonly came: string;
}

/** What an executor did that the gates had not let through, in a sentence. */
export function alarmWords({ event, reason, expected, came }: Alarm): string {
  if (event === 'CALIBRATED_NOT_USED') return `The heat gate had softened it to ${expected}; ${came} was executed.`;
  return `Executed without a permit: ${Object.hasOwn(BYPASS, reason) ? BYPASS[reason] : reason}.`;
}

/** Why a permit was taken back, or a reservation freed, in words. */
export function permitWords(reason: string): string {
  return Object.hasOwn(WHY, reason) ? (WHY[reason] ?? reason) : reason;
}

/** What was not known, by the value of a `caps_data` check. */
function gapWords(gaps: string): string {
  return gaps
    .split(',')
    .map((gap) => (Object.hasOwn(GAPS, gap) ? GAPS[gap as DataGap] : gap))
    .join('; ');
}

/** A violation that was reported refuses whatever the figures say. */
function budgetReason(check: LoggedCheck | undefined, symbol: string): string {
  const { value = null, limit = null } = check ?? {};
  if (typeof value === 'number' && typeof limit === 'number' && value > limit) {
    return `position and plan together would be worth ${dollars(value)}; the risk budget of ${symbol} is ${dollars(limit)}`;
  }
  return `${symbol} was over its risk budget less than 30 s before`;
}

/** To its last digit, so that what is just above a limit does not read as the limit. */
function exact(value: LoggedCheck['value'] | undefined): string {
  return typeof value === 'number' ? formatNumber(value) : 'an unknown quantity of';
}

function money(value: LoggedCheck['value'] | undefined): string {
  return typeof value === 'number' ? dollars(value) : 'an unknown sum';
}
