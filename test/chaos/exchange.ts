import type { Redis } from 'ioredis';
import { inputs, PRICE } from './names.ts';
import type { Dice } from './random.ts';

interface Order {
  readonly planId: string;
  readonly symbol: string;
  readonly qty: number;
}

/** Orders whose permit nobody looks for any more. */
const LOOKED_FOR = 80;
const TAKEN = 0.7;
const REJECTED = 0.25;
const CLOSED = 0.06;

/** An executor and its exchange: takes some of the permits, fills or rejects their orders, and closes positions. */
export class Exchange {
  readonly #redis: Redis;
  readonly #dice: Dice;
  readonly #held = new Map<string, number>();
  #sent: Order[] = [];
  #underWay: Order[] = [];

  constructor(redis: Redis, dice: Dice) {
    this.#redis = redis;
    this.#dice = dice;
  }

  /** How many symbols have a position. */
  get positions(): number {
    return [...this.#held.values()].filter((qty) => qty > 0).length;
  }

  /** Looks for the permit of this order from now on. */
  expect(order: Order): void {
    if (this.#dice.happens(TAKEN)) this.#sent = [...this.#sent, order].slice(-LOOKED_FOR);
  }

  /** One turn: takes permits, finishes one order, closes now and then. */
  async turn(): Promise<void> {
    await this.#take();
    const order = this.#dice.happens(0.3) ? this.#underWay.shift() : undefined;
    if (order !== undefined) await (this.#dice.happens(REJECTED) ? this.#reject(order) : this.#fill(order));
    if (this.#dice.happens(CLOSED)) await this.#close();
  }

  /** Forgets everything, as the account does when all data are gone. */
  reset(): void {
    this.#held.clear();
    this.#sent = [];
    this.#underWay = [];
  }

  async #take(): Promise<void> {
    if (this.#sent.length === 0) return;
    const pipeline = this.#redis.pipeline();
    for (const { planId } of this.#sent) pipeline.getdel(`quantum:permit:${planId}`);
    const replies = (await pipeline.exec()) ?? [];
    const taken = new Set(this.#sent.filter((_, at) => typeof replies[at]?.[1] === 'string'));
    this.#underWay.push(...taken);
    this.#sent = this.#sent.filter((order) => !taken.has(order));
  }

  async #fill(order: Order): Promise<void> {
    const qty = (this.#held.get(order.symbol) ?? 0) + order.qty;
    if (await this.#report(order.symbol, qty, { filled: order.planId })) return;
    this.#underWay.unshift(order);
  }

  async #reject({ planId, symbol }: Order): Promise<void> {
    const answer = { plan_id: planId, symbol, executed: 'False', error: 'margin' };
    await this.#redis.xadd(inputs.results, '*', ...Object.entries(answer).flat()).catch(() => undefined);
  }

  async #close(): Promise<void> {
    const held = [...this.#held].filter(([, qty]) => qty > 0);
    if (held.length === 0) return;
    await this.#report(this.#dice.pick(held)[0], 0);
  }

  /** Whether the report was written; a server that is out of memory takes none. */
  async #report(symbol: string, qty: number, more: Record<string, string> = {}): Promise<boolean> {
    const side = qty === 0 ? 'FLAT' : 'LONG';
    const entry = { symbol, side, position_qty: String(qty), mark_price: String(PRICE), sigma: '0.1', ...more };
    const id = await this.#redis.xadd(inputs.snapshots, '*', ...Object.entries(entry).flat()).catch(() => null);
    if (id !== null) this.#held.set(symbol, qty);
    return id !== null;
  }
}
