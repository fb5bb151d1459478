/** A position that no plan of the log opened, from when it is first seen on. */
export interface LoggedHolding {
  /** Unix ms. */
  readonly atMs: number;
  readonly symbol: string;
  /** Coins, below 0 when short. */
  readonly qty: number;
}

/** What a log sees of positions that no plan of it opened: they were there before, or were traded past the gates. */
export class LoggedBook {
  readonly #seenMs = new Map<string, number>();
  readonly #qty = new Map<string, number>();
  readonly #planned = new Set<string>();

  /** A plan that opens the symbol was permitted: what is seen from then on is its doing. */
  opened(symbol: string): void {
    this.#planned.add(symbol);
  }

  /** A position is seen: coins below 0 when short, where they are known. */
  seen(atMs: number, symbol: string, qty?: number): void {
    if (this.#planned.has(symbol)) return;
    if (!this.#seenMs.has(symbol)) this.#seenMs.set(symbol, atMs);
    if (qty !== undefined && !this.#qty.has(symbol)) this.#qty.set(symbol, qty);
  }

  /** Those whose size is known, in the order in which they were seen; and the symbols of the others. */
  found(): { readonly held: readonly LoggedHolding[]; readonly unknown: readonly string[] } {
    const held = [...this.#seenMs].flatMap(([symbol, atMs]) => {
      const qty = this.#qty.get(symbol);
      return qty === undefined ? [] : [{ atMs, symbol, qty }];
    });
    return { held, unknown: [...this.#seenMs.keys()].filter((symbol) => !this.#qty.has(symbol)) };
  }
}
