import type { Redis } from 'ioredis';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import { streams } from '../../../schemas/keys.ts';
import { compareStreamIds, streamIdMs } from '../../../schemas/time.ts';
import { redisNowMs } from '../../redis/clock.ts';
import { luaScript, runScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { decisionsBack, loggedDecision } from '../decisions/decisions.ts';
import { leafOf, writtenId } from './leaf.ts';
import { type SealHead, sealHead } from './ledger-seals.ts';
import { merkleRoot } from './merkle.ts';
import { sealEntry } from './seal.ts';

const SEAL = luaScript('portcullisSeal', new URL('./seal.lua', import.meta.url));

/** When a range is closed. */
export interface SealLimits {
  /** Decisions of a range at most. */
  readonly decisions: number;
  /** Age of its first decision, ms by Redis's clock. */
  readonly afterMs: number;
}

/** What seals are made with. */
export interface SealedWith {
  readonly key: string | undefined;
  readonly limits: SealLimits;
  /** Is told of a log that is another one than was sealed. */
  readonly warn: (message: string) => void;
}

/** The product's own. */
export const SEAL_LIMITS: SealLimits = { decisions: 1_000, afterMs: 10 * MINUTE_MS };

/** Decisions of one reply: lanes of the same process wait for no more than those to be read and hashed, a few milliseconds. */
const PAGE = 50;
/** Pages of one turn; more wait for the next. */
const MOST_PAGES = 400;
const MOST_TRIES = 5;

/** The range that is open: what was read of it so far. */
interface OpenRange {
  /** The newest entry of the ledger that is known, and the newest seal. */
  head: SealHead;
  /** Id in the log of the newest decision that was read. */
  cursor: string;
  from: string;
  to: string;
  leaves: Buffer[];
}

/** Reads the decision log onwards and puts the seal of each range that is closed into the ledger. One at a time does it; two would only lose time. */
export class Sealer {
  readonly #redis: Redis;
  readonly #portfolio: Portfolio;
  readonly #key: string | undefined;
  readonly #limits: SealLimits;
  readonly #warn: (message: string) => void;
  #open: OpenRange | undefined;

  constructor(redis: Redis, portfolio: Portfolio, by: SealedWith) {
    this.#redis = redis;
    this.#portfolio = portfolio;
    this.#key = by.key;
    this.#limits = by.limits;
    this.#warn = by.warn;
  }

  /** Whether all decisions up to this id are sealed, as far as is known here. */
  isSealedUpTo(id: string): boolean {
    return this.#open !== undefined && this.#open.cursor === id && this.#open.leaves.length === 0;
  }

  /** Forgets what was read: the next turn begins at the newest seal. */
  forget(): void {
    this.#open = undefined;
  }

  /** Reads on, up to `newest` (the id of the newest decision) or as far as one turn goes, and seals what is closed. */
  async turn(newest: string): Promise<void> {
    if (this.#open !== undefined && compareStreamIds(newest, this.#open.cursor) < 0) this.forget();
    this.#open ??= await this.#begin(newest);
    const range = this.#open;
    const key = this.#portfolio.streamKey(streams.decisions);
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const page = await this.#redis.xrange(key, `(${range.cursor}`, '+', 'COUNT', PAGE);
      for (const entry of page) {
        const decision = loggedDecision(entry);
        const id = writtenId(decision);
        // Behind what was ahead of the clock ids begin again lower: a range has one order.
        const isBack = range.leaves.length > 0 && compareStreamIds(id, range.to) < 0;
        if (isBack && !(await this.#close(range))) return;
        if (range.leaves.length === 0) range.from = id;
        range.leaves.push(leafOf(decision));
        range.to = id;
        range.cursor = decision.id;
        if (range.leaves.length >= this.#limits.decisions && !(await this.#close(range))) return;
      }
      if (page.length < PAGE) break;
    }
    if (range.leaves.length === 0) return;
    const nowMs = await redisNowMs(this.#redis);
    if (nowMs - streamIdMs(range.from) >= this.#limits.afterMs) await this.#close(range);
  }

  async #begin(newest: string): Promise<OpenRange> {
    const head = await sealHead(this.#redis, this.#portfolio);
    const sealedTo = head.seal?.to ?? '0-0';
    const cursor = compareStreamIds(sealedTo, newest) <= 0 ? sealedTo : await this.#movedFrom(sealedTo, newest);
    return { head, cursor, from: '', to: '', leaves: [] };
  }

  /**
   * The id that the newest sealed decision has in a log that a repair has moved back. Where it is none of them the log
   * is another one than was sealed: what is there is not sealed anew, for that would say that it was always so.
   */
  async #movedFrom(sealedTo: string, newest: string): Promise<string> {
    const back = decisionsBack(this.#redis, this.#portfolio, { from: '+', size: PAGE });
    for await (const page of back) {
      const sealed = page.find((one) => writtenId(one) !== one.id && compareStreamIds(writtenId(one), sealedTo) <= 0);
      if (sealed !== undefined) return sealed.id;
    }
    this.#warn(
      `the decision log ends at ${newest}, before the newest sealed decision ${sealedTo}, and no repair moved it: ` +
        'it was written anew. What is there is not sealed again, what follows is; see portcullis verify',
    );
    return newest;
  }

  /** Seals the range and opens the next; false where somebody else has sealed meanwhile, and all begins anew. */
  async #close(range: OpenRange): Promise<boolean> {
    const { from, to, leaves, head: known } = range;
    const root = merkleRoot(leaves).toString('hex');
    const { seal = 0, after: before = '' } = known.seal ?? {};
    const sealed = { seal: seal + 1, from, to, count: leaves.length, root, before };
    const ledger = this.#portfolio.streamKey(streams.ledger);
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const head = await sealHead(this.#redis, this.#portfolio);
      if ((head.seal?.after ?? '') !== before) break;
      const at = Math.floor((await redisNowMs(this.#redis)) / 1000);
      const about = { portfolio: this.#portfolio.outputPrefix, head: head.hash, key: this.#key, at };
      const fields = sealEntry(sealed, about);
      if ((await runScript(this.#redis, SEAL, [ledger], [head.hash, ...fields])) !== 1) continue;
      range.head = await sealHead(this.#redis, this.#portfolio);
      range.leaves = [];
      return true;
    }
    this.forget();
    return false;
  }
}
