import type { FastifyPluginAsync } from 'fastify';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { DecisionPage } from '../../../schemas/api/decision.ts';
import { alternatives, quoted } from '../../../schemas/setting.ts';
import { type DecisionQuery, findDecisions } from '../../desk/explain/decision-rows.ts';
import { CHANGE_DEADLINE_MS } from './change.ts';
import { askRedis, contextFor, type HttpContext } from './context.ts';
import { HttpError } from './errors.ts';
import { entryIdInput, limitInput, type Query, textInput } from './input.ts';

/** `GET /v1/decisions`: the decision log a page at a time, newest first, filtered. */
export function registerDecisionRoutes(context: HttpContext): FastifyPluginAsync {
  return async (app) => {
    app.get<{ Querystring: Query }>('/decisions', async ({ query }): Promise<DecisionPage> => {
      const own = contextFor(context, query);
      const { handlers } = own.options.known;
      const wanted = queryOf(query, handlers);
      return await askRedis(own, (redis) => findDecisions(redis, own.portfolio, wanted, handlers), CHANGE_DEADLINE_MS);
    });
  };
}

function queryOf(query: Query, handlers: readonly AnyHandler[]): DecisionQuery {
  const gate = textInput('gate', query.gate);
  const [symbol, verdict, reason, text] = [
    textInput('symbol', query.symbol),
    textInput('verdict', query.verdict),
    textInput('reason', query.reason),
    textInput('text', query.text),
  ];
  const before = query.before === undefined ? undefined : entryIdInput('before', query.before);
  return {
    ...(gate !== undefined && { handlers: handlersOf(gate, handlers) }),
    ...(symbol !== undefined && { symbol }),
    ...(verdict !== undefined && { verdict }),
    ...(reason !== undefined && { reason }),
    ...(text !== undefined && { text }),
    ...(before !== undefined && { before }),
    limit: limitInput(query.limit),
  };
}

function handlersOf(gate: string, handlers: readonly AnyHandler[]): ReadonlySet<string> {
  const names = handlers.filter((handler) => handler.name === gate || handler.gate === gate).map(({ name }) => name);
  if (names.length > 0) return new Set(names);
  const known = new Set(handlers.flatMap((handler) => [handler.gate, handler.name]));
  throw new HttpError(400, `gate: expected ${alternatives([...known])}, got ${quoted(gate)}`);
}
