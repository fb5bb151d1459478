import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CommitRequest } from '../../../runtime/engine/commit/commit.ts';
import { ensureGroup } from '../../../runtime/engine/lane/recovery.ts';
import { FINISHED, GROUP, MARK, requestOf, SOURCE, send, TOKEN } from '../../support/commit.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

type Step =
  | { readonly do: 'write'; readonly count: number }
  | { readonly do: 'read' | 'commit' | 'again' | 'crash' | 'claim'; readonly worker: Worker; readonly count: number }
  | { readonly do: 'lose group' | 'forget scripts' };
type Worker = 'w1' | 'w2';

/** What a worker holds in memory: entries it was given, and the last request it sent. */
interface Memory {
  held: string[];
  last: CommitRequest | undefined;
}

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('write' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({
    do: fc.constantFrom('read', 'commit', 'commit', 'again', 'crash', 'claim' as const),
    worker: fc.constantFrom<Worker>('w1', 'w2'),
    count: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ do: fc.constantFrom('lose group' as const, 'forget scripts' as const) }),
);

const names = {
  handler: 'h',
  stream: SOURCE,
  group: GROUP,
  consumer: 'w1',
  deadLetters: `${SOURCE}.dlq`,
  mark: MARK,
  finished: FINISHED,
  last: 'p:commit:w1',
  token: TOKEN,
  lease: 'p:lease',
  consumers: 'p:consumers',
};

class World {
  readonly written: string[] = [];
  readonly workers: Record<Worker, Memory> = { w1: memory(), w2: memory() };

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'write':
        for (let i = 0; i < step.count; i += 1) await this.#write();
        return;
      case 'read':
        return await this.#read(step.worker, step.count);
      case 'commit':
        return await this.#commit(step.worker, step.count);
      case 'again':
        return await this.#sendAgain(step.worker);
      case 'crash':
        this.workers[step.worker] = memory();
        return;
      case 'claim':
        return await this.#claim(step.worker);
      case 'lose group':
        await redis.client.xgroup('DESTROY', SOURCE, GROUP);
        await ensureGroup(redis.client, names);
        return;
      case 'forget scripts':
        await redis.client.script('FLUSH');
        return;
    }
  }

  /** What a healthy worker does in the end: claims everything, reads everything, commits everything. */
  async settle(): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      await this.#claim('w1');
      await this.#read('w1', 1000);
      await this.#commit('w1', 1000);
    }
  }

  async #write(): Promise<void> {
    this.written.push(String(await redis.client.xadd(SOURCE, '*', 'n', String(this.written.length))));
  }

  async #read(worker: Worker, count: number): Promise<void> {
    const reply = (await redis.client.xreadgroup('GROUP', GROUP, worker, 'COUNT', count, 'STREAMS', SOURCE, '>')) as
      | [string, [string, string[]][]][]
      | null;
    this.workers[worker].held.push(...(reply?.[0]?.[1] ?? []).map(([id]) => id));
  }

  async #commit(worker: Worker, count: number): Promise<void> {
    const ids = this.workers[worker].held.splice(0, count);
    if (ids.length === 0) return;
    const request = requestOf(ids.map(outcomeOf), { worker });
    this.workers[worker].last = request;
    const results = await send(redis.client, request);
    expect(results.every(({ status }) => ['done', 'gone', 'nogroup'].includes(status))).toBe(true);
  }

  /** A reply was lost and the client sent the request once more. */
  async #sendAgain(worker: Worker): Promise<void> {
    const { last } = this.workers[worker];
    if (last !== undefined) await send(redis.client, last);
  }

  async #claim(worker: Worker): Promise<void> {
    const reply = await redis.client.xautoclaim(SOURCE, GROUP, worker, 0, '0-0', 'COUNT', 1000, 'JUSTID');
    this.workers[worker].held.push(...(reply[1] as string[]));
  }
}

function memory(): Memory {
  return { held: [], last: undefined };
}

function outcomeOf(id: string) {
  return { id, effects: [{ op: 'emit' as const, key: 'p:out', type: 'stream', fields: ['source', id] }] };
}

test('however two workers read, commit, crash, claim and repeat, every entry has exactly one outcome', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 40 }), async (program) => {
      await redis.client.flushall();
      await ensureGroup(redis.client, names);
      const world = new World();
      for (const step of program) await world.take(step);
      await world.settle();
      const outcomes = (await redis.client.xrange('p:out', '-', '+')).map(([, flat]) => flat[1]);
      expect(outcomes.toSorted()).toEqual(world.written.toSorted());
      expect(await redis.client.xpending(SOURCE, GROUP)).toEqual([0, null, null, null]);
      expect(await redis.client.exists(FINISHED)).toBe(0);
    }),
    { numRuns: 120 },
  );
});
