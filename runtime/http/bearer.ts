import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { HttpError } from './errors.ts';

const BEARER = /^bearer +(\S+) *$/i;
const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/;

/** Whether an `Authorization` header carries the token. The comparison takes the same time whatever was sent. */
export function presentsToken(authorization: string | undefined, token: string): boolean {
  const sent = BEARER.exec(authorization ?? '')?.[1];
  return timingSafeEqual(digest(sent ?? ''), digest(token)) && sent !== undefined;
}

/** A hook that lets only requests with the token pass; others get 401. */
export function requireToken(token: string) {
  return async (request: FastifyRequest): Promise<void> => {
    if (presentsToken(request.headers.authorization, token)) return;
    throw new HttpError(401, `expected "Authorization: Bearer <ADMIN_TOKEN>", got ${whatCame(request)}`);
  };
}

/** Whether a request was made by a program on this machine: not through a proxy, and not by a page in a browser. */
export function isLocalProgram(request: FastifyRequest): boolean {
  const { headers, socket } = request;
  const relayed = headers['x-forwarded-for'] ?? headers.forwarded ?? headers.origin;
  return relayed === undefined && LOOPBACK.test(socket.remoteAddress ?? '');
}

function whatCame(request: FastifyRequest): string {
  return request.headers.authorization === undefined ? 'no such header' : 'another token';
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
