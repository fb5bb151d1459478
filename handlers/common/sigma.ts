import { families } from '../../schemas/keys.ts';
import { parsePositive } from '../../schemas/position.ts';
import type { Fields } from '../../schemas/wire.ts';
import type { Views } from './reads.ts';

const DAY_SEC = 86_400;

/** The daily volatility of a symbol that its market state gives, or `undefined`. */
export type SigmaOf = (symbol: string) => number | undefined;

/**
 * Daily volatility from the market states: `sigma_1d` of `state:market` (else of `marketstate`), else its `sigma` scaled
 * to a day by the square root of time; `horizonSec` is the span of a `sigma` that does not say its own (contract §1).
 */
export function marketSigmas(views: Views, horizonSec: number): SigmaOf {
  const market = views.hashes(families.market);
  const marketOld = views.hashes(families.marketOld);
  return (symbol) => dailySigma(market.get(symbol), horizonSec) ?? dailySigma(marketOld.get(symbol), horizonSec);
}

function dailySigma(state: Fields | undefined, horizonSec: number): number | undefined {
  if (state === undefined) return undefined;
  const daily = parsePositive(state.sigma_1d);
  if (daily !== undefined) return daily;
  const sigma = parsePositive(state.sigma);
  if (sigma === undefined) return undefined;
  return sigma * Math.sqrt(DAY_SEC / (parsePositive(state.sigma_horizon_sec) ?? horizonSec));
}
