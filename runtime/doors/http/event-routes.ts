import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { errorText } from '../../redis/problem.ts';
import { sessionIdOf } from './console/cookie.ts';
import { LiveClient } from './console/live/client.ts';
import { askRedis, contextFor, type HttpContext, underPressureToo } from './context.ts';
import { lastOf, type Query } from './parameters.ts';
import { type Route, route } from './route.ts';

/** Any text: what is no id of an event is answered with `reset`. */
const eventId = z
  .preprocess((given) => lastOf(given as Query[string]), z.string().optional())
  .meta({ type: 'string', maxLength: 200, description: 'The last event seen, where the header cannot be sent' });

/**
 * `GET /v1/events`: what happens, as server-sent events. It is answered under pressure too: one open stream costs
 * less than a browser that asks for one again and again.
 */
export const eventRoute: Route = route({
  method: 'GET',
  url: '/events',
  schema: {
    tags: ['Now'],
    summary: 'What happens, as server-sent events',
    description:
      'Events: `decisions` (LiveDecisions; its id is that of the last decision it covers), `overview` (Overview), `ledger` (LedgerRow) and `reset` (the log no longer has what was missed: load the tape anew). `Last-Event-ID` resumes exactly.',
    querystring: z.looseObject({ last_event_id: eventId }),
    response: 'text/event-stream',
  },
  config: underPressureToo,
  exposeHeadRoute: false,
  async answer(context, request, reply) {
    const own = contextFor(context, request.query);
    context.live.requireRoom();
    await askRedis(own, (redis) => redis.ping());
    await stream(own, request, request.query.last_event_id, reply);
  },
});

async function stream(
  context: HttpContext,
  request: FastifyRequest,
  asked: string | undefined,
  reply: FastifyReply,
): Promise<void> {
  const { live, portfolio, runtime } = context;
  const client = new LiveClient(reply.raw, () => stillSignedIn(context, request));
  const headers = reply.getHeaders();
  reply.hijack();
  client.open(headers);
  try {
    await live.add(client, portfolio, lastIdOf(request, asked));
  } catch (error) {
    if (!client.isClosed) runtime.log.warn(`a live stream of ${portfolio.prefix} could not begin: ${errorText(error)}`);
    client.end();
  }
}

/** A browser names the last event by the header when it reconnects by itself; a page that opens a stream anew cannot. */
function lastIdOf({ headers }: FastifyRequest, asked: string | undefined): string | undefined {
  const named = headers['last-event-id'] ?? asked;
  const id = Array.isArray(named) ? named.at(-1) : named;
  return id === '' ? undefined : id;
}

/** A stream that is watched keeps its session in use; one whose session is over must not go on. */
async function stillSignedIn({ sessions }: HttpContext, request: FastifyRequest): Promise<boolean> {
  if (request.requester?.session === undefined) return true;
  const id = sessionIdOf(request.raw);
  return id !== undefined && (await sessions.use(id)) !== undefined;
}
