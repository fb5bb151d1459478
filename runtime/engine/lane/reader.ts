import type { Redis } from 'ioredis';
import type { AnyHandler, Failure } from '../../../handlers/contract/handler.ts';
import type { Read } from '../../../handlers/contract/reads.ts';
import { type Fields, fieldsOf, overLimit } from '../../../schemas/wire.ts';
import { errorText } from '../../redis/problem.ts';
import type { LaneNames } from './identity.ts';
import { IdleLane } from './idle-lane.ts';
import type { SharedWaits } from './shared-wait.ts';

/** An entry as delivered: its id and its flat fields. */
export interface Entry {
  readonly id: string;
  readonly flat: readonly string[];
}

/** What entries are read and understood with. */
export interface ReadingDeps {
  /** The portfolio's connection for commands. */
  readonly redis: Redis;
  /** Makes a further connection to the server that keeps the portfolio. */
  readonly connect: () => Redis;
  /** What an idle lane waits with, together with others; without it each reads on a connection of its own. */
  readonly sharedWaits?: SharedWaits | undefined;
  readonly names: LaneNames;
  readonly handler: AnyHandler;
  /** As the environment has them; what is judged by are those in force. */
  readonly settings: unknown;
}

/** An entry on its way through a lane. */
export interface Item {
  readonly id: string;
  readonly flat: readonly string[];
  readonly source: Fields;
  readonly message: unknown;
  readonly reads: Readonly<Record<string, Read<unknown>>>;
  /** How often judging it threw. */
  attempts: number;
  /** Set once retries are used up: the fail policy of the gate applies. */
  failure?: Failure;
  /** Set when nothing can be done but keep it: it goes to the dead letters alone. */
  dead?: string;
}

type StreamReply = [stream: string, entries: [id: string, flat: string[]][]][] | null;

/** Entries of one read where a handler says nothing else. With 50, a message costs a tenth more; with 200, no less. */
export const DEFAULT_BATCH = 100;

const WATCHDOG_MS = 5_000;

/** Thrown when a blocking read did not settle long after its time; its connection has been thrown away. */
export class ReaderStuck extends Error {}

/** How much is asked for at once, and how long is waited for the first of it, milliseconds. */
interface Asked {
  readonly count: number;
  readonly blockMs: number;
}

/** Blocking reads of a group's new entries, also while those read before are worked on, on a connection that is there while it reads. */
export class StreamReader {
  /** Set when the connection broke: entries may be pending for us that no reply has told of. */
  disturbed = false;
  /** How many entries the last read asked for at most. */
  asked = 0;
  readonly #redis: Redis;
  readonly #connect: () => Redis;
  readonly #names: LaneNames;
  readonly #asks: () => Asked;
  readonly #idle: IdleLane | undefined;
  #client: Redis | undefined;
  #next: Promise<Entry[]> | undefined;
  #here = false;
  #closed = false;

  constructor(
    { redis, connect, names, sharedWaits }: Pick<ReadingDeps, 'redis' | 'connect' | 'names' | 'sharedWaits'>,
    asks: () => Asked,
  ) {
    this.#redis = redis;
    this.#connect = connect;
    this.#idle = sharedWaits && new IdleLane(sharedWaits, names.stream);
    this.#names = names;
    this.#asks = asks;
  }

  /** Whether a read is under way, or its entries wait to be taken. */
  get started(): boolean {
    return this.#next !== undefined;
  }

  /** Whether it waits together with others: little has come lately. */
  get rests(): boolean {
    return this.#idle?.rests === true;
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

  /** The entries of the read that was started, or of one started now. Errors are Redis's own. */
  async take(): Promise<Entry[]> {
    const reading = this.#next ?? this.#read();
    this.#next = undefined;
    try {
      return await reading;
    } finally {
      this.#here = false;
    }
  }

  /** Gives the connection back; the next read makes another one. */
  rest(): void {
    this.#idle?.leave();
    this.#client?.disconnect();
    this.#client = undefined;
  }

  /** Ends a read under way and closes the connection; reads find nothing from now on. */
  close(): void {
    this.#closed = true;
    this.rest();
  }

  /** Up to as many entries as are asked for that nobody was given yet. */
  async #read(): Promise<Entry[]> {
    if (this.#closed) return [];
    const { count, blockMs } = this.#asks();
    this.asked = count;
    const idle = this.#idle?.shares() === true ? this.#idle : undefined;
    const reply =
      idle === undefined ? await this.#blocking(count, blockMs) : await this.#woken({ count, blockMs }, idle);
    const entries = (reply ?? []).flatMap(([, list]) => list.map(([id, flat]) => ({ id, flat })));
    this.#idle?.found(entries.length);
    return entries;
  }

  async #blocking(count: number, blockMs: number): Promise<StreamReply> {
    const { group, consumer, stream } = this.#names;
    this.#client ??= this.#open();
    const block = ['COUNT', count, 'BLOCK', blockMs] as const;
    const reply = this.#client.xreadgroup('GROUP', group, consumer, ...block, 'STREAMS', stream, '>');
    return await this.#watched(reply as Promise<StreamReply>, blockMs);
  }

  /** Reads what is there, or waits until something is, which is for the lane's next turn, under its lease. A reply that was lost with its connection told of entries that are pending now. */
  async #woken({ count, blockMs }: Asked, idle: IdleLane): Promise<StreamReply> {
    const { group, consumer, stream } = this.#names;
    this.#client?.disconnect();
    this.#client = undefined;
    const { stream: socket } = this.#redis;
    const reply = this.#redis.xreadgroup('GROUP', group, consumer, 'COUNT', count, 'STREAMS', stream, '>');
    const found = await this.#watched(reply as Promise<StreamReply>, 0);
    if (this.#redis.stream !== socket) this.disturbed = true;
    if (found === null && !this.disturbed && !this.#closed) await idle.wait(blockMs);
    return found;
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

/** The item of an entry: parsed, or dead with the reason why it cannot be understood. Never throws. */
export function itemOf({ handler, settings }: Pick<ReadingDeps, 'handler' | 'settings'>, entry: Entry): Item {
  const over = overLimit(entry.flat);
  if (over !== undefined) return deadItem(entry.id, over);
  const source = fieldsOf(entry.flat);
  try {
    const parsed = handler.message.safeParse(source);
    if (!parsed.success) return deadItem(entry.id, `invalid_message: ${firstProblem(parsed.error.issues)}`);
    const reads = handler.reads(parsed.data, settings);
    return { id: entry.id, flat: entry.flat, source, message: parsed.data, reads, attempts: 0 };
  } catch (error) {
    return deadItem(entry.id, `unreadable_message: ${errorText(error)}`);
  }
}

function deadItem(id: string, reason: string, attempts = 1): Item {
  return { id, flat: [], source: fieldsOf([]), message: undefined, reads: {}, attempts, dead: reason };
}

/** The dead item of an entry that ended every process it was delivered to. */
export function crashLoopItem(id: string, deliveries: number): Item {
  return deadItem(id, `crash_loop: delivered ${deliveries} times and never finished`, deliveries);
}

function firstProblem(issues: readonly { path: PropertyKey[]; message: string }[]): string {
  const issue = issues[0];
  if (issue === undefined) return 'unknown';
  return issue.path.length === 0 ? issue.message : `${issue.path.map(String).join('.')}: ${issue.message}`;
}
