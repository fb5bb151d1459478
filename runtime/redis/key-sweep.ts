import type { Redis } from 'ioredis';

const KEYS_A_PAGE = 1_000;
/** Where the way is long, pages grow up to this: Redis is held by one for a few milliseconds. */
const MOST_KEYS_A_PAGE = 10_000;
const LONG_WAY_MS = 50;
/** A page that takes longer than this comes from a connection that others had better not wait for. */
const PAGE_MS = 2_000;

/** One who wants the keys with this beginning, and those found of them. */
interface Taker {
  readonly beginning: string;
  readonly keys: string[];
}

/** A look through all keys that has not begun; `finished` says whether it came to its end. */
interface Sweep {
  readonly takers: Taker[];
  readonly finished: Promise<boolean>;
}

/** Looks through the keys of one server, one after the other: who asks during one takes part in the next. */
class Sweeps {
  #next: Sweep | undefined;
  #last: Promise<unknown> = Promise.resolve();

  async join(redis: Redis, taker: Taker): Promise<boolean> {
    this.#next ??= this.#plan(redis);
    this.#next.takers.push(taker);
    return await this.#next.finished;
  }

  #plan(redis: Redis): Sweep {
    const takers: Taker[] = [];
    const connection = new Watched(redis);
    const finished = this.#last.then(() => {
      this.#next = undefined;
      return sweptTogether(connection, takers);
    });
    this.#last = finished;
    return { takers, finished };
  }
}

const byServer = new Map<string, Sweeps>();

/**
 * All keys with a beginning, which ends with a colon, that were there from the call to its end. Who asks for keys of the
 * same server, named by its run id, at the same time shares one SCAN of it, on the connection of the first: portfolios
 * that start together do not each look through the keys of all. Where that connection fails, each scans on its own;
 * errors are then Redis's.
 */
export async function keysBeginning(redis: Redis, server: string, beginning: string): Promise<readonly string[]> {
  const name = `${server} ${redis.options.db ?? 0}`;
  const sweeps = byServer.get(name) ?? new Sweeps();
  byServer.set(name, sweeps);
  const shared: Taker = { beginning, keys: [] };
  if (await sweeps.join(redis, shared)) return shared.keys;
  const own: Taker = { beginning, keys: [] };
  await scan(redis, [own], (page) => page);
  return own.keys;
}

/** A connection that tells whether it has closed since: what came after that may be from another server. */
class Watched {
  readonly redis: Redis;
  closed = false;
  readonly #onClose = () => {
    this.closed = true;
  };

  constructor(redis: Redis) {
    this.redis = redis;
    redis.on('close', this.#onClose);
  }

  release(): void {
    this.redis.off('close', this.#onClose);
  }
}

async function sweptTogether(connection: Watched, takers: readonly Taker[]): Promise<boolean> {
  try {
    if (!connection.closed) await scan(connection.redis, takers, inTime);
    return !connection.closed;
  } catch {
    return false;
  } finally {
    connection.release();
  }
}

type ScanPage = [cursor: string, keys: string[]];

async function scan(
  redis: Redis,
  takers: readonly Taker[],
  awaited: (page: Promise<ScanPage>) => Promise<ScanPage>,
): Promise<void> {
  const [only] = takers.length === 1 ? takers : [];
  const hand = handedTo(takers);
  let cursor = '0';
  let count = KEYS_A_PAGE;
  do {
    const askedMs = performance.now();
    const page =
      only === undefined
        ? redis.scan(cursor, 'COUNT', count)
        : redis.scan(cursor, 'MATCH', `${only.beginning}*`, 'COUNT', count);
    const [next, keys] = await awaited(page);
    if (performance.now() - askedMs > LONG_WAY_MS) count = Math.min(MOST_KEYS_A_PAGE, 4 * count);
    for (const key of keys) hand(key);
    cursor = next;
  } while (cursor !== '0');
}

/** Gives a key to all who want its beginning, however many there are. */
function handedTo(takers: readonly Taker[]): (key: string) => void {
  const byBeginning = new Map<string, Taker[]>();
  for (const taker of takers) {
    const others = byBeginning.get(taker.beginning) ?? [];
    byBeginning.set(taker.beginning, [...others, taker]);
  }
  return (key) => {
    for (let at = key.indexOf(':'); at >= 0; at = key.indexOf(':', at + 1)) {
      for (const taker of byBeginning.get(key.slice(0, at + 1)) ?? []) taker.keys.push(key);
    }
  };
}

async function inTime(page: Promise<ScanPage>): Promise<ScanPage> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('expected a page of keys in time, got none')), PAGE_MS);
  });
  page.catch(() => undefined);
  try {
    return await Promise.race([page, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What tells one run of one server from every other: the id of a client, or a cursor, means something on that one alone. */
export async function serverOf(redis: Redis): Promise<string> {
  return /run_id:(\w+)/.exec(await redis.info('server'))?.[1] ?? '';
}
