import { type CandleInterval, candleIntervalMs } from '../../../../schemas/candle.ts';
import type { ExchangeCandle, KlineHandlers, StreamState, Subscription } from '../port.ts';
import { eventOf } from './frame.ts';
import { excerptOf, type Item, itemOf, symbolOf, timeMsOf } from './items.ts';
import { readCandle } from './market.ts';
import { type StreamAddresses, StreamSocket } from './stream-socket.ts';
import type { BinanceTimings } from './timings.ts';

/** A connection may carry 1024 streams, and its address must stay of a length that servers take. */
const SYMBOLS_PER_SOCKET = 100;

/** What the kline stream needs. */
export interface KlineStreamOptions {
  readonly streamUrl: string;
  readonly timings: BinanceTimings;
}

interface Seen {
  readonly openMs: number;
  readonly closed: boolean;
  readonly eventMs: number;
}

/** Candle updates of symbols: what is older than what was told before is dropped, and a gap is told. */
export class KlineStream implements Subscription {
  readonly #sockets: readonly StreamSocket[];
  readonly #interval: CandleInterval;
  readonly #handlers: KlineHandlers;
  readonly #seen = new Map<string, Seen>();

  constructor(
    options: KlineStreamOptions,
    symbols: readonly string[],
    interval: CandleInterval,
    handlers: KlineHandlers,
  ) {
    this.#interval = interval;
    this.#handlers = handlers;
    this.#sockets = parts(symbols).map((part) => {
      let openings = 0;
      return new StreamSocket({
        name: 'kline stream',
        timings: options.timings,
        addresses: () => Promise.resolve(addressesOf(options.streamUrl, part, interval)),
        onOpen: () => {
          openings += 1;
          handlers.onResync(openings === 1 ? 'kline stream opened' : 'kline stream opened again');
        },
        onText: (text) => this.#take(text),
        onProblem: (problem) => handlers.onProblem(problem),
      });
    });
  }

  /** That of the connection which is furthest from open. */
  get state(): StreamState {
    const states = this.#sockets.map((socket) => socket.state);
    return (['waiting', 'connecting', 'open'] as const).find((state) => states.includes(state)) ?? 'off';
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }

  #take(text: string): void {
    const frame = eventOf(text);
    if (frame === undefined) {
      this.#handlers.onProblem(`kline stream: expected a JSON event, got ${excerptOf(text)}`);
      return;
    }
    if (frame.e !== 'kline') return;
    const candle = candleOf(frame, this.#interval);
    const eventMs = timeMsOf(frame.E);
    if (candle === undefined || eventMs === undefined) {
      this.#handlers.onProblem(`kline stream: expected a candle of ${this.#interval}, got ${excerptOf(frame)}`);
      return;
    }
    this.#deliver(candle, eventMs);
  }

  #deliver(candle: ExchangeCandle, eventMs: number): void {
    const seen = this.#seen.get(candle.symbol);
    if (seen !== undefined && isOld(candle, eventMs, seen)) return;
    if (seen === undefined || candle.openMs >= seen.openMs) {
      this.#seen.set(candle.symbol, { openMs: candle.openMs, closed: candle.closed, eventMs });
    }
    this.#handlers.onCandle(candle);
    if (seen !== undefined && isGap(candle, seen, this.#interval)) {
      this.#handlers.onResync(`candles of ${candle.symbol} are missing`);
    }
  }
}

function isOld(candle: ExchangeCandle, eventMs: number, seen: Seen): boolean {
  if (candle.openMs < seen.openMs) return !candle.closed;
  return candle.openMs === seen.openMs && (seen.closed || eventMs < seen.eventMs);
}

function isGap(candle: ExchangeCandle, seen: Seen, interval: CandleInterval): boolean {
  if (candle.openMs <= seen.openMs) return false;
  return !seen.closed || candle.openMs - seen.openMs > candleIntervalMs[interval];
}

function candleOf(frame: Item, interval: CandleInterval): ExchangeCandle | undefined {
  const raw = itemOf(frame.k);
  const symbol = symbolOf(frame.s) ?? symbolOf(raw?.s);
  if (raw === undefined || symbol === undefined || raw.i !== interval) return undefined;
  const { t: openMs, o: open, h: high, l: low, c: close, v: volume } = raw;
  const candle = readCandle({ openMs, open, high, low, close, volume }, interval);
  if (candle === undefined) return undefined;
  const closeMs = timeMsOf(raw.T) ?? candle.openMs + candleIntervalMs[interval] - 1;
  return { ...candle, symbol, interval, closeMs, closed: raw.x === true };
}

function addressesOf(base: string, symbols: readonly string[], interval: CandleInterval): StreamAddresses {
  const streams = symbols.map((symbol) => `${encodeURIComponent(symbol.toLowerCase())}@kline_${interval}`).join('/');
  return [`${base}/market/stream?streams=${streams}`, `${base}/stream?streams=${streams}`];
}

function parts(symbols: readonly string[]): readonly (readonly string[])[] {
  const unique = [...new Set(symbols)];
  const count = Math.ceil(unique.length / SYMBOLS_PER_SOCKET);
  return Array.from({ length: count }, (_, part) =>
    unique.slice(part * SYMBOLS_PER_SOCKET, (part + 1) * SYMBOLS_PER_SOCKET),
  );
}
