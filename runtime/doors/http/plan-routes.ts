import type { FastifyPluginAsync } from 'fastify';
import type { Explanation } from '../../desk/explain/explanation.ts';
import { explainPlan } from '../../desk/explain/index.ts';
import { portfolioNowMs } from '../../redis/clock.ts';
import { askRedis, contextFor, type HttpContext } from './context.ts';
import { momentInput, planIdInput, type Query } from './input.ts';

const SEARCH_MS = 8_000;
const DEADLINE_MS = 10_000;

/** `GET /v1/plans/{id}`: the whole way of a plan; 404 with the same body where there is no trace of it. */
export function registerPlanRoutes(context: HttpContext): FastifyPluginAsync {
  return async (app) => {
    app.get<{ Params: { id: string }; Querystring: Query }>('/plans/:id', async ({ params, query }, reply) => {
      const explanation = await explained(contextFor(context, query), planIdInput(params.id), query.since);
      return await reply.code(explanation.end === 'unknown' ? 404 : 200).send(explanation);
    });
  };
}

async function explained(context: HttpContext, planId: string, since: Query[string]): Promise<Explanation> {
  const sinceOf = since === undefined ? undefined : momentInput('since', since);
  return await askRedis(
    context,
    async (redis) => {
      const sinceMs = sinceOf?.(await portfolioNowMs(redis, context.portfolio));
      const bounds = { withinMs: SEARCH_MS, ...(sinceMs !== undefined && { sinceMs }) };
      return await explainPlan(redis, context.portfolio, context.options.known.handlers, planId, bounds);
    },
    DEADLINE_MS,
  );
}
