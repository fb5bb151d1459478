import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { type Change, Refusal } from '../ops/change.ts';
import type { Operations } from '../ops/operations.ts';
import { tradingStates } from '../ops/trading-state.ts';
import { requireToken } from './bearer.ts';
import { askRedis, type HttpContext, underPressureToo } from './context.ts';
import { HttpError } from './errors.ts';
import { symbolInput } from './input.ts';

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
  const { operations, adminToken } = context.options;
  return async (app) => {
    app.addHook('onRequest', requireToken(adminToken));
    app.get('/status', async () => askRedis(context, () => operations.status(), CHANGE_DEADLINE_MS));
    app.post('/kill', { config: underPressureToo }, async ({ body }) => {
      const { state, ...change } = parsed(KillBody, body);
      return await changed(context, () => operations.setKill(state === 'on', change));
    });
    app.post('/arm', async ({ body }) => changed(context, () => operations.arm(because(body))));
    app.post('/disarm', async ({ body }) => changed(context, () => operations.disarm(because(body))));
    registerSettings(app, context, operations);
  };
}

function registerSettings(app: FastifyInstance, context: HttpContext, operations: Operations): void {
  app.post('/state', async ({ body }) => {
    const { trading_state, ...change } = parsed(StateBody, body);
    return await changed(context, () => operations.setTradingState(trading_state, change));
  });
  app.post('/mode', async ({ body }) => {
    const { gate, mode, ...change } = parsed(ModeBody, body);
    return await changed(context, () => operations.setMode(gate, mode, change));
  });
  app.post('/positions/clear', async ({ body }) => {
    const { symbol, ...change } = parsed(ClearBody, body);
    const checked = symbolInput(symbol);
    return await changed(context, () => operations.clearPosition(checked, change));
  });
}

function because(body: unknown): Change {
  return parsed(BecauseBody, body);
}

/** Makes a change; one that is refused is a 409 with the refusal's own words. */
async function changed<T>(context: HttpContext, change: () => Promise<T>): Promise<T> {
  try {
    return await askRedis(context, change, CHANGE_DEADLINE_MS);
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
