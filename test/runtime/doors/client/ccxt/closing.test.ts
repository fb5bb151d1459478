import { beforeEach, describe, expect, it, vi } from 'vitest';
import { OrderRefused, UnusableOrder } from '../../../../../runtime/doors/client/index.ts';
import { type PaperExchange, RequestTimeout } from '../../../../support/ccxt-exchange.ts';
import { CcxtRig, type PaperGate } from '../../../../support/ccxt-gate.ts';

const SWAP = 'SOL/USDT:USDT';
const SPOT = 'SOL/USDT';
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

describe('what closes', () => {
  beforeEach(() => start({}, { maxUsd: 0 }));

  it.each([[{ reduceOnly: true }], [{ reduceOnly: 'true' }], [{ reduce_only: true }]])('%j', async (params) => {
    await exchange.createOrder(SWAP, 'market', 'sell', 1, undefined, params);
    expect(paper.created).toEqual([expect.objectContaining({ reduceOnly: true })]);
    expect(paper.created[0]).not.toHaveProperty('reduce_only');
  });

  it.each([
    ['sell', 2, 2, true],
    ['sell', 2.1, 2, false],
    ['buy', 1, 2, false],
    ['sell', 1, -2, false],
    ['buy', 2, -2, true],
    ['sell', 1, 0, false],
  ])('%s %d with %d held: %s', async (side, amount, held, closes) => {
    paper.contracts[SWAP] = held;
    const sent = exchange.createOrder(SWAP, 'market', side, amount);
    if (closes) await sent;
    else await expect(sent).rejects.toThrow(OrderRefused);
    expect(paper.created.map((one) => one.reduceOnly)).toEqual(closes ? [true] : []);
  });

  it('is not what cannot be read', async () => {
    paper.contracts[SWAP] = 2;
    paper.failing = { fetchPositions: new RequestTimeout('slow'), fetchBalance: new RequestTimeout('slow') };
    await expect(call('createMarketSellOrder', SWAP, 1)).rejects.toThrow(OrderRefused);
    await expect(call('createMarketSellOrder', SPOT, 1)).rejects.toThrow(OrderRefused);
  });

  it('says no reduceOnly besides where the exchange lets it only close', async () => {
    paper.contracts[SWAP] = 2;
    await exchange.createOrder(SWAP, 'STOP_MARKET', 'sell', undefined, undefined, {
      stopPrice: 140,
      closePosition: true,
    });
    for (const leg of [{ positionSide: 'LONG' }, { posSide: 'long' }, { positionIdx: 1 }]) {
      await exchange.createOrder(SWAP, 'market', 'sell', 1, undefined, leg);
    }
    expect(gate.asked.map((one) => [one.qty, one.reduce_only])).toEqual([
      [2, true],
      [1, true],
      [1, true],
      [1, true],
    ]);
    expect(paper.created.some((one) => 'reduceOnly' in one)).toBe(false);
    await expect(
      exchange.createOrder(SWAP, 'market', 'sell', 1, undefined, { positionSide: 'SHORT' }),
    ).rejects.toThrow();
  });

  it('on spot a sell up to the balance, without the word', async () => {
    await call('createMarketSellOrder', SPOT, 2);
    expect(paper.created).toEqual([expect.not.objectContaining({ reduceOnly: true })]);
    await expect(call('createMarketSellOrder', SPOT, 2.001)).rejects.toThrow(OrderRefused);
    await expect(call('createMarketSellOrder', SPOT, 1, { marginMode: 'cross' })).rejects.toThrow(OrderRefused);
    await expect(call('createMarketSellOrder', SPOT, 1, CLOSE)).rejects.toThrow(UnusableOrder);
  });

  it('an edit of a protective order stays one; any other asks for the whole order', async () => {
    paper.resting = true;
    const stop = (await call('createStopLossOrder', SWAP, 'market', 'sell', 9, undefined, 140)) as { id: string };
    await exchange.editOrder(stop.id, SWAP, 'market', 'sell', 9, undefined, { stopLossPrice: 141 });
    expect(paper.created.map((one) => one.reduceOnly)).toEqual([true, true]);
    gate.maxUsd = 200;
    const order = (await call('createLimitBuyOrder', SWAP, 1, 150)) as { id: string };
    await expect(exchange.editOrder(order.id, SWAP, 'limit', 'buy', 2, 150)).rejects.toThrow(OrderRefused);
    await expect(exchange.editOrder(order.id, SWAP, 'limit', 'buy', undefined, 250)).rejects.toThrow(OrderRefused);
    expect(gate.asked.at(-1)).toMatchObject({ qty: 1, price: 250 });
  });

  it.each([
    ['closePosition', [SWAP]],
    ['closeAllPositions', []],
  ])('%s asks for what is held', async (name, args) => {
    paper.contracts[SWAP] = -2;
    await call(name, ...args);
    expect(gate.asked).toEqual([expect.objectContaining({ side: 'BUY', qty: 2, reduce_only: true })]);
    gate.killed = true;
    paper.contracts[SWAP] = -2;
    await expect(call(name, ...args)).rejects.toThrow(OrderRefused);
    expect(paper.created).toHaveLength(1);
  });
});
