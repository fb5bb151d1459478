import { expect, type TestContext, test } from 'vitest';
import { runCli } from '../../support/cli.ts';
import { askPublic, askSigned, bodyOf, exchangeSettings } from '../../support/exchange.ts';
import { type FeedsRig, hashThat, startFeedsRig } from '../../support/feeds-rig.ts';
import { until } from '../../support/redis.ts';
import { metricOf } from '../../support/system.ts';

const POSITIONS = { BTCUSDT: 0.5, ETHUSDT: -6, XRPUSDT: 9000 };
const LOOKBACK = 100;
const ENV = {
  FEED_POLL_SEC: '1',
  SIGMA_ESTIMATOR: 'close_to_close',
  MARKET_LOOKBACK: String(LOOKBACK),
  STALE_SEC: '3',
  BUDGET_COMPUTE_INTERVAL_SEC: '1',
};

/** A system with three positions, which the gates know of; all of it ends with the test. */
async function start({ onTestFinished }: TestContext): Promise<FeedsRig> {
  const rig = await startFeedsRig(ENV);
  onTestFinished(() => rig.stop());
  for (const [symbol, qty] of Object.entries(POSITIONS)) rig.trade(symbol, qty > 0 ? 'BUY' : 'SELL', Math.abs(qty));
  await hashThat(rig, 'state:portfolio', ({ positions_count }) => positions_count === '3');
  for (const symbol of Object.keys(POSITIONS)) {
    await hashThat(rig, `state:market:${symbol}`, ({ sigma_1d }) => sigma_1d !== undefined);
  }
  return rig;
}

/**
 * Sample deviation of the log returns of the last closed candles, of a day; NaN while the exchange answers with none. What
 * was seen of the candle that is running, and of the one before, are returns more where that makes it larger.
 */
async function dailySigma(rig: FeedsRig, symbol: string): Promise<number> {
  const klines = bodyOf(
    await askPublic(rig.exchange, '/fapi/v1/klines', { parameters: { symbol, interval: '1h', limit: LOOKBACK + 1 } }),
  );
  if (!Array.isArray(klines)) return Number.NaN;
  const closes: number[] = klines.slice(0, -1).map((kline: string[]) => Number(kline[4]));
  const returns = closes.slice(1).map((close, at) => Math.log(close / (closes[at] ?? 0)));
  const { open_candle_return: open, last_candle_return: last } = await rig.hash(`state:market:${symbol}`);
  const seen = [last, open].flatMap((text) => (text === undefined ? [] : [Number(text)]));
  const together = [[], ...seen.map((one) => [one]), seen];
  return Math.max(...together.map((further) => deviation([...returns, ...further]))) * Math.sqrt(24);
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  return Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (values.length - 1));
}

test.concurrent('heat, caps, prices and budgets are what the account and its candles say', async (context) => {
  const rig = await start(context);
  /** Bitcoin is far from the close of its last hour: the hour that is running counts. */
  const marks = { BTCUSDT: 60_000, ETHUSDT: 2500, XRPUSDT: 1.25 };
  for (const [symbol, price] of Object.entries(marks)) rig.exchange.control({ do: 'set_mark', symbol, price });
  const { totalMarginBalance } = bodyOf(await askSigned(rig.exchange, '/fapi/v3/account'));
  const equity = Number(totalMarginBalance);
  const notionals = Object.entries(POSITIONS).map(([symbol, qty]) => {
    return [symbol, Math.abs(qty) * marks[symbol as keyof typeof marks]] as const;
  });
  const gross = notionals.reduce((sum, [, notional]) => sum + notional, 0);
  /** By the candles of now: an hour may end meanwhile. */
  const hashNear = (name: string, heatOf: (fields: Record<string, string>) => string | undefined) =>
    until(`the heat of ${name}`, async () => {
      let risk = 0;
      for (const [symbol, notional] of notionals) risk += notional * (await dailySigma(rig, symbol));
      const fields = await rig.hash(name);
      return Math.abs(Number(heatOf(fields)) - risk / equity) < 1e-9 ? fields : undefined;
    });
  await hashThat(rig, 'state:portfolio', ({ positions_notional_usd }) => Number(positions_notional_usd) === gross);
  const { equity_usd } = await hashNear('state:heat', ({ heat }) => heat);
  expect(Number(equity_usd)).toBe(equity);
  for (const [symbol, price] of Object.entries(marks)) {
    await hashThat(rig, `state:market:${symbol}`, ({ mark_price }) => Number(mark_price) === price);
    expect(Number((await rig.hash(`position:snapshot:${symbol}`)).mark_price)).toBe(price);
  }
  const { portfolio_heat, stress_factor, cluster_stress, vol_regime, budget_usd } = await hashNear(
    'portfolio:budget:BTCUSDT',
    ({ portfolio_heat: heat, cluster_stress: stress }) => {
      return Number(stress) > 0 ? heat : undefined;
    },
  );
  const stress = 0.4 * Number(portfolio_heat) + 0.4 * Number(cluster_stress) + 0.2 * Number(vol_regime);
  expect(Number(stress_factor)).toBeCloseTo(Math.min(1, stress), 9);
  expect(Number(budget_usd)).toBeCloseTo(Math.max(500, equity * 0.02 * (1 - stress)), 5);
});

test.concurrent('a position that is closed on the exchange counts no more, and one that another producer invents never does', async (context) => {
  const rig = await start(context);
  rig.trade('ETHUSDT', 'BUY', 6);
  await hashThat(rig, 'position:snapshot:ETHUSDT', ({ side }) => side === 'FLAT');
  const timestamp = String(Math.floor(Date.now() / 1000));
  await rig.redis.client.hset('quantum:state:positions:BTCUSDT', {
    position_amt: '99',
    side: 'LONG',
    timestamp,
    source: 'other',
  });
  await hashThat(rig, 'state:positions:BTCUSDT', ({ position_amt }) => position_amt === '0.5');
  await until('the difference to be counted once', async () => {
    return (await metricOf(rig.system, 'feed_position_differences_total{where="state:positions"}')) === 1;
  });
  const { out } = await runCli(rig.redis.url, ['status'], { environment: exchangeSettings(rig.exchange) });
  expect(out).toContain('BTCUSDT: exchange 0.5, state:positions 99');
});

test.concurrent('a wrong key is named with what to do, and asked with again only after a long pause', async (context) => {
  const rig = await startFeedsRig({ ...ENV, BINANCE_TESTNET_API_KEY: 'wrong-key', MARKET_SYMBOLS: 'BTCUSDT' });
  context.onTestFinished(() => rig.stop());
  const { error, pause_reason } = await hashThat(rig, 'feed:status:account', ({ state }) => state === 'failing');
  expect(error).toContain('-2015');
  expect(pause_reason).toBe('auth');
  await hashThat(rig, 'feed:status:market', ({ state }) => state === 'ok');
  const { last_success_ms: before } = await rig.hash('feed:status:market');
  await hashThat(rig, 'feed:status:market', (now) => Number(now.last_success_ms) - Number(before) > 2000);
  const refused = rig.exchange.requests().filter(({ status }) => status === 401);
  expect(refused.length).toBeLessThanOrEqual(3);
});
