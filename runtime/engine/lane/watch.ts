import { randomUUID } from 'node:crypto';
import type { KeyedRead } from '../../../handlers/contract/reads.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import type { Beat } from '../../redis/beat.ts';
import { EffectPacker } from '../commit/request.ts';
import type { LaneState, LaneStatus } from '../status/types.ts';
import { type Rest, type RestLooks, restOf } from './at-rest.ts';
import { chunksOf } from './chunks.ts';
import { Committer } from './committing.ts';
import type { Facts } from './facts.ts';
import { type FlowDeps, Processor } from './flow.ts';
import { type Judged, judge, messageOf } from './judging.ts';
import type { Lease, Leases } from './lease.ts';
import type { Item, ReadingDeps } from './reader.ts';

/** Effects of one commit at most, so that none holds Redis long. */
const SLICE = 64;
/** Turns in a row without a pause when what was judged on changed before all of it was committed. */
const MAX_IN_VAIN = 20;
/** Turns in a row without a pause while there is more to do; the rest follows after the interval. */
const MAX_AT_ONCE = 50;

/** How a turn ended: all is done, there is more to do, or what was judged on had changed. */
type Ended = 'done' | 'more' | 'changed';

/** What a `watch` handler is run with. */
type WatchDeps = FlowDeps & Pick<ReadingDeps, 'settings'>;

class Stopped extends Error {}

/** When a watch handler is asked, and how long its turns are left out at most while nothing moves, ms. */
interface Rhythm {
  readonly intervalMs: number;
  readonly beat: Beat;
  readonly restMs: number;
  readonly restLooks: RestLooks;
}

/**
 * Runs a `watch` handler on a timer, at the same moment as others over its connection, in one worker of the portfolio at a
 * time. Own and no job of BullMQ's, because a turn is committed as a batch of messages is: by the commit script, if what it
 * was judged on still holds. While what it rests on with nothing to do is as it was, its turn is left out.
 */
export class WatchLane {
  readonly #deps: WatchDeps;
  readonly #rhythm: Rhythm;
  readonly #processor: Processor;
  readonly #committer: Committer;
  readonly #lease: Lease;
  #state: LaneState = 'starting';
  #problem = '';
  #lastTurnMs = Date.now();
  #lastLoopMs = 0;
  #stopping = false;
  /** What it rests on, and until when at most by the clock of this process. */
  #rest: { readonly on: Rest; readonly untilMs: number } | undefined;
  #done: Promise<void> = Promise.resolve();

  constructor(deps: WatchDeps, leases: Leases, rhythm: Rhythm) {
    this.#deps = deps;
    this.#rhythm = rhythm;
    const hold = (problem: string) => this.#hold(problem);
    this.#processor = new Processor(deps, hold);
    this.#committer = new Committer(deps, hold);
    this.#lease = leases.of(deps.names.lease, { rests: () => this.#rest !== undefined });
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
      if (!this.#lease.held) this.#stoodBy();
      else if (!(await this.#isAtRest())) await this.#turns().catch((error: unknown) => this.#failed(error));
      this.#lastTurnMs = Date.now();
      this.#lastLoopMs = this.#lastTurnMs - startedMs;
      if (!this.#stopping) await this.#rhythm.beat.next(this.#rhythm.intervalMs);
    }
  }

  #stoodBy(): void {
    this.#state = 'standby';
    this.#rest = undefined;
  }

  async #isAtRest(): Promise<boolean> {
    const rest = this.#rest;
    if (rest === undefined || performance.now() >= rest.untilMs) return false;
    return await this.#rhythm.restLooks.holds(rest.on);
  }

  async #turns(): Promise<void> {
    let inVain = 0;
    for (let turn = 0; turn < MAX_AT_ONCE && inVain < MAX_IN_VAIN && this.#lease.held && !this.#stopping; turn += 1) {
      const ended = await this.#turn();
      if (ended === 'done') return;
      inVain = ended === 'changed' ? inVain + 1 : 0;
    }
    if (inVain === MAX_IN_VAIN) throw new Error(`what was judged on had changed ${inVain} times before the commit`);
  }

  async #turn(): Promise<Ended> {
    const { handler, settings, portfolio } = this.#deps;
    this.#rest = undefined;
    const source = fieldsOf([]);
    const message = handler.message.parse(source);
    const reads = handler.reads(message, settings);
    const template: Item = { id: '0-0', flat: [], source, message, reads, attempts: 0 };
    const facts = await this.#processor.read([template]);
    const item = { ...template, id: `${facts.nowMs}-0` };
    const nonce = randomUUID();
    const { judged, thrown } = await judge([item], facts, this.#deps, nonce);
    if (thrown !== undefined) throw thrown.error;
    const toCommit = judged.filter((one) => one.outcome.effects.length > 0 || one.outcome.decision !== undefined);
    if (toCommit.length === 0) {
      for (const one of judged) this.#deps.metrics.apply(one.outcome.counts, portfolio.prefix);
      this.#rest = this.#restOn(judged, facts);
    }
    for (const [at, slice] of toCommit.flatMap((one) => this.#slicesOf(one, facts)).entries()) {
      const chunks = chunksOf([slice], facts, this.#deps, { nonce: `${nonce}.${at}`, watch: true });
      const again = await this.#committer.commit(chunks);
      this.#committer.follow();
      if (again.length > 0) return 'changed';
    }
    this.#state = 'running';
    this.#problem = '';
    return judged.some(({ outcome }) => outcome.more === true) ? 'more' : 'done';
  }

  /** What its turns may be left out on; the time differs, so that the turns of many portfolios do not come at once. */
  #restOn([one]: readonly Judged[], facts: Facts) {
    const { restsOn, counts = [], log = [], more } = one?.outcome ?? {};
    const { portfolio } = this.#deps;
    if (restsOn === undefined || counts.length + log.length > 0 || more === true || portfolio.simulatedClock)
      return undefined;
    const reads = restsOn.map((name) => one?.item.reads[name]);
    const keyed = reads.filter((read): read is KeyedRead => read !== undefined && read.read !== 'computed');
    if (keyed.length < reads.length) throw new Error(`expected names of reads of keys, got ${restsOn.join(', ')}`);
    const on = restOf(facts.replies, keyed, portfolio);
    return on && { on, untilMs: performance.now() + (this.#rhythm.restMs * (1 + Math.random())) / 2 };
  }

  /** The effects of a turn guard themselves, so they may be committed in slices. */
  #slicesOf(one: Judged, facts: Facts): Judged[] {
    const { item, outcome, packed } = one;
    if (outcome.effects.length <= SLICE) return [one];
    const slices: Judged[] = [];
    for (let from = 0; from < outcome.effects.length; from += SLICE) {
      const effects = outcome.effects.slice(from, from + SLICE);
      const inRedis = new EffectPacker(this.#deps.portfolio, facts.nowMs).pack(effects);
      const first = from === 0;
      slices.push({
        item,
        outcome: first ? { ...outcome, effects } : { effects },
        packed: first ? { ...packed, effects: inRedis } : { id: packed.id, effects: inRedis },
      });
    }
    return slices;
  }

  #failed(error: unknown): void {
    if (error instanceof Stopped) return;
    this.#problem = messageOf(error);
    this.#deps.log.error({ err: error }, this.#problem);
  }

  async #hold(problem: string): Promise<void> {
    if (this.#problem !== problem) this.#deps.log.error(problem);
    this.#state = 'held';
    this.#problem = problem;
    await this.#rhythm.beat.next(this.#rhythm.intervalMs);
    throw new Stopped(problem);
  }
}
