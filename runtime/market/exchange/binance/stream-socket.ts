import { WebSocket } from 'ws';
import { backoffMs } from '../../../settings/backoff.ts';
import { ExchangeError } from '../errors.ts';
import type { StreamState } from '../port.ts';
import type { BinanceTimings } from './timings.ts';

const LARGEST_FRAME_BYTES = 1024 * 1024;
/** Streams that were opened together are not renewed together. */
const LIFE_JITTER = 0.1;

/** A stream's addresses, the one to try first in front: another is asked when an upgrade is answered 400 or 404. */
export type StreamAddresses = readonly [string, ...string[]];

/** What a stream needs of its owner. */
export interface StreamSocketOptions {
  /** What it is called in problems. */
  readonly name: string;
  readonly timings: BinanceTimings;
  /** Asked before each opening; a rejection is a problem, and the next try waits as its `retryAtMs` says. */
  addresses(): Promise<StreamAddresses>;
  onOpen(): void;
  onText(text: string): void;
  onProblem(problem: string): void;
}

/** A WebSocket that is opened again, with growing jittered waits, until it is closed by us. */
export class StreamSocket {
  state: StreamState = 'connecting';
  readonly #options: StreamSocketOptions;
  #socket: WebSocket | undefined;
  #reopening: NodeJS.Timeout | undefined;
  #failures = 0;
  #address = 0;
  #closed = false;
  /** Counts openings: one that was overtaken by a newer one ends. */
  #turn = 0;

  constructor(options: StreamSocketOptions) {
    this.#options = options;
    void this.#open();
  }

  /** Opens it anew, at once but for the least wait; the old connection is dropped. */
  renew(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#turn += 1;
    socket?.terminate();
    this.#reopen(this.#options.timings.reopenLeastMs);
  }

  /** Ends it for good. */
  close(): void {
    this.#closed = true;
    this.#turn += 1;
    this.state = 'off';
    clearTimeout(this.#reopening);
    this.#socket?.terminate();
    this.#socket = undefined;
  }

  async #open(): Promise<void> {
    this.state = 'connecting';
    this.#turn += 1;
    const turn = this.#turn;
    let addresses: StreamAddresses;
    try {
      addresses = await this.#options.addresses();
    } catch (error) {
      if (turn === this.#turn) this.#failed(error instanceof Error ? error.message : String(error), retryAtMs(error));
      return;
    }
    if (turn !== this.#turn) return;
    this.#connect(addresses[this.#address % addresses.length] as string, addresses.length);
  }

  #connect(url: string, choices: number): void {
    const { timings } = this.#options;
    const socket = new WebSocket(url, {
      handshakeTimeout: timings.answerMs,
      maxPayload: LARGEST_FRAME_BYTES,
      perMessageDeflate: false,
      followRedirects: false,
    });
    this.#socket = socket;
    let watch: NodeJS.Timeout | undefined;
    let problem = 'closed by the exchange';
    socket.on('open', () => {
      this.state = 'open';
      watch = this.#watch(socket, (reason) => {
        problem = reason;
      });
      this.#options.onOpen();
    });
    socket.on('message', (data) => this.#take(socket, String(data)));
    socket.on('unexpected-response', (_request, response) => {
      problem = `expected a WebSocket, got HTTP ${response.statusCode}`;
      if (response.statusCode === 404 || response.statusCode === 400) this.#address = (this.#address + 1) % choices;
      socket.terminate();
    });
    socket.on('error', (error) => {
      if (problem === 'closed by the exchange') problem = error.message;
    });
    socket.on('close', () => {
      clearInterval(watch);
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#failed(problem, undefined);
    });
  }

  #take(socket: WebSocket, text: string): void {
    if (this.#socket !== socket) return;
    this.#failures = 0;
    this.#options.onText(text);
  }

  /** A connection that is dead without having said so, and one that has come to its age, are ended by us. */
  #watch(socket: WebSocket, ended: (reason: string) => void): NodeJS.Timeout {
    const { pingMs, streamLifeMs } = this.#options.timings;
    const endMs = Date.now() + streamLifeMs * (1 - LIFE_JITTER * Math.random());
    const openedMs = Date.now();
    let alive = true;
    const heard = () => {
      alive = true;
      if (Date.now() - openedMs > pingMs) this.#failures = 0;
    };
    for (const event of ['pong', 'ping', 'message'] as const) socket.on(event, heard);
    return setInterval(() => {
      if (alive && Date.now() < endMs) {
        alive = false;
        socket.ping();
        return;
      }
      ended(alive ? 'renewed before its 24 hours end' : `silent: no answer to a ping within ${pingMs} ms`);
      socket.terminate();
    }, pingMs);
  }

  #failed(problem: string, notBeforeMs: number | undefined): void {
    if (this.#closed) return;
    const { reopenLeastMs: leastMs, reopenMostMs: mostMs } = this.#options.timings;
    this.#failures += 1;
    const reopenMs = backoffMs({ leastMs, firstMs: 2 * leastMs, mostMs }, this.#failures);
    const waitMs = Math.max(reopenMs, (notBeforeMs ?? 0) - Date.now());
    this.#options.onProblem(`${this.#options.name}: ${problem}; opened again in ${Math.ceil(waitMs)} ms`);
    this.#reopen(waitMs);
  }

  #reopen(waitMs: number): void {
    if (this.#closed) return;
    this.state = 'waiting';
    clearTimeout(this.#reopening);
    this.#reopening = setTimeout(() => void this.#open(), waitMs);
  }
}

function retryAtMs(error: unknown): number | undefined {
  return error instanceof ExchangeError ? error.retryAtMs : undefined;
}
