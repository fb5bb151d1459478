import { type Candle, type CandleInterval, candleIntervalMs } from '../../../schemas/candle.ts';
import type { ExchangeCandle, MarkPrice } from '../exchange/port.ts';

/** The stream brings a candle that is traded several times a second; one that is older than this may be dead, ms. */
const STREAM_SILENT_MS = 5_000;

interface Running {
  readonly candle: Candle;
  /** ms of this process's life; undefined for one that marks made. */
  readonly streamedMs: number | undefined;
}

/** The candle of each symbol that is running: as the kline stream tells it, and where that is silent, as marks were read in it. */
export class RunningCandles {
  readonly #stepMs: number;
  readonly #candles = new Map<string, Running>();

  constructor(interval: CandleInterval) {
    this.#stepMs = candleIntervalMs[interval];
  }

  /** Takes an open candle of the stream: it has all that traded since it opened, and marks that went further stay. */
  take(candle: ExchangeCandle, nowMs = performance.now()): void {
    const before = this.#candles.get(candle.symbol)?.candle;
    const joined = before?.openMs === candle.openMs ? widened(candle, before) : candle;
    this.#candles.set(candle.symbol, { candle: joined, streamedMs: nowMs });
  }

  /** Forgets all symbols but these. */
  keep(symbols: readonly string[]): void {
    const kept = new Set(symbols);
    for (const symbol of this.#candles.keys()) if (!kept.has(symbol)) this.#candles.delete(symbol);
  }

  /** The running candle of a symbol with a mark that was just read; `atMs` is the moment by the exchange's clock. */
  of(symbol: string, mark: MarkPrice | undefined, atMs: number, nowMs = performance.now()): Candle | undefined {
    const openMs = Math.floor(atMs / this.#stepMs) * this.#stepMs;
    const known = this.#candles.get(symbol);
    const current = known !== undefined && known.candle.openMs >= openMs ? known : undefined;
    const streamed = current?.streamedMs !== undefined && nowMs - current.streamedMs <= STREAM_SILENT_MS;
    if (streamed || mark === undefined) return current?.candle;
    const { price } = mark;
    const point: Candle = { openMs, open: price, high: price, low: price, close: price, volume: undefined };
    const candle = current === undefined ? point : { ...widened(current.candle, point), close: price };
    this.#candles.set(symbol, { candle, streamedMs: current?.streamedMs });
    return candle;
  }
}

function widened(candle: Candle, other: Candle): Candle {
  return { ...candle, high: Math.max(candle.high, other.high), low: Math.min(candle.low, other.low) };
}
