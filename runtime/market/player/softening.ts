import { KEPT_HORIZON_MS } from '../../../handlers/common/kept-exits.ts';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { round10 } from '../../../schemas/number.ts';
import type { PriceOf } from './account.ts';

/** The part of a position that a softened exit would have kept. */
export interface KeptPart {
  readonly symbol: string;
  /** Positive when long, negative when short. */
  readonly qty: number;
  /** Close at which the original exit was filled, and the hour of it. */
  readonly price: number;
  readonly hour: number;
}

/** A kept part is followed for so many hours at most. */
export const KEPT_HOURS = KEPT_HORIZON_MS / HOUR_MS;

/** What softening would have earned and lost against the original exits, US dollars. */
export interface SofteningResult {
  readonly softenedExits: number;
  readonly savedUsd: number;
  readonly costUsd: number;
}

/**
 * Follows the kept parts of softened exits. A part is marked from the close of its exit to the close at which the
 * next exit of its symbol is proposed, a day later at most, or to the last close: it is then taken as closed whole.
 */
export class KeptParts {
  readonly #open = new Map<string, KeptPart>();
  #softened = 0;
  #savedUsd = 0;
  #costUsd = 0;

  /** Marks what is still kept of a symbol for the last time: another exit of it is proposed at this price. */
  settle(symbol: string, price: number): void {
    const part = this.#open.get(symbol);
    if (part === undefined) return;
    this.#open.delete(symbol);
    const usd = part.qty * (price - part.price);
    if (usd > 0) this.#savedUsd += usd;
    else this.#costUsd -= usd;
  }

  /** Marks the parts that have been followed for long enough by this hour for the last time. */
  settleDue(hour: number, priceOf: PriceOf): void {
    const due = [...this.#open.values()].filter((part) => hour - part.hour >= KEPT_HOURS);
    for (const { symbol } of due) this.settle(symbol, priceOf(symbol));
  }

  /** Follows the part that a softened exit keeps. The symbol's earlier part must have been settled. */
  keep(part: KeptPart): void {
    if (this.#open.has(part.symbol)) throw new Error(`expected the kept part of ${part.symbol} to be settled`);
    this.#open.set(part.symbol, part);
    this.#softened += 1;
  }

  /** Settles everything at the last closes and says what came of it. */
  finish(priceOf: PriceOf): SofteningResult {
    for (const symbol of [...this.#open.keys()]) this.settle(symbol, priceOf(symbol));
    return {
      softenedExits: this.#softened,
      savedUsd: round10(this.#savedUsd),
      costUsd: round10(this.#costUsd),
    };
  }
}
