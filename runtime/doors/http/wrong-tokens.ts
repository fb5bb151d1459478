import type { IncomingMessage } from 'node:http';
import proxyAddr from '@fastify/proxy-addr';
import { normalizeIP } from '@fastify/rate-limit';
import type { MetricSpec } from '../../../handlers/contract/handler.ts';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import type { Runtime } from '../../engine/status/types.ts';
import { HttpError } from './errors.ts';

/** How often an address may try, in how long (ms); whoever has one IPv6 address has all of its network. */
export const TRIES = { max: 10, timeWindow: MINUTE_MS, ipv6Subnet: 64 } as const;

const MOST_ADDRESSES = 5_000;
const METRIC = 'portcullis_http_refused_total';
const REASONS = ['wrong_token', 'too_many', 'host'] as const;

/** Requests that were refused at the door. */
export const REFUSED_METRIC: MetricSpec = {
  name: METRIC,
  type: 'counter',
  perProcess: true,
  help: 'Requests refused for a wrong bearer token, for too many of them from one address (too_many), or for their Host',
  labels: ['reason'],
  initial: REASONS.map((reason) => ({ reason })),
};

/** What the door needs of a running system. */
export type Door = Pick<Runtime, 'log' | 'metrics'>;

/** Notes a refusal: a line in the log, which holds no token, and a count. */
export function noteRefusal({ log, metrics }: Door, reason: (typeof REASONS)[number], said: object): void {
  metrics.apply([{ metric: METRIC, labels: { reason } }], '');
  log.warn({ ...said, reason }, 'HTTP: request refused');
}

interface Tries {
  wrong: number;
  readonly endsMs: number;
}

/**
 * Wrong bearer tokens by address. Nothing here waits: many requests that come at once are counted before the next is
 * compared. Own, because `@fastify/rate-limit` counts every request of a route: here a right token costs nothing.
 */
export class WrongTokens {
  readonly #door: Door;
  readonly #trusted: ReturnType<typeof proxyAddr.compile>;
  readonly #tries = new Map<string, Tries>();
  readonly #now: () => number;

  /** `trustedProxies` say truly who asks. `now` is in ms and never goes back. */
  constructor(door: Door, trustedProxies: readonly string[], now = () => performance.now()) {
    this.#door = door;
    this.#trusted = proxyAddr.compile([...trustedProxies]);
    this.#now = now;
  }

  /** Milliseconds until a token of this request's address is compared again; 0: it is now. */
  waitMs(request: IncomingMessage): number {
    const tries = this.#tries.get(this.#addressOf(request));
    return tries === undefined || tries.wrong < TRIES.max ? 0 : Math.max(0, tries.endsMs - this.#now());
  }

  /** Throws a 429 while no token of this address is compared. */
  requireRoom(request: IncomingMessage): void {
    const waitMs = this.waitMs(request);
    if (waitMs === 0) return;
    noteRefusal(this.#door, 'too_many', this.#said(request));
    const seconds = Math.ceil(waitMs / 1000);
    const expected = `expected at most ${TRIES.max} wrong tokens a minute from one address, got more`;
    throw new HttpError(
      429,
      `${expected}: try again in ${seconds} s (POST /v1/kill with "on" is always heard)`,
      seconds,
    );
  }

  /** A wrong token came. */
  count(request: IncomingMessage): void {
    noteRefusal(this.#door, 'wrong_token', this.#said(request));
    const address = this.#addressOf(request);
    const known = this.#tries.get(address);
    const nowMs = this.#now();
    const goesOn = known !== undefined && nowMs < known.endsMs;
    const tries = goesOn ? known : { wrong: 0, endsMs: nowMs + TRIES.timeWindow };
    tries.wrong += 1;
    if (!goesOn) this.#tries.delete(address);
    this.#tries.set(address, tries);
    const [oldest] = this.#tries.keys();
    if (this.#tries.size > MOST_ADDRESSES && oldest !== undefined) this.#tries.delete(oldest);
  }

  #addressOf(request: IncomingMessage): string {
    return normalizeIP(proxyAddr(request, this.#trusted) ?? '', TRIES.ipv6Subnet);
  }

  #said(request: IncomingMessage): object {
    const [path = ''] = (request.url ?? '').split('?', 1);
    return { address: proxyAddr(request, this.#trusted), method: request.method, path: path.slice(0, 200) };
  }
}
