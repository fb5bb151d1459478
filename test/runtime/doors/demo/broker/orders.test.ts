import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendOrder } from '../../../../../runtime/doors/demo/broker/orders.ts';
import type { LocalExchange } from '../../../../../runtime/market/local-exchange/index.ts';
import { startTestExchange, TEST_KEY, TEST_SECRET } from '../../../../support/exchange.ts';

let exchange: LocalExchange;
beforeAll(async () => {
  exchange = await startTestExchange();
  exchange.control({ do: 'set_mark', symbol: 'ETHUSDT', price: 2_000 });
});
afterAll(() => exchange.stop());

const send = (order: Partial<Parameters<typeof sendOrder>[1]>, apiSecret = TEST_SECRET) =>
  sendOrder(
    { url: exchange.url, apiKey: TEST_KEY, apiSecret, nowMs: Date.now },
    { planId: 'p1', symbol: 'ETHUSDT', qty: 1.5, reduceOnly: false, ...order },
  );

describe('an order of the demo', () => {
  it('is filled at the mark', async () => {
    expect(await send({})).toEqual({ filled: true, qty: 1.5, price: 2_000 });
  });

  it('of the same plan is not filled twice', async () => {
    expect(await send({})).toEqual({ filled: false, error: '-4116 ClientOrderId is duplicated.' });
  });

  it('that only reduces fills what is held, no more', async () => {
    expect(await send({ planId: 'p2', qty: -5, reduceOnly: true })).toEqual({ filled: true, qty: 1.5, price: 2_000 });
    expect(await send({ planId: 'p3', qty: -5, reduceOnly: true })).toEqual({
      filled: false,
      error: '-2022 ReduceOnly Order is rejected.',
    });
  });

  it('that the exchange refuses says why', async () => {
    expect(await send({ planId: 'p4', qty: 10_000 })).toEqual({
      filled: false,
      error: '-2019 Margin is insufficient.',
    });
    expect(await send({ planId: 'p5' }, 'another')).toEqual({
      filled: false,
      error: '-1022 Signature for this request is not valid.',
    });
  });
});
