import type { FastifyPluginAsync } from 'fastify';
import type { Budgets } from '../../../schemas/api/budget.ts';
import type { HeatHistory, Overview } from '../../../schemas/api/overview.ts';
import { DAY_MS } from '../../../schemas/duration.ts';
import { budgetsNow } from '../../desk/positions/budgets.ts';
import { heatHistory } from '../../desk/positions/heat-history.ts';
import { portfolioNowMs } from '../../redis/clock.ts';
import { CHANGE_DEADLINE_MS } from './change.ts';
import { askRedis, contextFor, type HttpContext } from './context.ts';
import { HttpError } from './errors.ts';
import { momentInput, type Query } from './input.ts';

/** `GET /v1/overview`, `/v1/heat/history` and `/v1/budgets`: how a portfolio is now, and how its heat has been. */
export function registerOverviewRoutes(context: HttpContext): FastifyPluginAsync {
  return async (app) => {
    app.get('/overview', async ({ query }): Promise<Overview> => {
      const own = contextFor(context, query);
      return await askRedis(own, () => own.overviewOf(own.portfolio), CHANGE_DEADLINE_MS);
    });
    app.get<{ Querystring: Query }>('/heat/history', async ({ query }): Promise<HeatHistory> => {
      const own = contextFor(context, query);
      return await askRedis(
        own,
        async (redis) => {
          const range = rangeOf(query, await portfolioNowMs(redis, own.portfolio));
          return await heatHistory(redis, own.portfolio, range);
        },
        CHANGE_DEADLINE_MS,
      );
    });
    app.get('/budgets', async ({ query }): Promise<Budgets> => {
      const own = contextFor(context, query);
      return await askRedis(own, () => budgetsNow(own.runtime, own.portfolio, own.options.known), CHANGE_DEADLINE_MS);
    });
  };
}

function rangeOf({ since, until }: Query, nowMs: number): { sinceMs: number; untilMs: number } {
  const untilMs = until === undefined ? nowMs : momentInput('until', until)(nowMs);
  const sinceMs = since === undefined ? untilMs - DAY_MS : momentInput('since', since)(nowMs);
  if (sinceMs < untilMs) return { sinceMs, untilMs };
  throw new HttpError(
    400,
    `since: expected a moment before until, ${new Date(untilMs).toISOString()}, got ${new Date(sinceMs).toISOString()}`,
  );
}
