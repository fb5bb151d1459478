import { cents } from '../../../schemas/number.ts';
/** What the equity of a play came to, US dollars in cents, less recorded funding. */
export interface EquityFigures {
  readonly start_usd: number;
  readonly end_usd: number;
  readonly lowest_usd: number;
  readonly highest_usd: number;
  readonly max_drawdown_percent: number;
}

/** The figures of an equity hour by hour. */
export function equityOf(hours: readonly number[], startUsd: number): EquityFigures {
  let highest = startUsd;
  let lowest = startUsd;
  let drawdown = 0;
  for (const equity of hours) {
    highest = Math.max(highest, equity);
    lowest = Math.min(lowest, equity);
    drawdown = Math.max(drawdown, 1 - equity / highest);
  }
  return {
    start_usd: startUsd,
    end_usd: cents(hours.at(-1) ?? startUsd),
    lowest_usd: cents(lowest),
    highest_usd: cents(highest),
    max_drawdown_percent: cents(drawdown * 100),
  };
}
