import { formatNumber } from '../../../schemas/number.ts';
import { unrealizedOf } from './account.ts';
import { eight, type Json } from './account-answers.ts';
import { type FilledOrder, statusOf } from './orders.ts';
import type { KeptAccount, Venue } from './venue.ts';

/** The events of an order that was filled: taken, the account after it, filled. */
export function fillEvents(venue: Venue, kept: KeptAccount, done: FilledOrder): readonly Json[] {
  return [orderEvent(venue, done, 'NEW'), positionEvent(venue, kept, done), orderEvent(venue, done, 'TRADE')];
}

/** The event of money that came in or (negative) went out. */
export function transferEvent(venue: Venue, kept: KeptAccount, usd: number): Json {
  const nowMs = venue.nowMs();
  const wallet = eight(kept.account.walletUsd);
  return {
    e: 'ACCOUNT_UPDATE',
    T: nowMs,
    E: nowMs,
    a: { B: [{ a: 'USDT', wb: wallet, cw: wallet, bc: eight(usd) }], P: [], m: usd < 0 ? 'WITHDRAW' : 'DEPOSIT' },
  };
}

/** The event that a listen key has ended. */
export function expiredEvent(venue: Venue, listenKey: string): Json {
  return { e: 'listenKeyExpired', E: venue.nowMs(), listenKey };
}

function positionEvent(venue: Venue, { account }: KeptAccount, done: FilledOrder): Json {
  const { position } = done.filled;
  const wallet = eight(account.walletUsd);
  return {
    e: 'ACCOUNT_UPDATE',
    T: done.atMs,
    E: venue.nowMs(),
    a: {
      B: [{ a: 'USDT', wb: wallet, cw: wallet, bc: '0' }],
      P: [
        {
          s: position.symbol,
          pa: formatNumber(position.qty),
          ep: formatNumber(position.entryPrice),
          bep: formatNumber(position.entryPrice),
          cr: eight(position.realizedUsd),
          up: eight(unrealizedOf(position, venue.markOf)),
          mt: 'cross',
          iw: '0',
          ps: position.side,
          ma: 'USDT',
        },
      ],
      m: 'ORDER',
    },
  };
}

function orderEvent(venue: Venue, done: FilledOrder, execution: 'NEW' | 'TRADE'): Json {
  const { order, filledQty, price, atMs } = done;
  const traded = execution === 'TRADE';
  const filled = traded ? formatNumber(filledQty) : '0';
  return {
    e: 'ORDER_TRADE_UPDATE',
    T: atMs,
    E: venue.nowMs(),
    o: {
      s: order.symbol,
      c: done.clientOrderId,
      S: order.side,
      o: 'MARKET',
      f: 'GTC',
      q: formatNumber(order.qty),
      p: '0',
      ap: traded ? formatNumber(price) : '0',
      sp: '0',
      x: execution,
      X: traded ? statusOf(done) : 'NEW',
      i: done.orderId,
      l: filled,
      z: filled,
      L: traded ? formatNumber(price) : '0',
      n: '0',
      N: 'USDT',
      T: atMs,
      t: traded ? done.tradeId : 0,
      b: '0',
      a: '0',
      m: false,
      R: order.reduceOnly,
      wt: 'CONTRACT_PRICE',
      ot: 'MARKET',
      ps: order.positionSide,
      cp: false,
      rp: eight(traded ? done.filled.realizedUsd : 0),
      pP: false,
      si: 0,
      ss: 0,
    },
  };
}
