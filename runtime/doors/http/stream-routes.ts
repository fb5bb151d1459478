import { BecauseBody } from '../../../schemas/api/change.ts';
import { RejudgeAnswer, RejudgeBody, StreamPositions, StreamRepairAnswer } from '../../../schemas/api/stream.ts';
import { alternatives, quoted } from '../../../schemas/setting.ts';
import { streamsOf } from '../../engine/streams/lanes.ts';
import { everyStream, type NamedStream } from '../../engine/streams/named.ts';
import { streamPositions } from '../../engine/streams/positions.ts';
import { CHANGE_DEADLINE_MS, onPortfolio } from './change.ts';
import { askRedis, contextFor, type HttpContext } from './context.ts';
import { HttpError } from './errors.ts';
import { OfStream } from './parameters.ts';
import { type Route, route } from './route.ts';

/** `GET /v1/streams`: how far each goes. */
export const streamRoute: Route = route({
  method: 'GET',
  url: '/streams',
  schema: {
    tags: ['Records'],
    summary: 'How far every stream goes, and whether it is ahead of the clock',
    response: StreamPositions,
  },
  async answer(context, { query }) {
    const own = contextFor(context, query);
    const found = await askRedis(own, (redis) => streamPositions(redis, allOf(own)), CHANGE_DEADLINE_MS);
    const streams = found.map(({ name, entries, lastId, aheadMs, groups }) => ({
      ...{ stream: name, entries, last_id: lastId, ahead_sec: aheadMs / 1000 },
      groups: groups.map((group) => ({
        ...{ group: group.name, last_delivered_id: group.lastDeliveredId, pending: group.pending },
      })),
    }));
    return { streams };
  },
});

/** A stream that is ahead of Redis's clock taken back below it; finished entries judged again. */
export const streamChanges: readonly Route[] = [
  route({
    method: 'POST',
    url: '/streams/:stream/repair',
    schema: {
      tags: ['Changes'],
      summary: 'Take a stream that is ahead of the clock back below it, with its groups',
      description: 'What is not finished is judged under its new id; what is finished stays so.',
      params: OfStream,
      body: BecauseBody,
      response: StreamRepairAnswer,
      refusals: [404],
    },
    async answer(context, { params, query, body }) {
      return await onPortfolio(context, query, async ({ repairStream }, own) => {
        const { setAside, groups, ...rest } = await repairStream(named(allOf(own), params.stream), body);
        const moved = groups.map(({ name, at, readsAgain }) => ({ group: name, at, reads_again: readsAgain }));
        return { ...rest, set_aside: setAside, groups: moved };
      });
    },
  }),
  route({
    method: 'POST',
    url: '/streams/:stream/rejudge',
    schema: {
      tags: ['Changes'],
      summary: 'Have finished entries judged again, as new ones',
      params: OfStream,
      body: RejudgeBody,
      response: RejudgeAnswer,
      refusals: [404],
    },
    async answer(context, { params, query, body }) {
      const { ids, ...change } = body;
      return await onPortfolio(context, query, async ({ rejudge }, own) => {
        const stream = named(streamsOf(own.options.known.lanesOf(own.portfolio), own.portfolio), params.stream);
        const { again, tooLarge, ...rest } = await rejudge(stream, [...new Set(ids)], change);
        return { ...rest, again: again.map(({ id, newId }) => ({ id, new_id: newId })), too_large: tooLarge };
      });
    },
  }),
];

function allOf({ options, portfolio }: HttpContext): NamedStream[] {
  return everyStream(options.known.handlers, options.known.lanesOf(portfolio), portfolio);
}

function named<S extends NamedStream>(streams: readonly S[], given: string): S {
  const found = streams.find(({ name }) => name === given);
  if (found !== undefined) return found;
  throw new HttpError(404, `stream: expected ${alternatives(streams.map(({ name }) => name))}, got ${quoted(given)}`);
}
