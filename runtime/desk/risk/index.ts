import type { Market } from '../../market/player/market.ts';
import { hoursOfRisk, type Walk } from './hours.ts';
import { type HeldAt, type Limits, type MeasureRow, tableOf, worstHeldAt } from './table.ts';

/** Lower limits that docs/risk.md recommends to judge by together: a book is COLD below all of them. */
export const RECOMMENDED = { heat: 0.25, shock: 0.3 } as const satisfies Limits;

/** The border of COLD where heat alone is judged: the default of `HEAT_MIN`. */
const HEAT_ALONE = { heat: RECOMMENDED.heat } as const satisfies Limits;

/** What measures of risk would have said of an equal-weight long book over candles, and what came. */
export interface RiskOverCandles {
  readonly symbols: readonly string[];
  /** ISO 8601: the first close and the last. */
  readonly from: string;
  readonly to: string;
  /** Hours that were looked at; each but the last has one after it. */
  readonly hours: number;
  readonly measures: readonly MeasureRow[];
  readonly held: readonly (HeldAt & { readonly limits: Limits })[];
  /** Whether it was stopped before the end. */
  readonly stopped: boolean;
}

/** Looks at every hour of a market: see `HourOfRisk`. */
export async function riskOverCandles(market: Market, walk: Walk): Promise<RiskOverCandles> {
  const hours = await hoursOfRisk(market, walk);
  const held = [HEAT_ALONE, RECOMMENDED].flatMap((limits) => {
    const worst = worstHeldAt(hours, limits);
    return worst === undefined ? [] : [{ limits, ...worst }];
  });
  return {
    symbols: market.symbols,
    from: new Date(market.closedAtMs(0)).toISOString(),
    to: new Date(market.closedAtMs(market.hours - 1)).toISOString(),
    hours: hours.length,
    measures: tableOf(hours),
    held,
    stopped: hours.length < market.hours - 1,
  };
}
