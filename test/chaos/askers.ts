import { setTimeout as pause } from 'node:timers/promises';
import { PRICE, SYMBOLS } from './names.ts';
import type { AskAnswered } from './oracle/witness.ts';
import { Dice } from './random.ts';

const BETWEEN_MS = 150;
const TRIES = 3;
const CLOSES = 0.2;
/** A verdict that came too late: whoever asks goes by it as by none. */
const TOO_LATE = 'deadline_passed';

/** An order that a bot asks for. */
export interface BotOrder {
  readonly planId: string;
  readonly symbol: string;
  readonly qty: number;
  readonly price: number;
  readonly closes: boolean;
}

/** The door that a bot asks at. What it throws is no answer. */
export interface Door {
  ask(order: BotOrder): Promise<{ readonly granted: boolean; readonly reason: string }>;
  /** Says that nothing was executed. */
  rejected(order: BotOrder): Promise<unknown>;
  close(): Promise<void>;
}

/** Bots that ask for permits, ask again with the same plan id where no answer comes, and place no order. */
export class Askers {
  readonly #doors: readonly Door[];
  readonly #botsOfEach: number;
  readonly #dice = new Dice(17);
  #told: AskAnswered[] = [];
  #count = 0;
  #pauses = 0;
  #stopped = false;
  #asking = 0;
  #running: Promise<unknown> = Promise.resolve();

  constructor(doors: readonly Door[], botsOfEach: number) {
    this.#doors = doors;
    this.#botsOfEach = botsOfEach;
  }

  /** What the bots were told, oldest first. */
  get told(): readonly AskAnswered[] {
    return this.#told;
  }

  /** They ask until stopped. */
  start(): void {
    const bots = this.#doors.flatMap((door) => Array.from({ length: this.#botsOfEach }, () => this.#run(door)));
    this.#running = Promise.all(bots);
  }

  /** Resolves once nothing is asked any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    for (const door of this.#doors) await door.close();
  }

  /** Nothing is asked while something happens; with `anew`, what was told counts for nothing. */
  async without(happens: () => Promise<unknown>, anew: boolean): Promise<void> {
    this.#pauses += 1;
    while (this.#asking > 0) await pause(5);
    await happens();
    if (anew) this.#told = [];
    this.#pauses -= 1;
  }

  async #run(door: Door): Promise<void> {
    while (!this.#stopped) {
      if (this.#pauses === 0) {
        this.#asking += 1;
        await this.#turn(door);
        this.#asking -= 1;
      }
      await pause(BETWEEN_MS);
    }
  }

  /** An exit that nobody answered for is placed, and an order that opens is not: neither was told anything. */
  async #turn(door: Door): Promise<void> {
    this.#count += 1;
    const [symbol, qty, closes] = [this.#dice.pick(SYMBOLS), this.#dice.between(1, 5), this.#dice.happens(CLOSES)];
    const order = { planId: `a${this.#count}`, symbol, qty, price: PRICE, closes };
    for (let left = TRIES; left > 0; left -= 1) {
      const answer = await door.ask(order).catch(() => undefined);
      if (answer === undefined) continue;
      if (answer.reason === TOO_LATE) return;
      this.#told.push({ planId: order.planId, closes, granted: answer.granted, reason: answer.reason });
      if (answer.granted) await door.rejected(order).catch(() => undefined);
      return;
    }
  }
}
