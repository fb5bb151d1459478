import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RedisSettings } from '../../settings/runtime-settings.ts';
import { connectTo, type RedisAddress } from '../connection/address.ts';
import { openRedis } from './index.ts';
import type { Say } from './install.ts';

/**
 * Does work on a Redis that is started for it, reached by its unix socket alone, keeps nothing on disk, and is gone
 * with its folder afterwards. Throws a `RedisProblem` where none can be started.
 */
export async function withPrivateRedis<T>(
  { mayInstall, searchPath }: Pick<RedisSettings, 'mayInstall' | 'searchPath'>,
  say: Say,
  work: (address: RedisAddress) => Promise<T>,
): Promise<T> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'portcullis-'));
  try {
    const settings = { url: undefined, embeddedPort: 0, dataFolder, mayInstall, searchPath };
    const redis = await openRedis(settings, say);
    try {
      await keepNothing(redis.address);
      return await work(redis.address);
    } finally {
      await redis.stop();
    }
  } finally {
    await rm(dataFolder, { recursive: true, force: true });
  }
}

async function keepNothing(address: RedisAddress): Promise<void> {
  const redis = connectTo(address, {}, '');
  try {
    await redis.config('SET', 'appendonly', 'no');
  } finally {
    redis.disconnect();
  }
}
