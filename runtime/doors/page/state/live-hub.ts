import type { EventSourceMessage } from 'eventsource-parser';
import { type Connection, type LiveStream, openStream, type StreamListener } from './live-stream.ts';

/** What a page is told: how the connection is, or what came of it. */
export type LiveMessage =
  | { readonly kind: 'connection'; readonly connection: Connection }
  | { readonly kind: 'decisions' | 'overview' | 'ledger'; readonly data: unknown }
  /** Decisions may have been missed: the tape has to be read anew. */
  | { readonly kind: 'reset' };

/** A page that listens. */
export interface Listener {
  tell(message: LiveMessage): void;
}

type Open = (url: string, listener: StreamListener) => LiveStream;

/** One stream for each portfolio that somebody looks at, however many pages do. */
export class LiveHub {
  readonly #open: Open;
  readonly #streams = new Map<string, SharedStream>();

  constructor(open: Open = openStream) {
    this.#open = open;
  }

  /** Tells a page of a portfolio from now on, and of no other any more. */
  join(listener: Listener, portfolio: string): void {
    this.leave(listener);
    const known = this.#streams.get(portfolio);
    const stream = known?.isOver === false ? known : new SharedStream(portfolio, this.#open, known?.listeners);
    this.#streams.set(portfolio, stream);
    stream.add(listener);
  }

  /** Tells a page nothing any more; the last one to leave a portfolio ends its stream. */
  leave(listener: Listener): void {
    for (const [portfolio, stream] of this.#streams) {
      if (!stream.listeners.delete(listener) || stream.listeners.size > 0) continue;
      stream.stop();
      this.#streams.delete(portfolio);
    }
  }
}

class SharedStream {
  readonly listeners: Set<Listener>;
  readonly #stream: LiveStream;
  #connection: Connection = 'connecting';
  #overview: LiveMessage | undefined;

  constructor(portfolio: string, open: Open, listeners: Set<Listener> = new Set()) {
    this.listeners = listeners;
    this.#stream = open(`/v1/events?portfolio=${encodeURIComponent(portfolio)}`, {
      onEvent: (event) => this.#onEvent(event),
      onGap: () => this.#tellAll({ kind: 'reset' }),
      onConnection: (connection) => {
        this.#connection = connection;
        this.#tellAll({ kind: 'connection', connection });
      },
    });
  }

  /** Whether it ended because nobody is signed in: another one has to be opened. */
  get isOver(): boolean {
    return this.#connection === 'signed_out';
  }

  add(listener: Listener): void {
    this.listeners.add(listener);
    listener.tell({ kind: 'connection', connection: this.#connection });
    if (this.#overview !== undefined) listener.tell(this.#overview);
  }

  stop(): void {
    this.#stream.stop();
  }

  #onEvent({ event, data }: EventSourceMessage): void {
    if (event === 'reset') this.#tellAll({ kind: 'reset' });
    if (event !== 'decisions' && event !== 'overview' && event !== 'ledger') return;
    const message: LiveMessage = { kind: event, data: JSON.parse(data) };
    if (event === 'overview') this.#overview = message;
    this.#tellAll(message);
  }

  #tellAll(message: LiveMessage): void {
    for (const listener of this.listeners) listener.tell(message);
  }
}
