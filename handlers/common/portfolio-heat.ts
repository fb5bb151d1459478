import type { HeatBucket, HeatCause, HeatReason, HeatSettings } from '../../schemas/heat-gate.ts';
import { keys } from '../../schemas/keys.ts';
import { round10 } from '../../schemas/number.ts';
import { isFresh, timeOf } from '../../schemas/time.ts';
import type { Fields } from '../../schemas/wire.ts';
import { computed, type FactsOf, hash } from '../contract/reads.ts';
import { isRuinDoubted, statedEquity } from './equity.ts';
import { type BookHeat, bookHeat } from './heat.ts';

/** What heat is judged on: the portfolio state and the position book. */
export const heatReads = {
  portfolio: hash(keys.portfolioState),
  book: computed<HeatSettings, BookHeat>(bookHeat),
};

/** The facts that `heatReads` become. */
export type HeatFacts = FactsOf<typeof heatReads>;

/** The heat of the portfolio as it is judged and published; with a `cause` it is unknown, and reads 0 and COLD (contract §1). */
export interface PortfolioHeat {
  readonly cause: HeatCause | undefined;
  /** Σ |notional| × sigma ÷ equity at 10 digits. */
  readonly heat: number;
  readonly bucket: HeatBucket;
  /** Undefined when the portfolio state gives no usable equity above 0. */
  readonly equityUsd: number | undefined;
  /** US dollars of a reading that is in doubt; `equityUsd` is at most that. Undefined where none is. */
  readonly lowEquityUsd?: number | undefined;
  /** Whole seconds since the portfolio state was written; undefined without its time. */
  readonly inputsAgeSec: number | undefined;
}

type Thresholds = Pick<HeatSettings, 'HEAT_MIN' | 'HEAT_MAX'>;

/** The heat of the portfolio from its state and its book, failing closed with the first cause of contract §1. */
export function portfolioHeat({ portfolio, book }: HeatFacts, settings: HeatSettings, nowMs: number): PortfolioHeat {
  const { fields } = portfolio;
  if (fields === null) return unknownHeat('portfolio_state_missing');
  const stated = statedEquity(fields);
  const equityUsd = stated.equityUsd !== undefined && stated.equityUsd > 0 ? stated.equityUsd : undefined;
  const known = { equityUsd, lowEquityUsd: stated.lowUsd, inputsAgeSec: ageSec(fields, nowMs) };
  if (isRuinDoubted(stated)) return { ...unknownHeat('equity_doubted'), ...known };
  if (isStale(fields, settings, nowMs)) return { ...unknownHeat('portfolio_state_stale'), ...known };
  if (equityUsd === undefined) return { ...unknownHeat('invalid_equity'), ...known };
  if (book.status !== 'priced') return { ...unknownHeat(book.status), ...known };
  const heat = round10(Math.min(book.riskUsd / equityUsd, Number.MAX_VALUE));
  return { ...knownHeat(heat, settings), ...known };
}

/** A heat that is known, at 10 digits, in its bucket; where it comes from is left out. */
export function knownHeat(heat: number, settings: Thresholds): PortfolioHeat {
  return { cause: undefined, heat, bucket: bucketOf(heat, settings), equityUsd: undefined, inputsAgeSec: undefined };
}

/** The heat when it cannot be known: 0 and COLD, for the cause given (contract §1, FAIL-CLOSED). */
export function unknownHeat(cause: HeatCause): PortfolioHeat {
  return { cause, heat: 0, bucket: 'COLD', equityUsd: undefined, inputsAgeSec: undefined };
}

/** The bucket of a heat: COLD below `HEAT_MIN`, HOT from `HEAT_MAX` on, WARM between (contract §1). */
function bucketOf(heat: number, settings: Thresholds): HeatBucket {
  if (heat < settings.HEAT_MIN) return 'COLD';
  return heat < settings.HEAT_MAX ? 'WARM' : 'HOT';
}

/** The heat in the words of `reason`: its bucket, or why it is unknown (contract §1). */
export function heatReason(heat: PortfolioHeat): HeatReason {
  if (heat.cause !== undefined) return `fail_closed_${heat.cause}`;
  switch (heat.bucket) {
    case 'COLD':
      return 'portfolio_heat_cold';
    case 'WARM':
      return 'portfolio_heat_warm';
    case 'HOT':
      return 'portfolio_heat_hot';
  }
}

function isStale(fields: Fields, settings: HeatSettings, nowMs: number): boolean {
  if (settings.P26_STATE_MAX_AGE_SEC === 0) return false;
  const atMs = timeOf(fields);
  return atMs !== undefined && !isFresh(atMs, nowMs, settings.P26_STATE_MAX_AGE_SEC * 1000);
}

function ageSec(fields: Fields, nowMs: number): number | undefined {
  const atMs = timeOf(fields);
  return atMs === undefined ? undefined : Math.max(0, Math.floor((nowMs - atMs) / 1000));
}
