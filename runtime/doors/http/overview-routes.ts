import { z } from 'zod';
import { Activity, ActivityHours } from '../../../schemas/api/activity.ts';
import { Budgets } from '../../../schemas/api/budget.ts';
import { HeatHistory, Overview } from '../../../schemas/api/overview.ts';
import { RiskAnswer } from '../../../schemas/api/risk.ts';
import { DAY_MS } from '../../../schemas/duration.ts';
import { budgetsNow } from '../../desk/positions/budgets.ts';
import { heatHistory } from '../../desk/positions/heat-history.ts';
import { riskNow } from '../../desk/risk/now.ts';
import { portfolioNowMs } from '../../redis/clock.ts';
import { errorText } from '../../redis/problem.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { CHANGE_DEADLINE_MS } from './change.ts';
import { askRedis, contextFor, type HttpContext } from './context.ts';
import { HttpError } from './errors.ts';
import { moment } from './parameters.ts';
import { type Route, route } from './route.ts';

const Range = z.looseObject({
  until: moment('To when, by default now'),
  since: moment('From when on, by default 24 hours before `until`'),
});

const Since = z.looseObject({ since: moment('From when on, by default 24 hours ago; 31 days at most are counted') });

/** `GET /v1/overview`: how a portfolio is now. */
export const overviewRoute: Route = route({
  method: 'GET',
  url: '/overview',
  schema: { tags: ['Now'], summary: 'Heat, positions, limits, modes, and what is wrong', response: Overview },
  config: { forAgents: true },
  async answer(context, { query }) {
    const own = contextFor(context, query);
    return await askRedis(own, () => own.overviewOf(own.portfolio), CHANGE_DEADLINE_MS);
  },
});

/** `GET /v1/heat/history`, `/v1/activity` and its hours, `/v1/budgets` and `/v1/risk`: how its heat has been, what was done, its budgets, and the risk of its book. */
export const figureRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/heat/history',
    schema: { tags: ['Now'], summary: 'The heat over time', querystring: Range, response: HeatHistory },
    // A Redis that does not answer is told of first.
    attachValidation: true,
    async answer(context, { query, validationError }) {
      const own = contextFor(context, query);
      return await askRedis(
        own,
        async (redis) => {
          const nowMs = await portfolioNowMs(redis, own.portfolio);
          if (validationError !== undefined) throw validationError;
          return await heatHistory(redis, own.portfolio, rangeOf(query, nowMs));
        },
        CHANGE_DEADLINE_MS,
      );
    },
  }),
  route({
    method: 'GET',
    url: '/activity',
    schema: { tags: ['Now'], summary: 'What the gates did over time', querystring: Since, response: Activity },
    async answer(context, { query }) {
      const own = contextFor(context, query);
      return await askRedis(
        own,
        async (redis) => {
          const nowMs = await portfolioNowMs(redis, own.portfolio);
          return await own.activities.read(own.portfolio, rangeOf({ since: query.since, until: undefined }, nowMs));
        },
        CHANGE_DEADLINE_MS,
      );
    },
  }),
  route({
    method: 'GET',
    url: '/activity/hours',
    schema: {
      tags: ['Now'],
      summary: 'What the gates of each portfolio did in the last hour',
      response: ActivityHours,
    },
    async answer(context) {
      const portfolios = await Promise.all(context.runtime.portfolios.map((portfolio) => hourOf(context, portfolio)));
      return { is_reading: portfolios.some(({ hour, error }) => hour === null && error === ''), portfolios };
    },
  }),
  route({
    method: 'GET',
    url: '/budgets',
    schema: { tags: ['Now'], summary: 'Budgets beside positions, and violations', response: Budgets },
    async answer(context, { query }) {
      const own = contextFor(context, query);
      return await askRedis(own, () => budgetsNow(own.runtime, own.portfolio, own.options.known), CHANGE_DEADLINE_MS);
    },
  }),
  route({
    method: 'GET',
    url: '/risk',
    schema: { tags: ['Now'], summary: "Figures of the book's risk, and what each position adds", response: RiskAnswer },
    async answer(context, { query }) {
      const own = contextFor(context, query);
      return await askRedis(own, (redis) => riskNow(redis, own.portfolio), CHANGE_DEADLINE_MS);
    },
  }),
];

/** The hour of one portfolio; one that cannot be read does not keep the others from theirs. */
async function hourOf(context: HttpContext, portfolio: Portfolio): Promise<ActivityHours['portfolios'][number]> {
  const own = { ...context, portfolio };
  try {
    const hour = await askRedis(
      own,
      async (redis) => await own.activities.hour(portfolio, await portfolioNowMs(redis, portfolio)),
      CHANGE_DEADLINE_MS,
    );
    return { portfolio: portfolio.prefix, hour: hour ?? null, error: '' };
  } catch (error) {
    return { portfolio: portfolio.prefix, hour: null, error: errorText(error) };
  }
}

function rangeOf({ since, until }: z.output<typeof Range>, nowMs: number) {
  const untilMs = until?.(nowMs) ?? nowMs;
  const sinceMs = since?.(nowMs) ?? untilMs - DAY_MS;
  if (sinceMs < untilMs) return { sinceMs, untilMs, nowMs };
  throw new HttpError(
    400,
    `since: expected a moment before until, ${new Date(untilMs).toISOString()}, got ${new Date(sinceMs).toISOString()}`,
  );
}
