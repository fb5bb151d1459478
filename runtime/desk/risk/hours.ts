import { setImmediate } from 'node:timers/promises';
import type { Market } from '../../market/player/market.ts';
import { forwardLoss } from './forward-loss.ts';
import { History } from './history.ts';
import { bookAt, type MeasureName, measureNames, measures } from './measures.ts';

/** What measures said of an equal-weight long book of its equity's size at the close of an hour, and what it then lost. */
export interface HourOfRisk {
  /** Unix ms of the close. */
  readonly atMs: number;
  /** At the worst close of the next 24 hours, a part of equity. */
  readonly loss: number;
  /** In parts of equity; those that can say something, and something above 0. */
  readonly figures: Partial<Readonly<Record<MeasureName, number>>>;
}

/** How far a walk over the hours of a market is, and what ends it. */
export interface Walk {
  readonly signal?: AbortSignal;
  /** Called after each hour that was judged. */
  readonly onHour?: (judged: number) => void;
}

/** The hours of a market at which a measure says something, but the last, which nothing follows. */
export async function hoursOfRisk(market: Market, { signal, onHour }: Walk = {}): Promise<readonly HourOfRisk[]> {
  const history = new History(market);
  const weights = new Map(market.symbols.map((symbol) => [symbol, 1 / market.symbols.length]));
  const hours: HourOfRisk[] = [];
  for (let hour = 0; hour < market.hours && signal?.aborted !== true; hour += 1) {
    const loss = forwardLoss(market, hour);
    if (loss === undefined) break;
    const book = bookAt(history, hour, weights);
    const said = measureNames.flatMap((name) => {
      const figure = measures[name](book);
      return figure !== undefined && figure > 0 ? [[name, figure] as const] : [];
    });
    hours.push({ atMs: market.closedAtMs(hour), loss, figures: Object.fromEntries(said) });
    onHour?.(hour + 1);
    await setImmediate();
  }
  return hours;
}
