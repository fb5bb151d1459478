import type { Json } from './account-answers.ts';
import { klineEvent, markEvent, requireInterval } from './market-answers.ts';
import type { Venue } from './venue.ts';

const MARKS_EVERY_MS = 1_000;
/** After a leap of the clock, so many closed candles are told at most: a client that missed more asks for them. */
const MOST_CLOSED = 100;

/** An event of a market stream, by the name it was subscribed to. */
export interface MarketEvent {
  readonly stream: string;
  readonly data: Json | readonly Json[];
}

/** Makes the events of `<symbol>@kline_<interval>`, `<symbol>@markPrice[@1s]` and `!markPrice@arr[@1s]` as time goes by. */
export class MarketStreams {
  readonly #venue: Venue;
  readonly #lastMs = new Map<string, number>();

  constructor(venue: Venue) {
    this.#venue = venue;
  }

  /** The events of these streams since they were last asked for; a stream that is asked for the first time tells what is now. */
  due(streams: ReadonlySet<string>): readonly MarketEvent[] {
    for (const name of this.#lastMs.keys()) if (!streams.has(name)) this.#lastMs.delete(name);
    return [...streams].flatMap((stream) => {
      const nowMs = this.#venue.marketMs();
      const lastMs = this.#lastMs.get(stream);
      const events = this.#eventsOf(stream, lastMs, nowMs);
      if (lastMs === undefined || events.length > 0) this.#lastMs.set(stream, nowMs);
      return events.map((data) => ({ stream, data }));
    });
  }

  #eventsOf(stream: string, lastMs: number | undefined, nowMs: number): readonly (Json | readonly Json[])[] {
    const [name = '', kind = ''] = stream.split('@');
    if (kind.startsWith('kline_')) return this.#klines(name.toUpperCase(), kind.slice('kline_'.length), lastMs, nowMs);
    if (lastMs !== undefined && nowMs - lastMs < MARKS_EVERY_MS) return [];
    if (name === '!markPrice') return [this.#venue.series.symbols.map((symbol) => markEvent(this.#venue, symbol))];
    const symbol = name.toUpperCase();
    const listed = kind === 'markPrice' && this.#venue.series.symbols.includes(symbol);
    return listed ? [markEvent(this.#venue, symbol)] : [];
  }

  /** Candles that closed since the last time, then the open one. */
  #klines(symbol: string, interval: string, lastMs: number | undefined, nowMs: number): readonly Json[] {
    const intervalMs = intervalOf(this.#venue, interval);
    if (intervalMs === undefined || !this.#venue.series.symbols.includes(symbol)) return [];
    const openNow = Math.floor(nowMs / intervalMs) * intervalMs;
    const openBefore = Math.floor((lastMs ?? nowMs) / intervalMs) * intervalMs;
    const from = Math.max(openBefore, openNow - MOST_CLOSED * intervalMs);
    const events: Json[] = [];
    for (let openMs = from; openMs <= openNow; openMs += intervalMs) {
      const candle = this.#venue.candle(symbol, openMs, intervalMs);
      const closed = openMs < openNow;
      if (candle !== undefined) events.push(klineEvent(symbol, interval, candle, closed, this.#venue.nowMs()));
    }
    return events;
  }
}

/** The names in `a/b/c`, without empty ones. */
export function streamNames(text: string): readonly string[] {
  return text.split('/').filter((name) => name !== '');
}

function intervalOf(venue: Venue, interval: string): number | undefined {
  try {
    return requireInterval(venue, interval);
  } catch {
    return undefined;
  }
}
