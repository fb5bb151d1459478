import { formatNumber, parseNumber, round10 } from '../../../schemas/number.ts';
import { type Filled, POSITION_SIDES, type PositionSide } from './account.ts';
import { eight, type Json } from './account-answers.ts';
import { refusals } from './errors.ts';
import type { KeptAccount, Venue } from './venue.ts';

const LEAST_NOTIONAL_USD = 5;
const MOST_QTY = 1_000_000;
const QTY_DECIMALS = 3;
/** Orders that an account remembers, for queries and against the same client order id twice. */
const KEPT_ORDERS = 10_000;

/** A market order as it is to be filled. */
export interface MarketOrder {
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly positionSide: PositionSide;
  /** Above 0. */
  readonly qty: number;
  readonly reduceOnly: boolean;
  /** The mark price when it is left out. */
  readonly price?: number;
  readonly clientOrderId?: string;
}

/** An order that was filled, whole or (reduce-only over the position) in part. */
export interface FilledOrder {
  readonly order: MarketOrder;
  readonly orderId: number;
  readonly tradeId: number;
  readonly clientOrderId: string;
  readonly filledQty: number;
  readonly price: number;
  readonly atMs: number;
  readonly filled: Filled;
}

/** Reads the parameters of `POST /fapi/v1/order`; throws the refusal of what the exchange would not take. */
export function orderOf(venue: Venue, parameters: URLSearchParams): MarketOrder {
  const symbol = required(parameters, 'symbol');
  venue.requireSymbol(symbol);
  const side = required(parameters, 'side');
  if (side !== 'BUY' && side !== 'SELL') throw refusals.badSide();
  if (required(parameters, 'type') !== 'MARKET') throw refusals.badOrderType();
  const qty = quantityOf(required(parameters, 'quantity'));
  const positionSide = POSITION_SIDES.find((one) => one === (parameters.get('positionSide') ?? 'BOTH'));
  if (positionSide === undefined) throw refusals.sideMismatch();
  const clientOrderId = parameters.get('newClientOrderId');
  return {
    symbol,
    side,
    positionSide,
    qty,
    reduceOnly: parameters.get('reduceOnly') === 'true',
    ...(clientOrderId !== null && { clientOrderId }),
  };
}

/** The orders of a local exchange: filled at the mark at once, or refused. */
export class Orders {
  readonly #venue: Venue;
  readonly #kept = new Map<string, FilledOrder>();
  #nextId = 1;

  constructor(venue: Venue) {
    this.#venue = venue;
  }

  /** Fills an order on an account, or throws its refusal. */
  fill(kept: KeptAccount, order: MarketOrder): FilledOrder {
    const orderId = this.#nextId;
    const clientOrderId = order.clientOrderId ?? `local-${orderId}`;
    if (this.#kept.has(`${kept.apiKey}:${clientOrderId}`)) throw refusals.sameId();
    const price = order.price ?? this.#venue.markOf(order.symbol);
    const filledQty = this.#accepted(kept, order, price);
    this.#nextId += 1;
    const atMs = this.#venue.nowMs();
    const qty = order.side === 'BUY' ? filledQty : -filledQty;
    const filled = kept.account.fill({ symbol: order.symbol, side: order.positionSide, qty, price, atMs });
    const done = { order, orderId, tradeId: orderId, clientOrderId, filledQty, price, atMs, filled };
    this.#keep(`${kept.apiKey}:${clientOrderId}`, done);
    return done;
  }

  /** A filled order by its client order id or its number; throws the refusal of one that is not known. */
  find(kept: KeptAccount, parameters: URLSearchParams): FilledOrder {
    const clientOrderId = parameters.get('origClientOrderId');
    const orderId = parseNumber(parameters.get('orderId'));
    for (const [key, order] of this.#kept) {
      if (!key.startsWith(`${kept.apiKey}:`)) continue;
      if (clientOrderId === null ? order.orderId === orderId : order.clientOrderId === clientOrderId) return order;
    }
    throw refusals.noOrder();
  }

  #keep(key: string, order: FilledOrder): void {
    this.#kept.set(key, order);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_ORDERS && oldest !== undefined) this.#kept.delete(oldest);
  }

  /** The quantity that will be filled. */
  #accepted(kept: KeptAccount, order: MarketOrder, price: number): number {
    const { account } = kept;
    if (account.hedgeMode === (order.positionSide === 'BOTH')) throw refusals.sideMismatch();
    const held = account.qtyOf(order.symbol, order.positionSide);
    const reduces = held !== 0 && held > 0 === (order.side === 'SELL');
    const closesSide = account.hedgeMode && (order.positionSide === 'LONG') === (order.side === 'SELL');
    if ((order.reduceOnly || closesSide) && !reduces) throw refusals.reduceOnly();
    if (closesSide && order.qty > Math.abs(held)) throw refusals.reduceOnly();
    if (order.reduceOnly || closesSide) return Math.min(order.qty, Math.abs(held));
    if (this.#venue.delisted.has(order.symbol)) throw refusals.notTrading();
    if (round10(order.qty * price) < LEAST_NOTIONAL_USD) throw refusals.smallNotional();
    this.#requireMargin(kept, order, reduces ? Math.max(0, order.qty - Math.abs(held)) : order.qty, price);
    return order.qty;
  }

  #requireMargin({ account }: KeptAccount, order: MarketOrder, opened: number, price: number): void {
    const needed = (opened * price) / account.leverageOf(order.symbol);
    if (opened > 0 && needed > account.figures(this.#venue.markOf).availableUsd) throw refusals.noMargin();
  }
}

/** The answer to an order that was sent (`ACK`: taken, not yet filled; `RESULT`: as it ended) or asked for. */
export function orderAnswer(done: FilledOrder, type: 'ACK' | 'RESULT'): Json {
  const { order, filledQty, price } = done;
  const ended = type === 'RESULT';
  return {
    orderId: done.orderId,
    symbol: order.symbol,
    status: ended ? statusOf(done) : 'NEW',
    clientOrderId: done.clientOrderId,
    price: '0.00',
    avgPrice: ended ? formatNumber(price) : '0.00',
    origQty: formatNumber(order.qty),
    executedQty: ended ? formatNumber(filledQty) : '0.000',
    cumQty: ended ? formatNumber(filledQty) : '0.000',
    cumQuote: ended ? eight(filledQty * price) : '0.00000',
    timeInForce: 'GTC',
    type: 'MARKET',
    origType: 'MARKET',
    reduceOnly: order.reduceOnly,
    closePosition: false,
    side: order.side,
    positionSide: order.positionSide,
    stopPrice: '0.00',
    workingType: 'CONTRACT_PRICE',
    priceProtect: false,
    priceMatch: 'NONE',
    selfTradePreventionMode: 'NONE',
    goodTillDate: 0,
    updateTime: done.atMs,
  };
}

/** How an order ended: a reduce-only one over the position expires for the rest. */
export function statusOf(done: FilledOrder): 'FILLED' | 'EXPIRED' {
  return done.filledQty < done.order.qty ? 'EXPIRED' : 'FILLED';
}

function required(parameters: URLSearchParams, name: string): string {
  const value = parameters.get(name) ?? '';
  if (value === '') throw refusals.missing(name);
  return value;
}

function quantityOf(text: string): number {
  const qty = parseNumber(text);
  if (qty === undefined) throw refusals.missing('quantity');
  if (qty <= 0) throw refusals.noQuantity();
  if (qty > MOST_QTY) throw refusals.tooMuch();
  if ((formatNumber(qty).split('.')[1] ?? '').length > QTY_DECIMALS) throw refusals.tooPrecise();
  return qty;
}
