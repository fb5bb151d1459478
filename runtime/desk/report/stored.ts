import type { Redis } from 'ioredis';
import { KEPT_HORIZON_MS } from '../../../handlers/common/kept-exits.ts';
import { DAY_MS } from '../../../schemas/duration.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { loggedPages } from '../decisions/decision-log.ts';
import { redisTries } from '../replay/tries.ts';
import type { NotPlayed } from './counterfactuals.ts';
import { storedFunding } from './funding.ts';
import type { ReportRequest } from './index.ts';
import { sightings, snapshotMarks, storedCandleMarks } from './mark-sources.ts';

/** A report goes so far back where nothing else is said, ms. */
export const REPORT_SPAN_MS = 2 * DAY_MS;

/** By what kept parts are valued where nothing else is said. */
export const REPORT_RULES = { horizonMs: KEPT_HORIZON_MS, feeBps: 0 } as const;

/** Why a month is not played again unless somebody asks: it takes minutes, and a Redis of its own. */
export function notPlayed(gate: string): NotPlayed {
  return { reason: `a month is played by portcullis report ${gate} --candles FILE --play` };
}

/** Where the decisions and marks of a report come from that is made of what Redis holds. */
export function storedMaterial(
  redis: Redis,
  portfolio: Portfolio,
): Required<Pick<ReportRequest, 'log' | 'sources' | 'sightings' | 'tries' | 'funding'>> {
  return {
    log: (range) => loggedPages(redis, portfolio, range),
    sources: [snapshotMarks(redis, portfolio), storedCandleMarks(redis, portfolio)],
    sightings: (range) => sightings(redis, portfolio, range),
    tries: redisTries(redis, portfolio),
    funding: storedFunding(redis, portfolio),
  };
}
