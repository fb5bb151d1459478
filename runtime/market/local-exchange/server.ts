import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Refusal, refusals } from './errors.ts';
import type { Fault, Faults } from './faults.ts';
import { type Asked, exchangeRoutes, type Route, type RouteParts } from './routes.ts';
import { requireSignature } from './signature.ts';
import type { KeptAccount } from './venue.ts';
import type { Weights } from './weights.ts';

const KEPT_REQUESTS = 10_000;
const HTML = '<html>\r\n<head><title>Bad Gateway</title></head>\r\n<body><h1>Bad Gateway</h1></body>\r\n</html>\r\n';

/** A request that was answered, for a test to count. It holds no parameter: no key, no signature. */
export interface AnsweredRequest {
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  /** 0 when the connection was cut instead. */
  readonly status: number;
}

/** What the HTTP side of a local exchange works with. */
export interface ServerParts extends RouteParts {
  readonly weights: Weights;
  readonly faults: Faults;
  /** Does a command of `POST /control`; throws what is wrong with it. */
  readonly control: (command: unknown) => void;
  /** What `GET /control` answers. */
  readonly state: () => unknown;
}

/** The HTTP side of a local exchange. `requests` are those of the exchange's own paths, oldest first, at most 10,000. */
export interface ExchangeServer {
  readonly app: FastifyInstance;
  readonly requests: readonly AnsweredRequest[];
}

/** Builds the app; it does not listen yet. */
export function exchangeServer(parts: ServerParts): ExchangeServer {
  const app = fastify({ forceCloseConnections: true });
  const requests: AnsweredRequest[] = [];
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  for (const route of exchangeRoutes(parts)) {
    app.route({ method: route.method, url: route.path, handler: answering(parts, route) });
  }
  app.addHook('onResponse', async (request, reply) => {
    const { pathname } = new URL(request.url, 'http://127.0.0.1');
    if (!pathname.startsWith('/fapi/')) return;
    const status = reply.sent && reply.raw.headersSent ? reply.statusCode : 0;
    requests.push({ atMs: Date.now(), method: request.method, path: pathname, status });
    if (requests.length > KEPT_REQUESTS) requests.shift();
  });
  controlRoutes(app, parts);
  return { app, requests };
}

function controlRoutes(app: FastifyInstance, parts: ServerParts): void {
  app.get('/control', async () => parts.state());
  app.post('/control', async (request, reply) => {
    try {
      parts.control(JSON.parse(String(request.body ?? '')));
      return { done: true };
    } catch (error) {
      return await reply
        .status(400)
        .send({ done: false, error: error instanceof Error ? error.message : 'no command' });
    }
  });
}

function answering(parts: ServerParts, route: Route) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    try {
      return await answer(parts, route, request, reply);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return await reply.status(error.status).send({ code: error.code, msg: error.message });
    }
  };
}

async function answer(
  parts: ServerParts,
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const query = request.url.split('?')[1] ?? '';
  const body = typeof request.body === 'string' ? request.body : '';
  const parameters = new URLSearchParams([query, body].filter((part) => part !== '').join('&'));
  weigh(parts, route.weight(parameters), reply);
  const fault = parts.faults.hit(route.path, parts.venue.nowMs());
  if (fault !== undefined && (await failed(fault, reply))) return reply;
  const kept = authorised(parts, route, request, { query, body });
  const answered = await route.answer({ parameters, kept } as Asked);
  if (fault?.kind.kind !== 'half_json') return answered;
  const text = JSON.stringify(answered);
  return await reply.type('application/json').send(text.slice(0, Math.ceil(text.length / 2)));
}

function weigh({ weights, venue }: ServerParts, weight: number, reply: FastifyReply): void {
  const taken = weights.take(weight, venue.nowMs());
  reply.header('X-MBX-USED-WEIGHT-1M', String(taken.used));
  if (taken.verdict === 'too_many') {
    reply.header('Retry-After', String(taken.retryAfterSec));
    throw refusals.tooManyRequests(weights.limit);
  }
  if (taken.verdict === 'banned') {
    reply.header('Retry-After', String(Math.ceil((taken.untilMs - venue.nowMs()) / 1000)));
    throw refusals.banned(taken.untilMs);
  }
}

/** Gives the answer of a fault; false when the fault leaves the answer to the route. */
async function failed({ kind, untilMs }: Fault, reply: FastifyReply): Promise<boolean> {
  switch (kind.kind) {
    case 'rate_limited':
      reply.header('Retry-After', String(kind.retryAfterSec));
      throw refusals.tooManyRequests(2400);
    case 'banned':
      throw refusals.banned(untilMs);
    case 'status':
      throw new Refusal(kind.code, kind.msg, kind.status);
    case 'html':
      await reply.status(kind.status).type('text/html').send(HTML);
      return true;
    case 'reset':
      reply.hijack();
      reply.raw.socket?.destroy();
      return true;
    case 'hang':
      await new Promise((resolve) => setTimeout(resolve, kind.ms).unref());
      return false;
    case 'half_json':
      return false;
  }
}

function authorised(
  { venue }: ServerParts,
  { security }: Route,
  request: FastifyRequest,
  sent: { readonly query: string; readonly body: string },
): KeptAccount | undefined {
  if (security === 'none') return undefined;
  const apiKey = request.headers['x-mbx-apikey'];
  if (typeof apiKey !== 'string' || apiKey === '') throw refusals.noKey();
  const kept = venue.account(apiKey);
  if (kept === undefined) throw refusals.wrongKey(request.ip);
  if (security === 'signed') requireSignature({ ...sent, apiSecret: kept.apiSecret, nowMs: venue.nowMs() });
  return kept;
}
