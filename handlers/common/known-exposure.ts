import { parseNumber } from '../../schemas/number.ts';
import { isYounger, timeOf } from '../../schemas/time.ts';
import type { Fields } from '../../schemas/wire.ts';
import type { HashFact } from '../contract/reads.ts';
import { bookReadUntilMs } from './book-age.ts';
import type { Exposure, ExposureTotals, HeldPosition } from './exposure.ts';
import { lastOf } from './last-of.ts';

/** Exposure together with what the portfolio state says of it. */
export interface KnownExposure extends ExposureTotals {
  /** Whether positions are known at all: a report of any symbol, or a portfolio state that counts them, is fresh, and the position stream can be read. */
  readonly known: boolean;
  /** What was last reported of a symbol, closed positions included; undefined when nothing was. */
  reportOf(symbol: string): HeldPosition | undefined;
}

/** Exposure as caps see it (contract §4, Figures): a fresh portfolio state without positions closes all reported before it. */
export const knownExposure = lastOf(computeKnown);

function computeKnown(
  exposure: Exposure,
  portfolio: HashFact,
  settings: { readonly GOV_STATE_MAX_AGE_SEC: number },
  nowMs: number,
): KnownExposure {
  const maxAgeMs = settings.GOV_STATE_MAX_AGE_SEC * 1000;
  const counted = portfolio.fields === null ? undefined : countOf(portfolio.fields);
  const stateMs = portfolio.fields === null ? undefined : timeOf(portfolio.fields);
  const stateFresh = counted !== undefined && stateMs !== undefined && isYounger(stateMs, nowMs, maxAgeMs);
  const reported = exposure.newestAtMs !== undefined && isYounger(exposure.newestAtMs, nowMs, maxAgeMs);
  const known = (stateFresh || reported) && nowMs <= bookReadUntilMs(exposure, settings);
  if (!stateFresh || counted !== 0 || stateMs === undefined)
    return { ...totalsOf(exposure), known, reportOf: exposure.reportOf };
  return {
    ...exposure.since(stateMs),
    known,
    reportOf: (symbol) => closedBefore(symbol, exposure.reportOf(symbol), stateMs),
  };
}

function totalsOf(exposure: Exposure): ExposureTotals {
  const { count, grossNotionalUsd, longUsd, shortUsd, largestUsd, unpriced, held } = exposure;
  return { count, grossNotionalUsd, longUsd, shortUsd, largestUsd, unpriced, held };
}

/** The number of positions a portfolio state gives: 0 only when every count it has is 0. */
export function countOf(fields: Fields): number | undefined {
  const counts = [fields.positions_count, fields.total_positions].map(parseNumber);
  const usable = counts.filter((count) => count !== undefined && count >= 0);
  return usable.length === 0 ? undefined : Math.max(...(usable as number[]));
}

function closedBefore(symbol: string, report: HeldPosition | undefined, stateMs: number): HeldPosition {
  if (report?.atMs !== undefined && report.atMs >= stateMs) return report;
  return { symbol, held: false, qty: 0, hedged: false, notionalUsd: 0, markPrice: report?.markPrice, atMs: stateMs };
}
