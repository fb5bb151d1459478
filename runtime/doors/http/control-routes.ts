import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import { BecauseBody, ClearBody, KillBody, ModeBody, StateBody } from '../../../schemas/api/change.ts';
import type { KillChange } from '../../desk/switches/kill.ts';
import type { Change } from '../../engine/commit/operation.ts';
import { CHANGE_DEADLINE_MS, onPortfolio, operationsIn } from './change.ts';
import { askRedis, contextFor, type HttpContext, underPressureToo } from './context.ts';
import { bodyInput, type Query, symbolInput } from './input.ts';

interface KilledPortfolio extends KillChange {
  readonly portfolio: string;
}

/**
 * The operator's routes under `/v1`. Each change is made by the same operation as the command
 * line's, which records actor and reason in the ops ledger. Turning the kill switch on needs no reason and no calm.
 */
export function registerControlRoutes(context: HttpContext): FastifyPluginAsync {
  return async (app) => {
    app.get('/status', async ({ query }) => {
      const own = contextFor(context, query);
      return await askRedis(own, () => operationsIn(own).status(), CHANGE_DEADLINE_MS);
    });
    app.post('/kill', { config: { ...underPressureToo, isUrgent: isKill(context) } }, async ({ body, query }) => {
      const { state, ...change } = bodyInput(KillBody, body);
      if (state === 'on' && (query as Query).portfolio === undefined) return await killAll(context, change);
      return await onPortfolio(context, query, (operations) => operations.setKill(state === 'on', change));
    });
    app.post('/arm', async ({ body, query }) => {
      const change = bodyInput(BecauseBody, body);
      return await onPortfolio(context, query, (operations) => operations.arm(change));
    });
    app.post('/disarm', async ({ body, query }) => {
      const change = bodyInput(BecauseBody, body);
      return await onPortfolio(context, query, (operations) => operations.disarm(change));
    });
    registerSettings(app, context);
  };
}

/** Whether a request turns the kill switch on: nobody who sends wrong tokens keeps an operator from that. */
function isKill(context: HttpContext) {
  return ({ body, query }: FastifyRequest): boolean => {
    const { state } = bodyInput(KillBody, body);
    contextFor(context, query);
    return state === 'on';
  };
}

function registerSettings(app: FastifyInstance, context: HttpContext): void {
  app.post('/state', async ({ body, query }) => {
    const { trading_state, ...change } = bodyInput(StateBody, body);
    return await onPortfolio(context, query, (operations) => operations.setTradingState(trading_state, change));
  });
  app.post('/mode', async ({ body, query }) => {
    const { gate, mode, ...change } = bodyInput(ModeBody, body);
    return await onPortfolio(context, query, (operations) => operations.setMode(gate, mode, change));
  });
  app.post('/positions/clear', async ({ body, query }) => {
    const { symbol, ...change } = bodyInput(ClearBody, body);
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
