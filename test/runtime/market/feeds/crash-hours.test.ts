import { describe, expect, it } from 'vitest';
import marketState from '../../../../handlers/market-state/index.ts';
import { RunningCandles } from '../../../../runtime/market/feeds/running-candles.ts';
import { loadMay2021 } from '../../../../runtime/market/player/market.ts';
import { type Candle, formatCandle } from '../../../../schemas/candle.ts';
import { HOUR_MS, MINUTE_MS } from '../../../../schemas/duration.ts';
import { candlesOf, storeOf, walk } from '../../../support/candles.ts';
import { hashFact, judge } from '../../../support/fake-ctx.ts';
import { hashWrite } from '../../../support/heat.ts';

const POLL_MS = 5_000;
const WITHIN_MS = 10_000;
const HALF_LIFE = 24;

/** A moment, and the price then. */
type Point = readonly [atMs: number, price: number];

/** The price on straight lines between points. */
function priceAt(points: readonly Point[], atMs: number): number {
  const next = points.findIndex(([ms]) => ms >= atMs);
  const [fromMs, from] = points[Math.max(0, next - 1)] ?? [0, 0];
  const [toMs, to] = points[next] ?? [fromMs, from];
  return toMs === fromMs ? to : from + ((to - from) * (atMs - fromMs)) / (toMs - fromMs);
}

/** The feed as it runs: a reading of the mark every 5 s, with or without the stream of candles, judged with what it wrote before. */
class Feed {
  readonly #running = new RunningCandles('1h');
  #state: Record<string, string> | null = null;

  /** The sigma that is published after a reading at `nowMs`. */
  read(closed: readonly Candle[], price: number, nowMs: number, streamed?: Candle): number {
    if (streamed !== undefined) {
      this.#running.take({ ...streamed, symbol: 'X', interval: '1h', closeMs: 0, closed: false }, nowMs);
    }
    const open = this.#running.of('X', { symbol: 'X', price, atMs: nowMs, nextFundingMs: undefined }, nowMs, nowMs);
    const entry = {
      symbol: 'X',
      interval: '1h',
      ...(open && { open_ms: String(open.openMs), open_candle: formatCandle(open) }),
    };
    const facts = { candles: hashFact({ ...storeOf(closed) }), before: hashFact(this.#state) };
    this.#state = { ...hashWrite(judge(marketState, entry, { facts, nowMs, sourceId: `${nowMs}-0` }))?.fields };
    return Number(this.#state.sigma);
  }
}

/** The weighted root mean square of hourly returns, by the recursion: the oldest first, each step a half-life's part. */
function sigmaOf(returns: readonly number[]): number {
  const lambda = 0.5 ** (1 / HALF_LIFE);
  let [square, weight] = [0, 0];
  for (const value of returns) {
    square = lambda * square + value * value;
    weight = lambda * weight + 1;
  }
  return Math.sqrt(square / weight);
}

function returnsOf(closes: readonly number[]): readonly number[] {
  return closes.slice(1).map((close, at) => Math.log(close / (closes[at] ?? Number.NaN)));
}

/** Hourly closes at which SUI was near 3.08, as calm as the weeks before 10 October 2025. */
const CALM = [...walk(167, 7).map((price) => 3.08 * (1 + (price / 100 - 1) / 20)), 3.08];
const OPEN_MS = Date.UTC(2025, 9, 10, 21);
/** The hour from 21:00: 3.08, within twenty minutes 0.567, a close 18 % below the one before. */
const SUI: readonly Point[] = [
  [OPEN_MS, 3.08],
  [OPEN_MS + 10 * MINUTE_MS, 2.9],
  [OPEN_MS + 18 * MINUTE_MS, 1.9],
  [OPEN_MS + 20 * MINUTE_MS, 0.567],
  [OPEN_MS + 24 * MINUTE_MS, 2.2],
  [OPEN_MS + HOUR_MS, 3.08 * 0.82],
];

describe.each([
  ['the readings alone', false],
  ['the stream of candles', true],
])('SUI on 10 October 2025, from %s', (_what, streams) => {
  const closedUntil = (nowMs: number) => {
    const after = Array.from({ length: Math.max(0, Math.floor((nowMs - OPEN_MS) / HOUR_MS)) }, () => 3.08 * 0.82);
    const closes = [...CALM, ...after];
    return { closes, candles: candlesOf(closes, OPEN_MS + after.length * HOUR_MS) };
  };
  const candleUntil = (nowMs: number): Candle => {
    const seen = Array.from({ length: (nowMs - OPEN_MS) / 1000 + 1 }, (_, at) => priceAt(SUI, OPEN_MS + at * 1000));
    const [high, low] = [Math.max(...seen), Math.min(...seen)];
    return { openMs: OPEN_MS, open: 3.08, high, low, close: seen.at(-1) ?? 0, volume: 1 };
  };

  it('says the move within 10 s, is never lower than without it, and remembers it for an hour after the close', () => {
    const feed = new Feed();
    let farthest = 0;
    for (let nowMs = OPEN_MS + 15 * MINUTE_MS; nowMs < OPEN_MS + 30 * MINUTE_MS; nowMs += POLL_MS) {
      const price = priceAt(SUI, nowMs);
      const sigma = feed.read(closedUntil(nowMs).candles, price, nowMs, streams ? candleUntil(nowMs) : undefined);
      farthest = Math.max(farthest, Math.abs(Math.log(priceAt(SUI, nowMs - WITHIN_MS) / 3.08)));
      expect(sigma).toBeGreaterThanOrEqual(sigmaOf([...returnsOf(CALM), farthest]) - 1e-9);
      expect(sigma).toBeGreaterThanOrEqual(sigmaOf(returnsOf(CALM)) - 1e-9);
      if (nowMs - OPEN_MS === 20 * MINUTE_MS) {
        expect(sigma).toBeCloseTo(sigmaOf([...returnsOf(CALM), Math.log(0.567 / 3.08)]), 9);
        expect(sigma).toBeGreaterThan(0.2);
      }
    }
    for (const [minutes, kept] of [
      [60, true],
      [119, true],
      [120, false],
    ] as const) {
      const nowMs = OPEN_MS + minutes * MINUTE_MS;
      const { closes, candles } = closedUntil(nowMs);
      const sigma = feed.read(candles, 3.08 * 0.82, nowMs);
      expect(sigma).toBeGreaterThanOrEqual(sigmaOf(returnsOf(closes)) - 1e-9);
      expect(sigma > 0.2).toBe(kept);
    }
  });
});

const MARKET = loadMay2021();
const FIRST_MS = MARKET.closedAtMs(0) - HOUR_MS;
const FIRST_OF_DAY = (Date.UTC(2021, 4, 19) - FIRST_MS) / HOUR_MS;

it.each(['BTCUSDT', 'ETHUSDT', 'DOGEUSDT'])('the worst hour of %s on 19 May 2021 shows within 10 s', (symbol) => {
  const changeIn = (hour: number) => Math.log(MARKET.close(symbol, hour) / MARKET.close(symbol, hour - 1));
  const hours = Array.from({ length: 24 }, (_, at) => FIRST_OF_DAY + at);
  const worst = hours.reduce((found, hour) => (changeIn(hour) < changeIn(found) ? hour : found));
  const closes = Array.from({ length: 168 }, (_, at) => MARKET.close(symbol, worst - 168 + at));
  const openMs = FIRST_MS + worst * HOUR_MS;
  const line: readonly Point[] = [
    [openMs, closes.at(-1) ?? 0],
    [openMs + HOUR_MS, MARKET.close(symbol, worst)],
  ];
  const [feed, candles, before] = [new Feed(), candlesOf(closes, openMs), sigmaOf(returnsOf(closes))];
  let sigma = 0;
  for (let nowMs = openMs + 50 * MINUTE_MS; nowMs < openMs + HOUR_MS; nowMs += POLL_MS) {
    sigma = feed.read(candles, priceAt(line, nowMs), nowMs);
    const gone = Math.log(priceAt(line, nowMs - WITHIN_MS) / priceAt(line, openMs));
    expect(sigma).toBeGreaterThanOrEqual(Math.max(before, sigmaOf([...returnsOf(closes), gone])) - 1e-9);
  }
  const whole = sigmaOf([...returnsOf(closes), changeIn(worst)]);
  expect(changeIn(worst)).toBeLessThan(-0.09);
  expect(whole).toBeGreaterThan(1.1 * before);
  expect(sigma / whole).toBeCloseTo(1, 2);
});
