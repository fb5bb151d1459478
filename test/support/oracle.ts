import type { Redis } from 'ioredis';
import { collect, leftOver } from '../chaos/collect.ts';
import { Load } from '../chaos/load.ts';
import { readers } from '../chaos/names.ts';
import { findingsOf } from '../chaos/oracle/index.ts';
import type { Finding, Witness } from '../chaos/oracle/witness.ts';
import { Dice } from '../chaos/random.ts';
import { until } from './redis.ts';

/** The chaos suite's traffic and oracle on one portfolio, through a connection on which it has the default one's name. */
export class Observed {
  readonly load: Load;
  readonly #redis: Redis;

  constructor(redis: Redis, seed: number) {
    this.#redis = redis;
    this.load = new Load(redis, new Dice(seed));
  }

  /** Stops the traffic, and waits until every group has finished everything. */
  async drained(): Promise<void> {
    await this.load.stop();
    await until('everything to be finished', () => this.#isDrained());
  }

  /** Everything that was written. Nothing must move any more. */
  async witness(): Promise<Witness> {
    return await collect(this.#redis, { deleted: new Map(), deletedEvents: [], killed: [], told: [] });
  }

  /** What must not be in it. */
  async findings(): Promise<readonly Finding[]> {
    return findingsOf(await this.witness());
  }

  async #isDrained(): Promise<boolean> {
    for (const reader of readers) {
      const { pending, waiting } = await leftOver(this.#redis, reader);
      if (pending > 0 || waiting) return false;
    }
    return true;
  }
}
