import type { Redis } from 'ioredis';
import type { WriteFields } from '../../../handlers/contract/effects.ts';
import { keys, runtimeKeys } from '../../../schemas/keys.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { compareStreamIds } from '../../../schemas/time.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { repliesOf, settled } from './settled.ts';
import { type PlanVerdict, verdictOf } from './verdict.ts';

/** A hash to merge fields into; the key without the portfolio prefix. */
export interface HashWrite {
  readonly key: string;
  readonly fields: WriteFields;
}

/** An entry to add; the stream by its name without the prefix. */
export interface StreamWrite {
  readonly stream: string;
  readonly fields: WriteFields;
}

/** What the heat monitor last published. */
export interface PublishedHeat {
  readonly heat: number;
  readonly bucket: string;
  readonly timestamp: string;
}

/** The player's side of the wire: what publishers, strategies and executors do, on its own prefix and at simulated times. */
export class Link {
  readonly #redis: Redis;
  readonly #portfolio: Portfolio;
  readonly #problems: () => readonly string[];
  #nowMs = 0;

  /** `problems` says what holds the gates up, for the message when they do not answer. */
  constructor(redis: Redis, portfolio: Portfolio, problems: () => readonly string[]) {
    this.#redis = redis;
    this.#portfolio = portfolio;
    this.#problems = problems;
  }

  /** Deletes every key of its prefix but one. */
  async wipe(spared: string): Promise<void> {
    let cursor = '0';
    do {
      const [next, found] = await this.#redis.scan(cursor, 'MATCH', this.#portfolio.key('*'), 'COUNT', 1000);
      const doomed = found.filter((key) => key !== spared);
      if (doomed.length > 0) await this.#redis.unlink(...doomed);
      cursor = next;
    } while (cursor !== '0');
  }

  /** Sets the simulated clock, Unix ms. It only moves forward: stream ids are made of it. */
  async setClock(nowMs: number): Promise<void> {
    await this.#redis.set(this.#portfolio.key(runtimeKeys.simulatedClock), String(nowMs));
    this.#nowMs = nowMs;
  }

  /** Writes state and entries that nobody has to answer, in this order. */
  async publish(hashes: readonly HashWrite[], entries: readonly StreamWrite[]): Promise<void> {
    await this.#write(hashes, entries);
  }

  /** Adds entries and resolves when every group that reads them has acknowledged all of them. */
  async judged(entries: readonly StreamWrite[]): Promise<void> {
    if (entries.length === 0) return;
    const ids = await this.#write([], entries);
    const last = new Map<string, string>();
    for (const [at, { stream }] of entries.entries()) {
      const id = ids[at] ?? '0-0';
      const newest = last.get(stream);
      if (newest === undefined || compareStreamIds(id, newest) > 0) last.set(stream, id);
    }
    const awaited = [...last].map(([stream, id]) => ({ key: this.#portfolio.streamKey(stream), id }));
    await settled(this.#redis, awaited, this.#problems);
  }

  /** What the governor decided on each plan; a permit is taken by reading it, as executors do. */
  async takeVerdicts(planIds: readonly string[]): Promise<readonly PlanVerdict[]> {
    const pipeline = this.#redis.pipeline();
    for (const planId of planIds) {
      pipeline.getdel(this.#portfolio.key(keys.permit(planId)));
      pipeline.get(this.#portfolio.key(keys.block(planId)));
    }
    const replies = await repliesOf(pipeline);
    return planIds.map((planId, at) => {
      return verdictOf(planId, replies[2 * at] as string | null, replies[2 * at + 1] as string | null);
    });
  }

  /** The entries that a stream was given at the simulated time that it is now. */
  async writtenNow(stream: string): Promise<readonly Fields[]> {
    return (await this.entriesNow(stream)).map(({ fields }) => fields);
  }

  /** The same with their ids. */
  async entriesNow(stream: string): Promise<readonly { readonly id: string; readonly fields: Fields }[]> {
    const at = String(this.#nowMs);
    const entries = await this.#redis.xrange(this.#portfolio.streamKey(stream), at, at);
    return entries.map(([id, flat]) => ({ id, fields: fieldsOf(flat) }));
  }

  /** The heat as published, or `undefined` before it first is. */
  async heat(): Promise<PublishedHeat | undefined> {
    const { heat, bucket, timestamp } = await this.#redis.hgetall(this.#portfolio.key(keys.heatState));
    const value = parseNumber(heat);
    if (value === undefined || bucket === undefined || timestamp === undefined) return undefined;
    return { heat: value, bucket, timestamp };
  }

  /** The budgets in dollars that were written at this time (`timestamp`, Unix seconds), by symbol. */
  async budgets(symbols: readonly string[], timestamp: string): Promise<Readonly<Record<string, number>>> {
    const pipeline = this.#redis.pipeline();
    for (const symbol of symbols) {
      pipeline.hmget(this.#portfolio.key(keys.budget(symbol)), 'budget_usd', 'timestamp');
    }
    const replies = (await repliesOf(pipeline)) as [string | null, string | null][];
    const budgets: Record<string, number> = {};
    for (const [at, symbol] of symbols.entries()) {
      const budgetUsd = parseNumber(replies[at]?.[0]);
      if (budgetUsd !== undefined && replies[at]?.[1] === timestamp) budgets[symbol] = budgetUsd;
    }
    return budgets;
  }

  /** Resolves when every group of a stream has finished its newest entry; at once when it has none. */
  async caughtUp(stream: string): Promise<void> {
    const key = this.#portfolio.streamKey(stream);
    const newest = (await this.#redis.xrevrange(key, '+', '-', 'COUNT', 1))[0]?.[0];
    if (newest !== undefined) await settled(this.#redis, [{ key, id: newest }], this.#problems);
  }

  /** The fields of a hash; none when it does not exist. */
  async hash(key: string): Promise<Fields> {
    return await this.#redis.hgetall(this.#portfolio.key(key));
  }

  /** Those of these hashes that have no such field. */
  async without(field: string, hashes: readonly string[]): Promise<readonly string[]> {
    const pipeline = this.#redis.pipeline();
    for (const key of hashes) pipeline.hexists(this.#portfolio.key(key), field);
    const replies = await repliesOf(pipeline);
    return hashes.filter((_key, at) => replies[at] === 0);
  }

  async #write(hashes: readonly HashWrite[], entries: readonly StreamWrite[]): Promise<readonly string[]> {
    const pipeline = this.#redis.pipeline();
    for (const { key, fields } of hashes) pipeline.hset(this.#portfolio.key(key), fields);
    for (const { stream, fields } of entries) {
      pipeline.xadd(this.#portfolio.streamKey(stream), `${this.#nowMs}-*`, ...Object.entries(fields).flat());
    }
    const replies = await repliesOf(pipeline);
    return replies.slice(hashes.length).map(String);
  }
}
