import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  NotGated,
  NoVerdict,
  OrderRefused,
  OutcomeUnknown,
  RequestRefused,
  UnknownReply,
  UnusableOrder,
} from '../../../../../runtime/doors/client/index.ts';
import {
  DuplicateOrderId,
  ExchangeError,
  InsufficientFunds,
  InvalidOrder,
  type PaperExchange,
  RequestTimeout,
} from '../../../../support/ccxt-exchange.ts';
import { CcxtRig, type PaperGate } from '../../../../support/ccxt-gate.ts';

const SWAP = 'SOL/USDT:USDT';
const CLOSE = { reduceOnly: true };

let gate: PaperGate;
let paper: PaperExchange;
let exchange: PaperExchange;

function start(...args: ConstructorParameters<typeof CcxtRig>): void {
  ({ gate, paper, exchange } = new CcxtRig(...args));
}

async function call(name: string, ...args: unknown[]): Promise<unknown> {
  return await (exchange[name] as (...all: unknown[]) => unknown)(...args);
}

beforeEach(() => {
  vi.spyOn(console, 'error').mockReturnValue();
  start();
});

describe('what is refused, and what passes', () => {
  it('implicit and raw methods, unless they are listed', async () => {
    for (const name of [
      'privatePostOrder',
      'private_post_order',
      'privateGetBuy',
      'sapi_post_margin_order',
      'request',
    ]) {
      expect(() => (exchange[name] as () => unknown)()).toThrow(NotGated);
    }
    (exchange.publicGetTime as () => unknown)();
    start({ allow: ['private_delete_order'] });
    (exchange.privateDeleteOrder as () => unknown)();
    expect(() => (exchange.privatePostOrder as () => unknown)()).toThrow(NotGated);
    expect(paper.raw).toEqual(['privateDeleteOrder']);
  });

  it('cancels, reads and settings pass', async () => {
    exchange.resting = true;
    await call('createLimitBuyOrder', SWAP, 1, 150);
    expect(paper.resting).toBe(true);
    expect(await exchange.cancelOrder('1')).toMatchObject({ status: 'canceled' });
    expect(gate.asked).toHaveLength(1);
    expect(Object.values(gate.results)).toEqual([expect.objectContaining({ outcome: 'rejected' })]);
  });

  it.each([[new OutcomeUnknown('p', 'away')], [new NoVerdict('late')], [new UnknownReply('<html>')]])(
    'without an answer (%s) entries are not sent and exits are',
    async (trouble) => {
      gate.trouble = trouble;
      paper.contracts[SWAP] = 2;
      await expect(call('createMarketBuyOrder', SWAP, 1)).rejects.toMatchObject({ reason: 'no_answer' });
      await call('createMarketSellOrder', SWAP, 1);
      await exchange.createOrder(SWAP, 'market', 'sell', 1, undefined, CLOSE);
      expect(paper.created.map((one) => one.reduceOnly)).toEqual([true, true]);
      expect(gate.results).toEqual({});
    },
  );

  it('a kill and a token that may not hold exits too', async () => {
    gate.killed = true;
    await expect(exchange.createOrder(SWAP, 'market', 'sell', 1, undefined, CLOSE)).rejects.toThrow(OrderRefused);
    gate.trouble = new RequestRefused(403, 'wrong token');
    await expect(exchange.createOrder(SWAP, 'market', 'sell', 1, undefined, CLOSE)).rejects.toThrow(RequestRefused);
    expect(paper.created).toEqual([]);
  });

  it.each([
    [new InsufficientFunds('margin'), 1],
    [new InvalidOrder('step'), 1],
    [new DuplicateOrderId('x'), 0],
    [new RequestTimeout('slow'), 0],
    [new ExchangeError('?'), 0],
    [new Error('cut'), 0],
  ])('%s frees the room %d times', async (error, times) => {
    paper.failing.createOrder = error;
    await expect(exchange.createOrder(SWAP, 'limit', 'buy', 1, 150)).rejects.toBe(error);
    expect(Object.values(gate.results).map((one) => one.outcome)).toEqual(Array(times).fill('rejected'));
  });

  it('one client order id is one order: the exchange refuses a second, and a retry may still be the first', async () => {
    const order = [SWAP, 'limit', 'buy', 1, 150, { clientOrderId: 'mine' }];
    paper.failing.createOrder = new RequestTimeout('slow');
    await expect(call('createOrder', ...order)).rejects.toThrow(RequestTimeout);
    paper.failing = {};
    await call('createOrder', ...order);
    await expect(call('createOrder', ...order)).rejects.toThrow(DuplicateOrderId);
    expect(gate.asked.map((one) => one.plan_id)).toEqual(['mine', 'mine', 'mine']);
    expect(Object.keys(paper.orders)).toHaveLength(1);
    await exchange.createOrder(SWAP, 'limit', 'buy', 1, 150, { newClientOrderId: 'other' });
    expect([gate.asked.at(-1)?.plan_id, 'clientOrderId' in (paper.created.at(-1) ?? {})]).toEqual(['other', false]);
  });
});

describe('lists and fills', () => {
  it('of a list those are sent that have a permit', async () => {
    gate.maxUsd = 200;
    const order = (amount: number, params = {}) => ({
      symbol: SWAP,
      type: 'limit',
      side: 'buy',
      amount,
      price: 150,
      params,
    });
    const answers = await exchange.createOrders([order(1), order(9), order(9, CLOSE)]);
    expect(answers.map((one) => (one as { status: string }).status)).toEqual(['closed', 'rejected', 'closed']);
    expect(paper.created.map((one) => [one.amount, one.reduceOnly])).toEqual([
      [1, undefined],
      [9, true],
    ]);
    await expect(exchange.createOrders([order(1), order(-1)])).rejects.toThrow(UnusableOrder);
    expect(Object.values(gate.results).filter((one) => one.outcome === 'rejected')).toHaveLength(1);
    await expect(exchange.createOrders([order(9)])).rejects.toThrow(OrderRefused);
    expect(paper.created).toHaveLength(2);
  });

  it.each([
    ['fetchOrder', 0.4, 'canceled', 'partly'],
    ['watchOrders', 0, 'canceled', 'rejected'],
    ['watchOrders', 1, 'closed', 'filled'],
  ])('%s of %d filled, %s, reports %s', async (name, filled, status, outcome) => {
    paper.resting = true;
    await call('createLimitBuyOrder', SWAP, 1, 150);
    await call(name, '1');
    expect(gate.results).toEqual({});
    paper.fill('1', filled, status);
    await call(name, '1');
    expect(Object.values(gate.results)).toEqual([expect.objectContaining({ outcome })]);
  });

  it('looks at an order whose answer says nothing', async () => {
    paper.quiet = true;
    await call('createLimitBuyOrder', SWAP, 1, 150);
    expect(Object.values(gate.results)).toEqual([expect.objectContaining({ outcome: 'filled' })]);
  });

  it('whatever is asked in whatever order: no entry without a permit, no exit held for want of an answer', async () => {
    const step = fc.record({
      method: fc.constantFrom('createOrder', 'create_order', 'createOrderWs', 'createReduceOnlyOrder'),
      side: fc.constantFrom('buy', 'sell'),
      amount: fc.integer({ min: 1, max: 5 }),
      reduceOnly: fc.boolean(),
      trouble: fc.constantFrom(undefined, new NoVerdict('late'), new OutcomeUnknown('p', 'away')),
      maxUsd: fc.constantFrom(0, 300, 10_000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        start();
        paper.create_order = paper.createOrder.bind(paper);
        for (const { method, side, amount, reduceOnly, trouble, maxUsd } of steps) {
          Object.assign(gate, { trouble, maxUsd });
          const held = paper.contracts[SWAP] ?? 0;
          const before = paper.created.length;
          const closes = reduceOnly || method === 'createReduceOnlyOrder' || amount <= (side === 'sell' ? held : -held);
          await call(method, SWAP, 'limit', side, amount, 150, reduceOnly ? CLOSE : {}).catch(() => undefined);
          const sent = paper.created.slice(before);
          expect(sent).toHaveLength(closes || (trouble === undefined && amount * 150 <= maxUsd) ? 1 : 0);
          expect(sent.every((one) => (one.reduceOnly === true) === closes)).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });
});
