import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { type Change, Refusal } from '../ops/change.ts';
import type { KillChange } from '../ops/kill.ts';
import type { Operations } from '../ops/operations.ts';
import { tradingStates } from '../ops/trading-state.ts';
import { requireToken } from './bearer.ts';
import { askRedis, contextFor, contextNamed, type HttpContext, underPressureToo } from './context.ts';
import { HttpError } from './errors.ts';
import { type Query, symbolInput } from './input.ts';

interface KilledPortfolio extends KillChange {
  readonly portfolio: string;
}

const CHANGE_DEADLINE_MS = 10_000;

const words = (what: string) => z.string(`expected ${what}`).trim().min(1, `expected ${what}, got nothing`).max(1000);
const Because = { actor: words('the name of who does this').default('http'), reason: words('a reason in words') };

const BecauseBody = z.strictObject(Because);
const KillBody = z.discriminatedUnion('state', [
  z.strictObject({ ...Because, state: z.literal('on'), reason: Because.reason.default('turned on over HTTP') }),
  z.strictObject({ ...Because, state: z.literal('off') }),
]);
const StateBody = z.strictObject({ ...Because, trading_state: z.enum(tradingStates) });
const ModeBody = z.strictObject({ ...Because, gate: words('a gate'), mode: words('a mode') });
const ClearBody = z.strictObject({ ...Because, symbol: z.string().optional() });

/**
 * The operator's routes under `/v1`, all behind the token. Each change is made by the same operation as the command
 * line's, which records actor and reason in the ops ledger. Turning the kill switch on needs no reason and no calm.
 */
export function registerControlRoutes(context: HttpContext): FastifyPluginAsync {
  const { adminToken } = context.options;
  return async (app) => {
    app.addHook('onRequest', requireToken(adminToken));
    app.get('/status', async ({ query }) => {
      const own = contextFor(context, query);
      return await askRedis(own, () => operationsIn(own).status(), CHANGE_DEADLINE_MS);
    });
    app.post('/kill', { config: underPressureToo }, async ({ body, query }) => {
      const { state, ...change } = parsed(KillBody, body);
      if (state === 'on' && (query as Query).portfolio === undefined) return await killAll(context, change);
      return await onPortfolio(context, query, (operations) => operations.setKill(state === 'on', change));
    });
    app.post('/arm', async ({ body, query }) => {
      const change = parsed(BecauseBody, body);
      return await onPortfolio(context, query, (operations) => operations.arm(change));
    });
    app.post('/disarm', async ({ body, query }) => {
      const change = parsed(BecauseBody, body);
      return await onPortfolio(context, query, (operations) => operations.disarm(change));
    });
    registerSettings(app, context);
  };
}

function registerSettings(app: FastifyInstance, context: HttpContext): void {
  app.post('/state', async ({ body, query }) => {
    const { trading_state, ...change } = parsed(StateBody, body);
    return await onPortfolio(context, query, (operations) => operations.setTradingState(trading_state, change));
  });
  app.post('/mode', async ({ body, query }) => {
    const { gate, mode, ...change } = parsed(ModeBody, body);
    return await onPortfolio(context, query, (operations) => operations.setMode(gate, mode, change));
  });
  app.post('/positions/clear', async ({ body, query }) => {
    const { symbol, ...change } = parsed(ClearBody, body);
    const checked = symbolInput(symbol);
    return await onPortfolio(context, query, (operations) => operations.clearPosition(checked, change));
  });
}

/** Whoever stops everything means everything: every portfolio served, though one of them cannot be reached. */
async function killAll(context: HttpContext, change: Change): Promise<KillChange | KilledPortfolio[]> {
  const switching = context.runtime.portfolios.map(async (portfolio) => {
    const own = { ...context, portfolio };
    const changed = await askRedis(own, () => operationsIn(own).setKill(true, change), CHANGE_DEADLINE_MS);
    return { portfolio: portfolio.prefix, ...changed };
  });
  const settled = await Promise.allSettled(switching);
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  const switched = await Promise.all(switching);
  const [only, ...others] = switched;
  if (only === undefined || others.length > 0) return switched;
  const { portfolio: _, ...alone } = only;
  return alone;
}

function operationsIn({ options, portfolio }: HttpContext): Operations {
  return options.operationsOf(portfolio);
}

/** Does something to the portfolio that the request names; a change that is refused is a 409 with the refusal's own words. */
async function onPortfolio<T>(
  context: HttpContext,
  query: unknown,
  work: (operations: Operations) => Promise<T>,
): Promise<T> {
  const own = contextNamed(context, query);
  try {
    return await askRedis(own, () => work(operationsIn(own)), CHANGE_DEADLINE_MS);
  } catch (error) {
    if (error instanceof Refusal) throw new HttpError(409, error.message);
    throw error;
  }
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => [...path, message].join(': '));
  throw new HttpError(400, problems.join('; '));
}
