import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/ports.ts';
import { PROGRAM } from '../support/program.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';

/** None but the ones a test is about: others may be taken on this machine. */
const OTHER_PORTS = { P26_METRICS_PORT: '0', P27_METRICS_PORT: '0', P27_HEALTH_PORT: '0', P28_PORT: '0' };

type Child = ChildProcessByStdio<null, Readable, Readable>;
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => redis.stop());

function portcullis(more: Readonly<Record<string, string>>, ...argv: string[]): Child {
  const settings = [PROGRAM, ...argv];
  const env = { PATH: '/usr/bin:/bin', REDIS_URL: redis.url, ...more };
  return spawn(process.execPath, settings, { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Makes decisions until the child has shown one: then it follows the log. */
async function shownBy(child: Child): Promise<void> {
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => {
    shown += String(chunk);
  });
  await until('a decision to be shown', async () => {
    await redis.client.xadd('quantum:stream:decisions', '*', 'handler', 'governor', 'verdict', 'BLOCK');
    return shown.includes('BLOCK');
  });
}

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends tail cleanly', async (signal) => {
  const child = portcullis({}, 'tail');
  const exit = once(child, 'exit');
  await shownBy(child);
  child.kill(signal);
  expect(await exit).toEqual([0, null]);
});

test('tail ends cleanly when nobody reads it any more', async () => {
  const child = portcullis({}, 'tail');
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => {
    err += String(chunk);
  });
  let exit: unknown[] | undefined;
  child.once('exit', (...how) => {
    exit = how;
  });
  await shownBy(child);
  child.stdout.destroy();
  await until('the end of tail', async () => {
    await redis.client.xadd('quantum:stream:decisions', '*', 'handler', 'governor', 'verdict', 'BLOCK');
    return exit;
  });
  expect({ exit, err }).toEqual({ exit: [0, null], err: '' });
});

describe('tail in a pipe', () => {
  const env = () => ({ PATH: '/usr/bin:/bin', REDIS_URL: redis.url, NODE: process.execPath, PROGRAM });
  const inShell = (line: string) => spawn('bash', ['-c', line], { env: env(), stdio: ['ignore', 'pipe', 'pipe'] });
  /** The `tail` of GNU that looks whether anybody reads what a process writes. */
  const watcherOf = (pid: number) =>
    readdirSync('/proc').find((one) => /^\d+$/.test(one) && commandOf(one).includes(`\0--pid=${pid}\0`));
  const decide = () => redis.client.xadd('quantum:stream:decisions', '*', 'handler', 'governor', 'verdict', 'BLOCK');

  test('ends at once when its reader does, though nothing more is written', async () => {
    await decide();
    await decide();
    const child = inShell('"$NODE" "$PROGRAM" tail --last 2 | head -1; echo $PIPESTATUS');
    const said = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (said.out += String(chunk)));
    child.stderr.on('data', (chunk: Buffer) => (said.err += String(chunk)));
    await once(child, 'close');
    expect(said).toEqual({ out: expect.stringMatching(/^[^\n]* BLOCK [^\n]*\n0\n$/), err: '' });
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'leaves nothing behind at a %s, and writes what it shows alone',
    async (signal) => {
      const child = inShell('"$NODE" "$PROGRAM" tail --last 1 > >(cat >&2) & echo $!; wait $!');
      const closed = once(child, 'close');
      const said = { out: '', err: '' };
      child.stdout.on('data', (chunk: Buffer) => (said.out += String(chunk)));
      child.stderr.on('data', (chunk: Buffer) => (said.err += String(chunk)));
      await decide();
      const pid = await until('a process that is watched', () => Number(said.out) || undefined);
      await until('what watches its output', () => watcherOf(pid));
      await until('a decision', () => said.err.includes('BLOCK'));
      process.kill(pid, signal);
      await closed;
      await until('the end of what watched', () => watcherOf(pid) === undefined);
      expect(said.err.replace(/^bash: .* Killed .*\n/m, '')).toMatch(/^(?:[^\n]* BLOCK [^\n]*\n)+$/);
    },
  );
});

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

test('a taken port stops the start before anything is judged', async () => {
  const plan = ['plan_id', 'p1', 'symbol', 'BTCUSDT', 'action', 'OPEN', 'qty', '1', 'price', '1'];
  await redis.client.xadd('quantum:stream:apply.plan', '*', ...plan);
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as AddressInfo;
  const ports = { ...OTHER_PORTS, HTTP_PORT: String(await freePort()), GOV_METRICS_PORT: String(port) };
  const child = portcullis(ports, 'start');
  const exit = once(child, 'exit');
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => {
    err += String(chunk);
  });
  expect(await exit).toEqual([1, null]);
  taken.close();
  expect(err).toContain(`GOV_METRICS_PORT=${port}: expected a free port`);
  expect(await redis.client.exists('quantum:governor:block:p1', 'quantum:permit:p1', 'quantum:policy:governor')).toBe(
    0,
  );
});

test.runIf(existsSync('/proc/self'))(
  'a data folder that cannot be made ends the start at once, in one line',
  async () => {
    const child = portcullis(
      { REDIS_URL: '', PORTCULLIS_DATA_DIR: '/proc/x', ...OTHER_PORTS, HTTP_PORT: '0' },
      'start',
    );
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => {
      err += String(chunk);
    });
    try {
      expect(await once(child, 'close')).toEqual([69, null]);
    } finally {
      child.kill('SIGKILL');
    }
    expect(err).toBe(
      'portcullis: expected to write to the data folder /proc/x, got ENOENT: no such file or directory, ' +
        "mkdir '/proc/x'. Set PORTCULLIS_DATA_DIR to another folder\n",
    );
  },
);

test('piped, a command writes its result to standard output without colour, and ends by itself', async () => {
  const child = portcullis({}, 'kill', 'on', '--reason', 'drill', '--json');
  const exit = once(child, 'exit');
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  expect(await exit).toEqual([0, null]);
  expect(JSON.parse(Buffer.concat(chunks).toString())).toEqual({
    before: 'off',
    after: 'on',
    recorded: true,
    workers: [],
  });
});
