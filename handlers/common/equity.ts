import { parseNumber } from '../../schemas/number.ts';
import { isYounger, timeOf } from '../../schemas/time.ts';
import type { Fields } from '../../schemas/wire.ts';

/** What a portfolio state says of its equity, US dollars. */
export interface StatedEquity {
  /** The smaller of the believed equity and one that is in doubt; undefined where none is stated. */
  readonly equityUsd: number | undefined;
  /** The equity of a reading that is not believed yet; undefined where none is in doubt. */
  readonly lowUsd: number | undefined;
}

/** The equity to judge by: while the feed doubts a fall, whichever is less (contract §5, Input trust). */
export function statedEquity(fields: Fields): StatedEquity {
  const believedUsd = parseNumber(fields.equity_usd);
  const lowUsd = parseNumber(fields.equity_low_usd);
  const equityUsd = believedUsd === undefined || lowUsd === undefined ? believedUsd : Math.min(believedUsd, lowUsd);
  return { equityUsd, lowUsd };
}

/** The equity to judge by, above 0, of a state younger than `maxAgeMs`; undefined where there is none. */
export function freshEquity(fields: Fields | null, maxAgeMs: number, nowMs: number): number | undefined {
  if (fields === null) return undefined;
  const atMs = timeOf(fields);
  const { equityUsd } = statedEquity(fields);
  if (atMs === undefined || !isYounger(atMs, nowMs, maxAgeMs)) return undefined;
  return equityUsd !== undefined && equityUsd > 0 ? equityUsd : undefined;
}

/** The maintenance margin of what is held, US dollars, of a state younger than `maxAgeMs`; undefined where there is none. */
export function freshMargin(fields: Fields | null, maxAgeMs: number, nowMs: number): number | undefined {
  const atMs = fields === null ? undefined : timeOf(fields);
  if (fields === null || atMs === undefined || !isYounger(atMs, nowMs, maxAgeMs)) return undefined;
  const usd = parseNumber(fields.maintenance_margin_usd);
  return usd !== undefined && usd >= 0 ? usd : undefined;
}

/** Whether an equity in doubt leaves nothing: nothing may be opened, and no exit is held back. */
export function isRuinDoubted({ lowUsd }: StatedEquity): boolean {
  return lowUsd !== undefined && lowUsd <= 0;
}
