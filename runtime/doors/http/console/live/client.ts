import type { ServerResponse } from 'node:http';

/** What may still wait for somebody when there is more to send, in bytes. */
const MOST_WAITING = 512 * 1024;
const DRAIN_DEADLINE_MS = 10_000;
const HEAD = 'retry: 2000\n\n';

/** Somebody who watches: one open response. */
export class LiveClient {
  /** Id of the last decision that was sent. */
  position = '';
  /** Whether it gets the events as they come; before that it is told what it missed. */
  joined = false;
  readonly #response: ServerResponse;
  readonly #mayGoOn: () => Promise<boolean>;

  /** `mayGoOn` says whether who opened the stream may still look. */
  constructor(response: ServerResponse, mayGoOn: () => Promise<boolean>) {
    this.#response = response;
    this.#mayGoOn = mayGoOn;
  }

  /** Opens the stream with these headers besides its own. */
  open(headers: Readonly<Record<string, string | number | readonly string[] | undefined>>): void {
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) this.#response.setHeader(name, value);
    this.#response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    });
    this.send(HEAD);
  }

  /** Whether the stream is over. */
  get isClosed(): boolean {
    return this.#response.destroyed || this.#response.writableEnded;
  }

  /** Calls `work` once when the stream is over, whoever ended it. */
  onClose(work: () => void): void {
    this.#response.once('close', work);
  }

  /** Sends text. Whoever has too much waiting already is cut, and may resume: one slow reader must not fill the memory. */
  send(text: string): void {
    if (this.isClosed) return;
    if (this.#response.writableLength > MOST_WAITING) this.#response.destroy();
    else this.#response.write(text);
  }

  /** Resolves when all that was sent has left, or the stream is over; whoever takes over 10 s for it is cut. */
  async drained(): Promise<void> {
    if (this.isClosed || !this.#response.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const deadline = setTimeout(() => this.#response.destroy(), DRAIN_DEADLINE_MS);
      const done = () => {
        clearTimeout(deadline);
        this.#response.off('drain', done).off('close', done);
        resolve();
      };
      this.#response.once('drain', done).once('close', done);
    });
  }

  /** Says that the stream is alive, and ends it for somebody who may no longer look. */
  async heartbeat(): Promise<void> {
    this.send(': \n\n');
    const goesOn = await this.#mayGoOn().catch(() => true);
    if (!goesOn) this.end();
  }

  /** Ends the stream; a browser comes back by itself. */
  end(): void {
    if (!this.isClosed) this.#response.end();
  }
}
