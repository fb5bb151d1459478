import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { urlAt } from './redis-server.ts';

/** A way to a Redis that is slow in both directions, and on which connections are lost. */
export interface SlowLink {
  readonly url: string;
  /** How many connections were reset so far. */
  readonly resets: number;
  /** Counts from now on how many chunks that the clients send hold this text. */
  counting(mark: string): () => number;
  /** Resets no connection from now on. */
  heal(): void;
  stop(): Promise<void>;
}

/** How bad a link is. */
export interface Slowness {
  /** Milliseconds that every chunk takes, each way; making a connection takes as long there and back. */
  readonly delayMs: number;
  /** Share of the chunks, of either direction, that do not arrive: their connection is reset instead. */
  readonly resetShare: number;
  /** A number from 0 up to 1, another one each time. */
  readonly dice: () => number;
}

/** Starts a slow link to the Redis on this loopback port. Chunks are under way at the same time, and arrive in order. */
export async function startSlowLink(redisPort: number, slowness: Slowness): Promise<SlowLink> {
  const clients = new Set<Socket>();
  const counters: ((chunk: Buffer) => void)[] = [];
  let { resetShare } = slowness;
  let resets = 0;
  const lost = () => resetShare > 0 && slowness.dice() < resetShare;
  const server = createServer({ noDelay: true }, (client) => {
    clients.add(client);
    linked(client, connect({ port: redisPort, host: '127.0.0.1', noDelay: true }), slowness.delayMs, {
      lost,
      asked: (chunk) => {
        for (const count of counters) count(chunk);
      },
      reset: () => {
        resets += 1;
      },
      ended: () => clients.delete(client),
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: urlAt((server.address() as AddressInfo).port),
    get resets() {
      return resets;
    },
    counting: (mark) => {
      let found = 0;
      counters.push((chunk) => {
        if (chunk.includes(mark)) found += 1;
      });
      return () => found;
    },
    heal: () => {
      resetShare = 0;
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const client of clients) client.destroy();
      await closed;
    },
  };
}

interface Around {
  /** Whether the next chunk is lost. */
  readonly lost: () => boolean;
  readonly asked: (chunk: Buffer) => void;
  readonly reset: () => void;
  readonly ended: () => void;
}

function linked(client: Socket, upstream: Socket, delayMs: number, around: Around): void {
  const end = () => {
    around.ended();
    client.destroy();
    upstream.destroy();
  };
  const reset = () => {
    around.reset();
    client.resetAndDestroy();
    end();
  };
  const there = lane(upstream, delayMs, 2 * delayMs);
  const back = lane(client, delayMs, 0);
  client.on('data', (chunk) => {
    around.asked(chunk);
    there(around.lost() ? reset : chunk);
  });
  upstream.on('data', (chunk) => back(around.lost() ? reset : chunk));
  for (const socket of [client, upstream]) socket.on('close', end).on('error', end);
}

/** Hands on what it is given, in order: each `delayMs` after it came, and none before the connection is made. */
function lane(to: Socket, delayMs: number, madeAfterMs: number): (what: Buffer | (() => void)) => void {
  const madeMs = performance.now() + madeAfterMs;
  const underWay: (Buffer | (() => void))[] = [];
  const arrive = () => {
    const what = underWay.shift();
    if (typeof what === 'function') what();
    else if (what !== undefined && !to.destroyed) to.write(what);
  };
  return (what) => {
    underWay.push(what);
    setTimeout(arrive, delayMs + Math.max(0, madeMs - performance.now()));
  };
}
