import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../support/redis.ts';

const SCRIPT = fileURLToPath(new URL('worker.ts', import.meta.url));
const DRAIN_MS = 20_000;
/** How fast a process starts is the machine's affair, and this one may have a lot to do. */
const START_MS = 120_000;
/** A worker that dies this often in one run is not coming back. */
const MAX_STARTS = 40;

/** What the processes of a fleet are started with. */
export interface FleetOptions {
  readonly url: string;
  readonly size: number;
  readonly settings: Readonly<Record<string, string>>;
  /** Where the workers' logs go. */
  readonly folder: string;
  /** Where each serves HTTP; a worker without one serves none. */
  readonly ports: readonly number[];
}

type Ended = number | NodeJS.Signals;

interface Member {
  readonly slot: number;
  child: ChildProcess;
  ready: boolean;
  ended: Promise<Ended>;
}

/** Worker processes under a supervisor that starts again whatever ends. */
export class Fleet {
  /** What went wrong with the processes themselves. */
  readonly problems: string[] = [];
  readonly #options: FleetOptions;
  readonly #members: Member[] = [];
  #starts = 0;
  #stopping = false;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Starts every worker; resolves once all read. */
  async start(): Promise<void> {
    for (let slot = 0; slot < this.#options.size; slot += 1) this.#members.push(this.#begin(slot));
    await this.allReady();
  }

  get size(): number {
    return this.#options.size;
  }

  /** Resolves once every worker runs, and rejects when one does not come back. */
  async allReady(): Promise<void> {
    await until('all workers to run', () => this.#members.every(({ ready }) => ready), START_MS);
  }

  /** Sends a signal to a worker, dead or alive. */
  signal(slot: number, signal: NodeJS.Signals): void {
    this.#members[slot]?.child.kill(signal);
  }

  /** Asks a worker to end in order, and waits until it has: anything but exit code 0 in time is a problem. */
  async end(slot: number): Promise<void> {
    const member = this.#members[slot];
    if (member === undefined || !member.ready) return;
    const { ended, child } = member;
    child.kill('SIGTERM');
    const how = await Promise.race([ended, late(DRAIN_MS)]);
    if (how === 'late') child.kill('SIGKILL');
    if (how !== 0 && how !== 'SIGKILL') this.problems.push(`a worker asked to end did so with ${how}`);
  }

  /** Ends all in order. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#members.map(({ slot }) => this.end(slot)));
  }

  /** Ends all at once, whatever state they are in. */
  kill(): void {
    this.#stopping = true;
    for (const { child } of this.#members) child.kill('SIGKILL');
  }

  #begin(slot: number): Member {
    this.#starts += 1;
    const child = this.#spawn(slot);
    const ended = new Promise<Ended>((resolve) => {
      child.once('exit', (code, signal) => resolve(code ?? signal ?? 0));
    });
    const member: Member = { slot, child, ready: false, ended };
    child.stdout?.once('data', () => {
      member.ready = true;
    });
    void ended.then(() => this.#again(slot));
    return member;
  }

  #again(slot: number): void {
    const member = this.#members[slot];
    if (member === undefined) return;
    member.ready = false;
    if (this.#stopping) return;
    if (this.#starts >= MAX_STARTS) this.problems.push('a worker ended again and again');
    else this.#members[slot] = this.#begin(slot);
  }

  #spawn(slot: number): ChildProcess {
    const { url, settings, folder, ports } = this.#options;
    const logFile = join(folder, `worker-${slot}.log`);
    const env = {
      PATH: process.env.PATH,
      CHAOS_REDIS_URL: url,
      CHAOS_LOG: logFile,
      CHAOS_HTTP_PORT: String(ports[slot] ?? ''),
      CHAOS_SETTINGS: JSON.stringify(settings),
    };
    const errors = openSync(join(folder, `worker-${slot}.err`), 'a');
    return spawn(process.execPath, ['--import', 'tsx', SCRIPT], { env, stdio: ['ignore', 'pipe', errors] });
  }
}

function late(ms: number): Promise<'late'> {
  return new Promise((resolve) => setTimeout(resolve, ms, 'late').unref());
}
