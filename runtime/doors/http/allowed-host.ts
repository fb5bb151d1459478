import { isIP } from 'node:net';
import type { onRequestAsyncHookHandler } from 'fastify';
import { quoted } from '../../../schemas/setting.ts';
import type { HttpContext } from './context.ts';
import { errorBody } from './errors.ts';
import { noteRefusal } from './wrong-tokens.ts';

const HOST = /^[\w.[\]:-]+$/;
const LOOPBACK_NAME = /^(?:.*\.)?localhost$/;
const MOST_SHOWN = 100;

/**
 * Refuses requests for a name that is not ours: a page of another site that has its name point here would read as if
 * it were ours (DNS rebinding). That needs a name, so addresses pass; a request without Host comes from no browser.
 */
export function allowedHost({ options, runtime }: HttpContext): onRequestAsyncHookHandler {
  const allowed = new Set([options.host, ...(options.allowedHosts ?? [])].map(plain));
  return async ({ headers, ip }, reply) => {
    const { host } = headers;
    if (host === undefined || isAllowed(host, allowed)) return;
    noteRefusal(runtime, 'host', { address: ip, host: host.slice(0, MOST_SHOWN) });
    const expected = 'expected an address, a loopback name, HTTP_HOST or a name of ALLOWED_HOSTS';
    const message = `${expected} as Host, got ${quoted(host.slice(0, MOST_SHOWN))}`;
    return reply.code(421).send(errorBody(421, message));
  };
}

/** Whether a Host header names an address, this machine by a name for itself, or one of these names. */
function isAllowed(host: string, allowed: ReadonlySet<string>): boolean {
  if (!HOST.test(host) || !URL.canParse(`http://${host}`)) return false;
  const name = plain(new URL(`http://${host}`).hostname);
  return isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0 || LOOPBACK_NAME.test(name) || allowed.has(name);
}

function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
