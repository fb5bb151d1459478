import { families } from '../../schemas/keys.ts';
import { parsePositive } from '../../schemas/position.ts';
import { marketMarks } from '../common/marks.ts';
import {
  type PositionRecord,
  positionRecords,
  reportedSymbols,
  snapshotRecord,
  stateRecord,
} from '../common/position-record.ts';
import type { Computed, Views } from '../contract/reads.ts';

/** What is reported of positions and markets, by whomever. */
export interface Reported {
  /** Every symbol of which anything is reported. */
  symbols(): ReadonlySet<string>;
  /** The newest report of a symbol, whichever it is. */
  newest(symbol: string): PositionRecord | undefined;
  snapshot(symbol: string): PositionRecord | undefined;
  state(symbol: string): PositionRecord | undefined;
  /** Who wrote `state:positions` of a symbol, by its own word. */
  stateSource(symbol: string): string | undefined;
  /** Daily volatility of a symbol from its market state, above 0. */
  sigma1d(symbol: string): number | undefined;
  /** Whether the position hash of a symbol has a volatility. */
  hasSigma(symbol: string): boolean;
  /** Mark of a symbol in US dollars, of any age. */
  price(symbol: string): number | undefined;
}

/** Lookups into the views, for as long as they do not change. */
export function reported(views: Views, _settings: unknown, nowMs: number): Computed<Reported> {
  const newest = positionRecords(views, nowMs);
  const states = views.hashes(families.positionState);
  const snapshots = views.hashes(families.positionSnapshot);
  const markets = views.hashes(families.market);
  const marks = marketMarks(views);
  const value: Reported = {
    symbols: () => reportedSymbols(views),
    newest,
    snapshot: (symbol) => snapshotRecord(views, symbol, nowMs),
    state: (symbol) => stateRecord(views, symbol, nowMs),
    stateSource: (symbol) => states.get(symbol)?.source,
    sigma1d: (symbol) => parsePositive(markets.get(symbol)?.sigma_1d),
    hasSigma: (symbol) => parsePositive(snapshots.get(symbol)?.sigma_1d) !== undefined,
    price: (symbol) => marks(symbol, nowMs)?.price,
  };
  return { value, validUntilMs: nowMs };
}
