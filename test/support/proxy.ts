import { connect, createServer, type Server, type Socket } from 'node:net';
import { urlAt } from './redis-server.ts';

/** A TCP link to a Redis that a test can make unreliable. */
export interface RedisLink {
  readonly url: string;
  /**
   * Lets the next request that contains `mark` through to Redis, swallows its reply, and cuts the connection:
   * what was asked is done, and the client never hears of it. Resolves once that has happened.
   */
  swallowReplyTo(mark: string): Promise<void>;
  /** Lets half of the next reply to a request that contains `mark` through and cuts the connection. */
  truncateReplyTo(mark: string): Promise<void>;
  /** Holds the next request that contains `mark`, and what its connection asks after it, back for `delayMs`. */
  holdRequest(mark: string, delayMs: number): Promise<void>;
  /**
   * Keeps the next request that contains `mark`, and what its connection asks after it, from Redis, until that is released;
   * a connection that ends before takes them along. Resolves once one is kept.
   */
  keepRequest(mark: string): Promise<Kept>;
  /** Lets the next request that contains `mark` through to Redis, and nothing that Redis says from then on back. */
  keepReplyTo(mark: string): Promise<void>;
  /** Cuts every connection at once; new ones work. */
  cutAll(): void;
  /** Ends every connection towards Redis and leaves the client's side open. */
  halfClose(): void;
  /** Cuts every connection, and lets no new one through until `up`. */
  down(): void;
  up(): void;
  stop(): Promise<void>;
}

/** A request that has not reached Redis. */
export interface Kept {
  /** Sends it on. */
  release(): void;
}

interface Trap {
  readonly mark: string;
  readonly sprung: (kept: Kept) => void;
  readonly how: 'swallow' | 'truncate' | 'keep-request' | 'keep-reply';
}

const NOTHING_KEPT: Kept = { release: () => undefined };

/** Starts a link to the Redis on this loopback port; what Redis says arrives `delayMs` late. */
export async function startProxy(redisPort: number, delayMs = 0): Promise<RedisLink> {
  const clients = new Map<Socket, Socket>();
  let trap: Trap | undefined;
  let isDown = false;
  const caught = (chunk: Buffer): Trap | undefined => {
    if (trap === undefined || !chunk.includes(trap.mark)) return undefined;
    const sprung = trap;
    trap = undefined;
    return sprung;
  };
  const server = createServer((client) => {
    if (isDown) {
      client.destroy();
      return;
    }
    const upstream = connect(redisPort, '127.0.0.1');
    clients.set(client, upstream);
    link(client, upstream, { delayMs, caught, ended: () => clients.delete(client) });
  });
  const port = await listening(server);
  const cutAll = () => {
    for (const client of clients.keys()) client.destroy();
  };
  const set = (mark: string, how: Trap['how']) =>
    new Promise<Kept>((resolve) => {
      trap = { mark, how, sprung: resolve };
    });
  return {
    url: urlAt(port),
    ...trapsOf(set),
    cutAll,
    halfClose: () => {
      for (const upstream of clients.values()) upstream.end();
    },
    down: () => {
      isDown = true;
      cutAll();
    },
    up: () => {
      isDown = false;
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      cutAll();
      await closed;
    },
  };
}

type Traps = 'swallowReplyTo' | 'truncateReplyTo' | 'holdRequest' | 'keepRequest' | 'keepReplyTo';

function trapsOf(set: (mark: string, how: Trap['how']) => Promise<Kept>): Pick<RedisLink, Traps> {
  return {
    swallowReplyTo: async (mark) => void (await set(mark, 'swallow')),
    truncateReplyTo: async (mark) => void (await set(mark, 'truncate')),
    holdRequest: async (mark, holdMs) => {
      const kept = await set(mark, 'keep-request');
      setTimeout(() => kept.release(), holdMs);
    },
    keepRequest: (mark) => set(mark, 'keep-request'),
    keepReplyTo: async (mark) => void (await set(mark, 'keep-reply')),
  };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
  return address.port;
}

/** Passes bytes on between two sockets, but for what a trap says. */
function link(
  client: Socket,
  upstream: Socket,
  around: { delayMs: number; caught: (chunk: Buffer) => Trap | undefined; ended: () => void },
): void {
  let next: Trap | undefined;
  let kept: Buffer[] | undefined;
  const end = () => {
    around.ended();
    client.destroy();
    upstream.destroy();
  };
  const pass = (chunk: Buffer) => {
    const trap = kept === undefined ? around.caught(chunk) : undefined;
    if (trap?.how === 'keep-request') {
      kept = [];
      trap.sprung({ release });
    } else next ??= trap;
    if (kept === undefined) upstream.write(chunk);
    else kept.push(chunk);
  };
  const release = () => {
    const [first, ...later] = kept ?? [];
    kept = undefined;
    if (first !== undefined) upstream.write(first);
    for (const chunk of later) pass(chunk);
  };
  client.on('data', pass);
  upstream.on('data', (chunk) => {
    if (next?.how === 'keep-reply') next.sprung(NOTHING_KEPT);
    else if (next !== undefined) {
      if (next.how === 'truncate') client.write(chunk.subarray(0, Math.ceil(chunk.length / 2)));
      setImmediate(end);
      next.sprung(NOTHING_KEPT);
    } else if (around.delayMs === 0) client.write(chunk);
    else setTimeout(() => client.write(chunk), around.delayMs);
  });
  for (const socket of [client, upstream]) socket.on('close', end).on('error', end);
}
