import { connect, createServer, type Socket } from 'node:net';

/** A TCP link to a Redis that a test can make unreliable. */
export interface RedisLink {
  readonly url: string;
  /**
   * Lets the next request that contains `mark` through to Redis, swallows its reply, and cuts the connection:
   * what was asked is done, and the client never hears of it. Resolves once that has happened.
   */
  swallowReplyTo(mark: string): Promise<void>;
  /** Cuts every connection at once; new ones work. */
  cutAll(): void;
  stop(): Promise<void>;
}

/** Starts a link to the Redis on this loopback port; what Redis says arrives `delayMs` late. */
export async function startProxy(redisPort: number, delayMs = 0): Promise<RedisLink> {
  const clients = new Set<Socket>();
  let trap: { readonly mark: string; readonly sprung: () => void } | undefined;
  const server = createServer((client) => {
    const upstream = connect(redisPort, '127.0.0.1');
    let swallowing: (() => void) | undefined;
    clients.add(client);
    const end = () => {
      clients.delete(client);
      client.destroy();
      upstream.destroy();
    };
    client.on('data', (chunk) => {
      if (trap !== undefined && chunk.includes(trap.mark)) {
        swallowing = trap.sprung;
        trap = undefined;
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (swallowing !== undefined) {
        end();
        swallowing();
      } else if (delayMs === 0) client.write(chunk);
      else setTimeout(() => client.write(chunk), delayMs);
    });
    for (const socket of [client, upstream]) socket.on('close', end).on('error', end);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
  const cutAll = () => {
    for (const client of clients) client.destroy();
  };
  return {
    url: `redis://127.0.0.1:${address.port}`,
    swallowReplyTo: (mark) =>
      new Promise((resolve) => {
        trap = { mark, sprung: resolve };
      }),
    cutAll,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      cutAll();
      await closed;
    },
  };
}
