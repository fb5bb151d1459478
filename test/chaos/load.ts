import { setTimeout as pause } from 'node:timers/promises';
import type { ChainableCommander, Redis } from 'ioredis';
import type { Askers } from './askers.ts';
import { Exchange } from './exchange.ts';
import { inputs, PRICE, STATE, SYMBOLS } from './names.ts';
import type { Dice } from './random.ts';

const TURN_MS = 25;
const STATE_EVERY_TURNS = 20;
const EXITS = ['FULL_CLOSE_PROPOSED', 'FULL_CLOSE', 'PARTIAL_50', 'PARTIAL_25_PROPOSED', 'HOLD', 'UPDATE_SL'];
const KEPT_PLANS = 50;

/** Traffic on every input: proposals, plans with an executor that answers them, repeats, and entries nobody understands. */
export class Load {
  readonly #redis: Redis;
  readonly #dice: Dice;
  readonly #askers: Askers | undefined;
  readonly #exchange: Exchange;
  readonly #recent: string[][] = [];
  #count = 0;
  #turns = 0;
  #running: Promise<void> = Promise.resolve();
  #turn: Promise<void> = Promise.resolve();
  #stopped = false;
  #pauses = 0;

  constructor(redis: Redis, dice: Dice, askers?: Askers) {
    this.#askers = askers;
    this.#redis = redis;
    this.#dice = dice;
    this.#exchange = new Exchange(redis, dice);
  }

  /** Says once what the account is, and goes on until stopped. */
  async start(): Promise<void> {
    await this.#state();
    this.#running = this.#run();
  }

  /** Resolves once nothing is written any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /** Writes nothing while something happens; with `anew`, begins like an account of which nothing is known. */
  async without(happens: () => Promise<unknown>, anew: boolean): Promise<void> {
    this.#pauses += 1;
    await this.#turn;
    await pause(5);
    await (this.#askers === undefined ? happens() : this.#askers.without(happens, anew));
    await pause(5);
    if (anew) {
      this.#exchange.reset();
      this.#recent.length = 0;
    }
    await this.#state();
    this.#pauses -= 1;
  }

  /** The ids that the next plans and proposals will have. */
  nextIds(count: number): string[] {
    return Array.from({ length: count }, (_, at) => `n${this.#count + 1 + at}`);
  }

  /** Sends a message that ends the process it is delivered to. */
  async poison(): Promise<void> {
    await this.#redis.xadd(inputs.crash, '*', 'n', 'die');
  }

  /** Writes a backlog of so many proposals, and a plan for every ten. */
  async backlog(proposals: number): Promise<void> {
    await this.#state();
    for (let left = proposals; left > 0; left -= 500) {
      const pipeline = this.#redis.pipeline();
      for (let at = 0; at < Math.min(500, left); at += 1) {
        this.#proposal(pipeline);
        if (at % 10 === 0) this.#plan(pipeline);
      }
      await pipeline.exec();
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      if (this.#pauses === 0) {
        this.#turn = this.#write();
        await this.#turn;
      }
      await pause(TURN_MS);
    }
  }

  async #write(): Promise<void> {
    const pipeline = this.#redis.pipeline();
    for (let left = this.#dice.between(0, 12); left > 0; left -= 1) this.#proposal(pipeline);
    for (let left = this.#dice.between(0, 5); left > 0; left -= 1) this.#plan(pipeline);
    if (this.#dice.happens(0.5)) add(pipeline, inputs.crash, { n: String(this.#count) });
    await pipeline.exec();
    await this.#exchange.turn();
    this.#turns += 1;
    if (this.#turns % STATE_EVERY_TURNS === 0) await this.#state();
  }

  #proposal(pipeline: ChainableCommander): void {
    const symbol = this.#dice.pick(SYMBOLS);
    const action = this.#dice.pick(EXITS);
    const planId = this.#dice.happens(0.03) ? `n${Math.max(1, this.#count - 5)}` : this.#nextId();
    if (this.#dice.happens(0.01)) add(pipeline, inputs.proposals, { plan_id: planId, symbol: 'no symbol', action });
    else add(pipeline, inputs.proposals, { plan_id: planId, symbol, action, note: `as sent ${planId}` });
  }

  #plan(pipeline: ChainableCommander): void {
    const again = this.#recent.length > 0 && this.#dice.happens(0.15) ? this.#dice.pick(this.#recent) : undefined;
    if (again !== undefined) {
      pipeline.xadd(inputs.plans, '*', ...again);
      return;
    }
    const [planId, symbol, qty] = [this.#nextId(), this.#dice.pick(SYMBOLS), this.#dice.between(1, 5)];
    const kind = this.#dice.fraction();
    const action = kind < 0.75 ? 'OPEN' : kind < 0.9 ? 'PARTIAL_50' : kind < 0.97 ? 'HOLD' : 'no action';
    const plan = { plan_id: planId, symbol, action, side: 'BUY', qty: String(qty), price: String(PRICE) };
    add(pipeline, inputs.plans, plan);
    this.#recent.push(Object.entries(plan).flat());
    if (this.#recent.length > KEPT_PLANS) this.#recent.shift();
    if (action === 'OPEN') this.#exchange.expect({ planId, symbol, qty });
  }

  #nextId(): string {
    this.#count += 1;
    return `n${this.#count}`;
  }

  /** An account that is never said to be flat: that would close whatever was reported before. */
  async #state(): Promise<void> {
    const [seconds] = await this.#redis.time();
    const positions = String(Math.max(1, this.#exchange.positions));
    const state = { equity_usd: '10000', drawdown: '0', positions_count: positions, timestamp: String(seconds) };
    await this.#redis.hset(STATE, state).catch(() => 0);
  }
}

function add(pipeline: ChainableCommander, stream: string, fields: Readonly<Record<string, string>>): void {
  pipeline.xadd(stream, '*', ...Object.entries(fields).flat());
}
