import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Job } from './contestants/contestant.ts';

const SCRIPT = fileURLToPath(new URL('worker.js', import.meta.url));

/** What a worker process has used since its start: CPU microseconds, and bytes it holds now. */
export interface Usage {
  readonly cpuUs: number;
  readonly rssBytes: number;
}

/** A contestant in a process of its own. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(String(code ?? signal))));
  }

  /** Starts the process of a contestant, which loads its code and waits for `go`. `nodeArgs` go to its Node. */
  static spawn(job: Job, nodeArgs: readonly string[] = []): WorkerProcess {
    const child = fork(SCRIPT, {
      env: { ...process.env, BENCH_JOB: JSON.stringify(job) },
      execArgv: [...nodeArgs],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    return new WorkerProcess(child);
  }

  /** Sets it to work; rejects when it ends before it has started. */
  async go(): Promise<void> {
    await this.#ask('go');
  }

  /** What the process has used so far. */
  async usage(): Promise<Usage> {
    return (await this.#ask('usage')) as Usage;
  }

  /** Ends it, and resolves once it is gone: what it was measured on is delivered by then. */
  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.send('stop');
    await this.#ended;
  }

  async #ask(what: 'go' | 'usage'): Promise<unknown> {
    const answer = new Promise((resolve) => this.#child.once('message', resolve));
    const ended = this.#ended.then((how) => {
      throw new Error(`expected the worker to go on, but it ended with ${how}`);
    });
    this.#child.send(what);
    return await Promise.race([answer, ended]);
  }
}
