import type { FastifyPluginAsync } from 'fastify';
import { BecauseBody } from '../../../schemas/api/change.ts';
import { RejudgeBody, type StreamPositions } from '../../../schemas/api/stream.ts';
import { alternatives, quoted } from '../../../schemas/setting.ts';
import { streamsOf } from '../../engine/streams/lanes.ts';
import { everyStream, type NamedStream } from '../../engine/streams/named.ts';
import { streamPositions } from '../../engine/streams/positions.ts';
import { CHANGE_DEADLINE_MS, onPortfolio } from './change.ts';
import { askRedis, contextFor, type HttpContext } from './context.ts';
import { HttpError } from './errors.ts';
import { bodyInput, type Query } from './input.ts';

type OfStream = { readonly Params: { readonly stream: string }; readonly Querystring: Query };

/** `/v1/streams`: how far each goes; one that is ahead of Redis's clock to be taken back below it; finished entries to be judged again. */
export function registerStreamRoutes(context: HttpContext): FastifyPluginAsync {
  return async (app) => {
    app.get('/streams', async ({ query }): Promise<StreamPositions> => {
      const own = contextFor(context, query);
      const found = await askRedis(own, (redis) => streamPositions(redis, allOf(own)), CHANGE_DEADLINE_MS);
      const streams = found.map(({ name, entries, lastId, aheadMs, groups }) => ({
        ...{ stream: name, entries, last_id: lastId, ahead_sec: aheadMs / 1000 },
        groups: groups.map((group) => ({
          ...{ group: group.name, last_delivered_id: group.lastDeliveredId, pending: group.pending },
        })),
      }));
      return { streams };
    });
    app.post<OfStream>('/streams/:stream/repair', async ({ params, query, body }) => {
      const change = bodyInput(BecauseBody, body);
      return await onPortfolio(context, query, async ({ repairStream }, own) => {
        const { setAside, groups, ...rest } = await repairStream(named(allOf(own), params.stream), change);
        const moved = groups.map(({ name, at, readsAgain }) => ({ group: name, at, reads_again: readsAgain }));
        return { ...rest, set_aside: setAside, groups: moved };
      });
    });
    app.post<OfStream>('/streams/:stream/rejudge', async ({ params, query, body }) => {
      const { ids, ...change } = bodyInput(RejudgeBody, body);
      return await onPortfolio(context, query, async ({ rejudge }, own) => {
        const stream = named(streamsOf(own.options.known.lanesOf(own.portfolio), own.portfolio), params.stream);
        const { again, tooLarge, ...rest } = await rejudge(stream, [...new Set(ids)], change);
        return { ...rest, again: again.map(({ id, newId }) => ({ id, new_id: newId })), too_large: tooLarge };
      });
    });
  };
}

function allOf({ options, portfolio }: HttpContext): NamedStream[] {
  return everyStream(options.known.handlers, options.known.lanesOf(portfolio), portfolio);
}

function named<S extends NamedStream>(streams: readonly S[], given: string): S {
  const found = streams.find(({ name }) => name === given);
  if (found !== undefined) return found;
  throw new HttpError(404, `stream: expected ${alternatives(streams.map(({ name }) => name))}, got ${quoted(given)}`);
}
