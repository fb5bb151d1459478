import type { IncomingMessage } from 'node:http';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { type Access, madeByOwnPage, NOT_OURS } from './access.ts';
import type { HttpContext } from './context.ts';
import { errorBody, HttpError } from './errors.ts';
import { BOARD_POLICY } from './page-headers.ts';

const PATH = '/queues';
const FOREIGN_LINK = /<link [^>]*href="https?:[^>]*>\s*/g;
const BOARDS = ['read-only', 'operator'] as const;

type Board = (typeof BOARDS)[number];
type BoardFound = (error: Error | null, board: Board) => void;
type Strategy = Parameters<FastifyInstance['addConstraintStrategy']>[0];

/** Tells the two boards behind `/queues` apart: for an operator who may change things theirs, else the read-only one. */
export function boardConstraint(access: Access): Strategy {
  const derive = (request: IncomingMessage, _context: unknown, done: BoardFound) => {
    if (request.url?.startsWith(PATH) !== true) return done(null, 'read-only');
    void boardFor(access, request).then((board) => done(null, board));
  };
  return {
    name: 'board',
    storage: () => {
      const handlers = new Map();
      return { get: (board) => handlers.get(board) ?? null, set: (board, handler) => handlers.set(board, handler) };
    },
    // The router takes one that answers later too; the types of fastify know only one that answers at once.
    deriveConstraint: derive as unknown as Strategy['deriveConstraint'],
  };
}

/** Whoever cannot be looked up now may look, as may whoever is not known. */
async function boardFor(access: Access, request: IncomingMessage): Promise<Board> {
  const requester = await access.requesterOf(request).catch(() => undefined);
  if (requester === undefined || access.rightProblem(requester) !== undefined) return 'read-only';
  const isForged = requester.session !== undefined && isChange(request) && madeByOwnPage(request) !== true;
  return isForged ? 'read-only' : 'operator';
}

/** `/queues`: the BullMQ dashboard. Anybody can look at it; an operator can use everything it offers. */
export async function registerQueues(app: FastifyInstance, context: HttpContext): Promise<void> {
  for (const board of BOARDS) await app.register(boardPlugin(board, context), { prefix: PATH });
}

function boardPlugin(board: Board, { runtime, options, access }: HttpContext): FastifyPluginAsync {
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
      reply.header('Content-Security-Policy', BOARD_POLICY);
      if (readOnly && isChange(request)) return await refuse(access, request, reply);
      if (!runtime.redisUp() && isData(request)) return refuseWithoutRedis(reply);
    });
    app.addHook('onSend', async (_request, _reply, payload) => withoutForeignFonts(payload));
    await app.register(serverAdapter.registerPlugin());
  };
}

function isData(request: FastifyRequest): boolean {
  return request.url.startsWith(`${PATH}/api/`);
}

function isChange({ method }: { readonly method?: string | undefined }): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

/** Says why a change is not made on the board for looking. */
async function refuse(access: Access, { raw }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const requester = await access.requesterOf(raw).catch(tooMany);
  if (requester instanceof HttpError) {
    const { statusCode, message: sentence, retryAfterSec } = requester;
    return reply.code(statusCode).header('Retry-After', retryAfterSec).send(errorBody(statusCode, sentence));
  }
  if (requester !== undefined) {
    return reply.code(403).send(errorBody(403, access.rightProblem(requester) ?? NOT_OURS));
  }
  const message =
    'expected "Authorization: Bearer <ADMIN_TOKEN>" or a session of an operator for a change, got neither';
  return reply.code(401).header('WWW-Authenticate', 'Bearer').send(errorBody(401, message));
}

/** The board has an error handler of its own, which would answer in its own way. */
function tooMany(error: unknown): HttpError | undefined {
  return error instanceof HttpError && error.statusCode === 429 ? error : undefined;
}

/** Its page asks a foreign host for its fonts, and shows those of the system as well. */
function withoutForeignFonts(payload: unknown): unknown {
  return typeof payload === 'string' ? payload.replace(FOREIGN_LINK, '') : payload;
}

function refuseWithoutRedis(reply: FastifyReply): FastifyReply {
  return reply.code(503).send(errorBody(503, 'expected a connected Redis, got none; it is being reconnected'));
}
