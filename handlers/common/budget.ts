import { formatNumber, parseNumber, round10 } from '../../schemas/number.ts';
import { isFresh, timeOf, toEpochSeconds } from '../../schemas/time.ts';
import type { Fields } from '../../schemas/wire.ts';
import type { WriteFields } from '../contract/effects.ts';

const INJECTED_STATE_TTL_SEC = 120;

/** What presses on a budget: heat and cluster stress of any size (they are clamped to 0 … 1), volatility 0 … 1. */
export interface StressInputs {
  readonly heat: number;
  readonly clusterStress: number;
  readonly volRegime: number;
}

/** The weights of the three parts of stress. */
export interface StressWeights {
  readonly ALPHA_HEAT: number;
  readonly BETA_CLUSTER: number;
  readonly GAMMA_VOL: number;
}

/** The share of equity a symbol may use when all is calm, and the dollars between which a budget stays. */
export interface BudgetLimits {
  readonly BASE_RISK_PCT: number;
  readonly MIN_BUDGET_K: number;
  readonly MAX_BUDGET_K: number;
}

/** A value brought between 0 and 1, at the digits in which it is printed. */
export function clamp01(value: number): number {
  return round10(clamp(value, 0, 1));
}

/** Stress of a symbol, 0 … 1: the weighted sum of heat, cluster stress and volatility (contract §3). */
export function stressOf(inputs: StressInputs, weights: StressWeights): number {
  const heat = weights.ALPHA_HEAT * clamp01(inputs.heat);
  const cluster = weights.BETA_CLUSTER * clamp01(inputs.clusterStress);
  return clamp01(heat + cluster + weights.GAMMA_VOL * inputs.volRegime);
}

/** Budget of a symbol in US dollars: its share of equity, less stress, between the two limits (contract §3). */
export function budgetOf(equityUsd: number, stress: number, limits: BudgetLimits): number {
  const base = equityUsd * limits.BASE_RISK_PCT;
  return round10(clamp(base * (1 - stress), limits.MIN_BUDGET_K, limits.MAX_BUDGET_K));
}

/** US dollars by which a gross notional exceeds a budget; 0 when it does not, and at the budget itself. */
export function overBudget(notionalUsd: number, budgetUsd: number): number {
  return Math.max(0, round10(Math.abs(notionalUsd) - budgetUsd));
}

/** The body of `POST /budget/check` (contract §3). */
export interface BudgetCheck {
  readonly violation: boolean;
  readonly budget_usd: number | null;
  readonly over_budget: number;
  readonly mode: string;
  readonly enforce: boolean;
  readonly reason?: 'no_budget_data_fail_open';
}

/** What a budget check rests on besides the hash: the gate's mode now, and how old a hash may be before it is no data. */
export interface CheckContext {
  readonly mode: string;
  readonly nowMs: number;
  readonly maxAgeSec: number;
}

/**
 * Compares a position's notional with the stored budget of its symbol. Without a usable budget it allows and says so;
 * a hash whose own time is older than `maxAgeSec` is no data, whether its key has expired yet or not.
 */
export function checkBudget(hash: Fields | null, positionNotional: number, context: CheckContext): BudgetCheck {
  const about = { mode: context.mode, enforce: context.mode === 'enforce' };
  const budgetUsd = hash === null ? undefined : liveBudget(hash, context);
  if (budgetUsd === undefined) {
    return { violation: false, budget_usd: null, over_budget: 0, ...about, reason: 'no_budget_data_fail_open' };
  }
  const over = overBudget(positionNotional, budgetUsd);
  return { violation: over > 0, budget_usd: budgetUsd, over_budget: over, ...about };
}

/** The body of `GET /budget/{symbol}`: the hash's strings, or that there are none (contract §3). */
export function budgetAnswer(hash: Fields | null): Fields | { readonly error: 'no_budget_data' } {
  return hash === null ? { error: 'no_budget_data' } : hash;
}

/** Fields of a portfolio state and the body of `POST /test/inject_portfolio_state`; drawdown in percent (contract §3). */
export function injectedState(
  equityUsd: number,
  drawdown: number,
  nowMs: number,
): {
  readonly fields: WriteFields;
  readonly ttlSec: number;
  readonly body: {
    readonly success: true;
    readonly injected: Readonly<Record<string, number>>;
    readonly message: string;
  };
} {
  const timestamp = toEpochSeconds(nowMs);
  return {
    fields: { equity_usd: formatNumber(equityUsd), drawdown: formatNumber(drawdown), timestamp },
    ttlSec: INJECTED_STATE_TTL_SEC,
    body: {
      success: true,
      injected: { equity_usd: equityUsd, drawdown, timestamp: Number(timestamp) },
      message: `portfolio state injected for ${INJECTED_STATE_TTL_SEC} s`,
    },
  };
}

function liveBudget(hash: Fields, context: CheckContext): number | undefined {
  const atMs = timeOf(hash);
  if (atMs !== undefined && !isFresh(atMs, context.nowMs, context.maxAgeSec * 1000)) return undefined;
  const budgetUsd = parseNumber(hash.budget_usd);
  return budgetUsd === undefined || budgetUsd < 0 ? undefined : budgetUsd;
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}
