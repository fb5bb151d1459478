import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { keys, runtimeKeys } from '../../../schemas/keys.ts';
import { luaScript, runScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** By how much the count is set ahead of what a worker had seen, so that none which had seen a little more takes the same loss for another. */
const AHEAD = 1_000_000;

const MARK = luaScript('portcullisDataLost', new URL('./data-lost.lua', import.meta.url));

/**
 * Knows whether the data are those that this worker has worked on. Every commit counts one up, and a worker remembers the
 * highest count it was told; a server that says less has lost commits (an append-only file of before, a replica that
 * lagged behind, FLUSHALL), and with them reservations, cooldowns and positions. The mark is kept in Redis, so that every
 * worker goes by it, also one that starts later. Not under a simulated clock: what plays there begins anew.
 */
export class Continuity {
  /** The key that counts. */
  readonly key: string;
  readonly #redis: Redis;
  readonly #portfolio: Portfolio;
  readonly #log: Logger;
  #seen = 0;

  constructor(redis: Redis, portfolio: Portfolio, log: Logger) {
    this.key = portfolio.key(runtimeKeys.commits);
    this.#redis = redis;
    this.#portfolio = portfolio;
    this.#log = log;
  }

  /** The highest count that this worker was told: what is asked from now on answers no less, unless data are lost. */
  get seen(): number {
    return this.#seen;
  }

  /** Notes a count that was asked for when `seen` was `before`; says whether data were lost, which is marked then. */
  async lost(commits: number, before: number): Promise<boolean> {
    this.#saw(commits);
    if (commits >= before || this.#portfolio.simulatedClock) return false;
    await this.mark(commits);
    return true;
  }

  /**
   * Notes the count that a commit made, in the order of the answers; says whether data were lost, which is to be marked
   * then. It is above all that were told before: one that is not counts again what was lost.
   */
  committed(commits: number): boolean {
    const isBehind = commits <= this.#seen && !this.#portfolio.simulatedClock;
    this.#saw(commits);
    return isBehind;
  }

  /** Marks in Redis that data were lost, as `commits` showed, unless another worker has for the same loss. */
  async mark(commits: number): Promise<void> {
    const marks = [this.key, this.#portfolio.key(keys.dataLost)];
    const above = this.#seen + 1;
    const reply = await runScript(this.#redis, MARK, marks, [above, AHEAD]);
    const [count, marked] = reply as [string, number];
    if (marked === 1) {
      this.#log.error(`Redis has lost data: ${commits} commits where ${this.#seen} were seen - OPEN plans wait`);
    }
    this.#saw(Number(count));
  }

  #saw(commits: number): void {
    if (commits > this.#seen) this.#seen = commits;
  }
}
