import { DAY_HOURS } from '../../../schemas/duration.ts';
import type { Market } from '../../market/player/market.ts';

/**
 * What an equal-weight long book of its equity's size, bought at the close of an hour and held, has lost at the worst close
 * of the next 24 hours: a part of equity, 0 where it never lost. `undefined` after the last hour.
 */
export function forwardLoss(market: Market, hour: number): number | undefined {
  const last = Math.min(hour + DAY_HOURS, market.hours - 1);
  if (last <= hour) return undefined;
  let least = 1;
  for (let later = hour + 1; later <= last; later += 1) {
    const worth = market.symbols.reduce((sum, one) => sum + market.close(one, later) / market.close(one, hour), 0);
    least = Math.min(least, worth / market.symbols.length);
  }
  return 1 - least;
}
