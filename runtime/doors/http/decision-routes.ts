import { z } from 'zod';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { DecisionPage } from '../../../schemas/api/decision.ts';
import { alternatives, quoted } from '../../../schemas/setting.ts';
import type { DecisionFilter } from '../../desk/decisions/decisions.ts';
import { handlerFilter, namesOf, scheduled } from '../../desk/decisions/handler-filter.ts';
import { type DecisionQuery, findDecisions } from '../../desk/explain/decision-rows.ts';
import { portfolioNowMs } from '../../redis/clock.ts';
import { CHANGE_DEADLINE_MS } from './change.ts';
import { askRedis, contextFor } from './context.ts';
import { HttpError } from './errors.ts';
import { before, filter, limit, moment, yesOrNo } from './parameters.ts';
import { type Route, route } from './route.ts';

const Filters = z.looseObject({
  gate: filter('Only of this gate, or of this one handler; all others with ! before it'),
  symbol: filter('Only of this symbol; all others with ! before it'),
  verdict: filter('Only with this verdict, such as BLOCK; all others with ! before it'),
  reason: filter('Only with this reason, such as symbol_cooldown; all others with ! before it'),
  strategy: filter('Only what this strategy asked for, `default` for what names none; all others with ! before it'),
  text: filter('Only with this text anywhere in the row'),
  since: moment('Only those made from then on'),
  until: moment('Only those made until then'),
  ticks: yesOrNo('false: without what schedules decide, such as budgets; true where it is left out'),
  before,
});
const Search = Filters.extend({ limit });

/** `GET /v1/decisions`: the decision log a page at a time, newest first, filtered. */
export const decisionRoute: Route = route({
  method: 'GET',
  url: '/decisions',
  schema: {
    tags: ['Decisions'],
    summary: 'The decision log, newest first',
    description: 'A search that finds little ends after two seconds; `next` goes on from there.',
    querystring: Search,
    response: DecisionPage,
  },
  config: { forAgents: true },
  // A gate that there is not is told of before a limit that cannot be.
  first(context, { query }) {
    const { handlers } = contextFor(context, query).options.known;
    const { data } = Filters.safeParse(query);
    if (data?.gate !== undefined) filterOf(data.gate, handlers);
  },
  async answer(context, { query }) {
    const own = contextFor(context, query);
    const { handlers } = own.options.known;
    const wanted = queryOf(query, handlers);
    const { since, until } = query;
    return await askRedis(
      own,
      async (redis) => {
        const isTimed = since !== undefined || until !== undefined;
        const nowMs = isTimed ? await portfolioNowMs(redis, own.portfolio) : 0;
        const times = {
          ...(since !== undefined && { sinceMs: since(nowMs) }),
          ...(until !== undefined && { untilMs: until(nowMs) }),
        };
        return await findDecisions(redis, own.portfolio, { ...wanted, ...times }, handlers);
      },
      CHANGE_DEADLINE_MS,
    );
  },
});

function queryOf(query: z.output<typeof Search>, handlers: readonly AnyHandler[]): DecisionQuery {
  const { gate, symbol, verdict, reason, strategy, text, ticks, before, limit } = query;
  return {
    ...byHandler(gate, ticks !== false, handlers),
    ...(symbol !== undefined && { symbol }),
    ...(verdict !== undefined && { verdict }),
    ...(reason !== undefined && { reason }),
    ...(strategy !== undefined && { strategy }),
    ...(text !== undefined && { text }),
    ...(before !== undefined && { before }),
    limit,
  };
}

/** The handlers that are meant; where no ticks are wanted, none of a schedule. */
function byHandler(gate: string | undefined, withTicks: boolean, handlers: readonly AnyHandler[]): DecisionFilter {
  const named = gate === undefined ? {} : filterOf(gate, handlers);
  if (withTicks) return named;
  return { ...named, notHandlers: new Set([...(named.notHandlers ?? []), ...scheduled(handlers)]) };
}

function filterOf(gate: string, handlers: readonly AnyHandler[]): DecisionFilter {
  const filter = handlerFilter(gate, handlers);
  if (filter !== undefined) return filter;
  throw new HttpError(400, `gate: expected ${alternatives(namesOf(handlers))}, got ${quoted(gate)}`);
}
