import type { Entry } from './reader.ts';

/** Reads entries while those read before are still being worked on. */
export class ReadAhead {
  readonly #read: () => Promise<Entry[]>;
  #next: Promise<Entry[]> | undefined;
  #here = false;

  constructor(read: () => Promise<Entry[]>) {
    this.#read = read;
  }

  /** Whether a read is under way, or its entries wait to be taken. */
  get started(): boolean {
    return this.#next !== undefined;
  }

  /** Whether entries wait to be taken, or come before `work` is done; without it, whether they are here now. */
  async comes(work: Promise<unknown> | undefined): Promise<boolean> {
    const settled = () => undefined;
    if (!this.#here && work !== undefined) {
      await Promise.race([this.#next?.then(settled, settled), work.then(settled, settled)]);
    }
    return this.#here;
  }

  /** Starts to read. */
  start(): void {
    this.#next = this.#read();
    this.#next.then(
      (entries) => {
        this.#here = entries.length > 0;
      },
      () => undefined,
    );
  }

  /** The entries of the read that was started, or of one started now. Rejects as the read does. */
  async take(): Promise<Entry[]> {
    const reading = this.#next ?? this.#read();
    this.#next = undefined;
    try {
      return await reading;
    } finally {
      this.#here = false;
    }
  }
}
