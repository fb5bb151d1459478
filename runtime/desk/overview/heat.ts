import type { HeldPosition } from '../../../handlers/common/exposure.ts';
import type { BookHeat } from '../../../handlers/common/heat.ts';
import {
  heatReads,
  type PortfolioHeat,
  portfolioHeat,
  riskReads,
  toldFigures,
} from '../../../handlers/common/portfolio-heat.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { HashFact } from '../../../handlers/contract/reads.ts';
import type { Overview, PositionNow } from '../../../schemas/api/overview.ts';
import type { HeatCause, HeatSettings } from '../../../schemas/heat-gate.ts';
import { parseNumber, round10 } from '../../../schemas/number.ts';
import { sideOf } from '../../../schemas/position.ts';
import type { Fields } from '../../../schemas/wire.ts';
import type { Look } from './look.ts';

/** The heat as the gate would judge by it now, with what it is made of. */
export interface HeatLook {
  readonly heat: PortfolioHeat;
  readonly book: BookHeat;
  readonly settings: HeatSettings;
  /** The portfolio state; undefined where there is none. */
  readonly state: Fields | undefined;
  /** The figures of the book's risk as they are stored. */
  readonly risk: HashFact;
  /** Unix ms by the clock of the portfolio. */
  readonly nowMs: number;
}

/** Reads what heat is made of, as the heat gate reads it. */
export async function lookAtHeat(look: Look, heatGate: AnyHandler): Promise<HeatLook> {
  const { facts, settings, nowMs } = await look(heatGate, { ...heatReads, ...riskReads });
  const limits = settings as HeatSettings;
  const heat = portfolioHeat(facts, limits, nowMs);
  return {
    heat,
    book: facts.book,
    settings: limits,
    state: facts.portfolio.fields ?? undefined,
    risk: facts.risk,
    nowMs,
  };
}

/** The heat with its thresholds, for the overview. */
export function heatNow({ heat, book, settings }: HeatLook, mode: string): Overview['heat'] {
  return {
    value: heat.heat,
    bucket: heat.bucket,
    heat_min: settings.HEAT_MIN,
    heat_max: settings.HEAT_MAX,
    cause: heat.cause ?? null,
    meanwhile: heat.cause === undefined ? null : `Meanwhile ${doneMeanwhile(heat.cause, mode)}.`,
    risk_usd: book.riskUsd,
    positions: book.positions,
    silent: book.silent,
    sigma_missing: book.sigmaMissing,
    notional_missing: book.notionalMissing,
    ...(heat.risk !== undefined && { judged: toldFigures(heat) }),
  };
}

/** What the gate does with exits while the heat is not known, for the cause given, in the mode given. */
export function doneMeanwhile(cause: HeatCause, mode: string): string {
  if (cause === 'equity_doubted') return 'every exit passes unchanged';
  const soften = mode === 'enforce' ? 'is softened' : 'would be softened';
  return `it counts as COLD, and every full close that does not protect ${soften}`;
}

/** Positions by what they add to the heat, largest first, and what the ones that are not listed add together. */
export function positionsNow(
  { heat, book }: HeatLook,
  reportOf: (symbol: string) => HeldPosition | undefined,
): Pick<Overview, 'positions' | 'remainder'> {
  const { equityUsd } = heat;
  const partOf = (riskUsd: number) => (equityUsd === undefined ? null : round10(riskUsd / equityUsd));
  const shareOf = (riskUsd: number) => (book.riskUsd === 0 ? null : round10(riskUsd / book.riskUsd));
  const listed = book.contributions.map(({ symbol, notional_usd, sigma, risk_usd }): PositionNow => {
    const side = heldSide(reportOf(symbol));
    return { symbol, side, notional_usd, sigma, contribution: partOf(risk_usd), share: shareOf(risk_usd) };
  });
  const missing = new Set([...book.sigmaMissing, ...book.notionalMissing]);
  const unpriced = [...missing].map((symbol): PositionNow => {
    const report = reportOf(symbol);
    const notional = report?.notionalUsd ?? null;
    return { symbol, side: heldSide(report), notional_usd: notional, sigma: null, contribution: null, share: null };
  });
  const rest = { positions: book.priced - listed.length, contribution: partOf(book.remainderUsd) };
  return { positions: [...listed, ...unpriced], remainder: rest };
}

/** What the portfolio state says of the account; null for what it does not say. */
export function accountNow(
  { state, nowMs }: Pick<HeatLook, 'state' | 'nowMs'>,
  writtenMs: number | undefined,
): Pick<Overview, 'equity_usd' | 'drawdown_pct' | 'state_age_sec'> {
  return {
    equity_usd: parseNumber(state?.equity_usd) ?? null,
    drawdown_pct: parseNumber(state?.drawdown) ?? null,
    state_age_sec: writtenMs === undefined ? null : Math.max(0, round10((nowMs - writtenMs) / 1000)),
  };
}

function heldSide(report: HeldPosition | undefined): PositionNow['side'] {
  const side = sideOf(report?.qty ?? 0);
  return side === 'FLAT' ? null : side;
}
