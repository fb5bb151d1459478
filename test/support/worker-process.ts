import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestRedis } from './redis.ts';
import type { SystemOptions } from './system.ts';

const SCRIPT = fileURLToPath(new URL('worker.ts', import.meta.url));

/** A worker in a process of its own, which a test can kill. */
export interface WorkerProcess {
  readonly process: ChildProcess;
  /** Resolves when it has started; rejects when it ends before. */
  readonly started: Promise<void>;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Starts a worker process on a test's Redis: with a gate of test/support/gates.ts, or with the handlers that `gates` names. */
export function startWorker(
  redis: Pick<TestRedis, 'url'>,
  what: {
    readonly testGate?: string;
    readonly gates?: string;
    readonly name?: string;
    /** Prefixes to serve instead of the default one, with schedules. */
    readonly portfolios?: readonly string[];
    readonly settings?: Readonly<Record<string, string>>;
    /** Waits other than the product's own. */
    readonly timings?: NonNullable<SystemOptions['timings']>;
  },
): WorkerProcess {
  const env = {
    ...process.env,
    WORKER_REDIS_URL: redis.url,
    ...(what.testGate !== undefined && { WORKER_GATE: what.testGate }),
    ...(what.gates !== undefined && { GATES: what.gates }),
    ...(what.name !== undefined && { WORKER_NAME: what.name }),
    ...(what.portfolios !== undefined && { WORKER_PORTFOLIOS: what.portfolios.join(',') }),
    ...(what.settings !== undefined && { WORKER_SETTINGS: JSON.stringify(what.settings) }),
    ...(what.timings !== undefined && { WORKER_TIMINGS: JSON.stringify(what.timings) }),
  };
  const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 0));
  });
  const started = new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    void ended.then((how) => reject(new Error(`expected the worker to start, but it ended with ${how}`)));
  });
  started.catch(() => undefined);
  return { process: child, started, ended };
}
