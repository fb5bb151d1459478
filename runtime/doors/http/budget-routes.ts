import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { budgetAnswer, checkBudget, injectedState } from '../../../handlers/common/budget.ts';
import { budgetVerdictCount } from '../../../handlers/common/budget-metrics.ts';
import { type Json, toJson } from '../../../schemas/json.ts';
import { keys } from '../../../schemas/keys.ts';
import type { RiskGovernorSettings } from '../../../schemas/risk-governor.ts';
import type { Fields } from '../../../schemas/wire.ts';
import { isWrongType } from '../../redis/problem.ts';
import { isLocalProgram } from './access.ts';
import { askRedis, contextShown, type HttpContext } from './context.ts';
import { HttpError } from './errors.ts';
import { boundedLabels } from './labels.ts';
import { number, symbol } from './parameters.ts';
import { validatorCompiler } from './validation.ts';

const MAX_SYMBOL_SERIES = 1000;
const NO_PRESSURE = 0;

const OfSymbol = z.object({ symbol });
const Check = z.looseObject({ symbol, position_notional: number() });
const Injected = z.looseObject({ equity_usd: number(), drawdown: number(NO_PRESSURE) });

/** The risk governor's routes: budgets, the check of a notional against one, and the injection of a test state (contract §3). */
export function registerBudgetRoutes(context: HttpContext): FastifyPluginAsync {
  return async (app) => {
    const config = { servedThere: 'budgets' } as const;
    acceptAnyBody(app);
    app.setReplySerializer((body) => toJson(body as Json));
    app.setValidatorCompiler(validatorCompiler);
    app.addHook('preValidation', async ({ query }) => void contextShown(context, query));
    const read = { config, schema: { params: OfSymbol } };
    app.get<{ Params: z.output<typeof OfSymbol> }>('/budget/:symbol', read, async ({ params, query }) => {
      const { hash } = await storedBudget(contextShown(context, query), params.symbol);
      return budgetAnswer(hash);
    });
    const check = budgetChecker();
    const checked = { config, schema: { querystring: Check } };
    app.post<{ Querystring: z.output<typeof Check> }>('/budget/check', checked, async ({ query }) =>
      check(contextShown(context, query), query.symbol, query.position_notional),
    );
    const onRequest = (request: FastifyRequest) => mayInject(context, request);
    const injected = { config, onRequest, schema: { querystring: Injected } };
    app.post<{ Querystring: z.output<typeof Injected> }>(
      '/test/inject_portfolio_state',
      injected,
      async ({ query }) => await inject(contextShown(context, query), query.equity_usd, query.drawdown),
    );
  };
}

function budgetChecker() {
  const labelOf = boundedLabels(MAX_SYMBOL_SERIES);
  return async (context: HttpContext, symbol: string, notional: number) => {
    const { runtime, portfolio } = context;
    const { hash, nowMs } = await storedBudget(context, symbol).catch((error) => noBudget(context, error));
    const mode = runtime.mode(portfolio, 'risk-governor');
    const verdict = checkBudget(hash, notional, { mode, nowMs, maxAgeSec: maxBudgetAgeSec(context) });
    runtime.metrics.apply([budgetVerdictCount(labelOf(symbol), verdict.violation, mode)], portfolio.prefix);
    return verdict;
  };
}

/** A budget that cannot be read blocks nothing: missing data always means allow (contract §4). */
function noBudget({ runtime }: HttpContext, error: unknown): { hash: null; nowMs: number } {
  runtime.log.warn({ err: error }, 'budget check: the budget could not be read, allowing');
  return { hash: null, nowMs: Date.now() };
}

async function storedBudget(context: HttpContext, symbol: string): Promise<{ hash: Fields | null; nowMs: number }> {
  const key = context.portfolio.key(keys.budget(symbol));
  return await askRedis(context, async (redis) => {
    const [fields, time] = (await redis.pipeline().hgetall(key).time().exec()) ?? [];
    const [seconds, micros] = (time?.[1] ?? ['0', '0']) as [string, string];
    return { hash: hashOf(fields), nowMs: Number(seconds) * 1000 + Number(micros) / 1000 };
  });
}

/** The fields of a hash; null for an absent key and for one of another type. */
function hashOf(reply: [Error | null, unknown] | undefined): Fields | null {
  const [error, fields] = reply ?? [null, {}];
  if (error !== null && !isWrongType(error)) throw error;
  return error !== null || Object.keys(fields as Fields).length === 0 ? null : (fields as Fields);
}

function maxBudgetAgeSec({ runtime }: HttpContext): number {
  return (runtime.settingsOf('risk-governor') as RiskGovernorSettings).BUDGET_HASH_TTL_SEC;
}

async function mayInject({ options, access }: HttpContext, request: FastifyRequest): Promise<void> {
  if (!options.p28TestMode) {
    throw new HttpError(403, 'expected P28_TEST_MODE=1 for an injected portfolio state, got a process without it');
  }
  if (!isLocalProgram(request)) await access.requireChange(request);
}

/** Replaces the state: figures of another moment must not get a fresh timestamp. */
async function inject(context: HttpContext, equityUsd: number, drawdown: number) {
  return await askRedis(context, async (redis) => {
    const [seconds] = await redis.time();
    const { fields, ttlSec, body } = injectedState(equityUsd, drawdown, Number(seconds) * 1000);
    const key = context.portfolio.key(keys.portfolioState);
    await redis.multi().del(key).hset(key, fields).expire(key, ttlSec).exec();
    return body;
  });
}

/** The parameters are in the query; whatever body a client sends along is not looked at. */
function acceptAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, async () => undefined);
}
