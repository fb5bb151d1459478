import type { DataGap, GovernorSettings } from '../../schemas/governor.ts';
import { type GovernorGate, gatesInForce } from '../../schemas/governor-gates.ts';
import type { LimitFigures } from '../../schemas/governor-record.ts';
import { hasLossLimits } from '../../schemas/loss-limits.ts';
import { round10 } from '../../schemas/number.ts';
import { isFresh } from '../../schemas/time.ts';
import type { GovernorState } from '../common/governor-state.ts';
import { lastOf } from '../common/last-of.ts';
import { isLossUnknown, type LossFigures, lossVerdict } from '../common/loss-limits/figures.ts';
import type { BudgetFigures } from './figures.ts';
import { atMost, below, type GateResult, judged, skipped } from './gate-result.ts';
import { limitGaps, limitGates } from './order-limits.ts';
import { strategyGaps } from './strategy-limits.ts';
import { isStreakHidden } from './streak-limit.ts';

/** What decides over every plan, a CLOSE too. */
export interface Switches {
  readonly killOn: boolean;
  readonly state: Pick<GovernorState, 'tradingState' | 'armed'>;
  /** Whether the plan is older than a restore that nobody has released. */
  readonly beforeRestore?: boolean;
}

/** All figures that the gates compare: US dollars, milliseconds, counts; undefined where they are not known. */
export interface GateFigures extends Switches {
  /** The plan's. */
  readonly symbol: string;
  readonly strategy: string;
  /** Whether the plan names a strategy that cannot be read. */
  readonly strategyUnreadable: boolean;
  readonly ageMs: number;
  readonly budget: BudgetFigures | undefined;
  readonly killScore: number | undefined;
  /** Undefined when the symbol never had a permit. */
  readonly sinceExecMs: number | undefined;
  readonly lastExecReadable: boolean;
  /** Undefined, as is the next, when what is stored of them cannot be read. */
  readonly execsHour: number | undefined;
  readonly execs5Min: number | undefined;
  readonly exposure: {
    readonly known: boolean;
    readonly count: number;
    readonly grossNotionalUsd: number;
    /** The symbols whose notional is not known. */
    readonly unpriced: { readonly length: number };
  };
  readonly reservations: { readonly notionalUsd: number };
  readonly reservationsReadable: boolean;
  /** Whether Redis lost data, and positions have not been reported afresh since. */
  readonly dataLost: boolean;
  /** Whether a reading that leaves no equity is in doubt. */
  readonly equityDoubted: boolean;
  /** Whether a figure of the book's risk judges and is not known. */
  readonly riskUnknown: boolean;
  /** Undefined where no loss limit is set, or was when it was logged. */
  readonly loss?: LossFigures | undefined;
  /** Symbols with a reservation and no position yet. */
  readonly reservedNew: number;
  readonly planUsd: number | undefined;
  /** The figures of the optional gates in force. */
  readonly limits: LimitFigures;
}

/** What the gates judge by. */
export interface Limits {
  readonly settings: GovernorSettings;
  /** Whether the gates that are skipped in testnet apply. */
  readonly strict: boolean;
}

/** How a gate judges. */
export type GateOf = (figures: GateFigures, limits: Limits) => GateResult;

/** Every gate in force judged, in the order of contract §4. All that can be evaluated are. */
export function judgeGates(figures: GateFigures, limits: Limits): readonly GateResult[] {
  return inForce(limits.settings).map((gate) => GATES[gate](figures, limits));
}

/** The same for every plan under the same settings. */
const inForce = lastOf(gatesInForce);

/** The kill switch, which alone applies to a CLOSE; HALTED acts as one, and so does a restore for the plans before it. */
export function killSwitch({ killOn, state, beforeRestore = false }: Switches): GateResult {
  if (!killOn && state.tradingState !== 'HALTED' && beforeRestore) {
    return judged('kill_switch', { value: 'RESTORED', limit: 'off' }, 'restored_unreleased');
  }
  const value = killOn ? 'on' : state.tradingState === 'HALTED' ? 'HALTED' : 'off';
  return judged('kill_switch', { value, limit: 'off' }, value === 'off' ? undefined : 'kill_switch_active');
}

/** What could not be evaluated, in a closed list. */
function dataGapsOf(figures: GateFigures, limits: Limits): readonly DataGap[] {
  const gaps: DataGap[] = [];
  if (!figures.exposure.known) gaps.push('positions_unknown');
  if (figures.exposure.unpriced.length > 0) gaps.push('position_unpriced');
  if (figures.planUsd === undefined) gaps.push('plan_notional');
  if (limits.strict && figures.killScore === undefined) gaps.push('kill_score');
  if (!figures.lastExecReadable) gaps.push('last_exec');
  if (limits.strict && figures.execsHour === undefined) gaps.push('exec_times');
  if (!figures.reservationsReadable) gaps.push('reservations');
  if (figures.dataLost) gaps.push('data_lost');
  if (figures.equityDoubted) gaps.push('equity_doubted');
  if (figures.riskUnknown) gaps.push('risk_unknown');
  gaps.push(...strategyGaps(figures, limits));
  gaps.push(...limitGaps(figures, limits));
  if (isLossHidden(figures, limits)) gaps.push('loss_unknown');
  return gaps;
}

const GATES: Readonly<Record<GovernorGate, GateOf>> = {
  ...limitGates,
  kill_switch: killSwitch,
  plan_age: planAge,
  loss_limit: lossLimit,
  trading_state: tradingState,
  p28_budget: budget,
  kill_score: ({ killScore }, { settings, strict }) =>
    strict && killScore !== undefined
      ? below('kill_score', killScore, settings.GOV_KILL_SCORE_CRITICAL, 'kill_score_critical')
      : skipped('kill_score', killScore ?? null, settings.GOV_KILL_SCORE_CRITICAL),
  symbol_cooldown: cooldown,
  hourly_limit: ({ execsHour }, { settings, strict }) =>
    strict && execsHour !== undefined
      ? below('hourly_limit', execsHour, settings.GOV_MAX_EXEC_PER_HOUR, 'hourly_limit_exceeded')
      : skipped('hourly_limit', execsHour ?? null, settings.GOV_MAX_EXEC_PER_HOUR),
  burst_limit: ({ execs5Min }, { settings, strict }) =>
    strict && execs5Min !== undefined
      ? below('burst_limit', execs5Min, settings.GOV_MAX_EXEC_PER_5MIN, 'burst_limit_exceeded')
      : skipped('burst_limit', execs5Min ?? null, settings.GOV_MAX_EXEC_PER_5MIN),
  max_positions: maxPositions,
  notional_per_trade: ({ planUsd }, { settings }) =>
    planUsd === undefined
      ? skipped('notional_per_trade', null, settings.GOV_MAX_NOTIONAL_PER_TRADE_USDT)
      : atMost('notional_per_trade', planUsd, settings.GOV_MAX_NOTIONAL_PER_TRADE_USDT, 'notional_per_trade_exceeded'),
  total_notional: totalNotional,
  caps_data: capsData,
};

/** A plan from further ahead than the tolerance is stale like any other time in the future (contract §0). */
function planAge({ ageMs }: GateFigures, { settings }: Limits): GateResult {
  const limit = settings.GOV_MAX_PLAN_AGE_SEC;
  const stale = !isFresh(0, ageMs, limit * 1000);
  return judged('plan_age', { value: round10(ageMs / 1000), limit }, stale ? 'plan_expired' : undefined);
}

/** The latch stands whatever the figures of now say; where neither is known, the missing data refuse. */
function lossLimit({ loss }: GateFigures, { settings }: Limits): GateResult {
  const found = loss && lossVerdict(loss, settings);
  return found === undefined ? skipped('loss_limit') : judged('loss_limit', found, found.reason, found.headroom);
}

function isLossHidden(figures: GateFigures, { settings }: Limits): boolean {
  const { loss } = figures;
  if (isStreakHidden(figures, settings)) return true;
  return loss !== undefined && hasLossLimits(settings) && isLossUnknown(loss, settings);
}

function tradingState({ state }: GateFigures): GateResult {
  if (state.tradingState !== 'ACTIVE') {
    return judged('trading_state', { value: state.tradingState, limit: 'ACTIVE' }, 'reducing_only');
  }
  if (!state.armed) return judged('trading_state', { value: 'DISARMED', limit: 'ACTIVE' }, 'disarmed');
  return judged('trading_state', { value: 'ACTIVE', limit: 'ACTIVE' });
}

/** P2.8 refuses only where it is in enforce mode and alive; in testnet it only says that it would (contract §4). */
function budget({ budget: figures }: GateFigures, { strict }: Limits): GateResult {
  if (figures === undefined) return skipped('p28_budget');
  const about = { value: figures.valueUsd ?? null, limit: figures.budgetUsd ?? null };
  if (figures.mode !== 'enforce' || !figures.violated) return judged('p28_budget', about);
  if (strict) return judged('p28_budget', about, 'p28_budget_violation');
  return { check: { ...judged('p28_budget', about).check, verdict: 'would_refuse' } };
}

/** Headroom is how much longer than the cooldown it is since the last permit, in seconds. */
function cooldown({ sinceExecMs, lastExecReadable }: GateFigures, { settings }: Limits): GateResult {
  const limit = settings.GOV_SYMBOL_COOLDOWN_SECONDS;
  if (!lastExecReadable) return skipped('symbol_cooldown', null, limit);
  if (sinceExecMs === undefined) return judged('symbol_cooldown', { value: null, limit });
  const value = round10(sinceExecMs / 1000);
  const longer = round10(value - limit);
  return judged('symbol_cooldown', { value, limit }, value < limit ? 'symbol_cooldown' : undefined, longer);
}

/** What is known is a lower bound: it refuses even where something is missing, and never passes on its own then. */
function maxPositions({ exposure, reservedNew, reservationsReadable }: GateFigures, { settings }: Limits): GateResult {
  const limit = settings.GOV_MAX_OPEN_POSITIONS;
  const result = below('max_positions', exposure.count + reservedNew, limit, 'max_positions_reached');
  const whole = exposure.known && reservationsReadable;
  return result.reason !== undefined || whole ? result : skipped('max_positions', result.check.value, limit);
}

function totalNotional(figures: GateFigures, { settings }: Limits): GateResult {
  const { exposure, reservations, planUsd, reservationsReadable } = figures;
  const limit = settings.GOV_MAX_TOTAL_NOTIONAL_USDT;
  const value = round10(exposure.grossNotionalUsd + reservations.notionalUsd + (planUsd ?? 0));
  const exceeded = exposure.grossNotionalUsd >= limit || value > limit;
  if (exceeded) return judged('total_notional', { value, limit }, 'total_notional_exceeded');
  const whole = exposure.known && exposure.unpriced.length === 0 && planUsd !== undefined && reservationsReadable;
  return whole ? judged('total_notional', { value, limit }) : skipped('total_notional', value, limit);
}

/** After lost data, with nothing left by a reading in doubt, and with losses that are limited and not known, no policy lets an OPEN pass: what is missing is not a figure of its own. */
function capsData(figures: GateFigures, limits: Limits): GateResult {
  const gaps = dataGapsOf(figures, limits);
  const policy = limits.settings.GOV_CAPS_FAIL_POLICY;
  const about = { value: gaps.join(','), limit: policy };
  if (gaps.length === 0) return judged('caps_data', about);
  if (policy === 'closed' || figures.dataLost || figures.equityDoubted || isLossHidden(figures, limits))
    return judged('caps_data', about, 'caps_data_unavailable');
  return { check: { ...judged('caps_data', about).check, verdict: 'would_refuse' } };
}
