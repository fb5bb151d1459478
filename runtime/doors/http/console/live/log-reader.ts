import type { Redis } from 'ioredis';
import type { LedgerRow } from '../../../../../schemas/api/ledger.ts';
import { streams } from '../../../../../schemas/keys.ts';
import { fieldsOf } from '../../../../../schemas/wire.ts';
import { type LoggedDecision, loggedDecision } from '../../../../desk/decisions/decisions.ts';
import { ledgerRow } from '../../../../desk/ledger/ledger-pages.ts';
import { SEALED } from '../../../../desk/seals/seal.ts';
import { isWrongType } from '../../../../redis/problem.ts';
import type { Portfolio } from '../../../../settings/portfolio.ts';
import { type LogBounds, logBounds } from './log-bounds.ts';

const PAGE = 500;
/** Decisions that are read at one go; what is beyond comes with the next. */
const MOST_AT_ONCE = 10_000;
const MOST_LEDGER_ROWS = 200;

/** Reads the decision log and the ops ledger of a portfolio, onwards from an id. */
export class LogReader {
  readonly #redis: Redis;
  readonly #decisions: string;
  readonly #ledger: string;

  constructor(redis: Redis, portfolio: Portfolio) {
    this.#redis = redis;
    this.#decisions = portfolio.streamKey(streams.decisions);
    this.#ledger = portfolio.streamKey(streams.ledger);
  }

  /** The bounds of the decision log. */
  async bounds(): Promise<LogBounds> {
    return await logBounds(this.#redis, this.#decisions);
  }

  /** The newest id of the decision log, and that of the ledger. */
  async newestIds(): Promise<[decision: string, ledger: string]> {
    const both = [this.#decisions, this.#ledger].map(async (key) => (await logBounds(this.#redis, key)).newestId);
    return (await Promise.all(both)) as [string, string];
  }

  /** The decisions after an id, oldest first, `most` at most. */
  async decisionsAfter(id: string, most = MOST_AT_ONCE): Promise<LoggedDecision[]> {
    const found: LoggedDecision[] = [];
    for (let from = id; found.length < most; from = found.at(-1)?.id ?? from) {
      const count = Math.min(PAGE, most - found.length);
      const page = await this.#page(this.#decisions, from, count);
      found.push(...page.map(loggedDecision));
      if (page.length < count) break;
    }
    return found;
  }

  /** The oldest changes after an id, but the seals of decisions, and up to which id that is. */
  async ledgerAfter(id: string): Promise<{ readonly rows: LedgerRow[]; readonly upTo: string }> {
    const page = await this.#page(this.#ledger, id, MOST_LEDGER_ROWS);
    const entries = page.map(([entry, flat]) => ({ id: entry, fields: fieldsOf(flat) }));
    const rows = entries.filter(({ fields }) => fields.action !== SEALED).map(ledgerRow);
    return { rows, upTo: page.at(-1)?.[0] ?? id };
  }

  /** A log that cannot be read has nothing to tell, and keeps nothing else from being told. */
  async #page(key: string, after: string, count: number): Promise<[id: string, flat: string[]][]> {
    return await this.#redis.xrange(key, `(${after}`, '+', 'COUNT', count).catch((error: unknown) => {
      if (isWrongType(error)) return [];
      throw error;
    });
  }
}
