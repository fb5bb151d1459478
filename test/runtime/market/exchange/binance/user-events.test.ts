import { describe, expect, it } from 'vitest';
import { EventOrder } from '../../../../../runtime/market/exchange/binance/event-order.ts';
import { type BareUserEvent, readUserFrame } from '../../../../../runtime/market/exchange/binance/user-events.ts';
import hedgeUpdate from '../../../../fixtures/binance/account-update-hedge.json' with { type: 'json' };
import marginCall from '../../../../fixtures/binance/margin-call.json' with { type: 'json' };
import orderUpdate from '../../../../fixtures/binance/order-update.json' with { type: 'json' };
import recorded from '../../../../fixtures/binance/user-events.json' with { type: 'json' };

function read(frame: object) {
  return readUserFrame(JSON.stringify(frame));
}

function eventOf(frame: object): BareUserEvent {
  const result = read(frame);
  if (result.kind !== 'event') throw new Error(`expected an event, got ${result.kind}`);
  return result.event;
}

describe('a frame of the user stream', () => {
  it('tells of a fill as recorded: the account first, then the order', () => {
    const [account, order] = recorded.map(eventOf);
    expect(account).toEqual({
      kind: 'account_update',
      eventMs: 1610638208312,
      transactionMs: 1610638208309,
      reason: 'ORDER',
      balances: [{ asset: 'USDT', wallet: 41155.75036105, change: 0 }],
      positions: [
        { symbol: 'BTCUSDT', side: 'BOTH', qty: 5 },
        { symbol: 'BTCUSDT', side: 'LONG', qty: 0 },
        { symbol: 'BTCUSDT', side: 'SHORT', qty: 0 },
      ],
    });
    expect(order).toEqual({
      kind: 'order_update',
      eventMs: 1610638208312,
      transactionMs: 1610638208309,
      symbol: 'BTCUSDT',
      orderId: '2611733004',
      clientOrderId: '6bngw21DJGGemRmdGN9eQe',
      side: 'BUY',
      closes: false,
      execution: 'TRADE',
      status: 'FILLED',
      tradeId: '154402974',
      filledQty: 1,
      filledPrice: 39849.93,
      realizedPnlUsd: 0,
    });
  });

  it.each([
    [2, 'DEPOSIT', 0.04258721],
    [3, 'WITHDRAW', -0.04258721],
  ])('%i of the recorded ones tells of a %s and its amount', (index, reason, change) => {
    const event = eventOf(recorded[index] ?? {});
    expect(event).toMatchObject({ reason, balances: [{ change }], positions: [] });
  });

  it('wrapped with the name of its stream tells of both sides of a hedge', () => {
    expect(eventOf(hedgeUpdate)).toMatchObject({
      positions: [
        { side: 'BOTH', qty: 0 },
        { side: 'LONG', qty: 20 },
        { side: 'SHORT', qty: -10 },
      ],
    });
  });

  it('tells of an order without a fill, and of a margin call without a transaction time', () => {
    expect(eventOf(orderUpdate)).toMatchObject({ execution: 'NEW', tradeId: undefined, filledQty: 0 });
    expect(eventOf(marginCall)).toEqual({
      kind: 'margin_call',
      eventMs: 1587727187525,
      transactionMs: 1587727187525,
      symbols: ['ETHUSDT'],
    });
  });

  it.each<[string, object, boolean]>([
    ['an order of a bot', { c: 'plan-1', S: 'BUY', R: false, cp: false, ps: 'BOTH' }, false],
    ['a sell in one-way mode, which may turn the position', { c: 'plan-1', S: 'SELL', R: false, ps: 'BOTH' }, false],
    ['one that says nothing of itself', {}, false],
    ['reduce-only as text', { S: 'SELL', R: 'true' }, false],
    ['reduce-only', { c: 'stop', S: 'SELL', R: true, ps: 'BOTH' }, true],
    ['close-all', { c: 'stop', S: 'SELL', R: false, cp: true }, true],
    ['a sell of the long side', { c: 'x', S: 'SELL', R: false, ps: 'LONG' }, true],
    ['a buy of the long side', { c: 'x', S: 'BUY', R: false, ps: 'LONG' }, false],
    ['a buy of the short side', { c: 'x', S: 'BUY', R: false, ps: 'SHORT' }, true],
    ['a sell of the short side', { c: 'x', S: 'SELL', R: false, ps: 'SHORT' }, false],
    ['a liquidation', { c: 'autoclose-1612345', S: 'SELL', R: false, ps: 'BOTH' }, true],
    ['a deleveraging', { c: 'adl_autoclose', S: 'SELL', R: false, ps: 'BOTH' }, true],
    ['a settlement', { c: 'settlement_autoclose-1', S: 'SELL', R: false, ps: 'BOTH' }, true],
    ['a bot that calls its order so', { c: 'my-autoclose-1', S: 'SELL', R: false, ps: 'BOTH' }, false],
  ])('knows of %s whether it only closes', (_what, order, closes) => {
    const event = eventOf({ e: 'ORDER_TRADE_UPDATE', E: 1, T: 1, o: { s: 'ETHUSDT', i: 1, t: 1, ...order } });
    expect(event).toMatchObject({ closes });
  });

  it('keeps order ids that do not fit a number, digit for digit', () => {
    const text =
      '{"e":"ORDER_TRADE_UPDATE","E":1,"T":1,"o":{"s":"ETHUSDT","i":8389765543210987653,"t":1,"c":"a:1234567890123456"}}';
    expect(readUserFrame(text)).toMatchObject({
      event: { orderId: '8389765543210987653', clientOrderId: 'a:1234567890123456' },
    });
  });

  it.each([
    ['alone', { e: 'listenKeyExpired', E: 1576653824250 }, undefined],
    ['with its key and a time in text', { e: 'listenKeyExpired', E: '1699596037418', listenKey: 'abc' }, 'abc'],
    ['without a time', { e: 'listenKeyExpired' }, undefined],
    ['wrapped', { stream: 'abc', data: { e: 'listenKeyExpired', E: '1', listenKey: 'abc' } }, 'abc'],
  ])('tells that the listen key expired: %s', (_what, frame, listenKey) => {
    expect(read(frame)).toEqual({ kind: 'expired', listenKey });
  });

  it.each([
    [{ e: 'ACCOUNT_CONFIG_UPDATE', E: 1, T: 1, ac: { s: 'BTCUSDT', l: 25 } }],
    [{ e: 'TRADE_LITE', E: 1 }],
    [{ e: 'SOMETHING_NEW', E: 1 }],
    [{ result: null, id: 1 }],
  ])('that does not concern positions and money is left alone: %j', (frame) => {
    expect(read(frame)).toEqual({ kind: 'ignored' });
  });

  it.each([
    ['half a frame', '{"e":"ACCOUNT_UPDATE","T":16106'],
    ['a list', '[1,2]'],
    ['an account update without details', '{"e":"ACCOUNT_UPDATE","E":1,"T":1}'],
    ['an order without an id', '{"e":"ORDER_TRADE_UPDATE","E":1,"T":1,"o":{"s":"BTCUSDT"}}'],
    ['an event without a time', '{"e":"ORDER_TRADE_UPDATE","o":{"s":"BTCUSDT","i":1}}'],
  ])('that is %s is a problem', (_what, text) => {
    expect(readUserFrame(text)).toMatchObject({ kind: 'problem', problem: expect.stringContaining('expected') });
  });

  it('with one bad part tells the rest, and what it could not read', () => {
    const result = read({
      e: 'ACCOUNT_UPDATE',
      E: 2,
      T: 1,
      a: {
        m: 'ORDER',
        B: [
          { a: 'USDT', wb: '1' },
          { a: 'BNB', wb: 'x' },
        ],
        P: [
          { s: 'BTCUSDT', pa: '1' },
          { s: 'ETHUSDT', pa: '', ps: 'BOTH' },
        ],
      },
    });
    expect(result).toMatchObject({
      event: { balances: [{ asset: 'USDT' }], positions: [{ symbol: 'BTCUSDT' }] },
      problems: [expect.stringContaining('BNB'), expect.stringContaining('ETHUSDT')],
    });
  });
});

describe('events', () => {
  const account = (eventMs: number, reason = 'ORDER'): BareUserEvent => {
    return { kind: 'account_update', eventMs, transactionMs: eventMs, reason, balances: [], positions: [] };
  };

  it('that were told before are dropped, also when others came in between', () => {
    const order = new EventOrder();
    const placed = [account(1), account(2), account(1), account(2)].map((event) => order.place(event));
    expect(placed.map((event) => event?.eventMs)).toEqual([1, 2, undefined, undefined]);
  });

  it('of the same millisecond are two when they say different things', () => {
    const order = new EventOrder();
    expect(order.place(account(1, 'ORDER'))).toMatchObject({ late: false });
    expect(order.place(account(1, 'FUNDING_FEE'))).toMatchObject({ late: false });
  });

  it('older than one of their kind are late; of another kind they are not', () => {
    const order = new EventOrder();
    expect(order.place(account(10))).toMatchObject({ late: false });
    expect(order.place({ kind: 'margin_call', eventMs: 5, transactionMs: 5, symbols: [] })).toMatchObject({
      late: false,
    });
    expect(order.place(account(9))).toMatchObject({ late: true });
    expect(order.place(account(10, 'DEPOSIT'))).toMatchObject({ late: false });
  });

  it('are remembered within bounds: the last two thousand', () => {
    const order = new EventOrder();
    for (let at = 1; at <= 2001; at += 1) order.place(account(at));
    expect(order.place(account(2))).toBeUndefined();
    expect(order.place(account(1))).toMatchObject({ late: true });
  });
});
