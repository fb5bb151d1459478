import { connect, createServer, type Server, type Socket } from 'node:net';

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
  /** Cuts every connection at once; new ones work. */
  cutAll(): void;
  /** Ends every connection towards Redis and leaves the client's side open. */
  halfClose(): void;
  /** Cuts every connection, and lets no new one through until `up`. */
  down(): void;
  up(): void;
  stop(): Promise<void>;
}

interface Trap {
  readonly mark: string;
  readonly sprung: () => void;
  readonly how: 'swallow' | 'truncate' | { readonly holdMs: number };
}

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
    new Promise<void>((resolve) => {
      trap = { mark, how, sprung: resolve };
    });
  return {
    url: `redis://127.0.0.1:${port}`,
    swallowReplyTo: (mark) => set(mark, 'swallow'),
    truncateReplyTo: (mark) => set(mark, 'truncate'),
    holdRequest: (mark, holdMs) => set(mark, { holdMs }),
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
  const end = () => {
    around.ended();
    client.destroy();
    upstream.destroy();
  };
  client.on('data', (chunk) => {
    const trap = around.caught(chunk);
    if (trap !== undefined && typeof trap.how === 'object') {
      holdBack(client, upstream, chunk, trap.how.holdMs);
      trap.sprung();
      return;
    }
    next ??= trap;
    upstream.write(chunk);
  });
  upstream.on('data', (chunk) => {
    if (next !== undefined) {
      if (next.how === 'truncate') client.write(chunk.subarray(0, Math.ceil(chunk.length / 2)));
      setImmediate(end);
      next.sprung();
    } else if (around.delayMs === 0) client.write(chunk);
    else setTimeout(() => client.write(chunk), around.delayMs);
  });
  for (const socket of [client, upstream]) socket.on('close', end).on('error', end);
}

function holdBack(client: Socket, upstream: Socket, chunk: Buffer, holdMs: number): void {
  client.pause();
  setTimeout(() => {
    upstream.write(chunk);
    client.resume();
  }, holdMs);
}
