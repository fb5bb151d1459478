import { KEPT_HORIZON_MS } from '../../../handlers/common/kept-exits.ts';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { round10 } from '../../../schemas/number.ts';
import type { PriceOf } from './account.ts';
import type { FundedBook, HeldCoins } from './funded-book.ts';
import { type FundedUsd, type FundingSum, fundingSum } from './held-funding.ts';

/** A kept part is followed for so many hours at most. */
export const KEPT_HOURS = KEPT_HORIZON_MS / HOUR_MS;

/** What softening would have earned and lost against the original exits, less recorded funding, US dollars. */
export interface SofteningResult {
  readonly softenedExits: number;
  readonly funding: FundingSum;
  readonly savedUsd: number;
  readonly costUsd: number;
}

/**
 * Follows the kept parts of softened exits. A part is marked from the close of its exit to the close at which the
 * next exit of its symbol is proposed, a day later at most, or to the last close: it is then taken as closed whole.
 */
export class KeptParts {
  readonly #book: Pick<FundedBook, 'fundedUsd' | 'bounds'>;
  readonly #open = new Map<string, HeldCoins>();
  readonly #funded: FundedUsd[][] = [];
  #softened = 0;
  #savedUsd = 0;
  #costUsd = 0;

  /** `book` says what funding does to what is held. */
  constructor(book: Pick<FundedBook, 'fundedUsd' | 'bounds'>) {
    this.#book = book;
  }

  /** Marks what is still kept of a symbol for the last time: another exit of it is proposed in this hour, at this price. */
  settle(symbol: string, price: number, hour: number): void {
    const part = this.#open.get(symbol);
    if (part === undefined) return;
    this.#open.delete(symbol);
    const funded = this.#book.fundedUsd(part, hour);
    this.#funded.push([funded]);
    const usd = part.qty * (price - part.price) - funded.paidUsd;
    if (usd > 0) this.#savedUsd += usd;
    else this.#costUsd -= usd;
  }

  /** Marks the parts that have been followed for long enough by this hour for the last time. */
  settleDue(hour: number, priceOf: PriceOf): void {
    const due = [...this.#open.values()].filter((part) => hour - part.hour >= KEPT_HOURS);
    for (const { symbol } of due) this.settle(symbol, priceOf(symbol), hour);
  }

  /** Follows the part that a softened exit keeps, from the hour and the price of the original exit on. The symbol's earlier part must have been settled. */
  keep(part: HeldCoins): void {
    if (this.#open.has(part.symbol)) throw new Error(`expected the kept part of ${part.symbol} to be settled`);
    this.#open.set(part.symbol, part);
    this.#softened += 1;
  }

  /** Settles everything at the closes of the last hour and says what came of it. */
  finish(priceOf: PriceOf, hour: number): SofteningResult {
    for (const symbol of [...this.#open.keys()]) this.settle(symbol, priceOf(symbol), hour);
    return {
      softenedExits: this.#softened,
      funding: fundingSum(this.#funded, this.#book.bounds),
      savedUsd: round10(this.#savedUsd),
      costUsd: round10(this.#costUsd),
    };
  }
}
