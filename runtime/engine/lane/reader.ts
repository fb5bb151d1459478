import type { Redis } from 'ioredis';
import type { LaneNames } from './identity.ts';

/** An entry as delivered: its id and its flat fields. */
export interface Entry {
  readonly id: string;
  readonly flat: readonly string[];
}

type StreamReply = [stream: string, entries: [id: string, flat: string[]][]][] | null;

/** Entries of one read where a handler says nothing else. With 50, a message costs a tenth more; with 200, no less. */
export const DEFAULT_BATCH = 100;

const WATCHDOG_MS = 5_000;

/** Thrown when a blocking read did not settle long after its time; its connection has been thrown away. */
export class ReaderStuck extends Error {}

/** Blocking reads of a group's new entries on a connection of their own, which is there while it reads. */
export class StreamReader {
  /** Set when the connection broke: entries may be pending for us that no reply has told of. */
  disturbed = false;
  /** How many entries the last read asked for at most. */
  asked = 0;
  readonly #connect: () => Redis;
  readonly #names: LaneNames;
  #client: Redis | undefined;
  #closed = false;

  constructor(connect: () => Redis, names: LaneNames) {
    this.#connect = connect;
    this.#names = names;
  }

  /** Up to `count` entries that nobody was given yet; waits `blockMs` for the first. Errors are Redis's own. */
  async read(count: number, blockMs: number): Promise<Entry[]> {
    const { group, consumer, stream } = this.#names;
    if (this.#closed) return [];
    this.#client ??= this.#open();
    this.asked = count;
    const reply = this.#client.xreadgroup(
      'GROUP',
      group,
      consumer,
      'COUNT',
      count,
      'BLOCK',
      blockMs,
      'STREAMS',
      stream,
      '>',
    );
    const entries = (await this.#watched(reply as Promise<StreamReply>, blockMs)) ?? [];
    return entries.flatMap(([, list]) => list.map(([id, flat]) => ({ id, flat })));
  }

  /** Gives the connection back; the next read makes another one. */
  rest(): void {
    this.#client?.disconnect();
    this.#client = undefined;
  }

  /** Ends a read under way and closes the connection; reads find nothing from now on. */
  close(): void {
    this.#closed = true;
    this.rest();
  }

  async #watched<T>(reply: Promise<T>, blockMs: number): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new ReaderStuck('a blocking read did not settle')), blockMs + WATCHDOG_MS);
    });
    reply.catch(() => undefined);
    try {
      return await Promise.race([reply, late]);
    } catch (error) {
      if (error instanceof ReaderStuck) this.#replace();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #replace(): void {
    this.rest();
    this.disturbed = true;
  }

  #open(): Redis {
    const client = this.#connect();
    client.on('close', () => {
      this.disturbed = true;
    });
    return client;
  }
}
