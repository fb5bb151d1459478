import type { Redis } from 'ioredis';
import { exposureOf } from '../../../handlers/common/exposure.ts';
import { type KnownExposure, knownExposure } from '../../../handlers/common/known-exposure.ts';
import { computed, hash, scores } from '../../../handlers/contract/reads.ts';
import { budgetInputs } from '../../../handlers/risk-governor/inputs.ts';
import { activeSymbols } from '../../../handlers/risk-governor/symbols.ts';
import type { BudgetRow, Budgets, BudgetViolation } from '../../../schemas/api/budget.ts';
import { BUDGET_MAX_AGE_MS } from '../../../schemas/governor.ts';
import { parseJson } from '../../../schemas/json.ts';
import { keys, streams } from '../../../schemas/keys.ts';
import { parseNumber, round10 } from '../../../schemas/number.ts';
import { ReportedViolation, type RiskGovernorSettings } from '../../../schemas/risk-governor.ts';
import { isFresh, streamIdMs, timeOf } from '../../../schemas/time.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import type { Runtime } from '../../engine/status/types.ts';
import { handlerNamed, type Known } from '../../engine/streams/known.ts';
import { isWrongType } from '../../redis/problem.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

const VIOLATIONS_SHOWN = 100;

const reads = {
  state: hash(keys.portfolioState),
  planned: scores(keys.plannedSymbols),
  exposure: computed(exposureOf),
  inputs: computed(budgetInputs),
};

/** The budgets of the symbols that the risk governor would give one now, and the newest violations. */
export async function budgetsNow(
  runtime: Pick<Runtime, 'look' | 'redisOf'>,
  portfolio: Portfolio,
  { handlers }: Pick<Known, 'handlers'>,
): Promise<Budgets> {
  const redis = runtime.redisOf(portfolio);
  const riskGovernor = handlerNamed(handlers, 'risk-governor');
  const { facts, settings: found, mode, nowMs } = await runtime.look(portfolio, riskGovernor, reads);
  const settings = found as RiskGovernorSettings;
  const exposure = knownExposure(facts.exposure, facts.state, settings, nowMs);
  const hasPosition = (symbol: string) => exposure.reportOf(symbol)?.held === true;
  const active = activeSymbols(facts.inputs, hasPosition, facts.planned ?? [], nowMs);
  const stored = await storedBudgets(redis, portfolio, active);
  const rows = active.map((symbol, at) => budgetRow(symbol, stored[at] ?? null, { exposure, settings, nowMs }));
  const symbols = rows.sort((a, b) => room(a) - room(b) || (a.symbol < b.symbol ? -1 : 1));
  return { at: nowMs / 1000, mode, symbols, violations: await violationsOf(redis, portfolio) };
}

async function storedBudgets(
  redis: Redis,
  portfolio: Portfolio,
  symbols: readonly string[],
): Promise<(Fields | null)[]> {
  const pipeline = redis.pipeline();
  for (const symbol of symbols) pipeline.hgetall(portfolio.key(keys.budget(symbol)));
  const replies = (await pipeline.exec()) ?? [];
  return replies.map(([error, fields]) => {
    if (error !== null && !isWrongType(error)) throw error;
    return error !== null || Object.keys(fields as Fields).length === 0 ? null : (fields as Fields);
  });
}

interface Around {
  readonly exposure: KnownExposure;
  readonly settings: RiskGovernorSettings;
  readonly nowMs: number;
}

function budgetRow(symbol: string, fields: Fields | null, { exposure, settings, nowMs }: Around): BudgetRow {
  const report = exposure.reportOf(symbol);
  const notional = report === undefined ? 0 : (report.notionalUsd ?? null);
  const budget = parseNumber(fields?.budget_usd) ?? null;
  const headroom = budget === null || notional === null ? null : round10(budget - notional);
  const atMs = fields === null ? undefined : timeOf(fields);
  const part = (weight: number, figure: string | undefined) => {
    const value = parseNumber(figure);
    return value === undefined ? null : round10(weight * value);
  };
  return {
    symbol,
    budget_usd: budget,
    notional_usd: notional,
    headroom_usd: headroom,
    stress: parseNumber(fields?.stress_factor) ?? null,
    heat_stress: part(settings.ALPHA_HEAT, fields?.portfolio_heat),
    cluster_stress: part(settings.BETA_CLUSTER, fields?.cluster_stress),
    vol_stress: part(settings.GAMMA_VOL, fields?.vol_regime),
    age_sec: atMs === undefined ? null : Math.max(0, round10((nowMs - atMs) / 1000)),
    stale: atMs === undefined || !isFresh(atMs, nowMs, BUDGET_MAX_AGE_MS),
    violation: headroom !== null && headroom < 0,
  };
}

/** Symbols without a budget come last. */
function room({ headroom_usd }: BudgetRow): number {
  return headroom_usd ?? Number.MAX_VALUE;
}

async function violationsOf(redis: Redis, portfolio: Portfolio): Promise<BudgetViolation[]> {
  const key = portfolio.streamKey(streams.violations);
  const entries = await redis.xrevrange(key, '+', '-', 'COUNT', VIOLATIONS_SHOWN);
  return entries.flatMap(([id, flat]) => {
    const parsed = ReportedViolation.safeParse(parseJson(fieldsOf(flat).json));
    if (!parsed.success) return [];
    const { symbol, position_notional, budget_usd, over_budget, mode, timestamp } = parsed.data;
    const at = timestamp ?? streamIdMs(id) / 1000;
    return [{ id, at, symbol, notional_usd: position_notional, budget_usd, over_usd: over_budget, mode }];
  });
}
