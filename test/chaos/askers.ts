import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type Answer, PortcullisClient } from '../../runtime/doors/client/index.ts';
import { PRICE, SYMBOLS } from './names.ts';
import type { AskAnswered } from './oracle/witness.ts';
import { Dice } from './random.ts';

const CLIENTS = 4;
const BOTS_OF_A_CLIENT = 5;
const TIMEOUT_MS = 800;
const BETWEEN_MS = 150;
const TRIES = 3;
const CLOSES = 0.2;

/** Bots that ask for permits over the link, ask again with the same plan id where no answer comes, and place no order. */
export class Askers {
  readonly #clients: readonly PortcullisClient[];
  readonly #connections: readonly Redis[];
  readonly #dice = new Dice(17);
  #told: AskAnswered[] = [];
  #count = 0;
  #pauses = 0;
  #stopped = false;
  #asking = 0;
  #running: Promise<unknown> = Promise.resolve();

  constructor(url: string) {
    const connect = () =>
      new Redis(url, { maxRetriesPerRequest: 1, commandTimeout: 3_000 }).on('error', () => undefined);
    const pairs = Array.from({ length: CLIENTS }, () => [connect(), connect()] as const);
    this.#connections = pairs.flat();
    this.#clients = pairs.map(([redis, replies], at) => new PortcullisClient(redis, { replies, strategy: `bot${at}` }));
  }

  /** What the bots were told, oldest first. */
  get told(): readonly AskAnswered[] {
    return this.#told;
  }

  /** They ask until stopped. */
  start(): void {
    const bots = this.#clients.flatMap((client) => Array.from({ length: BOTS_OF_A_CLIENT }, () => this.#run(client)));
    this.#running = Promise.all(bots);
  }

  /** Resolves once nothing is asked any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    for (const connection of this.#connections) connection.disconnect();
  }

  /** Nothing is asked while something happens; with `anew`, what was told counts for nothing. */
  async without(happens: () => Promise<unknown>, anew: boolean): Promise<void> {
    this.#pauses += 1;
    while (this.#asking > 0) await pause(5);
    await happens();
    if (anew) this.#told = [];
    this.#pauses -= 1;
  }

  async #run(client: PortcullisClient): Promise<void> {
    while (!this.#stopped) {
      if (this.#pauses === 0) {
        this.#asking += 1;
        await this.#turn(client);
        this.#asking -= 1;
      }
      await pause(BETWEEN_MS);
    }
  }

  async #turn(client: PortcullisClient): Promise<void> {
    this.#count += 1;
    const [planId, symbol, qty] = [`a${this.#count}`, this.#dice.pick(SYMBOLS), this.#dice.between(1, 5)];
    const closes = this.#dice.happens(CLOSES);
    const order = closes
      ? ({ action: 'FULL_CLOSE', side: 'SELL', reduceOnly: true } as const)
      : ({ action: 'OPEN', side: 'BUY' } as const);
    const plan = { plan_id: planId, symbol, qty, price: PRICE, ...order };
    for (let left = TRIES; left > 0; left -= 1) {
      const answer = await client.askPermit(plan, { timeoutMs: TIMEOUT_MS }).catch(() => undefined);
      if (answer === undefined) continue;
      this.#told.push(toldOf(planId, closes, answer));
      if (!answer.granted) return;
      await client.result({ plan_id: planId, symbol, executed: false, error: 'a test' }).catch(() => undefined);
      return;
    }
  }
}

function toldOf(planId: string, closes: boolean, answer: Answer): AskAnswered {
  return { planId, closes, granted: answer.granted, reason: answer.granted ? 'ok' : answer.reason };
}
