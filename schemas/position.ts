import { parseNumber } from './number.ts';
import { streamIdMs, timeOf } from './time.ts';
import { type Fields, identifierProblem } from './wire.ts';

/** The newest `position.snapshot` of a symbol, parsed at the edge. Figures are undefined where the entry has no usable one. */
export interface BookPosition {
  readonly id: string;
  readonly symbol: string;
  /** Unix ms: the entry's own time, else that of its stream id. */
  readonly atMs: number;
  /** Signed or absolute quantity as published (`position_qty`, else `position_amt`). */
  readonly qty: number | undefined;
  /** `position_notional_usd`, as published. */
  readonly notional: number | undefined;
  /** `mark_price`; one that is not above 0 is no price. */
  readonly markPrice: number | undefined;
  /** `sigma`, else `volatility`; one that is not above 0 is missing data (contract §1). */
  readonly sigma: number | undefined;
  /** LONG, SHORT, FLAT or another word, upper case; undefined when absent. */
  readonly side: string | undefined;
}

/** The position that an entry of `position.snapshot` reports, or `undefined` when its symbol cannot be used (contract §1). */
export function parseSnapshot(id: string, fields: Fields): BookPosition | undefined {
  const symbol = fields.symbol;
  if (symbol === undefined || identifierProblem(symbol) !== undefined) return undefined;
  return {
    id,
    symbol,
    atMs: timeOf(fields) ?? streamIdMs(id),
    qty: parseNumber(fields.position_qty) ?? parseNumber(fields.position_amt),
    notional: parseNumber(fields.position_notional_usd),
    markPrice: parsePositive(fields.mark_price),
    sigma: parsePositive(fields.sigma) ?? parsePositive(fields.volatility),
    side: fields.side?.trim().toUpperCase() || undefined,
  };
}

/** The side that a signed quantity is on. */
export function sideOf(qty: number): 'LONG' | 'SHORT' | 'FLAT' {
  if (qty === 0) return 'FLAT';
  return qty > 0 ? 'LONG' : 'SHORT';
}

/** The number a wire value spells when it is above 0, else `undefined`: prices and volatilities of 0 are missing data. */
export function parsePositive(text: string | undefined): number | undefined {
  const value = parseNumber(text);
  return value !== undefined && value > 0 ? value : undefined;
}
