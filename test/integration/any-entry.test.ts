import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AnyEntry, anyEntry } from '../support/arbitrary-entries.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { entriesOf, startSystem, type TestSystem } from '../support/system.ts';

/** The entries are the same every time. */
const SEED = 3;
const RUNS = 12;
const DECISIONS = 'quantum:stream:decisions';
const INPUTS = [
  { handler: 'heat-gate', stream: 'harvest.proposal', group: 'p26_heat_gate' },
  { handler: 'heat-bridge', stream: 'harvest.heat.decision', group: 'heat_bridge' },
  { handler: 'governor', stream: 'apply.plan', group: 'governor' },
  { handler: 'governor-results', stream: 'apply.result', group: 'governor_results' },
  { handler: 'cooldown-expiry', stream: 'tick.cooldown-expiry', group: 'cooldown-expiry' },
  { handler: 'risk-governor', stream: 'tick.risk-governor', group: 'risk-governor' },
] as const;

let redis: TestRedis;
let system: TestSystem;
beforeAll(async () => {
  redis = await startRedis();
  system = await startSystem(redis, { env: { P26_MODE: 'enforce', GOV_MODE: 'production' } });
});
afterAll(async () => {
  await system.stop();
  await redis.stop();
});

const keyOf = (stream: string) => `quantum:stream:${stream}`;

/** Writes entries to a stream; returns their ids. */
async function write(stream: string, entries: readonly AnyEntry[]): Promise<string[]> {
  const pipeline = redis.client.pipeline();
  for (const entry of entries) pipeline.xadd(keyOf(stream), '*', ...entry);
  return ((await pipeline.exec()) ?? []).map(([, id]) => String(id));
}

async function isFinished(stream: string, group: string, last: string): Promise<boolean> {
  const groups = (await redis.client.xinfo('GROUPS', keyOf(stream))) as (string | number)[][];
  const about = groups.find((flat) => flat[flat.indexOf('name') + 1] === group) ?? [];
  const delivered = String(about[about.indexOf('last-delivered-id') + 1]);
  const [pending] = (await redis.client.xpending(keyOf(stream), group)) as [number];
  const [next] = await redis.client.xrange(keyOf(stream), `(${delivered}`, '+', 'COUNT', 1);
  return pending === 0 && next === undefined && delivered >= last;
}

/** Ids of a stream whose entry was decided on, and dead letters by the id of what they hold. */
async function outcomesOf(handler: string, stream: string) {
  const log = await entriesOf(redis.client, DECISIONS);
  const decided = log.filter(({ fields }) => fields.handler === handler).map(({ fields }) => fields.source_id ?? '');
  const letters = await redis.client.xrangeBuffer(`${keyOf(stream)}.dlq`, '-', '+');
  const dead = letters.map(([, flat]) => [String(flat[flat.length - 9]), flat.slice(0, -10)] as const);
  return { decided, dead };
}

async function expectOutcomes(at: (typeof INPUTS)[number], ids: readonly string[], entries: readonly AnyEntry[]) {
  const { decided, dead } = await outcomesOf(at.handler, at.stream);
  for (const [place, id] of ids.entries()) {
    const letters = dead.filter(([source]) => source === id);
    const decisions = decided.filter((source) => source === id);
    expect(letters.length, `${at.handler} dead letters of ${id}`).toBeLessThanOrEqual(1);
    expect(decisions.length, `${at.handler} decisions on ${id}`).toBeLessThanOrEqual(1);
    const entry = (entries[place] ?? []).map((part) => Buffer.from(part));
    for (const [, fields] of letters) expect(Buffer.concat(fields).equals(Buffer.concat(entry))).toBe(true);
    const left = entry.some((part) => String(part) === 'decision');
    const logs = at.handler === 'heat-gate' || (at.handler === 'governor' && !left);
    if (logs) expect(letters.length + decisions.length, `${at.handler} outcomes of ${id}`).toBeGreaterThanOrEqual(1);
  }
}

test('whatever is written to the inputs, every entry ends, as an outcome or whole among the dead letters', async () => {
  const batches = fc.array(anyEntry, { minLength: 10, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(batches, async (entries) => {
      for (const at of INPUTS) {
        const ids = await write(at.stream, entries);
        await until(`${at.handler} to finish`, () => isFinished(at.stream, at.group, ids.at(-1) ?? ''));
        await expectOutcomes(at, ids, entries);
      }
      expect(system.runtime.lanes().filter(({ state }) => state === 'held')).toEqual([]);
    }),
    { numRuns: RUNS, endOnFailure: true, seed: SEED },
  );
});
