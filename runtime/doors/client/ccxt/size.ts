import { type Call, type Fields, UnusableOrder } from './call.ts';

/** Quotes that count as US dollars. */
const USD = new Set('USD USDT USDC BUSD FDUSD TUSD DAI USDD PYUSD USDE'.split(' '));

/** How much a call asks for: in the base asset where it is known, else in US dollars; `price` in US dollars. */
export interface Size {
  readonly qty?: number;
  readonly notional_usd?: number;
  readonly price?: number;
}

/** Reads the size of a call on a market; `last` is the market's last price in its quote, for a call without one of its own. */
export function sizeOf(call: Call, market: Fields, last: number | undefined, closing: boolean): Size {
  const own = call.ownPrice ?? last;
  const price = own !== undefined && isUsd(market) ? { price: own } : {};
  const { amount } = call;
  const cost = call.number('cost');
  if ((amount === undefined) === (cost === undefined)) {
    throw new UnusableOrder(`expected either amount or cost, got ${cost === undefined ? 'neither' : 'both'}`);
  }
  const lot = lotOf(market);
  if (amount !== undefined && !market.inverse) return { qty: amount * lot, ...price };
  const worth = amount === undefined ? (cost as number) : amount * lot;
  if (price.price !== undefined && !closing) return { notional_usd: worth, ...price };
  if (own !== undefined) return { qty: worth / own, ...price };
  throw new UnusableOrder(`price: expected one, to tell how much ${worth} is in ${String(market.base)}; got none`);
}

/** What part of a size was permitted, above 0 and at most 1. */
export function shareOf(size: Size, permit: { computed_qty?: unknown; computed_notional?: unknown }): number {
  const [asked, given] =
    size.qty === undefined ? [size.notional_usd, permit.computed_notional] : [size.qty, permit.computed_qty];
  if (asked === undefined || typeof given !== 'number' || given >= asked * (1 - 1e-9)) return 1;
  return Math.max(0, given / asked);
}

/** What an order of ccxt says for good; `undefined` while it may still be filled, and where it does not say how much was. */
export function toldOf(
  order: Fields,
  market: Fields,
): { outcome: 'filled' | 'partly' | 'rejected'; qty?: number; price?: number; error?: string } | undefined {
  const { status, average } = order;
  const filled = status === 'closed' ? (order.filled ?? order.amount) : order.filled;
  if (!['closed', 'canceled', 'expired', 'rejected'].includes(String(status)) || typeof filled !== 'number') {
    return undefined;
  }
  if (filled === 0) return { outcome: 'rejected', error: `the order is ${String(status)}, nothing was filled` };
  const price = typeof average === 'number' && average > 0 ? average : undefined;
  const amount = filled * lotOf(market);
  const qty = market.inverse ? (price === undefined ? undefined : amount / price) : amount;
  return {
    outcome: status === 'closed' ? 'filled' : 'partly',
    ...(qty !== undefined && { qty }),
    ...(price !== undefined && isUsd(market) && { price }),
  };
}

/** Portcullis's name of a market: `BTCUSDT` for BTC/USDT and BTC/USDT:USDT, `BTCUSDT_261225` for one that ends then. */
export function plainSymbol(market: Fields): string {
  const [, ...ends] = String(market.symbol).split('-');
  const name = `${String(market.base)}${String(market.quote)}`;
  return ends.length === 0 ? name : `${name}_${ends.join('-')}`;
}

function lotOf(market: Fields): number {
  return market.contract ? Number(market.contractSize ?? 1) : 1;
}

function isUsd(market: Fields): boolean {
  return USD.has(String(market.quote));
}
