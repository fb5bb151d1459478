import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { Refusal } from '../../engine/commit/operation.ts';
import { release } from '../../redis/release.ts';
import { renew } from '../../redis/renew.ts';
import { type Portfolio, portfolioOf } from '../../settings/portfolio.ts';
import { clearScratch, HOSTED_SEC, hostsOf, keysFrom, markOf, type ProofHost, scratchPrefix } from './invitation.ts';
import { forgetScratch, noteScratch } from './leftovers.ts';
import { within } from './patience.ts';

const RENEW_MS = 2_000;
const JOIN_MS = 15_000;
/** After which a portfolio without any worker is not waited for. */
const NOBODY_MS = 2_000;
const LEAVE_MS = 2 * HOSTED_SEC * 1000;

/** A worker that was about to join lets go with its next look: it may write until then. */
const CLEAR_TRIES = 6;
const CLEAR_AGAIN_MS = 500;

/** A scratch portfolio inside a real one, to which running workers are invited until it is closed. */
export class Scratch {
  readonly portfolio: Portfolio;
  /** Asks for permits on it over HTTP, while it is hosted; the workers know its mark alone. */
  readonly token = randomBytes(24).toString('base64url');
  readonly #redis: Redis;
  readonly #real: Portfolio;
  readonly #invitation: string;
  readonly #keep: boolean;
  #timer: NodeJS.Timeout | undefined;

  private constructor(redis: Redis, real: Portfolio, keep: boolean) {
    this.portfolio = portfolioOf(scratchPrefix(real));
    this.#redis = redis;
    this.#real = real;
    this.#keep = keep;
    this.#invitation = JSON.stringify({ prefix: this.portfolio.prefix, keep, asker: markOf(this.token) });
  }

  /** Chooses a prefix that no key has, and invites the workers; throws a `Refusal` when another proof runs on the portfolio. */
  static async open(redis: Redis, real: Portfolio, options: { readonly keep: boolean }): Promise<Scratch> {
    const scratch = new Scratch(redis, real, options.keep);
    if ((await keysFrom(redis, scratch.portfolio.key(''))).length > 0) {
      throw new Refusal(
        `expected no key of ${scratch.portfolio.prefix}, found some: run it again, with another prefix`,
      );
    }
    const set = await redis.set(scratch.#key, scratch.#invitation, 'EX', HOSTED_SEC, 'NX');
    if (set !== 'OK') {
      throw new Refusal(
        `expected no other proof on ${real.prefix}, got one that runs: wait for its end (at most ${HOSTED_SEC} s if it was killed)`,
      );
    }
    if (!options.keep) await noteScratch(redis, real, scratch.portfolio);
    const live = () => void renew(redis, scratch.#key, scratch.#invitation, HOSTED_SEC).catch(() => undefined);
    scratch.#timer = setInterval(live, RENEW_MS);
    return scratch;
  }

  /** How many workers the portfolio has, and those of them that host the scratch portfolio: all, or as many as came within fifteen seconds. */
  async join(signal: AbortSignal): Promise<{ readonly workers: number; readonly hosts: readonly ProofHost[] }> {
    const workersNow = async () => (await keysFrom(this.#redis, this.#real.key(runtimeKeys.worker('')))).length;
    const invitedMs = performance.now();
    const all = async () => {
      const [{ length }, workers] = [await hostsOf(this.#redis, this.portfolio), await workersNow()];
      return workers === 0 ? length > 0 || performance.now() - invitedMs > NOBODY_MS : length >= workers;
    };
    await within(JOIN_MS, all, signal);
    return { workers: await workersNow(), hosts: await hostsOf(this.#redis, this.portfolio) };
  }

  /** Withdraws the invitation, waits until no worker hosts it any more, and deletes every key; answers how many are left. */
  async close(): Promise<number> {
    clearInterval(this.#timer);
    await release(this.#redis, this.#key, this.#invitation);
    const left = async () => (await hostsOf(this.#redis, this.portfolio)).length === 0;
    await within(LEAVE_MS, left, new AbortController().signal);
    let keys = await this.#cleared();
    for (let again = 0; keys > 0 && !this.#keep && again < CLEAR_TRIES; again += 1) {
      await wait(CLEAR_AGAIN_MS);
      keys = await this.#cleared();
    }
    if (keys === 0) await forgetScratch(this.#redis, this.#real, this.portfolio);
    return keys;
  }

  /** How many keys are left once they are deleted. */
  async #cleared(): Promise<number> {
    if (!this.#keep) await clearScratch(this.#redis, this.portfolio);
    return (await keysFrom(this.#redis, this.portfolio.key(''))).length;
  }

  get #key(): string {
    return this.#real.key(runtimeKeys.proof);
  }
}
