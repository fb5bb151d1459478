import type { JudgedFigures } from '../../schemas/api/judged-figure.ts';
import { judgingFigures, type RiskFigure, type RiskSettings } from '../../schemas/book-risk.ts';
import type { HeatBucket, HeatCause, HeatReason, HeatSettings } from '../../schemas/heat-gate.ts';
import { keys } from '../../schemas/keys.ts';
import { round10 } from '../../schemas/number.ts';
import { isFresh, timeOf } from '../../schemas/time.ts';
import type { Fields } from '../../schemas/wire.ts';
import { computed, type FactsOf, hash } from '../contract/reads.ts';
import { hottestOf, type JudgedFigure, judgedFigures } from './book-risk/judged.ts';
import { isRuinDoubted, statedEquity } from './equity.ts';
import { type BookHeat, bookHeat } from './heat.ts';

/** What heat is judged on: the portfolio state and the position book. */
export const heatReads = {
  portfolio: hash(keys.portfolioState),
  book: computed<HeatSettings, BookHeat>(bookHeat),
};

/** Read only while a figure of the book's risk judges. */
export const riskReads = { risk: hash(keys.riskState) };

/** What heat is judged on under these settings. */
export function heatReadsOf(settings: RiskSettings): typeof heatReads & Partial<typeof riskReads> {
  return judgingFigures(settings).length === 0 ? heatReads : { ...heatReads, ...riskReads };
}

/** The facts that they become. */
export type HeatFacts = FactsOf<ReturnType<typeof heatReadsOf>>;

/** What the figures that judge beside the heat come to. */
export interface JudgedRisk {
  readonly figures: readonly JudgedFigure[];
  /** The heat that is judged by: the largest of the portfolio's own and of those that the figures count as. */
  readonly heat: number;
  /** The figure that is hotter than the portfolio's own heat; undefined where none is. */
  readonly hotter: RiskFigure | undefined;
  /** A figure that is not known; undefined where all are. */
  readonly unknown: RiskFigure | undefined;
}

/** The heat of the portfolio as it is judged and published; with a `cause` it is unknown, and reads 0 and COLD (contract §1). */
export interface PortfolioHeat {
  readonly cause: HeatCause | undefined;
  /** Σ |notional| × sigma ÷ equity at 10 digits. */
  readonly heat: number;
  /** By the hottest of the heat and the figures that judge beside it. */
  readonly bucket: HeatBucket;
  /** Undefined where no figure judges beside the heat. */
  readonly risk?: JudgedRisk | undefined;
  /** Undefined when the portfolio state gives no usable equity above 0. */
  readonly equityUsd: number | undefined;
  /** US dollars of a reading that is in doubt; `equityUsd` is at most that. Undefined where none is. */
  readonly lowEquityUsd?: number | undefined;
  /** Whole seconds since the portfolio state was written; undefined without its time. */
  readonly inputsAgeSec: number | undefined;
}

type Thresholds = Pick<HeatSettings, 'HEAT_MIN' | 'HEAT_MAX'>;

const LOWER = { COLD: 'cold', WARM: 'warm', HOT: 'hot' } as const;

/** The heat of the portfolio from its state, its book and the figures that judge beside it. */
export function portfolioHeat(facts: HeatFacts, settings: HeatSettings, nowMs: number): PortfolioHeat {
  return judgedBeside(ownHeat(facts, settings, nowMs), judgedFigures(facts.risk, settings, nowMs), settings);
}

/** A heat with the figures that judge beside it: the hottest of all decides. */
export function judgedBeside(
  own: PortfolioHeat,
  figures: readonly JudgedFigure[],
  thresholds: Thresholds,
): PortfolioHeat {
  if (figures.length === 0) return own;
  const unknown = figures.find(({ value }) => value === undefined)?.figure;
  const hottest = hottestOf(figures);
  if (hottest === undefined || hottest.heat <= own.heat) {
    return { ...own, risk: { figures, heat: own.heat, hotter: undefined, unknown } };
  }
  const risk = { figures, heat: hottest.heat, hotter: hottest.figure, unknown };
  return { ...own, bucket: bucketOf(hottest.heat, thresholds), risk };
}

/** The figures that judge beside a heat as pages and answers tell them; undefined where none does. */
export function toldFigures({ bucket, risk }: PortfolioHeat): JudgedFigures | undefined {
  if (risk === undefined) return undefined;
  const figures = risk.figures.map(({ value = null, heat = null, ...figure }) => ({
    ...figure,
    value,
    heat: heat === null ? null : round10(heat),
  }));
  const decides = bucket === 'COLD' ? undefined : risk.hotter;
  return { heat: round10(risk.heat), decides: decides ?? null, unknown: risk.unknown ?? null, figures };
}

/** Failing closed with the first cause of contract §1. */
function ownHeat({ portfolio, book }: HeatFacts, settings: HeatSettings, nowMs: number): PortfolioHeat {
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

/** The heat in the words of `reason`: its bucket, and by which figure, or why it is unknown (contract §1). */
export function heatReason({ cause, bucket, risk }: PortfolioHeat): HeatReason {
  if (bucket !== 'HOT' && risk?.unknown !== undefined) return `portfolio_${risk.unknown}_unknown`;
  if (bucket !== 'COLD' && risk?.hotter !== undefined) return `portfolio_${risk.hotter}_${LOWER[bucket]}`;
  return cause === undefined ? `portfolio_heat_${LOWER[bucket]}` : `fail_closed_${cause}`;
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
