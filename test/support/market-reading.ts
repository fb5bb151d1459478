import marketState from '../../handlers/market-state/index.ts';
import type { Candle } from '../../schemas/candle.ts';
import { candlesOf, storeOf, walk } from './candles.ts';
import { hashFact, judge, NOW_MS } from './fake-ctx.ts';
import { hashWrite } from './heat.ts';

/** A reading of a market, as it is in the stream. */
export const entry = { symbol: 'BTCUSDT', interval: '1h', mark_price: '101.5', taken_ms: String(NOW_MS - 2000) };
/** Two and a half days of candles of a random walk, the last one closed just now. */
export const lively = candlesOf(walk(60, 7), NOW_MS);

/** What a market state is judged on; what is left out is as nothing had come before. */
export interface Given {
  readonly candles?: readonly Candle[];
  readonly entry?: Record<string, string>;
  readonly settings?: Record<string, string>;
  readonly before?: Record<string, string>;
  readonly nowMs?: number;
  readonly sourceId?: string;
}

/** What the market-state handler says of a reading. */
export function outcomeOf(given: Given) {
  const candles = given.candles === undefined ? null : { ...storeOf(given.candles) };
  const facts = { candles: hashFact(candles), before: hashFact(given.before ?? null) };
  const { settings = {}, nowMs = NOW_MS, sourceId = `${NOW_MS}-0` } = given;
  return judge(marketState, given.entry ?? entry, { facts, settings, nowMs, sourceId });
}

/** The fields of the state that it writes. */
export function stateOf(given: Given): Readonly<Record<string, string>> {
  return hashWrite(outcomeOf(given))?.fields ?? {};
}
