import type { Call, Fields } from './call.ts';

/** What ccxt's exchange is to this adapter: methods by name. */
export type Exchange = Record<string, unknown>;

/** What an adapter reads of an exchange before an order. What cannot be read is `undefined`. */
export class Looks {
  readonly #exchange: Exchange;
  readonly #atHoldings: boolean;

  /** `atHoldings`: whether position or balance is read to tell whether an order closes. */
  constructor(exchange: Exchange, atHoldings: boolean) {
    this.#exchange = exchange;
    this.#atHoldings = atHoldings;
  }

  /** The market of a unified symbol; markets are read first where they were not. Throws what ccxt throws. */
  async market(symbol: unknown): Promise<Fields> {
    if (!this.#exchange.markets) await this.#call('loadMarkets');
    return (await this.#call('market', symbol)) as Fields;
  }

  /** An order as the exchange has it. */
  async order(id: unknown, symbol: unknown): Promise<Fields | undefined> {
    return (await this.#try('fetchOrder', id, symbol)) as Fields | undefined;
  }

  /** The positions that stand, of all symbols or one. */
  async positions(symbol?: unknown): Promise<readonly Fields[] | undefined> {
    const found = await this.#try('fetchPositions', ...(symbol === undefined ? [] : [[symbol]]));
    return Array.isArray(found) ? (found as Fields[]).filter((one) => Boolean(one.contracts)) : undefined;
  }

  /** The last price of a market, in its quote. */
  async last(symbol: unknown): Promise<number | undefined> {
    const ticker = (await this.#try('fetchTicker', symbol)) as Fields | undefined;
    return Number(ticker?.last || ticker?.close) || undefined;
  }

  /** The order that is edited, as it stands; and, in `known` of the call, the amount of one that leaves it to the exchange. */
  async before(call: Call, market: Fields, edit: boolean): Promise<Fields> {
    const before = edit && call.get('id') ? ((await this.order(call.get('id'), market.symbol)) ?? {}) : {};
    if (!call.get('amount') && call.closesAll) {
      const held = (await this.positions(market.symbol)) ?? [];
      if (held.length > 0) call.known.amount = Math.max(...held.map((one) => Math.abs(Number(one.contracts))));
    } else if ((call.get('amount') ?? undefined) === undefined && before.amount) {
      call.known.amount = before.amount;
    }
    if (this.#amountIsCost(call, market)) Object.assign(call.known, { cost: call.values.amount, amount: 0 });
    return before;
  }

  /** Whether an order that does not say so only closes; what cannot be read is no proof of it. `locked`: its own part of the balance. */
  async closes(call: Call, market: Fields, locked: number): Promise<boolean> {
    const { amount, side, params } = call;
    if (!this.#atHoldings || amount === undefined) return false;
    if (market.spot) {
      if (side !== 'sell' || params.marginMode || params.margin) return false;
      const balance = (await this.#try('fetchBalance')) as Record<string, Fields> | undefined;
      return amount <= Number(balance?.[String(market.base)]?.free ?? 0) + locked;
    }
    const held = ((await this.positions(market.symbol)) ?? []).filter((one) => one.symbol === market.symbol);
    const [position] = held;
    if (held.length !== 1 || position === undefined || position.hedged || params.hedged) return false;
    return position.side === (side === 'sell' ? 'long' : 'short') && amount <= Math.abs(Number(position.contracts));
  }

  /** An amount rounded down to what a market takes. */
  fitting(market: Fields, amount: number): number {
    return Number(
      (this.#exchange.amountToPrecision as (...args: unknown[]) => unknown).call(this.#exchange, market.symbol, amount),
    );
  }

  /** Where ccxt is told to, a market buy on a spot market says in `amount` what it may cost. */
  #amountIsCost(call: Call, market: Fields): boolean {
    const name = 'createMarketBuyOrderRequiresPrice';
    const options = (this.#exchange.options ?? {}) as Record<string, Fields>;
    const told: unknown[] = [call.params[name], options[name], options.createOrder?.[name]];
    const isBuy = Boolean(market.spot) && call.get('type') === 'market' && call.side === 'buy';
    return isBuy && told.includes(false) && (call.values.amount ?? undefined) !== undefined;
  }

  async #try(name: string, ...args: unknown[]): Promise<unknown> {
    try {
      return await this.#call(name, ...args);
    } catch {
      return undefined;
    }
  }

  async #call(name: string, ...args: unknown[]): Promise<unknown> {
    return await (this.#exchange[name] as (...all: unknown[]) => unknown).call(this.#exchange, ...args);
  }
}
