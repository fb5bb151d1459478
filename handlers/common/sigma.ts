import { DAY_SEC } from '../../schemas/duration.ts';
import { families } from '../../schemas/keys.ts';
import { parsePositive } from '../../schemas/position.ts';
import type { Fields } from '../../schemas/wire.ts';
import type { Views } from '../contract/reads.ts';

/**
 * Daily volatility of a symbol from its market state, or `undefined`: `sigma_1d` of `state:market`, else its `sigma`
 * scaled to a day by the square root of time; where that gives none, the same of `marketstate`. `horizonSec` is the
 * span of a `sigma` that does not say its own (contract §1).
 */
export function marketSigma(views: Views, symbol: string, horizonSec: number): number | undefined {
  return (
    dailySigma(views.hashes(families.market).get(symbol), horizonSec) ??
    dailySigma(views.hashes(families.marketOld).get(symbol), horizonSec)
  );
}

function dailySigma(state: Fields | undefined, horizonSec: number): number | undefined {
  if (state === undefined) return undefined;
  const daily = parsePositive(state.sigma_1d);
  if (daily !== undefined) return daily;
  const sigma = parsePositive(state.sigma);
  if (sigma === undefined) return undefined;
  return sigma * Math.sqrt(DAY_SEC / (parsePositive(state.sigma_horizon_sec) ?? horizonSec));
}
