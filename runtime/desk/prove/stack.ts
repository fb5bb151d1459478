import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { keys, streams } from '../../../schemas/keys.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import { tickStream } from '../../engine/lane/identity.ts';
import { modalGate } from '../../engine/policy/modal-gates.ts';
import { setMode } from '../../engine/policy/modes.ts';
import { changePolicy } from '../../engine/policy/policies.ts';
import { policyGate, policyGates, valuesUnder } from '../../engine/policy/policy-gate.ts';
import { settled } from '../../market/player/settled.ts';
import { redisNowMs } from '../../redis/clock.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

const BY_PROOF = { actor: 'prove', reason: 'portcullis prove' } as const;
const NEWEST = 100;

/** The trading stack around the gates, as a proof plays it on the scratch portfolio: publishers, strategies, executors and the operator. */
export class Stack {
  readonly redis: Redis;
  readonly portfolio: Portfolio;
  readonly #handlers: readonly AnyHandler[];
  readonly #sent = new Map<string, number>();

  constructor(redis: Redis, portfolio: Portfolio, handlers: readonly AnyHandler[]) {
    this.redis = redis;
    this.portfolio = portfolio;
    this.#handlers = handlers;
  }

  /** Puts the contract's default limits in force, whatever the environment of the workers says: the figures of the proof rest on them. */
  async defaultLimits(): Promise<void> {
    for (const gate of policyGates(this.#handlers)) await this.limits(gate, {});
  }

  /** The default limits of a gate, but for these. */
  async limits(gate: string, different: Readonly<Record<string, string>>): Promise<void> {
    const about = policyGate(this.#handlers, gate);
    const settings = { ...valuesUnder(about, {}, {}), ...different };
    const change = { ...BY_PROOF, action: 'set', fallback: {} } as const;
    await changePolicy(this.redis, this.portfolio, about, change, () => ({ settings }));
  }

  /** Puts a gate into a mode. */
  async mode(gate: string, mode: string): Promise<void> {
    await setMode(this.redis, this.portfolio, modalGate(this.#handlers, gate), mode, BY_PROOF);
  }

  /** Replaces the portfolio state; stamped with the time, unless the fields say otherwise. */
  async state(fields: Readonly<Record<string, string>>): Promise<void> {
    const key = this.portfolio.key(keys.portfolioState);
    const timestamp = String(await this.nowSec());
    await this.redis
      .multi()
      .del(key)
      .hset(key, { timestamp, ...fields })
      .exec();
  }

  /** Publishes a position. */
  async snapshot(symbol: string, fields: Readonly<Record<string, string>>): Promise<void> {
    await this.add(streams.snapshots, { symbol, timestamp: String(await this.nowSec()), ...fields });
  }

  /** Publishes that these symbols are flat. */
  async flat(...symbols: readonly string[]): Promise<void> {
    for (const symbol of symbols) await this.snapshot(symbol, { position_qty: '0', position_notional_usd: '0' });
  }

  /** Proposes an exit. */
  async propose(planId: string, symbol: string, action: string, more: Fields = {}): Promise<void> {
    await this.add(streams.proposals, { plan_id: planId, symbol, action, ...more });
  }

  /** Sends a plan to the governor: an OPEN but for what the fields say. */
  async plan(planId: string, symbol: string, more: Fields): Promise<void> {
    await this.add(streams.plans, {
      plan_id: planId,
      symbol,
      action: 'OPEN_LONG',
      side: 'BUY',
      decision: 'EXECUTE',
      ...more,
    });
  }

  /** Has the risk governor compute budgets now, and waits until it has. */
  async budgetCycle(): Promise<void> {
    const stream = tickStream('risk-governor');
    const nowMs = String(await redisNowMs(this.redis));
    const id = await this.add(stream, { tick_id: `prove-${this.sent(stream)}`, scheduled_ms: nowMs });
    await settled(this.redis, [{ key: this.portfolio.streamKey(stream), id }], () => []);
  }

  /** Adds an entry and answers its id. */
  async add(stream: string, fields: Fields): Promise<string> {
    this.#sent.set(stream, this.sent(stream) + 1);
    const id = await this.redis.xadd(this.portfolio.streamKey(stream), '*', ...Object.entries(fields).flat());
    return String(id);
  }

  /** How many entries the proof has added to a stream. */
  sent(stream: string): number {
    return this.#sent.get(stream) ?? 0;
  }

  /** Of the newest hundred entries of a stream those whose field has this value, newest first. */
  async found(stream: string, field: string, value: string): Promise<readonly Fields[]> {
    const entries = await this.redis.xrevrange(this.portfolio.streamKey(stream), '+', '-', 'COUNT', NEWEST);
    return entries.map(([, flat]) => fieldsOf(flat)).filter((fields) => fields[field] === value);
  }

  /** The fields of a hash; undefined when it is not there. */
  async hash(key: string): Promise<Fields | undefined> {
    const fields = await this.redis.hgetall(this.portfolio.key(key));
    return Object.keys(fields).length === 0 ? undefined : fields;
  }

  /** The text of a key; undefined when it is not there. */
  async text(key: string): Promise<string | undefined> {
    return (await this.redis.get(this.portfolio.key(key))) ?? undefined;
  }

  /** What the governor said of a plan: `permit`, or the reason of its block; undefined before. */
  async verdict(planId: string): Promise<string | undefined> {
    const [permit, block] = await this.redis.mget(
      this.portfolio.key(keys.permit(planId)),
      this.portfolio.key(keys.block(planId)),
    );
    if (permit) return 'permit';
    return block ? String(jsonFields(block).reason) : undefined;
  }

  /** Says that the rest of life of a key is at most `sec` and not five seconds less; otherwise what it is. */
  async life(key: string, sec: number): Promise<string> {
    const ttlSec = await this.redis.ttl(this.portfolio.key(key));
    return ttlSec <= sec && ttlSec >= sec - 5 ? `${sec} s` : `${ttlSec} s`;
  }

  /** Unix seconds by Redis's clock. */
  async nowSec(): Promise<number> {
    return Math.floor((await redisNowMs(this.redis)) / 1000);
  }
}

/** The fields of a JSON object; of anything else, none. */
export function jsonFields(text: string): Readonly<Record<string, unknown>> {
  return z.record(z.string(), z.unknown()).safeParse(JSON.parse(text)).data ?? {};
}
