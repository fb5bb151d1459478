import { z } from 'zod';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { DecisionPage } from '../../../schemas/api/decision.ts';
import { alternatives, quoted } from '../../../schemas/setting.ts';
import { type DecisionQuery, findDecisions } from '../../desk/explain/decision-rows.ts';
import { CHANGE_DEADLINE_MS } from './change.ts';
import { askRedis, contextFor } from './context.ts';
import { HttpError } from './errors.ts';
import { before, filter, limit } from './parameters.ts';
import { type Route, route } from './route.ts';

const Filters = z.looseObject({
  gate: filter('Only of this gate, or of this one handler'),
  symbol: filter('Only of this symbol'),
  verdict: filter('Only with this verdict, such as BLOCK'),
  reason: filter('Only with this reason, such as symbol_cooldown'),
  text: filter('Only with this text anywhere in the row'),
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
  // A gate that there is not is told of before a limit that cannot be.
  first(context, { query }) {
    const { handlers } = contextFor(context, query).options.known;
    const { data } = Filters.safeParse(query);
    if (data?.gate !== undefined) handlersOf(data.gate, handlers);
  },
  async answer(context, { query }) {
    const own = contextFor(context, query);
    const { handlers } = own.options.known;
    const wanted = queryOf(query, handlers);
    return await askRedis(own, (redis) => findDecisions(redis, own.portfolio, wanted, handlers), CHANGE_DEADLINE_MS);
  },
});

function queryOf(query: z.output<typeof Search>, handlers: readonly AnyHandler[]): DecisionQuery {
  const { gate, symbol, verdict, reason, text, before, limit } = query;
  return {
    ...(gate !== undefined && { handlers: handlersOf(gate, handlers) }),
    ...(symbol !== undefined && { symbol }),
    ...(verdict !== undefined && { verdict }),
    ...(reason !== undefined && { reason }),
    ...(text !== undefined && { text }),
    ...(before !== undefined && { before }),
    limit,
  };
}

function handlersOf(gate: string, handlers: readonly AnyHandler[]): ReadonlySet<string> {
  const names = handlers.filter((handler) => handler.name === gate || handler.gate === gate).map(({ name }) => name);
  if (names.length > 0) return new Set(names);
  const known = new Set(handlers.flatMap((handler) => [handler.gate, handler.name]));
  throw new HttpError(400, `gate: expected ${alternatives([...known])}, got ${quoted(gate)}`);
}
