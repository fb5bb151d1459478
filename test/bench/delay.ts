import { Worker } from 'node:worker_threads';
import { Redis } from 'ioredis';
import { urlAt } from '../support/redis-server.ts';
import { percentile } from './statistics.ts';

const PING_EVERY_MS = 20;

/** A way to a Redis on which every answer comes later. */
export interface Delay {
  readonly url: string;
  /** Asks a PING over it again and again until `signal`; gives the milliseconds each took, percentiles 50 and 99. */
  pings(signal: AbortSignal): Promise<{ ping_p50_ms: number; ping_p99_ms: number }>;
  stop(): Promise<void>;
}

/** Starts a proxy, in a thread of its own, that passes on at once what is asked, and `delayMs` later what is answered. */
export async function startDelay(redisPort: number, delayMs: number): Promise<Delay> {
  const thread = new Worker(new URL('delay-thread.js', import.meta.url), { workerData: { redisPort, delayMs } });
  const port = await new Promise<number>((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
  });
  const url = urlAt(port);
  return {
    url,
    pings: async (signal) => await pings(url, signal),
    stop: async () => {
      await thread.terminate();
    },
  };
}

async function pings(url: string, signal: AbortSignal): Promise<{ ping_p50_ms: number; ping_p99_ms: number }> {
  const redis = new Redis(url);
  const took: number[] = [];
  await redis.ping();
  while (!signal.aborted) {
    const startMs = performance.now();
    await redis.ping();
    took.push(performance.now() - startMs);
    await new Promise((resolve) => setTimeout(resolve, PING_EVERY_MS));
  }
  redis.disconnect();
  took.sort((a, b) => a - b);
  return { ping_p50_ms: percentile(took, 50), ping_p99_ms: percentile(took, 99) };
}
