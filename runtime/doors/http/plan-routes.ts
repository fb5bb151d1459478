import { z } from 'zod';
import { Explanation } from '../../../schemas/api/plan.ts';
import type { Moment } from '../../../schemas/moment.ts';
import { explainPlan } from '../../desk/explain/index.ts';
import { portfolioNowMs } from '../../redis/clock.ts';
import { askRedis, contextFor, type HttpContext } from './context.ts';
import { moment, OfPlan } from './parameters.ts';
import { portfolioFirst, type Route, route } from './route.ts';

const SEARCH_MS = 8_000;
const DEADLINE_MS = 10_000;

/** `GET /v1/plans/{id}`: the whole way of a plan; 404 with the same body where there is no trace of it. */
export const planRoute: Route = route({
  method: 'GET',
  url: '/plans/:id',
  schema: {
    tags: ['Decisions'],
    summary: 'The whole way of a plan',
    description: 'Without any trace of the plan the same answer comes with 404.',
    params: OfPlan,
    querystring: z.looseObject({ since: moment('How far to look back') }),
    response: Explanation,
    refusals: [404],
  },
  config: { forAgents: true },
  first: portfolioFirst,
  async answer(context, { params, query }, reply) {
    const explanation = await explained(contextFor(context, query), params.id, query.since);
    reply.code(explanation.end === 'unknown' ? 404 : 200);
    return explanation;
  },
});

async function explained(context: HttpContext, planId: string, since: Moment | undefined) {
  return await askRedis(
    context,
    async (redis) => {
      const sinceMs = since?.(await portfolioNowMs(redis, context.portfolio));
      const bounds = { withinMs: SEARCH_MS, ...(sinceMs !== undefined && { sinceMs }) };
      return await explainPlan(redis, context.portfolio, context.options.known.handlers, planId, bounds);
    },
    DEADLINE_MS,
  );
}
