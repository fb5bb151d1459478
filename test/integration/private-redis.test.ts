import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addressOf, askServer, connectTo } from '../../runtime/redis/connection/address.ts';
import { prepareDataFolder, socketPathOf } from '../../runtime/redis/embedded/data-folder.ts';
import { findRedis, type OpenRedis, openRedis } from '../../runtime/redis/embedded/index.ts';
import { processEnvironment } from '../../runtime/settings/environment.ts';
import { loadSettings } from '../../runtime/settings/load.ts';
import type { RedisSettings } from '../../runtime/settings/runtime-settings.ts';
import { freePort } from '../support/ports.ts';
import { until } from '../support/redis.ts';

const ANSWER_MS = 60_000;

let folder: string;
let port: number;
let opened: OpenRedis[];
let said: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-private-'));
  port = await freePort();
  opened = [];
  said = [];
});

afterEach(async () => {
  for (const redis of opened) await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

function settingsOf(ownPort = port): RedisSettings {
  const { PATH } = processEnvironment();
  const env = { PATH, PORTCULLIS_DATA_DIR: folder, EMBEDDED_REDIS_PORT: String(ownPort) };
  return loadSettings(env, []).runtime.redis;
}

async function open(ownPort = port): Promise<OpenRedis> {
  const redis = await openRedis(settingsOf(ownPort), (line) => said.push(line));
  opened.push(redis);
  return redis;
}

/** What a program is told that knows the port, or the socket, and no password. */
async function strangerHears(to: { port: number } | { path: string }): Promise<string> {
  const stranger = new Redis({ ...to, enableReadyCheck: false, retryStrategy: () => null });
  stranger.on('error', () => undefined);
  try {
    return await stranger.set('quantum:permit:evil', '1').catch((error: Error) => error.message);
  } finally {
    stranger.disconnect();
  }
}

/** A server of the data folder as an earlier version started it: without a password, and outliving its starter. */
async function openServer(): Promise<number> {
  prepareDataFolder(folder);
  const socket = ['--unixsocket', socketPathOf(folder), '--unixsocketperm', '700', '--dir', folder, '--save', ''];
  const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', ...socket], { stdio: 'ignore' });
  await until('the server to answer', () => askServer({ path: socketPathOf(folder) }, ANSWER_MS).catch(() => false));
  return child.pid as number;
}

const fileOf = (name: string) => join(folder, name);

describe('a Redis of our own', () => {
  it('answers nobody without the password of its data folder', async () => {
    const redis = await open();
    expect(await strangerHears({ port })).toMatch(/^NOAUTH/);
    expect(await strangerHears({ path: socketPathOf(folder) })).toMatch(/^NOAUTH/);
    const client = connectTo(redis.address);
    expect(await client.exists('quantum:permit:evil')).toBe(0);
    client.disconnect();
  });

  it('has a password of 256 bits that is made once, in a file for this user alone, and in no argument', async () => {
    const redis = await open();
    const password = readFileSync(fileOf('redis.password'), 'utf8').trim();
    expect(password).toMatch(/^[\w-]{43}$/);
    for (const name of ['redis.password', 'redis.url']) expect(statSync(fileOf(name)).mode & 0o777).toBe(0o600);
    const { processId } = await askServer(redis.address, ANSWER_MS);
    for (const file of ['cmdline', 'environ']) {
      expect(readFileSync(`/proc/${processId}/${file}`, 'utf8')).not.toContain(password);
    }
    await redis.stop();
    await open();
    expect(readFileSync(fileOf('redis.password'), 'utf8').trim()).toBe(password);
    expect(await strangerHears({ port })).toMatch(/^NOAUTH/);
  });

  it.each([
    ['on its port', () => port],
    ['on its socket alone', () => 0],
  ])('writes down the REDIS_URL that other programs need, %s', async (_where, chosen) => {
    await open(chosen());
    const url = readFileSync(fileOf('redis.url'), 'utf8').trim();
    expect(await askServer(addressOf(url), ANSWER_MS)).toMatchObject({ mode: 'standalone' });
    const client = connectTo(addressOf(url));
    expect(await client.ping()).toBe('PONG');
    client.disconnect();
    expect(await findRedis({ ...settingsOf(), url })).toMatchObject({ embedded: false });
  });

  it('is found by other commands with its password, and named when the password is not theirs', async () => {
    await open();
    expect(await findRedis(settingsOf())).toMatchObject({ embedded: true });
    const elsewhere = { ...settingsOf(), dataFolder: join(folder, 'elsewhere') };
    await expect(findRedis(elsewhere)).rejects.toThrow(
      `expected the password of the Redis at redis://127.0.0.1:${port}, got none`,
    );
  });

  it.each(['', 'short'])('is not started with %j for a password', async (password) => {
    prepareDataFolder(folder);
    writeFileSync(fileOf('redis.password'), password);
    await expect(open()).rejects.toThrow(/redis\.password: expected a password of 16 characters or more/);
  });

  it('does not take a server with another password for none', async () => {
    await open();
    writeFileSync(fileOf('redis.password'), 'another password of somebody else');
    await expect(findRedis(settingsOf())).rejects.toThrow(/redis\.password.*WRONGPASS/);
  });
});

describe('a server of an earlier version, without a password', () => {
  it('is given one when its starter is gone, and whoever was connected is cut off', async () => {
    const pid = await openServer();
    const stranger = new Redis({ port, retryStrategy: () => null });
    stranger.on('error', () => undefined);
    await stranger.set('kept', 'yes');
    const cutOff = once(stranger, 'end');
    const redis = await open();
    await cutOff;
    expect((await askServer(redis.address, ANSWER_MS)).processId).toBe(pid);
    expect(await strangerHears({ port })).toMatch(/^NOAUTH/);
    const client = connectTo(redis.address);
    expect(await client.get('kept')).toBe('yes');
    client.disconnect();
    expect(readFileSync(fileOf('redis.url'), 'utf8')).toContain(`:${port}`);
  });

  it('is used as it is while its starter lives, with a word about it', async () => {
    const pid = await openServer();
    writeFileSync(fileOf('owner'), identityOf(pid));
    await open();
    expect(said).toEqual([expect.stringContaining(`process ${pid} has no password`)]);
    process.kill(pid);
  });
});

function identityOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
}
