import { randomBytes } from 'node:crypto';

/** Listen keys of the accounts. They end by the time on the wall, because clients keep them alive by it. */
export class ListenKeys {
  readonly #validMs: number;
  readonly #onExpired: (listenKey: string) => void;
  readonly #byKey = new Map<string, { readonly apiKey: string; timer: NodeJS.Timeout }>();

  /** `onExpired` is told of every key that ends by itself or by `expireAll`. */
  constructor(validMs: number, onExpired: (listenKey: string) => void) {
    this.#validMs = validMs;
    this.#onExpired = onExpired;
  }

  /** The account's listen key, made if it has none, valid from now on. */
  open(apiKey: string): string {
    const known = this.keyOf(apiKey);
    if (known !== undefined) {
      this.extend(apiKey);
      return known;
    }
    const listenKey = randomBytes(32).toString('hex');
    this.#byKey.set(listenKey, { apiKey, timer: this.#timer(listenKey) });
    return listenKey;
  }

  /** The account's listen key while it is valid. */
  keyOf(apiKey: string): string | undefined {
    for (const [listenKey, held] of this.#byKey) if (held.apiKey === apiKey) return listenKey;
    return undefined;
  }

  has(listenKey: string): boolean {
    return this.#byKey.has(listenKey);
  }

  /** Lets the account's key be valid from now on again; false when it has none. */
  extend(apiKey: string): boolean {
    const listenKey = this.keyOf(apiKey);
    const held = listenKey === undefined ? undefined : this.#byKey.get(listenKey);
    if (listenKey === undefined || held === undefined) return false;
    clearTimeout(held.timer);
    held.timer = this.#timer(listenKey);
    return true;
  }

  /** Ends the account's key without an event, as `DELETE` does. */
  close(apiKey: string): void {
    const listenKey = this.keyOf(apiKey);
    if (listenKey !== undefined) this.#drop(listenKey);
  }

  /** Ends every key now, and says so. */
  expireAll(): void {
    for (const listenKey of [...this.#byKey.keys()]) this.#expire(listenKey);
  }

  /** Ends every key and its timer without a word. */
  stop(): void {
    for (const listenKey of [...this.#byKey.keys()]) this.#drop(listenKey);
  }

  #timer(listenKey: string): NodeJS.Timeout {
    return setTimeout(() => this.#expire(listenKey), this.#validMs).unref();
  }

  #expire(listenKey: string): void {
    this.#drop(listenKey);
    this.#onExpired(listenKey);
  }

  #drop(listenKey: string): void {
    clearTimeout(this.#byKey.get(listenKey)?.timer);
    this.#byKey.delete(listenKey);
  }
}
