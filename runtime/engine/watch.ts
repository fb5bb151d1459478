import { randomUUID } from 'node:crypto';
import { fieldsOf } from '../../schemas/wire.ts';
import type { LaneState, LaneStatus } from '../types.ts';
import { type Item, judgeAll, messageOf } from './judging.ts';
import { Lease } from './lease.ts';
import { type LaneDeps, Processor } from './processor.ts';

class Stopped extends Error {}

/** Runs a `watch` handler on a timer, in one worker of the portfolio at a time. */
export class WatchLane {
  readonly #deps: LaneDeps;
  readonly #intervalMs: number;
  readonly #processor: Processor;
  readonly #lease: Lease;
  #state: LaneState = 'starting';
  #problem = '';
  #lastTurnMs = Date.now();
  #lastLoopMs = 0;
  #stopping = false;
  #done: Promise<void> = Promise.resolve();

  constructor(deps: LaneDeps, intervalMs: number) {
    this.#deps = deps;
    this.#intervalMs = intervalMs;
    this.#processor = new Processor(deps, (problem) => this.#hold(problem));
    this.#lease = new Lease(deps.redis, deps.names.lease, deps.names.consumer);
  }

  /** Starts the timer; returns at once. */
  start(): void {
    this.#done = this.#run();
  }

  /** Resolves once the turn under way is finished and the lease is free. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#state = 'draining';
    await this.#done;
    await this.#lease.release();
    this.#state = 'stopped';
  }

  /** What the lane is doing. */
  status(): LaneStatus {
    const { handler, portfolio } = this.#deps;
    return {
      portfolio: portfolio.prefix,
      handler: handler.name,
      stream: '',
      group: '',
      state: this.#state,
      problem: this.#problem,
      lastTurnMs: this.#lastTurnMs,
      lastLoopMs: this.#lastLoopMs,
      failed: this.#problem !== '',
    };
  }

  async #run(): Promise<void> {
    await this.#lease.start();
    while (!this.#stopping) {
      const startedMs = Date.now();
      if (this.#lease.held) await this.#turn().catch((error: unknown) => this.#failed(error));
      else this.#state = 'standby';
      this.#lastTurnMs = Date.now();
      this.#lastLoopMs = this.#lastTurnMs - startedMs;
      if (!this.#stopping) await new Promise((resolve) => setTimeout(resolve, this.#intervalMs));
    }
  }

  async #turn(): Promise<void> {
    const { handler, settings, portfolio, names } = this.#deps;
    const source = fieldsOf([]);
    const message = handler.message.parse(source);
    const reads = handler.reads(message, settings);
    const template: Item = { id: '0-0', source, message, reads, attempts: 0 };
    const facts = await this.#processor.read([template]);
    const item = { ...template, id: `${facts.nowMs}-0` };
    const nonce = randomUUID();
    const context = { handler, settings, portfolio, names, mode: this.#processor.mode(facts) };
    const { judged, thrown } = await judgeAll([item], facts, context, nonce);
    if (thrown !== undefined) throw thrown.error;
    const toCommit = judged.filter((one) => one.outcome.effects.length > 0 || one.outcome.decision !== undefined);
    if (toCommit.length > 0) await this.#processor.commit(toCommit, facts, nonce, true);
    else for (const one of judged) this.#deps.metrics.apply(one.outcome.counts, portfolio.prefix);
    this.#state = 'running';
    this.#problem = '';
  }

  #failed(error: unknown): void {
    if (error instanceof Stopped) return;
    this.#problem = messageOf(error);
    this.#deps.log.error({ handler: this.#deps.handler.name, err: error }, this.#problem);
  }

  async #hold(problem: string): Promise<void> {
    this.#state = 'held';
    this.#problem = problem;
    await new Promise((resolve) => setTimeout(resolve, this.#intervalMs));
    throw new Stopped(problem);
  }
}
