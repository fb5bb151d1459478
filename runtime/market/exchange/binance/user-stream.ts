import { ExchangeError } from '../errors.ts';
import type { StreamState, Subscription, UserHandlers } from '../port.ts';
import { EventOrder } from './event-order.ts';
import { itemOf } from './items.ts';
import type { RestClient } from './rest.ts';
import type { Secrets } from './secrets.ts';
import { StreamSocket } from './stream-socket.ts';
import type { BinanceTimings } from './timings.ts';
import { readUserFrame, type UserFrame } from './user-events.ts';

const LISTEN_KEY_PATH = '/fapi/v1/listenKey';
const KEY_UNKNOWN = -1125;

/** What the user stream needs. */
export interface UserStreamOptions {
  readonly rest: RestClient;
  readonly secrets: Secrets;
  readonly streamUrl: string;
  readonly timings: BinanceTimings;
}

/**
 * The events of an account. The exchange gives every program of an account the same listen key, so it is never deleted: that would
 * end the stream of another worker.
 */
export class UserStream implements Subscription {
  readonly #options: UserStreamOptions;
  readonly #handlers: UserHandlers;
  readonly #order = new EventOrder();
  readonly #socket: StreamSocket;
  #listenKey: string | undefined;
  #keepingAlive: NodeJS.Timeout | undefined;
  #closed = false;
  #openings = 0;

  constructor(options: UserStreamOptions, handlers: UserHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#socket = new StreamSocket({
      name: 'user stream',
      timings: options.timings,
      addresses: async () => this.#addresses(await this.#freshKey()),
      onOpen: () => this.#opened(),
      onText: (text) => this.#take(readUserFrame(text)),
      onProblem: (problem) => this.#problem(problem),
    });
  }

  get state(): StreamState {
    return this.#socket.state;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#keepingAlive);
    this.#socket.close();
  }

  #addresses(key: string): [string, string] {
    const base = this.#options.streamUrl;
    const name = encodeURIComponent(key);
    return [`${base}/private/ws?listenKey=${name}`, `${base}/ws/${name}`];
  }

  #opened(): void {
    this.#openings += 1;
    this.#keepAliveIn(this.#options.timings.keepAliveMs);
    this.#handlers.onResync(this.#openings === 1 ? 'user stream opened' : 'user stream opened again');
  }

  #take(frame: UserFrame): void {
    switch (frame.kind) {
      case 'event':
        for (const problem of frame.problems) this.#problem(problem);
        this.#deliver(frame);
        break;
      case 'expired':
        if (frame.listenKey === undefined || frame.listenKey === this.#listenKey) this.#renew('the listen key expired');
        break;
      case 'problem':
        this.#problem(frame.problem);
        this.#handlers.onResync('an event could not be read');
        break;
      case 'ignored':
        break;
    }
  }

  #deliver(frame: Extract<UserFrame, { kind: 'event' }>): void {
    const event = this.#order.place(frame.event);
    if (event === undefined) return;
    this.#handlers.onEvent(event);
    if (event.late) this.#handlers.onResync('an event came out of order');
    else if (frame.problems.length > 0) this.#handlers.onResync('an event could not be read wholly');
  }

  async #freshKey(): Promise<string> {
    const { rest, secrets } = this.#options;
    const call = { method: 'POST', path: LISTEN_KEY_PATH, weight: 1, access: 'keyed' } as const;
    const key = await rest.request(call, listenKeyOf);
    if (key === undefined) {
      throw new ExchangeError('answer', `POST ${LISTEN_KEY_PATH}: expected a listen key, got none`);
    }
    if (this.#listenKey !== undefined && this.#listenKey !== key) secrets.forget(this.#listenKey);
    secrets.hide(key);
    this.#listenKey = key;
    return key;
  }

  #keepAliveIn(delayMs: number): void {
    clearTimeout(this.#keepingAlive);
    if (!this.#closed) this.#keepingAlive = setTimeout(() => void this.#keepAlive(), delayMs);
  }

  async #keepAlive(): Promise<void> {
    const { rest, timings } = this.#options;
    try {
      const call = { method: 'PUT', path: LISTEN_KEY_PATH, weight: 1, access: 'keyed' } as const;
      const key = await rest.request(call, listenKeyOf);
      if (key !== undefined && key !== this.#listenKey) this.#renew('the exchange gave another listen key');
      else this.#keepAliveIn(timings.keepAliveMs);
    } catch (error) {
      if (this.#closed) return;
      if (error instanceof ExchangeError && error.code === KEY_UNKNOWN) {
        this.#renew('the exchange no longer knows the listen key');
        return;
      }
      this.#problem(
        `user stream: the listen key was not kept alive: ${error instanceof Error ? error.message : error}`,
      );
      this.#keepAliveIn(timings.keepAliveRetryMs);
    }
  }

  #renew(reason: string): void {
    if (this.#closed) return;
    clearTimeout(this.#keepingAlive);
    this.#problem(`user stream: ${reason}; it is opened with a new one`);
    this.#socket.renew();
  }

  #problem(problem: string): void {
    this.#handlers.onProblem(this.#options.secrets.redact(problem));
  }
}

function listenKeyOf(body: unknown): string | undefined {
  const key = itemOf(body)?.listenKey;
  return typeof key === 'string' && key !== '' ? key : undefined;
}
