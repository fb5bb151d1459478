import { setTimeout as pause } from 'node:timers/promises';
import type { LaneState, LaneStatus } from '../status/types.ts';
import { GroupLost } from './committing.ts';
import { Flow, type FlowDeps, Processor } from './flow.ts';
import { messageOf } from './judging.ts';
import type { Lease, Leases } from './lease.ts';
import {
  crashLoopItem,
  DEFAULT_BATCH,
  type Entry,
  itemOf,
  ReaderStuck,
  type ReadingDeps,
  StreamReader,
} from './reader.ts';
import { ReaderHealth } from './reader-health.ts';
import { ensureGroup, isGroupLost, isUnblocked, ownPending, type PendingEntry, release, TakeOver } from './recovery.ts';
import { deliverAgain, Given, killsWorkers, triedAgain } from './redelivery.ts';

const DEFAULT_POLL_MS = 2_000;
const MAX_POLL_MS = 5_000;
const HOLD_MS = 1_000;

/** What a lane works with. */
export type LaneDeps = FlowDeps & ReadingDeps;

class Stopped extends Error {}

/** One handler on one portfolio. Every entry of its stream gets exactly one outcome. One worker reads; the others only ask Redis for the lease. */
export class Lane {
  readonly #deps: LaneDeps;
  readonly #processor: Processor;
  readonly #flow: Flow;
  readonly #reader: StreamReader;
  readonly #lease: Lease;
  readonly #takeOver: TakeOver;
  readonly #health = new ReaderHealth();
  readonly #given = new Given();
  readonly #leases: Leases;
  #state: LaneState = 'starting';
  #problem = '';
  #lastLoopMs = 0;
  #failed = false;
  #stopping = false;
  #recover = true;
  #leading = false;
  #done: Promise<void> = Promise.resolve();

  constructor(deps: LaneDeps, leases: Leases) {
    this.#deps = deps;
    this.#processor = new Processor(deps, (problem) => this.#hold(problem));
    this.#flow = new Flow(this.#processor);
    this.#reader = new StreamReader(deps, () => ({ count: this.#atOnce(), blockMs: this.#pollMs() }));
    this.#takeOver = new TakeOver(deps.redis, deps.names, leases.timings);
    const wants = ({ contested }: Lease) => this.#health.readsOn(contested);
    this.#lease = leases.of(deps.names.lease, { wants, rests: () => this.#reader.rests });
    this.#leases = leases;
  }

  /** Starts the loop; returns at once. */
  start(): void {
    this.#done = this.#run();
  }

  /** Stops reading. Resolves once messages in flight are finished and the rest is released. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#state = 'draining';
    this.#reader.close();
    this.#lease.wake();
    await this.#done;
    await release(this.#deps.redis, this.#deps.names).catch(() => 0);
    await this.#lease.release();
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
      lastTurnMs: Math.round(Date.now() - performance.now() + this.#health.turnedMs),
      lastLoopMs: this.#lastLoopMs,
      failed: this.#failed,
    };
  }

  async #run(): Promise<void> {
    await this.#lease.start();
    let ready = true;
    while (!this.#stopping) {
      const startedMs = performance.now();
      try {
        if (!ready) await this.#join();
        ready = true;
        await this.#turn();
        this.#failed = false;
        this.#count(this.#deps.handler.laneCounts?.turn);
      } catch (error) {
        ready = await this.#afterError(error);
      }
      this.#health.turned();
      this.#lastLoopMs = this.#health.turnedMs - startedMs;
    }
    await this.#flow.finish().catch(() => undefined);
  }

  /** Whatever deleted the group deleted the list of its consumers. Without that list, a worker that starts takes this one for another program. */
  async #join(): Promise<void> {
    const { redis, names } = this.#deps;
    await ensureGroup(redis, names);
    await redis.sadd(names.consumers, names.consumer);
  }

  async #turn(): Promise<void> {
    if (this.#deps.obstacle() !== '') return await this.#hold(this.#deps.obstacle());
    if (!(await this.#leads())) return;
    this.#state = 'running';
    this.#problem = '';
    const { taken, trimmed } = await this.#takeOver.turn();
    this.#processor.countTrimmed(trimmed);
    this.#recover ||= taken > 0;
    if (this.#recover || this.#reader.disturbed) {
      if (this.#reader.started) await this.#takeNext();
      await this.#drainOwn();
      return;
    }
    await this.#takeNext();
  }

  async #leads(): Promise<boolean> {
    if (!this.#lease.held) {
      if (this.#reader.started) await this.#takeNext();
      this.#leading = false;
      await this.#standBy();
      return false;
    }
    if (!this.#leading) {
      this.#leading = true;
      this.#recover = true;
      this.#takeOver.hurry();
    }
    return true;
  }

  async #standBy(): Promise<void> {
    const { problem, key } = this.#lease;
    if (problem !== '') return await this.#hold(`the lease ${key}: ${problem}`);
    this.#state = 'standby';
    this.#problem = '';
    this.#reader.rest();
    if (!this.#stopping && !this.#lease.held) await this.#lease.gained(this.#pollMs());
    this.#health.found(false);
  }

  async #takeNext(): Promise<void> {
    const entries = await this.#reader.take();
    this.#health.found(entries.length >= this.#reader.asked);
    const readsOn = !this.#stopping && !this.#recover && !this.#reader.disturbed && this.#lease.held;
    if (entries.length > 0 && readsOn) this.#reader.start();
    await this.#process(entries);
  }

  /** How many entries are read at once: more where each round trip is long. Their commits are no larger for that. */
  #atOnce(): number {
    return this.#deps.handler.batch ?? DEFAULT_BATCH * this.#leases.roundTrip.share;
  }

  #pollMs(): number {
    const { handler, settings } = this.#deps;
    return Math.max(10, Math.min(MAX_POLL_MS, handler.pollMs?.(settings) ?? DEFAULT_POLL_MS));
  }

  async #process(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    this.#given.add(entries);
    const items = entries.map((entry) => itemOf(this.#deps, entry));
    await this.#flow.take(items, async (work) => (await this.#reader.comes(work)) && !this.#stopping);
  }

  /** Finishes the entries that are pending for this worker before it reads new ones. */
  async #drainOwn(): Promise<void> {
    const { redis, names } = this.#deps;
    await this.#flow.finish();
    this.#reader.disturbed = false;
    for (let after = '0-0'; !this.#stopping; ) {
      const pending = await ownPending(redis, names, after, this.#atOnce());
      const last = pending.at(-1);
      if (last === undefined) break;
      after = last.id;
      await this.#again(pending);
      this.#health.turned();
    }
    if (!this.#stopping) this.#recover = false;
  }

  async #again(pending: readonly PendingEntry[]): Promise<void> {
    const { redis, names, handler } = this.#deps;
    for (const group of triedAgain(pending, handler.serial === true, this.#given)) {
      if (this.#stopping) return;
      const killers = group.filter((entry) => killsWorkers(entry, this.#given));
      const others = group.filter((entry) => !killsWorkers(entry, this.#given));
      await this.#processor.process(killers.map(({ id, deliveries }) => crashLoopItem(id, deliveries)));
      if (others.length === 0) continue;
      const entries = await deliverAgain(redis, names, others, this.#given);
      this.#processor.countTrimmed(others.length - entries.length);
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
    this.#health.turned();
  }

  /** Whether the group still exists, as far as this error tells. */
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
