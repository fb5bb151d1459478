import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { freePort } from './ports.ts';
import { connectAt, spawnServer, urlAt } from './redis-server.ts';

/** A real Redis of a test's own, on a free loopback port, with the password that its URL has. */
export interface TestRedis {
  readonly port: number;
  readonly url: string;
  readonly client: Redis;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

const STARTS = 5;
/** A connection that is being closed is gone by then. */
const GOING_MS = 1_500;

/** Starts a Redis in a new temporary folder and waits until it answers. Extra arguments are passed to the server. */
export async function startRedis(...args: string[]): Promise<TestRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-test-'));
  for (let tries = 0; tries < STARTS; tries += 1) {
    const started = await startedIn(folder, args);
    if (started !== undefined) return started;
  }
  throw new Error(`expected a redis-server to stay up, got the end of ${STARTS}`);
}

/** A server that is up, or undefined when it ended: another run of tests took its port in the meantime. */
async function startedIn(folder: string, args: readonly string[]): Promise<TestRedis | undefined> {
  const port = await freePort();
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'];
  const child = spawnServer([...settings, ...args]);
  const ended = new Promise<undefined>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => resolve(undefined));
  });
  const client = connectAt(port);
  const info = client.info('server');
  info.catch(() => undefined);
  if (!(await Promise.race([info, ended]))?.includes(`process_id:${child.pid}\r`)) {
    client.disconnect();
    await stopProcess(child);
    return undefined;
  }
  return {
    port,
    url: urlAt(port),
    client,
    process: child,
    stop: async () => {
      const left = isEnded(child) ? [] : await clientsLeft(client);
      client.disconnect();
      await stopProcess(child);
      rmSync(folder, { recursive: true, force: true });
      if (left.length > 0) throw new Error(`expected all clients to be gone, got:\n${left.join('\n')}`);
    },
  };
}

/** What a test waits at most: nothing takes so long, however busy the machine is. */
export const PATIENCE_MS = 90_000;

/** Waits until `condition` gives something other than undefined, null or false; fails with `what` after `timeoutMs`. */
export async function until<T>(
  what: string,
  condition: () => Promise<T> | T,
  timeoutMs = PATIENCE_MS,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) return value as NonNullable<T>;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The clients beside this one that stay for longer than it takes to go: somebody forgot them. None where the server does not answer. */
async function clientsLeft(client: Redis): Promise<readonly string[]> {
  let left: readonly string[] = [];
  const look = async () => {
    const own = `id=${await client.client('ID')} `;
    left = String(await client.client('LIST'))
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith(own));
    return left.length === 0;
  };
  const looked = until('all other clients to be gone', look, GOING_MS).catch(() => undefined);
  await Promise.race([looked, new Promise((resolve) => setTimeout(resolve, 2 * GOING_MS).unref())]);
  return left;
}

function isEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (isEnded(child)) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}
