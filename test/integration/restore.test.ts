import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { freePort } from '../support/ports.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { connectAt, spawnServer } from '../support/redis-server.ts';
import { startSystem, type TestSystem } from '../support/system.ts';

const page = readFileSync(new URL('../../docs/continuity.md', import.meta.url), 'utf8');
const PLANS = 'quantum:stream:apply.plan';
let folder: string;
let before: TestRedis;
let after: Restored | undefined;
let system: TestSystem | undefined;

/** A Redis that was started on a backup by the commands of the page. */
interface Restored {
  readonly url: string;
  readonly client: Redis;
  readonly pid: number;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-restore-'));
  before = await startRedis('--appendonly', 'yes', '--repl-diskless-sync-delay', '0');
});

afterEach(async () => {
  await system?.stop();
  system = undefined;
  after?.client.disconnect();
  if (after !== undefined) process.kill(after.pid, 'SIGKILL');
  after = undefined;
  await before.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the command of the page that begins like this, in a shell. */
function typed(start: string, env: Readonly<Record<string, string>>): void {
  const command = page.split('\n').find((line) => line.startsWith('    ') && line.trim().startsWith(start));
  if (command === undefined) throw new Error(`expected a command on the page that begins with ${start}`);
  execFileSync('sh', ['-c', command.trim()], { env: { PATH: process.env.PATH, ...env }, stdio: 'pipe' });
}

function backUp(): void {
  const env = { REDIS_URL: before.url, BACKUP: join(folder, 'backup.rdb') };
  typed('redis-cli -u "$REDIS_URL" --rdb', env);
  typed('redis-check-rdb', env);
}

async function restore(): Promise<Restored> {
  const port = await freePort();
  const env = { BACKUP: join(folder, 'backup.rdb'), REDIS_DIR: folder, REDIS_PORT: String(port) };
  typed('cp "$BACKUP"', env);
  typed('redis-server --dir', env);
  const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  client.on('error', () => undefined);
  await until('the backup is loaded', async () => (await client.dbsize()) > 0);
  const pid = Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1]);
  after = { url: `redis://127.0.0.1:${port}`, client, pid };
  return after;
}

async function plan(client: Redis, planId: string): Promise<void> {
  const close = { plan_id: planId, symbol: 'BTCUSDT', action: 'FULL_CLOSE', reduceOnly: 'true', qty: '1' };
  await client.xadd(PLANS, '*', ...Object.entries(close).flat());
}

async function verdict(client: Redis, planId: string): Promise<string> {
  return await until(`a verdict on ${planId}`, async () => {
    const block = await client.get(`quantum:governor:block:${planId}`);
    if (block !== null) return (JSON.parse(block) as { reason: string }).reason;
    return (await client.getdel(`quantum:permit:${planId}`)) === null ? undefined : 'permit';
  });
}

async function startGates(url: string): Promise<void> {
  system = await startSystem({ url }, { env: { GATES: 'governor' } });
}

/** A backup while `old` waits unjudged; then it is permitted, and its permit is taken, before all is lost. */
async function lostAfterBackup(): Promise<Restored> {
  await startGates(before.url);
  await plan(before.client, 'first');
  expect(await verdict(before.client, 'first')).toBe('permit');
  await system?.stop();
  await plan(before.client, 'old');
  await before.client.set('quantum:permit:in-the-backup', '{"granted":true}', 'EX', 60);
  backUp();
  await startGates(before.url);
  expect(await verdict(before.client, 'old')).toBe('permit');
  await system?.stop();
  system = undefined;
  return await restore();
}

const off = ['kill', 'off', '--reason', 'positions compared', '--yes'];

describe('after a restore from a backup', () => {
  test('a plan that had its permit since gets none, and new ones do', async () => {
    const { url, client } = await lostAfterBackup();
    const { code, out, err } = await runCli(url, ['restore', '--reason', 'backup of 14:00']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /^Kill switch on \(was off\) on quantum\.\nPlans sent until .* get no permit until .*\n1 permits of/,
    );
    expect(await client.get('quantum:kill')).toBe('1');
    expect(await client.exists('quantum:permit:in-the-backup')).toBe(0);
    typed('redis-cli -u "$REDIS_URL" CONFIG SET appendonly', { REDIS_URL: url });
    expect((await client.config('GET', 'appendonly')) as string[]).toEqual(['appendonly', 'yes']);

    await runCli(url, off);
    await startGates(url);
    expect(await verdict(client, 'old')).toBe('restored_unreleased');
    await plan(client, 'new');
    expect(await verdict(client, 'new')).toBe('permit');
    expect((await runCli(url, ['status'])).out).toMatch(/^RESTORED .* no permit for plans sent before/m);
    expect((await runCli(url, ['doctor'])).out).toContain('restored from a backup');
    expect((await runCli(url, ['ledger', '--verify'])).out).toMatch(/^Whole: 4 entries/);
  });

  test('the kill switch stops new plans too', async () => {
    const { url, client } = await lostAfterBackup();
    await runCli(url, ['restore']);
    await startGates(url);
    await plan(client, 'new');
    expect([await verdict(client, 'old'), await verdict(client, 'new')]).toEqual([
      'kill_switch_active',
      'kill_switch_active',
    ]);
  });

  test('a person releases what waits, and it is judged like any other', async () => {
    const { url, client } = await lostAfterBackup();
    await runCli(url, ['restore']);
    const release = ['restore', 'release', '--reason', 'looked at', '--yes'];
    expect((await runCli(url, release)).out).toMatch(/^Plans from before .* are judged like any other/);
    expect((await runCli(url, release)).out).toBe('Nothing was held.\n');
    await runCli(url, off);
    await startGates(url);
    expect(await verdict(client, 'old')).toBe('permit');
    const ledger = await client.xrange('quantum:stream:ops.ledger', '-', '+');
    expect(ledger.map(([, flat]) => flat[1])).toEqual(['mode', 'kill_on', 'restored', 'restore_released', 'kill_off']);
  });

  test('without it the old plan would have its second permit', async () => {
    const { url, client } = await lostAfterBackup();
    await startGates(url);
    expect(await verdict(client, 'old')).toBe('permit');
  });

  test('workers that ran already are named, and nothing is left undone', async () => {
    const { url, client } = await lostAfterBackup();
    await startGates(url);
    const { code, err } = await runCli(url, ['restore']);
    expect({ code, err }).toEqual({
      code: 0,
      err: expect.stringContaining('Workers ran on quantum already: portcullis-'),
    });
    expect(await client.get('quantum:kill')).toBe('1');
    expect(await client.hget('quantum:governor:state', 'restored_ms')).toMatch(/^\d{13}$/);
  });
});

test('with an append-only file switched on, Redis does not look at the backup', async () => {
  await before.client.set('quantum:kill', '1');
  backUp();
  const port = await freePort();
  execFileSync('cp', [join(folder, 'backup.rdb'), join(folder, 'dump.rdb')]);
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes'];
  const server = spawnServer(settings);
  const client = connectAt(port);
  expect(await client.dbsize()).toBe(0);
  client.disconnect();
  server.kill('SIGKILL');
});
