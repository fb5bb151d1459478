import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { EngineTimings } from '../status/timings.ts';

const BLOCK_MS = 500;
const WATCHDOG_MS = 5_000;
const RETRY_MS = 500;
/** Streams of one blocking read: those of some twelve portfolios with all gates. */
const STREAMS_AT_ONCE = 100;

type Revision = [error: Error | null, entries: [id: string, flat: string[]][]];
type Reply = [stream: string, entries: [id: string, flat: string[]][]][] | null;

/** One stream among those that are waited for together. */
export class SharedWaiter {
  readonly stream: string;
  /** The last id that was told, or was there when the wait began; unknown while the stream is not waited for. */
  after: string | undefined;
  readonly #leave: (waiter: SharedWaiter) => void;
  #woken = false;
  #wake: () => void = () => undefined;

  constructor(stream: string, leave: (waiter: SharedWaiter) => void) {
    this.stream = stream;
    this.#leave = leave;
  }

  /** Whether an entry that comes now wakes. */
  get watched(): boolean {
    return this.after !== undefined;
  }

  /** Resolves when the stream may hold what was not there at the last wait's end, and after `atMostMs` all the same; says which. */
  async wait(atMostMs: number): Promise<boolean> {
    if (!this.#woken) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, atMostMs);
      });
      clearTimeout(timer);
    }
    const woken = this.#woken;
    this.#woken = false;
    return woken;
  }

  /** Ends the wait, or the next one where none is under way. */
  wake(): void {
    this.#woken = true;
    this.#wake();
  }

  /** Is waited for no more; a wait under way ends. */
  leave(): void {
    this.#leave(this);
    this.wake();
  }
}

/** One connection with one blocking read of many streams. It takes nothing: it tells which of them has something new. */
class SharedWait {
  readonly #connect: () => Redis;
  readonly #waiters = new Set<SharedWaiter>();
  #client: Redis | undefined;
  #running = false;

  constructor(connect: () => Redis) {
    this.#connect = connect;
  }

  get size(): number {
    return this.#waiters.size;
  }

  add(waiter: SharedWaiter): void {
    this.#waiters.add(waiter);
    if (!this.#running) void this.#run();
  }

  remove(waiter: SharedWaiter): void {
    this.#waiters.delete(waiter);
    if (this.#waiters.size === 0) this.#rest();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiters.size > 0) {
      try {
        this.#client ??= this.#open();
        await this.#turn(this.#client);
      } catch {
        this.#forget();
        this.#rest();
        if (this.#waiters.size > 0) await pause(RETRY_MS);
      }
    }
    this.#running = false;
  }

  async #turn(client: Redis): Promise<void> {
    await watched(this.#admit(client));
    const byStream = new Map([...this.#waiters].filter(({ watched }) => watched).map((one) => [one.stream, one]));
    if (byStream.size === 0) return void (await pause(RETRY_MS));
    const after = [...byStream.values()].map((waiter) => waiter.after as string);
    const read = client.xread('COUNT', 1, 'BLOCK', BLOCK_MS, 'STREAMS', ...byStream.keys(), ...after);
    for (const [stream, entries] of ((await watched(read)) as Reply) ?? []) {
      const waiter = byStream.get(stream);
      const last = entries.at(-1)?.[0];
      if (waiter === undefined || last === undefined) continue;
      if (waiter.watched) waiter.after = last;
      waiter.wake();
    }
  }

  /** From its last id on a stream is waited for. Who waits looks once more, for what came before. A key that is no stream is left out, and tried again. */
  async #admit(client: Redis): Promise<void> {
    const newcomers = [...this.#waiters].filter(({ watched }) => !watched);
    if (newcomers.length === 0) return;
    const pipeline = client.pipeline();
    for (const { stream } of newcomers) pipeline.xrevrange(stream, '+', '-', 'COUNT', 1);
    const found = ((await pipeline.exec()) ?? []) as Revision[];
    for (const [at, waiter] of newcomers.entries()) {
      const [error, entries] = found[at] ?? [null, []];
      if (error === null) waiter.after = entries[0]?.[0] ?? '0-0';
      waiter.wake();
    }
  }

  /** After an error, or on another connection, nothing is known of where the streams stand. */
  #forget(): void {
    for (const waiter of this.#waiters) waiter.after = undefined;
  }

  #open(): Redis {
    const client = this.#connect();
    client.on('close', () => this.#forget());
    return client;
  }

  #rest(): void {
    this.#client?.disconnect();
    this.#client = undefined;
  }
}

/** Waits for the streams of many idle lanes of one server, on few connections. */
export class SharedWaits {
  /** How long a lane that nothing wakes waits between two looks at its group, ms. */
  readonly lookMs: number;
  readonly #connect: () => Redis;
  readonly #waits: SharedWait[] = [];

  /** `connect` makes a further connection to that server. */
  constructor(connect: () => Redis, { idleLookMs }: EngineTimings) {
    this.#connect = connect;
    this.lookMs = idleLookMs;
  }

  /** Waits for a stream, until the waiter leaves. */
  join(stream: string): SharedWaiter {
    const wait = this.#waits.find(({ size }) => size < STREAMS_AT_ONCE) ?? new SharedWait(this.#connect);
    if (!this.#waits.includes(wait)) this.#waits.push(wait);
    const waiter = new SharedWaiter(stream, (leaving) => wait.remove(leaving));
    wait.add(waiter);
    return waiter;
  }
}

async function watched<T>(reply: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('a shared wait did not settle')), BLOCK_MS + WATCHDOG_MS);
  });
  reply.catch(() => undefined);
  try {
    return await Promise.race([reply, late]);
  } finally {
    clearTimeout(timer);
  }
}
