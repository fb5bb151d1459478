import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { presentsToken } from './bearer.ts';
import type { HttpContext } from './context.ts';
import { errorBody } from './errors.ts';

const PATH = '/queues';
const BOARDS = ['read-only', 'operator'] as const;

type Board = (typeof BOARDS)[number];
type Strategy = Parameters<FastifyInstance['addConstraintStrategy']>[0];

/** Tells the two boards behind `/queues` apart: with the token the operator's, without it the read-only one. */
export function boardConstraint(token: string): Strategy {
  return {
    name: 'board',
    storage: () => {
      const handlers = new Map();
      return { get: (board) => handlers.get(board) ?? null, set: (board, handler) => handlers.set(board, handler) };
    },
    deriveConstraint: (request): Board =>
      presentsToken(request.headers.authorization, token) ? 'operator' : 'read-only',
  };
}

/** `/queues`: the BullMQ dashboard. Without the token it can be looked at; with it, everything it offers can be used. */
export async function registerQueues(app: FastifyInstance, context: HttpContext): Promise<void> {
  for (const board of BOARDS) await app.register(boardPlugin(board, context), { prefix: PATH });
}

function boardPlugin(board: Board, { runtime, options }: HttpContext): FastifyPluginAsync {
  const readOnly = board === 'read-only';
  const serverAdapter = new FastifyAdapter().setBasePath(PATH);
  createBullBoard({
    queues: options.queues.map(({ queue, portfolio }) => {
      const prefix = options.queues.length > 1 ? `${portfolio.prefix} ` : '';
      return new BullMQAdapter(queue, { readOnlyMode: readOnly, prefix });
    }),
    serverAdapter,
    options: { uiConfig: { boardTitle: readOnly ? 'Portcullis (read-only)' : 'Portcullis' } },
  });
  return async (app) => {
    app.addHook('onRoute', (route) => {
      route.constraints = { ...route.constraints, board };
    });
    app.addHook('onRequest', async (request, reply) => {
      if (readOnly && request.method !== 'GET' && request.method !== 'HEAD') return refuseWithoutToken(reply);
      if (!runtime.redisUp() && isData(request)) return refuseWithoutRedis(reply);
    });
    await app.register(serverAdapter.registerPlugin());
  };
}

function isData(request: FastifyRequest): boolean {
  return request.url.startsWith(`${PATH}/api/`);
}

function refuseWithoutToken(reply: FastifyReply): FastifyReply {
  const message = 'expected "Authorization: Bearer <ADMIN_TOKEN>" for a change, got a request without that token';
  return reply.code(401).header('WWW-Authenticate', 'Bearer').send(errorBody(401, message));
}

function refuseWithoutRedis(reply: FastifyReply): FastifyReply {
  return reply.code(503).send(errorBody(503, 'expected a connected Redis, got none; it is being reconnected'));
}
