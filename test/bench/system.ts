import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../support/ports.ts';
import { adopted } from './children.ts';
import type { BenchServer } from './server.ts';

/** A checkout that was never started is built first. */
const READY_MS = 300_000;
const POLL_MS = 50;
const OFF = ['P26_METRICS_PORT', 'P27_METRICS_PORT', 'P27_HEALTH_PORT', 'P28_PORT', 'GOV_METRICS_PORT'];

/** The whole system in a process of its own: all gates, and HTTP on loopback. */
export interface BenchSystem {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts what `npm start` starts, on the bench's Redis; resolves once it is ready, and throws when it is not within five minutes. */
export async function startBenchSystem(
  server: BenchServer,
  settings: Readonly<Record<string, string>>,
): Promise<BenchSystem> {
  const port = await freePort();
  const own = { REDIS_URL: server.url, HTTP_PORT: String(port), FEEDS: 'off', LOG_LEVEL: 'error' };
  const program = join(process.cwd(), 'runtime/bootstrap/portcullis.mjs');
  const env = { ...process.env, ...Object.fromEntries(OFF.map((name) => [name, '0'])), ...own, ...settings };
  const system = adopted(spawn(process.execPath, [program, 'start'], { env, stdio: 'ignore' }));
  const url = `http://127.0.0.1:${port}`;
  await ready(system, url);
  const stop = async () => {
    if (system.exitCode !== null || system.signalCode !== null) return;
    const ended = once(system, 'exit');
    system.kill('SIGTERM');
    await ended;
  };
  return { url, stop };
}

async function ready(system: ChildProcess, url: string): Promise<void> {
  const giveUpMs = performance.now() + READY_MS;
  while (!(await fetch(`${url}/readyz`).catch(() => undefined))?.ok) {
    if (system.exitCode !== null || performance.now() > giveUpMs) {
      system.kill('SIGTERM');
      throw new Error(`expected the system to be ready within ${READY_MS / 1000} s, got none that is`);
    }
    await pause(POLL_MS);
  }
}
