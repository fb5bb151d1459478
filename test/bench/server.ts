import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startRedis } from '../support/redis.ts';
import { SCRIPT_TIME_ARGS } from './script-times.ts';

const POLL_MS = 10;

/** How the server keeps what is written: not at all, synced every second, or synced at every write. */
export const aofChoices = ['off', 'everysec', 'always'] as const;

/** One of `aofChoices`. */
export type Aof = (typeof aofChoices)[number];

/** The Redis that everything is measured on. */
export interface BenchServer {
  readonly url: string;
  readonly port: number;
  /** Its process. */
  readonly pid: number;
  readonly redis: Redis;
  readonly version: string;
  /** CPU microseconds the server has used. */
  cpuUs(): Promise<number>;
  /** Bytes the server holds. */
  memoryBytes(): Promise<number>;
  /** Keeps what is written so from now on; as the run was started without an argument. */
  keep(aof?: Aof): Promise<void>;
  /** Empties it, and waits until the memory is free again. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a Redis of the bench's own on a free loopback port. */
export async function startServer(usual: Aof): Promise<BenchServer> {
  const server = await startRedis(...SCRIPT_TIME_ARGS);
  const redis = new Redis(server.url);
  const info = async (section: string, name: string) =>
    new RegExp(`${name}:(\\S+)`).exec(await redis.info(section))?.[1] ?? '';
  let kept: Aof = 'off';
  return {
    url: server.url,
    port: server.port,
    pid: server.process.pid ?? Number.NaN,
    redis,
    version: await info('server', 'redis_version'),
    cpuUs: async () => {
      const text = await redis.info('cpu');
      const seconds = ['used_cpu_sys', 'used_cpu_user'].map((name) =>
        Number(new RegExp(`${name}:(\\S+)`).exec(text)?.[1]),
      );
      return seconds.reduce((sum, value) => sum + value, 0) * 1e6;
    },
    memoryBytes: async () => Number(await info('memory', 'used_memory')),
    keep: async (aof = usual) => {
      if (aof === kept) return;
      if (aof !== 'off') await redis.config('SET', 'appendfsync', aof);
      await redis.config('SET', 'appendonly', aof === 'off' ? 'no' : 'yes');
      kept = aof;
      while (/aof_rewrite_(?:in_progress|scheduled):1/.test(await redis.info('persistence'))) await pause(POLL_MS);
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
