import { keys } from '../../schemas/keys.ts';
import { NOW_MS } from './fake-ctx.ts';
import { GovernorWorld, OPEN_PLAN } from './governor-world.ts';

/** Limits of the portfolio of which only the total cap, 1,000 dollars, refuses anything here. */
export const ROOMY = {
  GOV_SYMBOL_COOLDOWN_SECONDS: '0',
  GOV_MAX_EXEC_PER_5MIN: '9999',
  GOV_MAX_EXEC_PER_HOUR: '9999',
  GOV_MAX_OPEN_POSITIONS: '999',
  GOV_MAX_NOTIONAL_PER_TRADE_USDT: '1e9',
  GOV_MAX_TOTAL_NOTIONAL_USDT: '1000',
  GOV_MAX_PLAN_AGE_SEC: '1e9',
  GOV_STATE_MAX_AGE_SEC: '1e9',
  GOV_RESERVATION_TTL_SEC: '86400',
};

/** US dollars of every price and mark here. */
export const PRICE = 100;

/** How an order stands out: quantity in units of 100 dollars. */
export interface Ask {
  readonly symbol?: string;
  readonly qty?: string;
  readonly [field: string]: string | undefined;
}

/** A governor whose strategies are limited, and whose watcher has begun to keep what they hold. */
export class Strategies extends GovernorWorld {
  readonly held = new Map<string, number>();
  #sent = 0;

  constructor(limits: Record<string, string>) {
    super();
    this.settings = { ...ROOMY, ...limits };
    this.hashes.set(keys.portfolioState, { positions_count: '1', timestamp: String(NOW_MS / 1000 - 10) });
    this.watch();
  }

  /** Asks in the name of a strategy (`''`: of none); the plan's id, and `ok` or why not. */
  ask(strategy: string, { symbol = 'BTCUSDT', qty = '1', ...fields }: Ask = {}): { planId: string; reason: string } {
    this.#sent += 1;
    const planId = `q${this.#sent}`;
    const order = { ...OPEN_PLAN, plan_id: planId, symbol, qty, price: String(PRICE) };
    const said = Object.entries(fields).filter((pair): pair is [string, string] => pair[1] !== undefined);
    this.plan({ ...order, ...(strategy && { strategy }), ...Object.fromEntries(said) });
    return { planId, reason: String(this.events.at(-1)?.reason) };
  }

  /** The reason alone. */
  reason(strategy: string, order: Ask = {}): string {
    return this.ask(strategy, order).reason;
  }

  /** Has a permit to close, executed and told. */
  close(strategy: string, qty: string, symbol = 'BTCUSDT'): void {
    const { planId } = this.ask(strategy, { symbol, qty, action: 'FULL_CLOSE', side: 'SELL', reduceOnly: 'true' });
    this.take(planId);
    this.result({ plan_id: planId, symbol, executed: 'true' });
  }

  /** Has a permit, executed, told and shown in the position; the watcher has seen it. */
  fill(strategy: string, order: Ask = {}): string {
    const { planId, reason } = this.ask(strategy, order);
    if (reason !== 'ok') throw new Error(`expected a permit, got ${reason}`);
    this.take(planId);
    const { symbol = 'BTCUSDT', qty = '1' } = order;
    this.result({ plan_id: planId, symbol, executed: 'true' });
    this.report(symbol, (this.held.get(symbol) ?? 0) + Number(qty));
    return planId;
  }

  /** Reports a position, and lets the watcher look. */
  report(symbol: string, qty: number): void {
    this.held.set(symbol, qty);
    this.reportAll();
    this.watch();
  }

  /** Reports all positions as of now. */
  reportAll(): void {
    const book = [...this.held].map(([symbol, qty]) => {
      return { symbol, qty, side: qty === 0 ? 'FLAT' : 'LONG', markPrice: PRICE, atMs: this.nowMs };
    });
    this.views = { book };
  }

  /** Lets time go by, with positions reported again. */
  later(ms: number): void {
    this.nowMs += ms;
    this.reportAll();
    this.watch();
  }
}
