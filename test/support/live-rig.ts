import { expect } from 'vitest';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import type { LiveDecisions } from '../../schemas/api/decision.ts';
import { type ServedConsole, serveConsole, type Watching, watch } from './console.ts';
import { WITH_TOKEN } from './http.ts';
import type { TestRedis } from './redis.ts';
import { until } from './redis.ts';

const LOG = 'quantum:stream:decisions';

/** A console whose live stream a test watches, over a Redis that is empty at first. */
export class LiveRig {
  readonly redis: TestRedis;
  served: ServedConsole;
  readonly #open: Watching[] = [];

  private constructor(redis: TestRedis, served: ServedConsole) {
    this.redis = redis;
    this.served = served;
  }

  /** Serves the console of these handlers' gates. */
  static async start(redis: TestRedis, handlers: readonly AnyHandler[]): Promise<LiveRig> {
    await redis.client.flushall();
    return new LiveRig(redis, await serveConsole(redis, {}, { handlers }));
  }

  /** Cuts every stream and stops serving. */
  async stop(): Promise<void> {
    for (const one of this.#open.splice(0)) one.cut();
    await this.served.http.close();
  }

  /** Writes decisions as one, each a little different; answers with their ids. */
  async decide(count: number, different: Record<string, string> = {}): Promise<string[]> {
    const writing = this.redis.client.pipeline();
    for (let n = 0; n < count; n += 1) {
      const verdict = n % 3 === 0 ? 'BLOCK' : 'PERMIT';
      const fields = {
        handler: 'governor',
        verdict,
        reason: 'CAP',
        symbol: `S${n}`,
        timestamp: '1769581932',
        ...different,
      };
      writing.xadd(LOG, '*', ...Object.entries(fields).flat());
    }
    return ((await writing.exec()) ?? []).map(([, id]) => String(id));
  }

  /** Drops the oldest decisions but `left`. */
  async trim(left: number): Promise<void> {
    await this.redis.client.xtrim(LOG, 'MAXLEN', left);
  }

  /** Opens a stream with the admin token. */
  async open(headers: Readonly<Record<string, string>> = {}, query = ''): Promise<Watching> {
    const watching = await watch(this.served.base, { ...WITH_TOKEN, ...headers }, query);
    this.#open.push(watching);
    return watching;
  }

  /** Opens a stream and waits for its first event, where it is let in. */
  async look(headers: Readonly<Record<string, string>> = {}, query = ''): Promise<Watching> {
    const watching = await this.open(headers, query);
    await until('the first event', () => watching.response.status !== 200 || watching.events.length > 0);
    return watching;
  }

  /** How many connections Redis has. */
  async connections(): Promise<number> {
    const list = (await this.redis.client.client('LIST')) as string;
    return list.trim().split('\n').length;
  }
}

/** Waits until a stream has told the decision of this id. */
export async function upTo(watching: Watching, id: string | undefined): Promise<void> {
  await until(`the decision ${id}`, () => watching.lastId() === id);
}

/** The ids of the rows that were shown. */
export function idsOf(events: readonly LiveDecisions[]): string[] {
  return events.flatMap(({ entries }) => entries.map(({ id }) => id));
}

/** How many decisions were told of, shown or not. */
export function countOf(events: readonly LiveDecisions[]): number {
  return events.reduce((sum, { count }) => sum + count, 0);
}

/** What was told is one unbroken chain, and says of itself what it holds. */
export function expectChain(events: readonly LiveDecisions[]): void {
  for (const [at, { from, to, count, counts, entries, sampled }] of events.entries()) {
    if (at > 0) expect(from).toBe(events[at - 1]?.to);
    expect(counts.reduce((sum, one) => sum + one.count, 0)).toBe(count);
    expect(sampled).toBe(count > 50);
    expect(entries).toHaveLength(Math.min(count, 50));
    expect(entries.at(-1)?.id ?? to).toBe(to);
  }
}
