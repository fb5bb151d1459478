import { dollars } from '../../../schemas/amount-text.ts';
import type { LoggedCheck } from '../../../schemas/decision.ts';
import type { GovernorReason } from '../../../schemas/governor.ts';
import type { HeatCause } from '../../../schemas/heat-gate.ts';
import { figure, gapWords } from './check-words.ts';

type Say = (check: LoggedCheck | undefined, symbol: string) => string;

const REASONS: Readonly<Record<GovernorReason, Say>> = {
  kill_switch_active: (check) =>
    check?.value === 'HALTED' ? 'trading was halted' : 'the kill switch was on: nothing gets a permit',
  restored_unreleased: () =>
    'the data were restored from a backup after it was sent, and nobody had released that: it may have had its permit before',
  plan_expired: (check) =>
    `the plan was ${figure(check?.value ?? null, 's')} old; one that opens a position is good for ${figure(check?.limit ?? null, 's')}`,
  reducing_only: () => 'the trading state let only plans pass that reduce risk',
  disarmed: () => 'the governor was disarmed: nothing is opened until an operator arms it',
  p28_budget_violation: budgetReason,
  kill_score_critical: (check) =>
    `its kill score was ${figure(check?.value ?? null)}; from ${figure(check?.limit ?? null)} on nothing is opened`,
  symbol_cooldown: (check, symbol) =>
    `the last permit for ${symbol} was ${figure(check?.value ?? null, 's')} before; ${figure(check?.limit ?? null, 's')} have to pass`,
  hourly_limit_exceeded: (check, symbol) =>
    `${symbol} had ${figure(check?.value ?? null)} permits within an hour; ${figure(check?.limit ?? null)} are allowed`,
  burst_limit_exceeded: (check, symbol) =>
    `${symbol} had ${figure(check?.value ?? null)} permits within 5 minutes; ${figure(check?.limit ?? null)} are allowed`,
  max_positions_reached: (check) =>
    `${figure(check?.value ?? null)} positions were open or on their way; ${figure(check?.limit ?? null)} are allowed`,
  notional_per_trade_exceeded: (check) =>
    `the plan is worth ${money(check?.value)}; one trade may be worth ${money(check?.limit)}`,
  total_notional_exceeded: (check) =>
    `all positions with this plan would be worth ${money(check?.value)}; ${money(check?.limit)} is allowed`,
  caps_data_unavailable: (check) => `this was not known: ${gapWords(String(check?.value ?? ''))}`,
  evaluation_error: () => 'it could not be judged, and a plan is never executed blindly',
};

const CAUSES: Readonly<Record<HeatCause, string>> = {
  portfolio_state_missing: 'there was no portfolio state',
  portfolio_state_stale: 'the portfolio state was too old',
  invalid_equity: 'the portfolio state had no equity above 0',
  equity_doubted: 'a reading that left no equity was in doubt',
  positions_unreadable: 'the stream of positions could not be read for too long',
  no_positions: 'no position was ever reported',
  positions_stale: 'no position had been reported for too long',
  nothing_priced: 'no position had a price and a volatility',
  handler_failed: 'the judgment failed',
};

/** Why the governor refused a plan, in words, with the figures of the check that refused; other words as they stand. */
export function governorWords(reason: string, checks: readonly LoggedCheck[], symbol: string): string {
  if (!Object.hasOwn(REASONS, reason)) return reason;
  const check = checks.find(({ verdict }) => verdict === 'refuse' || verdict === 'would_refuse');
  return REASONS[reason as GovernorReason](check, symbol);
}

/** Why the heat gate did what it did, in words. */
export function heatWords(reason: string): string {
  const cause = reason.replace(/^fail_closed_/, '');
  if (cause !== reason && Object.hasOwn(CAUSES, cause)) {
    return `the heat was not known, because ${CAUSES[cause as HeatCause]}: then it counts as COLD`;
  }
  switch (reason) {
    case 'portfolio_heat_cold':
      return 'the portfolio was COLD';
    case 'portfolio_heat_warm':
      return 'the portfolio was WARM';
    case 'portfolio_heat_hot':
      return 'the portfolio was HOT: a full close passes';
    case 'partial_unchanged':
      return 'only a full close is ever softened, and this is a partial one';
    case 'non_full_close_unchanged':
      return 'only a full close is ever softened';
    case 'equity_doubted':
      return 'a reading that left no equity was in doubt: then every exit passes';
    case 'protective_exit_unchanged':
      return 'an exit that protects, such as a stop loss, is never softened';
    default:
      return reason;
  }
}

/** Why a handler decided as it did, in words: those of its gate, else those it declares, else its own word. */
export function decisionWords(
  {
    handler,
    reasons = {},
  }: { readonly handler: string; readonly reasons?: Readonly<Record<string, string>> | undefined },
  reason: string,
  checks: readonly LoggedCheck[],
  symbol: string,
): string {
  if (handler === 'governor') return governorWords(reason, checks, symbol);
  if (handler === 'heat-gate') return heatWords(reason);
  return (Object.hasOwn(reasons, reason) ? reasons[reason] : undefined) ?? reason.replaceAll('_', ' ');
}

/** A violation that was reported refuses whatever the figures say. */
function budgetReason(check: LoggedCheck | undefined, symbol: string): string {
  const { value = null, limit = null } = check ?? {};
  if (typeof value === 'number' && typeof limit === 'number' && value > limit) {
    return `position and plan together would be worth ${dollars(value)}; the risk budget of ${symbol} is ${dollars(limit)}`;
  }
  return `${symbol} was over its risk budget less than 30 s before`;
}

function money(value: LoggedCheck['value'] | undefined): string {
  return typeof value === 'number' ? dollars(value) : 'an unknown sum';
}
