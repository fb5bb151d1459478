import { afterEach, beforeEach, expect, test } from 'vitest';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { type FeedsRig, hashThat, startFeedsRig } from '../../support/feeds-rig.ts';
import { until } from '../../support/redis.ts';

const KEY = 'market:candles:BTCUSDT:1h';
let rig: FeedsRig;

beforeEach(async () => {
  const env = { FEEDS: 'market', FEED_POLL_SEC: '1', MARKET_LOOKBACK: '60', MARKET_SYMBOLS: 'BTCUSDT,NOSUCHUSDT' };
  rig = await startFeedsRig(env);
});
afterEach(async () => rig.stop());

test('closed candles of the look-back are kept, and a symbol that does not exist keeps no other from its own', async () => {
  const newestAt = (ms: number) => (Math.floor(ms / HOUR_MS) - 1) * HOUR_MS;
  const startedMs = Date.now();
  const candles = Object.keys(await hashThat(rig, KEY, (fields) => Object.keys(fields).length > 0)).sort();
  const newestMs = Number(candles.at(-1));
  expect([newestAt(startedMs), newestAt(Date.now())]).toContain(newestMs);
  expect(candles).toEqual(Array.from({ length: 60 }, (_, at) => String(newestMs - (59 - at) * HOUR_MS)));
  await hashThat(rig, 'feed:status:market', ({ state }) => state === 'ok');
  await until('the symbol to be named', () => rig.system.lines.some((line) => line.includes('NOSUCHUSDT')));
  await hashThat(rig, 'state:market:BTCUSDT', ({ reason }) => reason === 'ok');
});

test('a symbol that is no longer traded has no sigma, and says why', async () => {
  await hashThat(rig, 'state:market:NOSUCHUSDT', ({ reason }) => reason === 'not_trading');
});
