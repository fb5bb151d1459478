import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** A real Redis of a test's own, on a free loopback port. */
export interface TestRedis {
  readonly port: number;
  readonly url: string;
  readonly client: Redis;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** Starts a Redis in a new temporary folder and waits until it answers. Extra arguments are passed to the server. */
export async function startRedis(...args: string[]): Promise<TestRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-test-'));
  const port = await freePort();
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', [...settings, ...args], { stdio: 'ignore' });
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 20, maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  await client.ping();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    client,
    process: child,
    stop: async () => {
      client.disconnect();
      await stopProcess(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A loopback port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
  return address.port;
}

/** Waits until `condition` gives something other than undefined, null or false; fails with `what` after `timeoutMs`. */
export async function until<T>(
  what: string,
  condition: () => Promise<T> | T,
  timeoutMs = 15_000,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) return value as NonNullable<T>;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}
