import { release } from '../../redis/release.ts';
import type { EngineTimings } from '../status/timings.ts';
import type { Continuity } from './continuity.ts';
import { messageOf } from './judging.ts';
import type { LeaseRounds, Round } from './lease-rounds.ts';
import { RoundTrip } from './round-trip.ts';

/** A connection that is lost and made again costs a few round trips: a lease outlives so many besides, up to the longest. */
const ROUND_TRIPS = 10;
const LONGEST_LEASE_MS = 8_000;
/** A lease that rests is renewed when less of its time is left: in every second round. */
const RENEWED_BELOW = 5 / 8;

/** What a lease is kept for. */
export interface LeaseUse {
  /** While it says no, the lease is neither renewed nor asked for. */
  readonly wants?: (lease: Lease) => boolean;
  /** While it says yes, little is lost with the lease, and it is renewed half as often. */
  readonly rests?: () => boolean;
}

/**
 * Keeps one worker at a time at something. Losing it is safe: what must not happen twice has its own guard. Own, because
 * locks of packages are asked for one by one: all of a worker's are renewed by one script here, which tells who stands by.
 */
export class Lease {
  readonly key: string;
  /** Why it could not be asked for at the last try; empty when it could, whoever has it. */
  problem = '';
  /** Whether another worker stands by for it. */
  contested = false;
  readonly #leases: Leases;
  readonly #use: LeaseUse;
  #untilMs = Number.NEGATIVE_INFINITY;
  /** Before that a lease that rests need not be renewed. */
  #dueMs = Number.NEGATIVE_INFINITY;
  #wake: () => void = () => undefined;

  /** Made by `Leases.of`. */
  constructor(leases: Leases, key: string, use: LeaseUse) {
    this.#leases = leases;
    this.key = key;
    this.#use = use;
  }

  /** Whether it is this worker's: never for longer than it holds without an answer from Redis. */
  get held(): boolean {
    return performance.now() < this.#untilMs;
  }

  /** Whether its worker asks for it, or has it renewed, now. */
  get due(): boolean {
    const { wants, rests } = this.#use;
    if (wants?.(this) === false) return false;
    return performance.now() >= this.#dueMs || rests?.() !== true;
  }

  /** Tries at once and from then on four times in the time it holds, twice while it rests, until released. */
  start(): Promise<void> {
    return this.#leases.start(this);
  }

  /** Lets another worker in at once. */
  release(): Promise<void> {
    return this.#leases.release(this);
  }

  /** Resolves when it becomes this worker's, when `wake` is called, or after `atMostMs`. */
  async gained(atMostMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, atMostMs);
    });
    clearTimeout(timer);
  }

  /** Ends the wait for it. */
  wake(): void {
    this.#wake();
  }

  /** Notes the answer to a try: until when it is this worker's, if it is, and what else is known. */
  note(untilMs: number, { contested = false, problem = '', leaseMs = 0 } = {}): void {
    this.#untilMs = untilMs;
    this.#dueMs = untilMs - leaseMs * RENEWED_BELOW;
    this.contested = contested;
    this.problem = problem;
    if (this.held) this.#wake();
  }
}

/** The leases of one worker on one portfolio, which are renewed together. */
export class Leases {
  /** What the way to Redis costs, by the answers to renewals. */
  readonly roundTrip = new RoundTrip();
  readonly timings: EngineTimings;
  readonly #rounds: LeaseRounds;
  readonly #holder: string;
  readonly #continuity: Continuity;
  readonly #started = new Set<Lease>();
  readonly #ask = () => this.#round([...this.#started].filter((lease) => lease.due));
  readonly #newcomers = new Set<Lease>();
  readonly #askFirst = () => {
    const leases = [...this.#newcomers].filter((lease) => this.#started.has(lease));
    this.#newcomers.clear();
    return leases.length === 0 ? undefined : this.#round(leases);
  };

  /** `holder` is the name that other workers see in the key of a lease. */
  constructor(rounds: LeaseRounds, holder: string, continuity: Continuity) {
    this.#rounds = rounds;
    this.#continuity = continuity;
    this.#holder = holder;
    this.timings = rounds.timings;
  }

  /** A lease by its key, to be started. */
  of(key: string, use: LeaseUse = {}): Lease {
    return new Lease(this, key, use);
  }

  /** Tries for a lease at once, together with those that start in the same turn of the event loop, and again with all others. */
  start(lease: Lease): Promise<void> {
    this.#started.add(lease);
    this.#newcomers.add(lease);
    this.#rounds.join(this.#ask);
    return this.#rounds.soon(this.#askFirst);
  }

  /** Gives a lease back; with the last one nothing is asked any more. */
  async release(lease: Lease): Promise<void> {
    this.#started.delete(lease);
    if (this.#started.size === 0) this.#rounds.leave(this.#ask);
    if (!lease.held) return;
    lease.note(Number.NEGATIVE_INFINITY);
    await release(this.#rounds.redis, lease.key, this.#holder);
  }

  /** Without a lease that is due, too, the count of commits is asked for: it tells of lost data. */
  #round(leases: readonly Lease[]): Round {
    const askedMs = performance.now();
    const longerMs = ROUND_TRIPS * this.roundTrip.ms;
    const leaseMs = Math.min(LONGEST_LEASE_MS, Math.round(this.timings.leaseMs + longerMs));
    const before = this.#continuity.seen;
    return {
      keys: [...leases.flatMap(({ key }) => [key, `${key}:asked`]), this.#continuity.key],
      holder: this.#holder,
      leaseMs,
      told: async ([got, commits]) => {
        this.roundTrip.note(performance.now() - askedMs);
        for (const [at, lease] of leases.entries()) this.#note(lease, got[at] as number, { askedMs, leaseMs });
        await this.#continuity.lost(Number(commits ?? 0), before);
      },
      failed: (error) => {
        for (const lease of leases) lease.note(Number.NEGATIVE_INFINITY, { problem: messageOf(error) });
      },
    };
  }

  #note(lease: Lease, got: number, { askedMs, leaseMs }: { readonly askedMs: number; readonly leaseMs: number }): void {
    if (!this.#started.has(lease)) return;
    lease.note(got > 0 ? askedMs + leaseMs : Number.NEGATIVE_INFINITY, { contested: got > 1, leaseMs });
  }
}
