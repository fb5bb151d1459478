import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { placingMethods, snake } from '../../../../../runtime/doors/client/ccxt/methods.ts';
import { OrderRefused, UnusableOrder } from '../../../../../runtime/doors/client/index.ts';
import type { PaperExchange } from '../../../../support/ccxt-exchange.ts';
import { CcxtRig, type PaperGate } from '../../../../support/ccxt-gate.ts';

const SWAP = 'SOL/USDT:USDT';
const ORDER = 'symbol type side amount price';
const SPOT = 'SOL/USDT';
/** Arguments with which each method opens 1 SOL. */
const ARGUMENTS: Record<string, unknown> = {
  ...{
    id: '7',
    clientOrderId: 'c7',
    symbol: SWAP,
    type: 'limit',
    side: 'buy',
    amount: 1,
    price: 150,
    cost: 150,
    duration: 60,
  },
  ...{ triggerPrice: 151, trailingAmount: 1, trailingPercent: 1, trailingTriggerPrice: 150, stopLossPrice: 140 },
  ...{ takeProfitPrice: 160, takeProfit: { triggerPrice: 160 }, stopLoss: { triggerPrice: 140 } },
};

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

describe('what is asked for and sent', () => {
  it('sends the plan id as client order id and reports the fill', async () => {
    const order = await exchange.createOrder(SWAP, 'limit', 'buy', 1, 150, { timeInForce: 'GTC' });
    const [asked] = gate.asked;
    expect(asked).toMatchObject({ symbol: 'SOLUSDT', side: 'BUY', qty: 1, price: 150, reduce_only: false });
    expect(order).toMatchObject({ clientOrderId: asked?.plan_id });
    expect(paper.created).toEqual([expect.not.objectContaining({ reduceOnly: expect.anything() })]);
    expect(paper.created[0]).toMatchObject({ timeInForce: 'GTC' });
    expect(gate.results[String(asked?.plan_id)]).toEqual({ outcome: 'filled', qty: 1, price: 150 });
  });

  const names = Object.keys(placingMethods()).flatMap((name) => [name, `${name}Ws`]);
  it.each(names)('%s is gated', async (name) => {
    start({}, { maxUsd: 0 });
    Object.assign(paper, { resting: true, orders: { 7: { id: '7', clientOrderId: 'c7', amount: 1 } } });
    const args = placingMethods()[name.replace(/Ws$/, '')]?.arguments.map((one) => ARGUMENTS[one]) ?? [];
    const closes = /ReduceOnly|StopLossOrder|createTakeProfit/.test(name) && !/And/.test(name);
    if (closes) await call(name, ...args);
    else await expect(call(name, ...args)).rejects.toThrow(OrderRefused);
    expect(gate.asked).toEqual([expect.objectContaining({ reduce_only: closes })]);
    expect(gate.asked[0]?.qty ?? gate.asked[0]?.notional_usd).toBe(gate.asked[0]?.qty === undefined ? 150 : 1);
    expect(paper.created.map((one) => one.reduceOnly)).toEqual(closes ? [true] : []);
  });

  it('knows the methods that the Python adapter knows, with their arguments', () => {
    const python = readFileSync(
      new URL('../../../../../runtime/doors/client/python/portcullis_gate/ccxt/methods.py', import.meta.url),
      'utf8',
    );
    const rows = [...python.matchAll(/"(\w+)": _method\((?:f?"([^"]*)"|(_ORDER))/g)];
    const theirs = rows.map(([, name, names = '', order]) => [name, order ? ORDER : names.replace('{_ORDER}', ORDER)]);
    const ours = Object.entries(placingMethods()).map(([name, form]) => [snake(name), form.arguments.join(' ')]);
    expect(Object.fromEntries(theirs)).toEqual(Object.fromEntries(ours));
  });
  it.each([
    ['createLimitBuyOrder', ['DOGE/USDT:USDT', 3, 0.1], { symbol: 'DOGEUSDT', qty: 300, price: 0.1 }],
    ['createLimitBuyOrder', ['BTC/USD:BTC', 3, 50_000], { symbol: 'BTCUSD', notional_usd: 300, price: 50_000 }],
    ['createReduceOnlyOrder', ['BTC/USD:BTC', 'limit', 'sell', 3, 50_000], { qty: 0.006, reduce_only: true }],
    ['createMarketBuyOrderWithCost', [SPOT, 75], { notional_usd: 75, price: 150 }],
    ['createMarketBuyOrder', [SWAP, 1], { qty: 1, price: 150 }],
    ['createStopMarketOrder', [SWAP, 'buy', 1, 170], { qty: 1, price: 170 }],
    ['createMarketBuyOrder', ['SOL/USDT:USDT-261225', 1], { symbol: 'SOLUSDT_261225' }],
  ])('%s of %j asks for %j', async (name, args, asked) => {
    await call(name, ...args);
    expect(gate.asked).toEqual([expect.objectContaining(asked)]);
  });

  it('tells no price that is not in dollars, and takes an amount that is a cost for one', async () => {
    await exchange.createOrder('ETH/BTC', 'limit', 'buy', 2, 0.04);
    expect(gate.asked[0]).not.toHaveProperty('price');
    paper.options.createMarketBuyOrderRequiresPrice = false;
    await call('createMarketBuyOrder', SPOT, 75);
    expect([gate.asked[1]?.notional_usd, paper.created[1]?.amount]).toEqual([75, 75]);
  });

  it('sends less where less is permitted, and nothing where that is too little', async () => {
    gate.share = 1 / 3;
    await exchange.createOrder(SWAP, 'limit', 'buy', 2, 150);
    await call('createMarketBuyOrderWithCost', SPOT, 90);
    expect(paper.created.map((one) => one.amount)).toEqual([0.666, 30]);
    await expect(exchange.createOrder(SWAP, 'limit', 'buy', 0.002, 150)).rejects.toThrow(UnusableOrder);
  });

  it.each([
    [[SWAP, 'limit', 'buy', 1, 150, {}, 7]],
    [[SWAP, 'limit', 'up', 1, 150]],
    [[SWAP, 'limit', 'buy', 0, 150]],
    [[SWAP, 'limit', 'buy', -1, 150]],
    [[SWAP, 'limit', 'buy', NaN, 150]],
    [[SWAP, 'limit', 'buy', undefined, 150]],
    [[SWAP, 'limit', 'buy', true, 150]],
    [[SWAP, 'limit', 'buy', '', 150]],
    [[SWAP, 'limit', 'buy', 1, 150, { quantity: 100 }]],
    [[SWAP, 'limit', 'buy', 1, 150, { symbol: 'X' }]],
    [[SWAP, 'market', 'buy', 1, undefined, { cost: 5 }]],
  ])('refuses what cannot be told: %j', async (args) => {
    await expect(call('createOrder', ...args)).rejects.toThrow(UnusableOrder);
    expect([gate.asked, paper.created]).toEqual([[], []]);
  });
});
