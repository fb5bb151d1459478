import { expect, test } from 'vitest';
import { bookHeat } from '../../handlers/common/heat.ts';
import { portfolioHeat } from '../../handlers/common/portfolio-heat.ts';
import marketState from '../../handlers/market-state/index.ts';
import { loadMay2021 } from '../../runtime/market/player/market.ts';
import { formatCandle } from '../../schemas/candle.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import { HeatSettings } from '../../schemas/heat-gate.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { computeOver, fakeViews, hashFact, judge } from '../support/fake-ctx.ts';
import { hashWrite } from '../support/heat.ts';

const EQUITY_USD = 10_000;
const LOOKBACK = 72;
const settings = HeatSettings.parse({});
const market = loadMay2021();
const symbols = ['ADAUSDT', 'BTCUSDT', 'DOGEUSDT', 'ETHUSDT'];

/** Quantities worth from 1,000 to 4,000 dollars at the beginning of the month, every other one short. */
const qtys = new Map(
  symbols.map((symbol, at) => [symbol, (((at + 1) * 1000) / market.close(symbol, 0)) * (at % 2 === 0 ? 1 : -1)]),
);

/** The field of each hour in the candle store of a symbol, name and value in turn. */
const stored = new Map(
  symbols.map((symbol) => [
    symbol,
    Array.from({ length: market.hours }, (_, hour) => {
      const close = market.close(symbol, hour);
      return [
        String(market.closedAtMs(hour) - HOUR_MS),
        formatCandle({ open: close, high: close, low: close, close, volume: 1 }),
      ];
    }),
  ]),
);

/** From the second hour on. */
const returns = new Map(
  symbols.map((symbol) => [
    symbol,
    Array.from({ length: market.hours - 1 }, (_, at) =>
      Math.log(market.close(symbol, at + 1) / market.close(symbol, at)),
    ),
  ]),
);

/** The heat that the gate sees at the close of an hour, with market states that the feed writes from the candles. */
function heatAt(hour: number, estimator: string): number {
  const nowMs = market.closedAtMs(hour);
  const states = symbols.map((symbol) => {
    const candles = {
      fields: fieldsOf(
        stored
          .get(symbol)
          ?.slice(0, hour + 1)
          .slice(-LOOKBACK)
          .flat() ?? [],
      ),
      wrongType: false,
    };
    const entry = { symbol, interval: '1h', mark_price: String(market.close(symbol, hour)), taken_ms: String(nowMs) };
    const around = {
      facts: { candles, before: hashFact(null) },
      settings: { SIGMA_ESTIMATOR: estimator, MARKET_LOOKBACK: String(LOOKBACK) },
      nowMs,
    };
    return [symbol, { ...hashWrite(judge(marketState, entry, around))?.fields }] as const;
  });
  const book = symbols.map((symbol) => {
    return { symbol, qty: qtys.get(symbol), markPrice: market.close(symbol, hour), atMs: nowMs };
  });
  const views = fakeViews({ book, hashes: { 'state:market': Object.fromEntries(states) } });
  const portfolio = hashFact({ equity_usd: String(EQUITY_USD) });
  return portfolioHeat({ portfolio, book: computeOver(bookHeat, views, settings, nowMs) }, settings, nowMs).heat;
}

/** The same from the closes alone. */
function expectedAt(hour: number, deviation: (returns: readonly number[]) => number): number {
  const risks = symbols.map((symbol) => {
    const known = (returns.get(symbol) ?? []).slice(Math.max(0, hour - LOOKBACK + 1), hour);
    const daily = known.length < 24 ? 0 : deviation(known) * Math.sqrt(24);
    return Math.abs(qtys.get(symbol) ?? 0) * market.close(symbol, hour) * daily;
  });
  return risks.reduce((sum, risk) => sum + risk, 0) / EQUITY_USD;
}

function ewma(returns: readonly number[]): number {
  let [variance, weight] = [0, 0];
  for (const value of returns) {
    variance = variance * 0.5 ** (1 / 24) + value * value;
    weight = weight * 0.5 ** (1 / 24) + 1;
  }
  return Math.sqrt(variance / weight);
}

function sample(returns: readonly number[]): number {
  const n = returns.length;
  const [sum, squares] = [returns.reduce((a, b) => a + b, 0), returns.reduce((a, b) => a + b * b, 0)];
  return Math.sqrt((squares - (sum * sum) / n) / (n - 1));
}

test.each([
  ['ewma', ewma],
  ['close_to_close', sample],
])(
  'over May 2021 heat by %s is what the closes alone say, at every hour',
  (estimator, deviation) => {
    const heats = Array.from({ length: market.hours }, (_, hour) => heatAt(hour, estimator));
    for (const [hour, heat] of heats.entries())
      expect(heat, `hour ${hour}`).toBeCloseTo(expectedAt(hour, deviation), 8);
    expect(heats.slice(0, 24).every((heat) => heat === 0)).toBe(true);
    expect(Math.max(...heats) / (heats[200] ?? 0)).toBeGreaterThan(1.5);
  },
  60_000,
);
