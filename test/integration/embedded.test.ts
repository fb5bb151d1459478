import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askServer, connectTo } from '../../runtime/redis/connection/address.ts';
import { socketPathOf } from '../../runtime/redis/embedded/data-folder.ts';
import { findRedis, type OpenRedis, openRedis } from '../../runtime/redis/embedded/index.ts';
import { ownAddress } from '../../runtime/redis/embedded/password.ts';
import { processEnvironment } from '../../runtime/settings/environment.ts';
import { loadSettings } from '../../runtime/settings/load.ts';
import type { RedisSettings } from '../../runtime/settings/runtime-settings.ts';
import { freePort } from '../support/ports.ts';
import { startRedis, until } from '../support/redis.ts';

const HOLDER = fileURLToPath(new URL('../support/hold-redis.ts', import.meta.url));

/** A server that is there answers long before, and one that is not refuses at once. */
const ANSWER_MS = 60_000;

let folder: string;
let opened: OpenRedis[];
let holders: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-embedded-'));
  opened = [];
  holders = [];
});

afterEach(async () => {
  for (const redis of opened) await redis.stop();
  for (const holder of holders) {
    if (holder.exitCode !== null || holder.signalCode !== null) continue;
    const gone = once(holder, 'exit');
    holder.kill('SIGTERM');
    await gone;
  }
  rmSync(folder, { recursive: true, force: true });
});

function settingsOf(more: Record<string, string> = {}): RedisSettings {
  const env = { PATH: processEnvironment().PATH, PORTCULLIS_DATA_DIR: folder, EMBEDDED_REDIS_PORT: '0', ...more };
  return loadSettings(env, []).runtime.redis;
}

async function open(settings: RedisSettings): Promise<OpenRedis> {
  const redis = await openRedis(settings, () => undefined);
  opened.push(redis);
  return redis;
}

async function hold(more: Record<string, string> = {}): Promise<ChildProcess> {
  const { REDIS_URL: _, ...env } = processEnvironment();
  const holder = spawn(process.execPath, ['--import', 'tsx', HOLDER], {
    env: { ...env, PORTCULLIS_DATA_DIR: folder, EMBEDDED_REDIS_PORT: '0', ...more },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  holders.push(holder);
  await once(holder.stdout, 'data');
  return holder;
}

async function answers(redis: OpenRedis): Promise<boolean> {
  return askServer(redis.address, ANSWER_MS).then(
    () => true,
    () => false,
  );
}

describe('a Redis of our own', () => {
  it('keeps its data for the next start, in a folder for this user alone', async () => {
    const first = await open(settingsOf());
    const client = connectTo(first.address);
    await client.set('kept', 'yes');
    expect(await client.config('GET', 'appendfsync')).toEqual(['appendfsync', 'always']);
    expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    client.disconnect();
    await first.stop();
    expect(await answers(first)).toBe(false);

    const second = await open(settingsOf());
    const again = connectTo(second.address);
    expect(await again.get('kept')).toBe('yes');
    again.disconnect();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('listens on a loopback port too when it is given one', async () => {
    const port = await freePort();
    const redis = await open(settingsOf({ EMBEDDED_REDIS_PORT: String(port) }));
    const url = readFileSync(join(folder, 'redis.url'), 'utf8').trim();
    expect(url).toContain(`@127.0.0.1:${port}`);
    const facts = await askServer({ url }, ANSWER_MS);
    expect(facts).toEqual(await askServer(redis.address, ANSWER_MS));
    expect(redis).toMatchObject({ embedded: true, urlFile: join(folder, 'redis.url'), dataFolder: folder });
  });

  it('names a port that is taken, and the way out', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const start = open(settingsOf({ EMBEDDED_REDIS_PORT: String(port) }));
    await expect(start).rejects.toThrow(`EMBEDDED_REDIS_PORT: expected port ${port} on 127.0.0.1 to be free`);
    other.close();
  });

  it('has its socket under the temporary folder when the path would be too long', async () => {
    const deep = join(folder, 'x'.repeat(100));
    const redis = await open(settingsOf({ PORTCULLIS_DATA_DIR: deep }));
    expect(redis.address).toMatchObject({ path: socketPathOf(deep) });
    expect(socketPathOf(deep).startsWith(deep)).toBe(false);
    expect(await answers(redis)).toBe(true);
  });

  it('is started again on its data when somebody kills it, and given up at the third time in a minute', async () => {
    const said: string[] = [];
    const redis = await openRedis(settingsOf(), (line) => void said.push(line));
    opened.push(redis);
    const client = connectTo(redis.address);
    client.on('error', () => undefined);
    await client.set('kept', 'yes');
    client.disconnect();
    for (const time of [1, 2]) {
      const { processId } = await askServer(redis.address, 1_000);
      const { ino } = statSync(join(folder, 'redis.url'));
      process.kill(processId, 'SIGKILL');
      await until('the end to be said', () => said.length === time);
      expect(said.at(-1)).toBe('our own Redis ended (SIGKILL): starting it again on its data');
      await until('another to be up', () => statSync(join(folder, 'redis.url')).ino !== ino);
      expect(await answers(redis)).toBe(true);
    }
    const again = connectTo(redis.address);
    expect(await again.get('kept')).toBe('yes');
    again.disconnect();
    process.kill((await askServer(redis.address, 1_000)).processId, 'SIGKILL');
    expect(await redis.lost).toMatchObject({ exitCode: 69, message: expect.stringContaining('SIGKILL') });
    expect(said).toHaveLength(2);
    expect(await answers(redis)).toBe(false);
  });

  it('is not started again after a stop', async () => {
    const said: string[] = [];
    const redis = await openRedis(settingsOf(), (line) => void said.push(line));
    await redis.stop();
    expect(await answers(redis)).toBe(false);
    expect(said).toEqual([]);
  });

  it('says why when the server cannot start', async () => {
    const first = await open(settingsOf());
    const client = connectTo(first.address);
    await client.set('a', 'b');
    client.disconnect();
    await first.stop();
    writeFileSync(join(folder, 'redis', 'appendonlydir', 'appendonly.aof.manifest'), 'nonsense\n');
    await expect(open(settingsOf())).rejects.toThrow(/could not be started: it ended with exit code 1: .*AOF/s);
  });
});

describe('a second process', () => {
  it('adopts the Redis of the first and leaves it running', async () => {
    const holder = await hold();
    const adopted = await open(settingsOf());
    expect(adopted.description).toContain(`started by process ${holder.pid}`);
    await adopted.stop();
    expect(await answers(adopted)).toBe(true);
  });

  it('that starts at the same moment shares one server', async () => {
    await Promise.all([hold(), hold(), hold()]);
    expect(holders.map((holder) => holder.exitCode)).toEqual([null, null, null]);
    expect(readFileSync(join(folder, 'redis.log'), 'utf8').match(/Server initialized/g)).toHaveLength(1);
  });

  it('finds the server gone when the first was killed, and starts its own on the same data', async () => {
    const holder = await hold();
    const client = connectTo(ownAddress(folder));
    await client.set('kept', 'yes');
    client.disconnect();
    const { processId } = await askServer(ownAddress(folder), ANSWER_MS);
    holder.kill('SIGKILL');
    await until('the server follows its starter', () => !isAlive(processId));

    const redis = await open(settingsOf());
    const again = connectTo(redis.address);
    expect(await again.get('kept')).toBe('yes');
    again.disconnect();
    await redis.stop();
    expect(await answers(redis)).toBe(false);
  });
});

describe('findRedis', () => {
  it('finds the server of a running process', async () => {
    await hold();
    expect(await findRedis(settingsOf())).toMatchObject({ embedded: true, address: { path: socketPathOf(folder) } });
  });

  it('finds one without a password by its port', async () => {
    const server = await startRedis('--requirepass', '');
    const found = await findRedis(settingsOf({ EMBEDDED_REDIS_PORT: String(server.port) }));
    expect(found).toMatchObject({ embedded: false, address: { url: `redis://127.0.0.1:${server.port}` } });
    await server.stop();
  });

  it('starts none: it says where it looked', async () => {
    await expect(findRedis(settingsOf({ EMBEDDED_REDIS_PORT: '1' }))).rejects.toThrow(
      `expected a running Portcullis, got no Redis at ${socketPathOf(folder)} nor at redis://127.0.0.1:1`,
    );
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
