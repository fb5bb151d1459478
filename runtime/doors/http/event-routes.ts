import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { errorText } from '../../redis/problem.ts';
import { sessionIdOf } from './console/cookie.ts';
import { LiveClient } from './console/live/client.ts';
import { askRedis, contextFor, type HttpContext, underPressureToo } from './context.ts';
import type { Query } from './input.ts';

/**
 * `GET /v1/events`: what happens, as server-sent events. It is answered under pressure too: one open stream costs
 * less than a browser that asks for one again and again.
 */
export function registerEventRoutes(context: HttpContext): FastifyPluginAsync {
  return async (app) => {
    const options = { config: underPressureToo, exposeHeadRoute: false };
    app.get<{ Querystring: Query }>('/events', options, async (request, reply) => {
      const own = contextFor(context, request.query);
      context.live.requireRoom();
      await askRedis(own, (redis) => redis.ping());
      await stream(own, request, reply);
    });
  };
}

async function stream(context: HttpContext, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { live, portfolio, runtime } = context;
  const client = new LiveClient(reply.raw, () => stillSignedIn(context, request));
  const headers = reply.getHeaders();
  reply.hijack();
  client.open(headers);
  try {
    await live.add(client, portfolio, lastIdOf(request));
  } catch (error) {
    if (!client.isClosed) runtime.log.warn(`a live stream of ${portfolio.prefix} could not begin: ${errorText(error)}`);
    client.end();
  }
}

/** A browser names the last event by the header when it reconnects by itself; a page that opens a stream anew cannot. */
function lastIdOf({ headers, query }: FastifyRequest): string | undefined {
  const asked = (query as Query).last_event_id;
  const named = headers['last-event-id'] ?? (typeof asked === 'string' ? asked : asked?.at(-1));
  const id = Array.isArray(named) ? named.at(-1) : named;
  return id === '' ? undefined : id;
}

/** A stream that is watched keeps its session in use; one whose session is over must not go on. */
async function stillSignedIn({ sessions }: HttpContext, request: FastifyRequest): Promise<boolean> {
  if (request.requester?.session === undefined) return true;
  const id = sessionIdOf(request.raw);
  return id !== undefined && (await sessions.use(id)) !== undefined;
}
