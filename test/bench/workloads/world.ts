import type { Redis } from 'ioredis';
import { type Portfolio, portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { families, keys, streams } from '../../../schemas/keys.ts';
import { flatWith, liveFields, nowSeconds } from './workload.ts';

const CHUNK = 500;

/** The portfolios that are measured: the default one, then others beside it. */
export function portfoliosOf(count: number): readonly [Portfolio, ...Portfolio[]] {
  const others = Array.from({ length: count - 1 }, (_, at) => portfolioOf(`fund-${at + 2}`));
  return [portfolioOf('quantum'), ...others];
}

/** Symbol number `index` of a book of `count`. */
export function symbolOf(index: number, count: number): string {
  return `S${index % count}USDT`;
}

/** A portfolio state, a snapshot of every symbol and a market state for each, all fresh, in live sizes. */
export async function seedPortfolio(redis: Redis, portfolio: Portfolio, positions: number): Promise<void> {
  const now = nowSeconds();
  const state = liveFields('hash.state-portfolio');
  await redis.hset(portfolio.key(keys.portfolioState), {
    ...state,
    timestamp: now,
    ts_utc: now,
    positions_count: positions,
  });
  const snapshot = liveFields('position.snapshot');
  const market = liveFields('hash.marketstate');
  for (let from = 0; from < positions; from += CHUNK) {
    const pipeline = redis.pipeline();
    for (let index = from; index < Math.min(positions, from + CHUNK); index += 1) {
      const symbol = symbolOf(index, positions);
      const quantity = String(1000 + index);
      const entry = flatWith(snapshot, { symbol, position_qty: quantity, timestamp: now, entry_timestamp: now });
      pipeline.xadd(portfolio.streamKey(streams.snapshots), '*', ...entry);
      pipeline.hset(portfolio.key(`${families.market}:${symbol}`), { ...market, timestamp: now });
    }
    await pipeline.exec();
  }
}

/** JSON text as long as the facts that a decision on this many positions names one by one (64 at most). */
export function factsText(positions: number): string {
  const largest = Array.from({ length: Math.min(64, positions) }, (_, index) => ({
    symbol: symbolOf(index, positions),
    notional_usd: 0.9640075053,
    sigma: 0.0558405285,
    risk_usd: 0.0538306851,
  }));
  const book = { status: 'priced', book_id: '1771362498488-0', positions, risk_usd: 912.7623611, largest };
  return JSON.stringify({ heat: 0.2338797294, bucket: 'COLD', equity_usd: 3902.69, book, remainder_usd: 0 });
}
