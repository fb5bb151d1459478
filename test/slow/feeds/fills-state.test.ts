import { afterEach, beforeEach, expect, test } from 'vitest';
import { TEST_BALANCE_USD } from '../../support/exchange.ts';
import { type FeedsRig, hashThat, startFeedsRig } from '../../support/feeds-rig.ts';
import { until } from '../../support/redis.ts';

let rig: FeedsRig;

beforeEach(async () => {
  rig = await startFeedsRig({ MARKET_LOOKBACK: '168' });
});
afterEach(async () => rig.stop());

test('with nothing but keys and an address all state comes by itself, and budgets rest on it', async () => {
  rig.trade('BTCUSDT', 'BUY', 0.5);
  rig.trade('ETHUSDT', 'SELL', 4);
  const state = await hashThat(rig, 'state:portfolio', ({ positions_count }) => positions_count === '2');
  expect(Number(state.equity_usd)).toBeCloseTo(TEST_BALANCE_USD, -3);
  for (const symbol of ['BTCUSDT', 'ETHUSDT']) {
    const market = await hashThat(rig, `state:market:${symbol}`, ({ sigma_1d }) => sigma_1d !== undefined);
    expect(Number(market.sigma_1d)).toBeGreaterThan(0);
    expect(Number(market.mark_price)).toBeGreaterThan(0);
  }
  await hashThat(rig, 'cluster:map', ({ BTCUSDT }) => BTCUSDT !== undefined);
  await hashThat(rig, 'position:snapshot:ETHUSDT', ({ side }) => side === 'SHORT');
  await until('every feed to be fresh', () => rig.system.feeds.problems().length === 0);
  await hashThat(rig, 'portfolio:budget:BTCUSDT', ({ budget_usd }) => Number(budget_usd) > 0);
});
