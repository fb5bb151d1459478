import { Redis } from 'ioredis';
import { startRedis } from '../support/redis.ts';

/** How the server keeps what is written: not at all, synced every second, or synced at every write. */
export const aofChoices = ['off', 'everysec', 'always'] as const;

/** One of `aofChoices`. */
export type Aof = (typeof aofChoices)[number];

/** The Redis that everything is measured on. */
export interface BenchServer {
  readonly url: string;
  readonly port: number;
  readonly redis: Redis;
  readonly version: string;
  /** CPU microseconds the server has used. */
  cpuUs(): Promise<number>;
  /** Empties it, and waits until the memory is free again. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a Redis of the bench's own on a free loopback port. */
export async function startServer(aof: Aof): Promise<BenchServer> {
  const args = aof === 'off' ? [] : ['--appendonly', 'yes', '--appendfsync', aof];
  const server = await startRedis(...args);
  const redis = new Redis(server.url);
  const info = async (section: string, name: string) =>
    new RegExp(`${name}:(\\S+)`).exec(await redis.info(section))?.[1] ?? '';
  return {
    url: server.url,
    port: server.port,
    redis,
    version: await info('server', 'redis_version'),
    cpuUs: async () => {
      const text = await redis.info('cpu');
      const seconds = ['used_cpu_sys', 'used_cpu_user'].map((name) =>
        Number(new RegExp(`${name}:(\\S+)`).exec(text)?.[1]),
      );
      return seconds.reduce((sum, value) => sum + value, 0) * 1e6;
    },
    clear: async () => {
      await redis.flushall('SYNC');
    },
    stop: async () => {
      redis.disconnect();
      await server.stop();
    },
  };
}
