import {
  DeadLetterCounts,
  DeadLetterPage,
  DeadLettersBody,
  DropAnswer,
  ReplayAnswer,
} from '../../../schemas/api/dead-letter.ts';
import { alternatives, quoted } from '../../../schemas/setting.ts';
import { deadLetterCounts, deadLetterPage } from '../../desk/dead-letters/dead-letter-pages.ts';
import { type StreamRef, streamsOf } from '../../engine/streams/lanes.ts';
import { CHANGE_DEADLINE_MS, onPortfolio } from './change.ts';
import { askRedis, contextFor, type HttpContext } from './context.ts';
import { HttpError } from './errors.ts';
import { OfStream, Page } from './parameters.ts';
import { type Route, route } from './route.ts';

/** `GET /v1/dead-letters` and those of a stream: what could not be understood or judged. */
export const deadLetterRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/dead-letters',
    schema: { tags: ['Records'], summary: 'How many dead letters each stream has', response: DeadLetterCounts },
    async answer(context, { query }) {
      const own = contextFor(context, query);
      const lanes = own.options.known.lanesOf(own.portfolio);
      return await askRedis(own, (redis) => deadLetterCounts(redis, own.portfolio, lanes), CHANGE_DEADLINE_MS);
    },
  }),
  route({
    method: 'GET',
    url: '/dead-letters/:stream',
    schema: {
      tags: ['Records'],
      summary: 'The dead letters of a stream, newest first',
      params: OfStream,
      querystring: Page,
      response: DeadLetterPage,
      refusals: [404],
    },
    first: (context, { params, query }) => void streamOf(contextFor(context, query), OfStream.parse(params).stream),
    async answer(context, { params, query }) {
      const own = contextFor(context, query);
      const stream = streamOf(own, params.stream);
      const { limit, before } = query;
      return await askRedis(own, (redis) => deadLetterPage(redis, stream, { limit, before }), CHANGE_DEADLINE_MS);
    },
  }),
];

/** Dead letters put back on their stream, or dropped. */
export const deadLetterChanges: readonly Route[] = [
  route({
    method: 'POST',
    url: '/dead-letters/:stream/replay',
    schema: {
      tags: ['Changes'],
      summary: 'Put dead letters back on their stream, each once',
      params: OfStream,
      body: DeadLettersBody,
      response: ReplayAnswer,
      refusals: [404],
    },
    async answer(context, { params, query, body }) {
      const { ids, ...change } = body;
      return await onPortfolio(context, query, async (operations, own) => {
        const { stream, replayed, missing, tooLarge } = await operations.replayDeadLetters(
          streamOf(own, params.stream),
          [...new Set(ids)],
          change,
        );
        const moved = replayed.map(({ id, newId }) => ({ id, new_id: newId }));
        return { stream, replayed: moved, missing, too_large: tooLarge };
      });
    },
  }),
  route({
    method: 'POST',
    url: '/dead-letters/:stream/drop',
    schema: {
      tags: ['Changes'],
      summary: 'Delete dead letters for good',
      params: OfStream,
      body: DeadLettersBody,
      response: DropAnswer,
      refusals: [404],
    },
    async answer(context, { params, query, body }) {
      const { ids, ...change } = body;
      return await onPortfolio(context, query, ({ dropDeadLetters }, own) =>
        dropDeadLetters(streamOf(own, params.stream), [...new Set(ids)], change),
      );
    },
  }),
];

function streamOf({ options, portfolio }: HttpContext, given: string): StreamRef {
  const streams = streamsOf(options.known.lanesOf(portfolio), portfolio);
  const found = streams.find(({ name }) => name === given);
  if (found !== undefined) return found;
  const names = streams.map(({ name }) => name);
  throw new HttpError(404, `stream: expected ${alternatives(names)}, got ${quoted(given)}`);
}
