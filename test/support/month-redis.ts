import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { startRedis, type TestRedis } from './redis.ts';

const FILE = 'dump.rdb';

/**
 * Writes the month to a file, and says where that is. Nothing in it ends by itself any more: its clock stands still,
 * however late a test comes to it.
 */
export async function keepMonth(redis: Redis): Promise<string> {
  for (const key of await redis.keys('*')) await redis.persist(key);
  await redis.save();
  const [, folder = ''] = (await redis.config('GET', 'dir')) as string[];
  return join(folder, FILE);
}

/** Starts a Redis on a copy of the month, which no other test sees or changes. */
export async function startMonth(file: string): Promise<TestRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-month-'));
  copyFileSync(file, join(folder, FILE));
  const redis = await startRedis('--dir', folder);
  const stop = async () => {
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...redis, stop };
}
