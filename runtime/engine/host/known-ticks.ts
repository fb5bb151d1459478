import type { Redis } from 'ioredis';
import { runtimeKeys } from '../../../schemas/keys.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { nextPhase } from './tick-slots.ts';

/** The first tick of all comes so soon after its schedule is set up. */
const FIRST_TICK_MS = 100;
/** With the name of a handler: when its first tick of all was to be. */
const FIRST_TICK = 'first:';

/** Of each portfolio and handler a tick of its schedule: it says when all others are due, whichever queue makes them. */
export class KnownTicks {
  readonly #intervals: ReadonlyMap<string, number>;
  readonly #ticks = new Map<string, number>();

  /** `intervals`: handler → ms. */
  constructor(intervals: ReadonlyMap<string, number>) {
    this.#intervals = intervals;
  }

  /**
   * Asks Redis for the last tick of each handler. Where there was none, the first is soon, so many of its intervals
   * later (`share`, 0 to 1): of those that ask at once, the same for all, whoever was first.
   */
  async ask(portfolio: Portfolio, redis: Redis, share: number): Promise<void> {
    const lastTick = portfolio.key(runtimeKeys.lastTick);
    const asks = [...this.#intervals].map(async ([handler, every]) => {
      const field = `${FIRST_TICK}${handler}`;
      const firstMs = nextPhase(Math.floor(Date.now() + FIRST_TICK_MS + share * every), every);
      const [, [last, first]] = await Promise.all([
        redis.hsetnx(lastTick, field, firstMs),
        redis.hmget(lastTick, handler, field),
      ]);
      this.#ticks.set(nameOf(portfolio, handler), Number(last ?? first));
    });
    await Promise.all(asks);
  }

  /** A tick of that schedule, past or to come, Unix ms; NaN where none is known. */
  of(portfolio: Portfolio, handler: string): number {
    return this.#ticks.get(nameOf(portfolio, handler)) ?? Number.NaN;
  }
}

function nameOf({ prefix }: Portfolio, handler: string): string {
  return `${handler} ${prefix}`;
}
