import type { IncomingMessage } from 'node:http';
import { parseCookie, stringifySetCookie } from 'cookie';
import { SESSION_LIFE_MS } from './sessions.ts';

const NAME = 'portcullis_session';
const ID = /^[\w-]{43}$/;

/** The session id that a request carries; `undefined` for none, or for what cannot be one. */
export function sessionIdOf(request: IncomingMessage): string | undefined {
  const id = parseCookie(request.headers.cookie ?? '')[NAME];
  return id !== undefined && ID.test(id) ? id : undefined;
}

/** The `Set-Cookie` that carries a session id; without one, the one that takes it away. */
export function sessionCookie(request: IncomingMessage, id?: string): string {
  return stringifySetCookie(NAME, id ?? '', {
    httpOnly: true,
    sameSite: 'strict',
    path: '/',
    secure: cameByHttps(request),
    maxAge: id === undefined ? 0 : SESSION_LIFE_MS / 1000,
  });
}

/** A proxy in front says so. Who says it falsely makes its own cookie stricter, and nobody else's. */
function cameByHttps({ headers, socket }: IncomingMessage): boolean {
  const said = headers['x-forwarded-proto'];
  const first = (Array.isArray(said) ? said[0] : said)?.split(',', 1)[0]?.trim();
  return first === undefined ? 'encrypted' in socket : first === 'https';
}
