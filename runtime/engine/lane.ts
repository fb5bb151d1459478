import { setTimeout as pause } from 'node:timers/promises';
import type { LaneState, LaneStatus } from '../types.ts';
import { Flow } from './flow.ts';
import { crashLoopItem, itemOf, messageOf } from './judging.ts';
import { LEASE_MS, Lease } from './lease.ts';
import { GroupLost, type LaneDeps, Processor } from './processor.ts';
import { ReadAhead } from './read-ahead.ts';
import { type Entry, ReaderStuck, StreamReader } from './reader.ts';
import {
  deliverAgain,
  ensureGroup,
  isGroupLost,
  isUnblocked,
  ownPending,
  type PendingEntry,
  release,
  takeOver,
} from './recovery.ts';

const DEFAULT_BATCH = 50;
const DEFAULT_POLL_MS = 2_000;
const MAX_POLL_MS = 5_000;
const HOLD_MS = 1_000;
/** An entry that was delivered this often without being finished kills its workers: it is a dead letter. */
const MAX_DELIVERIES = 5;
/** At least twice what judging a message may take, its retries included. */
const MIN_IDLE_MS = 15_000;
/** Of a serial handler only the reader is at work: what others hold was left by one that is gone. */
const SERIAL_IDLE_MS = LEASE_MS / 2;
const CLAIM_EVERY_MS = 5_000;

class Stopped extends Error {}

/** One handler on one portfolio: reads its stream and sees every entry through to exactly one outcome. */
export class Lane {
  readonly #deps: LaneDeps;
  readonly #processor: Processor;
  readonly #flow: Flow;
  readonly #reader: StreamReader;
  readonly #ahead = new ReadAhead(() => this.#read());
  readonly #lease: Lease | undefined;
  #state: LaneState = 'starting';
  #problem = '';
  #lastTurnMs = Date.now();
  #lastLoopMs = 0;
  #failed = false;
  #stopping = false;
  #claimCursor = '0-0';
  #claimedAtMs = Number.NEGATIVE_INFINITY;
  #recover = true;
  #leading = false;
  #done: Promise<void> = Promise.resolve();

  constructor(deps: LaneDeps) {
    this.#deps = deps;
    this.#processor = new Processor(deps, (problem) => this.#hold(problem));
    this.#flow = new Flow(this.#processor);
    this.#reader = new StreamReader(deps.connect, deps.names);
    if (deps.handler.serial === true) this.#lease = new Lease(deps.redis, deps.names.lease, deps.names.consumer);
  }

  /** Starts the loop; returns at once. */
  start(): void {
    this.#done = this.#run();
  }

  /** Stops reading and resolves once what is in flight is finished and the rest is released. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#state = 'draining';
    this.#reader.close();
    await this.#done;
    await release(this.#deps.redis, this.#deps.names).catch(() => 0);
    await this.#lease?.release();
    this.#state = 'stopped';
  }

  /** What the lane is doing. */
  status(): LaneStatus {
    const { handler, names, portfolio } = this.#deps;
    return {
      portfolio: portfolio.prefix,
      handler: handler.name,
      stream: names.stream,
      group: names.group,
      state: this.#state,
      problem: this.#problem,
      lastTurnMs: this.#lastTurnMs,
      lastLoopMs: this.#lastLoopMs,
      failed: this.#failed,
    };
  }

  async #run(): Promise<void> {
    await this.#lease?.start();
    let ready = false;
    while (!this.#stopping) {
      const startedMs = Date.now();
      try {
        if (!ready) await this.#join();
        ready = true;
        await this.#turn();
        this.#failed = false;
        this.#count(this.#deps.handler.laneCounts?.turn);
      } catch (error) {
        ready = await this.#afterError(error);
      }
      this.#lastLoopMs = Date.now() - startedMs;
      this.#lastTurnMs = Date.now();
    }
    await this.#flow.finish().catch(() => undefined);
  }

  /** What took the group took the list of its consumers with it, and without that a worker starting beside us takes us for another program. */
  async #join(): Promise<void> {
    const { redis, names } = this.#deps;
    await ensureGroup(redis, names);
    await redis.sadd(names.consumers, names.consumer);
  }

  async #turn(): Promise<void> {
    if (this.#lease !== undefined && !(await this.#leads(this.#lease))) return;
    this.#state = 'running';
    this.#problem = '';
    await this.#claimFromOthers();
    if (this.#recover || this.#reader.disturbed) {
      if (this.#ahead.started) await this.#takeNext();
      await this.#drainOwn();
      return;
    }
    await this.#takeNext();
  }

  async #leads(lease: Lease): Promise<boolean> {
    if (!lease.held) {
      if (this.#ahead.started) await this.#takeNext();
      this.#leading = false;
      this.#state = 'standby';
      await pause(100);
      return false;
    }
    if (!this.#leading) {
      this.#leading = true;
      this.#recover = true;
      this.#claimedAtMs = Number.NEGATIVE_INFINITY;
    }
    return true;
  }

  async #takeNext(): Promise<void> {
    const entries = await this.#ahead.take();
    const readsOn = !this.#stopping && !this.#recover && !this.#reader.disturbed && this.#lease?.held !== false;
    if (entries.length > 0 && readsOn) this.#ahead.start();
    await this.#process(entries);
  }

  #read(): Promise<Entry[]> {
    const { handler, settings } = this.#deps;
    const pollMs = Math.min(MAX_POLL_MS, handler.pollMs?.(settings) ?? DEFAULT_POLL_MS);
    return this.#reader.read(handler.batch ?? DEFAULT_BATCH, Math.max(10, pollMs));
  }

  async #process(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    const { handler, settings } = this.#deps;
    await this.#flow.take(
      entries.map((entry) => itemOf(handler, settings, entry)),
      async (work) => (await this.#ahead.comes(work)) && !this.#stopping,
    );
  }

  async #claimFromOthers(): Promise<void> {
    if (performance.now() - this.#claimedAtMs < CLAIM_EVERY_MS) return;
    const minIdleMs = this.#lease === undefined ? MIN_IDLE_MS : SERIAL_IDLE_MS;
    const { cursor, taken, trimmed } = await takeOver(this.#deps.redis, this.#deps.names, minIdleMs, this.#claimCursor);
    this.#claimCursor = cursor;
    this.#processor.results.count('trimmed', trimmed);
    this.#claimedAtMs = performance.now();
    if (taken > 0) this.#recover = true;
  }

  /** Sees the entries that are pending for this worker through, before it reads new ones. */
  async #drainOwn(): Promise<void> {
    const { redis, names } = this.#deps;
    await this.#flow.finish();
    this.#reader.disturbed = false;
    for (let after = '0-0'; !this.#stopping; ) {
      const pending = await ownPending(redis, names, after, DEFAULT_BATCH);
      const last = pending.at(-1);
      if (last === undefined) break;
      after = last.id;
      await this.#again(pending);
      this.#lastTurnMs = Date.now();
    }
    if (!this.#stopping) this.#recover = false;
  }

  /** Entries delivered more than once go one at a time, so that one that kills the process takes no other with it. */
  async #again(pending: readonly PendingEntry[]): Promise<void> {
    const once = pending.filter((entry) => entry.deliveries <= 1);
    const often = pending.filter((entry) => entry.deliveries > 1);
    const groups =
      this.#deps.handler.serial === true ? pending.map((entry) => [entry]) : [once, ...often.map((entry) => [entry])];
    for (const group of groups) {
      if (this.#stopping) return;
      const killers = group.filter((entry) => entry.deliveries >= MAX_DELIVERIES);
      const others = group.filter((entry) => entry.deliveries < MAX_DELIVERIES);
      await this.#processor.process(killers.map(({ id, deliveries }) => crashLoopItem(id, deliveries)));
      if (others.length === 0) continue;
      const entries = await deliverAgain(this.#deps.redis, this.#deps.names, others);
      this.#processor.results.count('trimmed', others.length - entries.length);
      await this.#process(entries);
    }
  }

  async #hold(problem: string): Promise<void> {
    if (this.#stopping) throw new Stopped(problem);
    if (this.#problem !== problem) this.#deps.log.error(problem);
    this.#state = 'held';
    this.#problem = problem;
    this.#failed = true;
    this.#count(this.#deps.handler.laneCounts?.writeFailed);
    await pause(HOLD_MS);
    if (this.#stopping) throw new Stopped(problem);
    this.#lastTurnMs = Date.now();
  }

  /** Whether the group may still be taken to exist after this error. */
  async #afterError(error: unknown): Promise<boolean> {
    if (this.#stopping || error instanceof Stopped) return true;
    this.#failed = true;
    this.#recover = true;
    this.#count(this.#deps.handler.laneCounts?.readFailed);
    const { log, names } = this.#deps;
    if (error instanceof GroupLost || isGroupLost(error)) {
      log.warn(`group ${names.group} of ${names.stream} is gone: creating it again`);
      return false;
    }
    if (error instanceof ReaderStuck || isUnblocked(error)) {
      log.warn(messageOf(error));
      return true;
    }
    await this.#hold(`reading ${names.stream} failed: ${messageOf(error)}`).catch(() => undefined);
    return false;
  }

  #count(count: Parameters<LaneDeps['metrics']['apply']>[0]): void {
    this.#deps.metrics.apply(count, this.#deps.portfolio.prefix);
  }
}
