import type { Redis } from 'ioredis';
import { families } from '../../../schemas/keys.ts';
import { serverOf } from '../../redis/key-sweep.ts';
import { whenReady } from '../../redis/when-ready.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

const CHANNEL = '__redis__:invalidate';
/** Redis compares every key that is written with every beginning, and looks at each of them once more with whatever it is asked. */
const MOST_BEGINNINGS = 128;

/** One who is told which keys of a portfolio changed. */
export interface InvalidationTaker {
  /** The connection was lost: what changed since is not known. */
  closed(): void;
  /** A key with a beginning of this portfolio changed; it may be none that anybody follows. */
  changed(key: string): void;
  /** All data are gone. */
  flushed(): void;
}

/**
 * The connection on which Redis tells what changed in the tracked hashes of all portfolios of one server (client-side
 * caching in broadcast mode). It is tracked and told itself: nothing else that is lost can end that.
 */
export class Invalidations {
  readonly #connection: Redis;
  readonly #beginnings: readonly string[];
  readonly #takers = new Map<string, InvalidationTaker>();
  #generation = 0;
  #server: string | undefined;
  #arming: Promise<void> | undefined;
  #ping: Promise<unknown> | undefined;

  /** The connection belongs to this object alone; `portfolios` are all that it may be asked about. */
  constructor(connection: Redis, portfolios: readonly Pick<Portfolio, 'prefix'>[]) {
    this.#connection = connection;
    this.#beginnings = beginningsOf(portfolios.map(({ prefix }) => prefix));
    connection.options.autoResubscribe = false;
    connection.on('close', () => {
      this.#generation += 1;
      this.#server = undefined;
      for (const taker of this.#takers.values()) taker.closed();
    });
    connection.on('messageBuffer', (_channel: Buffer, changed: unknown) => this.#tell(changed));
  }

  /** From now on tells of the keys of a portfolio. */
  join({ prefix }: Pick<Portfolio, 'prefix'>, taker: InvalidationTaker): void {
    this.#takers.set(prefix, taker);
  }

  /** Resolves once changes are told, with the server that tells them, by its run id. Errors are Redis's. */
  async listen(): Promise<string> {
    while (this.#server === undefined) {
      this.#arming ??= this.#arm().finally(() => {
        this.#arming = undefined;
      });
      await this.#arming;
    }
    return this.#server;
  }

  /** Resolves when all that changed before the call has been told. Those that ask in one turn of the event loop ask once. */
  settled(): Promise<unknown> {
    this.#ping ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        this.#ping = undefined;
        this.#connection.ping().then(resolve, reject);
      });
    });
    return this.#ping;
  }

  async #arm(): Promise<void> {
    const generation = this.#generation;
    await whenReady(this.#connection, (listener) => listener.unsubscribe(CHANNEL));
    const [server, id] = await whenReady(this.#connection, (listener) =>
      Promise.all([serverOf(listener), listener.client('ID')]),
    );
    const prefixes = this.#beginnings.flatMap((beginning) => ['PREFIX', beginning]);
    const tracking = ['TRACKING', 'ON', 'REDIRECT', String(id), 'BCAST', ...prefixes];
    await whenReady(this.#connection, (listener) =>
      Promise.all([
        listener.call('CLIENT', 'TRACKING', 'OFF'),
        listener.call('CLIENT', tracking),
        listener.subscribe(CHANNEL),
      ]),
    );
    if (generation === this.#generation) this.#server = server;
  }

  #tell(changed: unknown): void {
    if (!Array.isArray(changed)) {
      for (const taker of this.#takers.values()) taker.flushed();
      return;
    }
    for (const one of changed) {
      const key = String(one);
      this.#takerOf(key)?.changed(key);
    }
  }

  /** Prefixes may have colons of their own. */
  #takerOf(key: string): InvalidationTaker | undefined {
    for (let at = key.indexOf(':'); at >= 0; at = key.indexOf(':', at + 1)) {
      const taker = this.#takers.get(key.slice(0, at));
      if (taker !== undefined) return taker;
    }
    return undefined;
  }
}

/**
 * What the keys begin with that Redis is to tell of: those of the families, of each portfolio; where that would be too
 * many, as long a beginning of its keys as leaves few, so that more is told than is asked for.
 */
export function beginningsOf(prefixes: readonly string[], most = MOST_BEGINNINGS): readonly string[] {
  const exact = prefixes.flatMap((prefix) => Object.values(families).map((family) => `${prefix}:${family}:`));
  if (exact.length <= most) return exact;
  const whole = prefixes.map((prefix) => `${prefix}:`);
  let length = Math.max(...whole.map((text) => text.length));
  let found = apart(whole);
  while (found.length > most) {
    length -= 1;
    found = apart(whole.map((text) => text.slice(0, length)));
  }
  return found;
}

/** Each once, and none that begins with another: Redis refuses those. */
function apart(texts: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (const text of [...new Set(texts)].toSorted()) {
    const last = found.at(-1);
    if (last === undefined || !text.startsWith(last)) found.push(text);
  }
  return found;
}
