import type { FastifyPluginAsync } from 'fastify';
import { type DeadLetterCounts, type DeadLetterPage, DeadLettersBody } from '../../../schemas/api/dead-letter.ts';
import { alternatives, quoted } from '../../../schemas/setting.ts';
import { deadLetterCounts, deadLetterPage } from '../../desk/dead-letters/dead-letter-pages.ts';
import { type StreamRef, streamsOf } from '../../engine/streams/lanes.ts';
import { CHANGE_DEADLINE_MS, onPortfolio } from './change.ts';
import { askRedis, contextFor, type HttpContext } from './context.ts';
import { HttpError } from './errors.ts';
import { bodyInput, entryIdInput, limitInput, type Query } from './input.ts';

type OfStream = { readonly Params: { readonly stream: string }; readonly Querystring: Query };

/** `/v1/dead-letters`: what could not be understood or judged, by stream; to be put back, or dropped. */
export function registerDeadLetterRoutes(context: HttpContext): FastifyPluginAsync {
  return async (app) => {
    app.get('/dead-letters', async ({ query }): Promise<DeadLetterCounts> => {
      const own = contextFor(context, query);
      const lanes = own.options.known.lanesOf(own.portfolio);
      return await askRedis(own, (redis) => deadLetterCounts(redis, own.portfolio, lanes), CHANGE_DEADLINE_MS);
    });
    app.get<OfStream>('/dead-letters/:stream', async ({ params, query }): Promise<DeadLetterPage> => {
      const own = contextFor(context, query);
      const stream = streamOf(own, params.stream);
      const limit = limitInput(query.limit);
      const before = query.before === undefined ? undefined : entryIdInput('before', query.before);
      return await askRedis(own, (redis) => deadLetterPage(redis, stream, { limit, before }), CHANGE_DEADLINE_MS);
    });
    app.post<OfStream>('/dead-letters/:stream/replay', async ({ params, query, body }) => {
      const { ids, ...change } = bodyInput(DeadLettersBody, body);
      return await onPortfolio(context, query, async (operations, own) => {
        const { stream, replayed, missing, tooLarge } = await operations.replayDeadLetters(
          streamOf(own, params.stream),
          [...new Set(ids)],
          change,
        );
        const moved = replayed.map(({ id, newId }) => ({ id, new_id: newId }));
        return { stream, replayed: moved, missing, too_large: tooLarge };
      });
    });
    app.post<OfStream>('/dead-letters/:stream/drop', async ({ params, query, body }) => {
      const { ids, ...change } = bodyInput(DeadLettersBody, body);
      return await onPortfolio(context, query, ({ dropDeadLetters }, own) =>
        dropDeadLetters(streamOf(own, params.stream), [...new Set(ids)], change),
      );
    });
  };
}

function streamOf({ options, portfolio }: HttpContext, given: string): StreamRef {
  const streams = streamsOf(options.known.lanesOf(portfolio), portfolio);
  const found = streams.find(({ name }) => name === given);
  if (found !== undefined) return found;
  const names = streams.map(({ name }) => name);
  throw new HttpError(404, `stream: expected ${alternatives(names)}, got ${quoted(given)}`);
}
