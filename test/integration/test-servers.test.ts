import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { ChaosServer } from '../chaos/server.ts';
import { startRedis } from '../support/redis.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { RedisPair } from '../support/redis-sentinel.ts';
import { PASSWORD } from '../support/redis-server.ts';

const STARTS: readonly (readonly [string, () => Promise<readonly number[]>])[] = [
  [
    'a Redis',
    async () => {
      const redis = await startRedis();
      onTestFinished(() => redis.stop());
      return [redis.port];
    },
  ],
  [
    'a cluster',
    async () => {
      const cluster = await RedisCluster.start();
      onTestFinished(() => cluster.stop());
      return portsIn(cluster.url);
    },
  ],
  [
    'a primary, its replica and Sentinel',
    async () => {
      const pair = await RedisPair.start();
      onTestFinished(() => pair.stop());
      const ports = [pair.primary, pair.replica].map((redis) => redis.options.port ?? 0);
      return [...portsIn(pair.url), ...ports];
    },
  ],
  [
    'a Redis of the chaos suite',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'portcullis-test-servers-'));
      const server = await ChaosServer.start(folder);
      onTestFinished(async () => {
        await server.stop();
        await rm(folder, { recursive: true, force: true });
      });
      return [server.port];
    },
  ],
];

it.each(STARTS)('%s that a test starts answers no other user of the machine', async (_what, start) => {
  const ports = await start();
  expect(ports.length).toBeGreaterThan(0);
  for (const port of ports) {
    const stranger = new Redis(port, '127.0.0.1', { enableReadyCheck: false, retryStrategy: () => null });
    await expect(stranger.ping()).rejects.toThrow(/^NOAUTH/);
    stranger.disconnect();
  }
});

it('a server that a test starts has its password in no argument', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const args = readFileSync(`/proc/${redis.process.pid}/cmdline`, 'utf8');
  expect(args).toContain(String(redis.port));
  expect(args).not.toContain(PASSWORD);
});

it('a server that a test starts does not stop in silence while a client is there that was forgotten', async () => {
  const redis = await startRedis();
  const forgotten = new Redis(redis.url, { retryStrategy: () => null });
  await forgotten.ping();
  await expect(redis.stop()).rejects.toThrow(/expected all clients to be gone, got:\n.*addr=/);
  expect(redis.process.signalCode).toBe('SIGKILL');
});

function portsIn(url: string): readonly number[] {
  return [...url.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port));
}
