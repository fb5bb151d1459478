import type { Redis } from 'ioredis';
import { luaScript, runScript } from '../../redis/lua.ts';
import { Together } from '../../redis/together.ts';
import { ENGINE_TIMINGS, type EngineTimings } from '../status/timings.ts';

const HOLD = luaScript('portcullisHold', new URL('./hold.lua', import.meta.url));

/** For each lease 0 where it is another worker's, 1 where it is held, 2 where another one asks for it; and the count of commits. */
export type Held = readonly [got: readonly number[], commits: string | null];

/** The leases of one worker on one portfolio that are to be held, and who is told whether they are. */
export interface Round {
  readonly keys: readonly string[];
  readonly holder: string;
  readonly leaseMs: number;
  /** Resolves once it is noted; what is thrown counts as if Redis had not answered. */
  readonly told: (held: Held) => Promise<void>;
  readonly failed: (error: unknown) => void;
}

/** Asks for leases, and has them renewed, for the portfolios whose commands go over one connection: one timer, and one script for all. */
export class LeaseRounds {
  readonly redis: Redis;
  readonly timings: EngineTimings;
  readonly #asking = new Set<() => Round | undefined>();
  readonly #first = new Together<() => Round | undefined, void>(async (asks) => {
    await this.#hold(roundsOf(asks));
    return asks.map(() => undefined);
  }, Number.POSITIVE_INFINITY);
  #timer: NodeJS.Timeout | undefined;
  #trying = false;

  constructor(redis: Redis, timings: EngineTimings = ENGINE_TIMINGS) {
    this.redis = redis;
    this.timings = timings;
  }

  /** Asks from now on, four times in the time that a lease holds, for what `ask` says. */
  join(ask: () => Round | undefined): void {
    this.#asking.add(ask);
    this.#timer ??= setInterval(() => void this.#renew(), this.timings.leaseMs / 4);
  }

  /** Asks for that no more; where nothing is left, for nothing. */
  leave(ask: () => Round | undefined): void {
    this.#asking.delete(ask);
    if (this.#asking.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Asks once for what these say, for all that ask for that in one turn of the event loop. */
  soon(ask: () => Round | undefined): Promise<void> {
    return this.#first.ask(ask);
  }

  /** Asks once. Where Redis refuses for the keys of one, each is asked for alone. */
  async #hold(rounds: readonly Round[]): Promise<void> {
    const [only, ...others] = rounds;
    if (only === undefined) return;
    const keys = rounds.flatMap((round) => round.keys);
    const args = rounds.flatMap(({ holder, leaseMs, keys: own }) => [holder, leaseMs, (own.length - 1) / 2]);
    try {
      const held = (await runScript(this.redis, HOLD, keys, args)) as readonly Held[];
      await Promise.all(rounds.map((round, at) => round.told(held[at] as Held).catch(round.failed)));
    } catch (error) {
      if (others.length === 0) only.failed(error);
      else await Promise.all(rounds.map((round) => this.#hold([round])));
    }
  }

  async #renew(): Promise<void> {
    if (this.#trying) return;
    this.#trying = true;
    await this.#hold(roundsOf([...this.#asking]));
    this.#trying = false;
  }
}

function roundsOf(asks: readonly (() => Round | undefined)[]): Round[] {
  return asks.map((ask) => ask()).filter((round) => round !== undefined);
}
