import { DEMO_STRATEGY } from '../../market/player/strategy.ts';
import type { Month } from '../demo/play.ts';
import { marketOf } from './played-on.ts';

/**
 * A month of the user's own for the demo: all the hours of a file or folder of candles, and the demo's strategy with what of
 * its core book has candles there. Throws a usage error for candles that cannot be played.
 */
export async function demoMonth(path: string): Promise<Month> {
  const market = await marketOf([path], { ...DEMO_STRATEGY, core_shares: {} }, {}, { option: '--month' });
  const shares = Object.entries(DEMO_STRATEGY.core_shares).filter(([symbol]) => market.symbols.includes(symbol));
  return { market, strategy: { ...DEMO_STRATEGY, core_shares: Object.fromEntries(shares) } };
}
