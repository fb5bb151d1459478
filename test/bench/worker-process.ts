import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { adopted } from './children.ts';
import type { Job } from './contestants/contestant.ts';
import type { TracedMessage } from './tracer.ts';

const SCRIPT = fileURLToPath(new URL('worker.js', import.meta.url));

/** What a worker process is asked: to work, to end its work and wait, what it has used, exposes and traced, and to end. */
export type Ask = 'go' | 'rest' | 'usage' | 'exposition' | 'traced' | 'stop';

/** The text of a process's metrics: how long it is, and how long it took to write. */
export interface Exposition {
  readonly bytes: number;
  readonly ms: number;
}

/** What a worker process has used since its start: CPU microseconds, and bytes it holds now. */
export interface Usage {
  readonly cpuUs: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
}

/** A contestant in a process of its own. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(String(code ?? signal))));
  }

  /** Starts the process of a contestant; resolves once its code is loaded. `nodeArgs` go to its Node; `script` is that of another checkout. */
  static async spawn(job: Job, nodeArgs: readonly string[] = [], script = SCRIPT): Promise<WorkerProcess> {
    const child = fork(script, {
      env: { ...process.env, BENCH_JOB: JSON.stringify(job) },
      execArgv: [...nodeArgs],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const worker = new WorkerProcess(adopted(child));
    await worker.#answer();
    return worker;
  }

  /** Sets it to work; rejects when it ends before it has started. */
  async go(): Promise<void> {
    await this.#ask('go');
  }

  /** Ends its work; the process stays, its code warm. What it was measured on is delivered by then. */
  async rest(): Promise<void> {
    await this.#ask('rest');
  }

  /** What the process has used so far. */
  async usage(): Promise<Usage> {
    return (await this.#ask('usage')) as Usage;
  }

  /** What it exposes as metrics now. */
  async exposition(): Promise<Exposition> {
    return (await this.#ask('exposition')) as Exposition;
  }

  /** The messages that it traced since it was asked last. */
  async traced(): Promise<readonly TracedMessage[]> {
    return (await this.#ask('traced')) as readonly TracedMessage[];
  }

  /** Ends it, and resolves once it is gone. */
  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.send('stop');
    await this.#ended;
  }

  async #ask(what: Exclude<Ask, 'stop'>): Promise<unknown> {
    const answer = this.#answer();
    this.#child.send(what);
    return await answer;
  }

  async #answer(): Promise<unknown> {
    const answer = new Promise((resolve) => this.#child.once('message', resolve));
    const ended = this.#ended.then((how) => {
      throw new Error(`expected the worker to go on, but it ended with ${how}`);
    });
    return await Promise.race([answer, ended]);
  }
}
