import type { Redis } from 'ioredis';
import { exposureOf } from '../../../handlers/common/exposure.ts';
import { reportedSymbols } from '../../../handlers/common/position-record.ts';
import type { ExposureSettings } from '../../../schemas/exposure.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { viewsNow } from './views-now.ts';

/** A position as the governor's caps count it (contract §4, Figures). Figures nobody published are null. */
export interface ListedPosition {
  readonly symbol: string;
  /** Negative when short. */
  readonly qty: number | null;
  /** Gross notional, US dollars. */
  readonly notional_usd: number | null;
  readonly mark_price: number | null;
  /** Unix seconds of its newest report. */
  readonly reported_at: number | null;
}

/** The positions that caps count now, largest notional first, judged by the governor's own rules. */
export async function listPositions(
  redis: Redis,
  portfolio: Portfolio,
  settings: ExposureSettings,
): Promise<ListedPosition[]> {
  const [seconds] = await redis.time();
  const views = await viewsNow(redis, portfolio);
  const exposure = exposureOf(views, settings, Number(seconds) * 1000).value;
  const listed: ListedPosition[] = [];
  for (const symbol of reportedSymbols(views)) {
    const position = exposure.positionOf(symbol);
    if (position === undefined) continue;
    listed.push({
      symbol,
      qty: position.qty ?? null,
      notional_usd: position.notionalUsd ?? null,
      mark_price: position.markPrice ?? null,
      reported_at: position.atMs === undefined ? null : Math.floor(position.atMs / 1000),
    });
  }
  return listed.sort(
    (a, b) => (b.notional_usd ?? Infinity) - (a.notional_usd ?? Infinity) || (a.symbol < b.symbol ? -1 : 1),
  );
}
