import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

/** The `error` of every refused request, by its HTTP status. */
const ERROR_CODES = {
  400: 'bad_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  409: 'conflict',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
  421: 'misdirected_request',
  429: 'too_many_requests',
  500: 'internal_error',
  503: 'unavailable',
  504: 'no_verdict',
} as const;

/** An HTTP status that a request can be refused with. */
export type ErrorStatus = keyof typeof ERROR_CODES;

/** The JSON of a refused request. */
export interface ErrorBody {
  readonly error: (typeof ERROR_CODES)[ErrorStatus];
  readonly message: string;
}

/** A request that is refused, with what was expected and what came. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly statusCode: ErrorStatus;
  /** Seconds after which the same request may be made again. */
  readonly retryAfterSec: number | undefined;

  constructor(statusCode: ErrorStatus, message: string, retryAfterSec?: number) {
    super(message);
    this.statusCode = statusCode;
    this.retryAfterSec = retryAfterSec;
  }
}

/** The JSON of an error of this status. */
export function errorBody(status: ErrorStatus, message: string): ErrorBody {
  return { error: ERROR_CODES[status], message };
}

/** Answers a failed request; what went wrong inside is logged and not shown. */
export function errorHandler(log: Logger) {
  return async (error: Error & { statusCode?: number }, request: FastifyRequest, reply: FastifyReply) => {
    const status = knownStatus(error.statusCode);
    if (status === 500) log.error({ err: error, method: request.method, url: request.url }, 'request failed');
    if (status === 401) reply.header('WWW-Authenticate', 'Bearer');
    if (error instanceof HttpError && error.retryAfterSec !== undefined) {
      reply.header('Retry-After', error.retryAfterSec);
    }
    const message = status === 500 ? 'the request failed; the log says why' : error.message;
    return reply.code(status).send(errorBody(status, message));
  };
}

/** Answers a request for a path that is not served here. */
export async function notFound(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const path = request.url.split('?', 1)[0];
  return reply.code(404).send(errorBody(404, `expected a path that is served here, got ${request.method} ${path}`));
}

function knownStatus(status: number | undefined): ErrorStatus {
  if (status === undefined) return 500;
  if (status in ERROR_CODES) return status as ErrorStatus;
  return status >= 400 && status < 500 ? 400 : 500;
}
