import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Fields } from '../../schemas/wire.ts';
import { runCli } from '../support/cli.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { entriesOf, startSystem, type TestSystem } from '../support/system.ts';

const LOG = 'quantum:stream:decisions';
const FACTS = 'quantum:stream:decision.facts';
const SCHEMA = 'quantum:portcullis:schema';
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => redis.stop());
beforeEach(async () => redis.client.flushall());

/** Sends an exit and a plan of each number to gates of this environment, and waits for what they decide. */
async function decided(numbers: readonly number[], env: Record<string, string> = {}): Promise<void> {
  const system = await startSystem(redis, { env, schedules: false });
  await reported();
  await proposed(numbers);
  await system.stop();
}

/** Reports an account and three positions. */
async function reported(): Promise<void> {
  const now = String(Date.now() / 1000);
  await redis.client.hset('quantum:state:portfolio', 'equity_usd', '100000', 'timestamp', now);
  for (const symbol of ['BTCUSDT', 'ETHUSDT', 'SOLUSDT']) {
    const position = ['position_qty', '2', 'position_notional_usd', '9000', 'mark_price', '4500', 'sigma', '0.2'];
    await redis.client.xadd('quantum:stream:position.snapshot', '*', 'symbol', symbol, ...position, 'timestamp', now);
  }
}

/** Sends an exit and a plan of each number, and waits for what becomes of them. */
async function proposed(numbers: readonly number[]): Promise<void> {
  const { client } = redis;
  const open = ['symbol', 'BTCUSDT', 'action', 'OPEN', 'side', 'BUY', 'qty', '0.1', 'price', '10', 'kill_score', '0'];
  for (const n of numbers) {
    const exit = ['plan_id', `x${n}`, 'symbol', 'BTCUSDT', 'action', 'FULL_CLOSE_PROPOSED'];
    await client.xadd('quantum:stream:harvest.proposal', '*', ...exit);
    const now = String(Date.now() / 1000);
    await client.xadd('quantum:stream:apply.plan', '*', 'plan_id', `p${n}`, ...open, 'timestamp', now);
  }
  await until('all are decided', () => all(numbers));
}

async function all(numbers: readonly number[]): Promise<boolean> {
  const plans = new Set((await stored()).map(({ plan_id }) => plan_id));
  return numbers.every((n) => plans.has(`x${n}`) && plans.has(`p${n}`));
}

async function stored(): Promise<readonly Fields[]> {
  return (await entriesOf(redis.client, LOG)).map(({ fields }) => fields);
}

async function exported(...more: string[]): Promise<readonly Fields[]> {
  const { code, out } = await runCli(redis.url, ['export', ...more]);
  expect(code).toBe(0);
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Fields);
}

const named = (decisions: readonly Fields[]) => decisions.filter(({ facts_entry }) => facts_entry !== undefined);
const SHARED = { DECISION_FACTS: 'shared' };

test('the log of both forms is read as one: export, replay and explain tell the book of every decision', async () => {
  await decided([1, 2], { DECISION_FACTS: 'inline' });
  expect(named(await stored())).toEqual([]);
  expect(await redis.client.exists(FACTS)).toBe(0);
  await decided([3, 4], SHARED);
  expect(new Set(named(await stored()).map(({ plan_id }) => plan_id))).toEqual(new Set(['x3', 'x4', 'p3', 'p4']));
  expect(await redis.client.get(SCHEMA)).toBe('2');

  const lines = await exported();
  expect(named(lines)).toEqual([]);
  for (const { plan_id = '', facts = '', facts_problem } of lines) {
    expect(facts_problem).toBeUndefined();
    const { largest } = JSON.parse(facts)[plan_id.startsWith('x') ? 'book' : 'exposure'];
    expect(largest).toHaveLength(3);
  }
  const [old, shared] = ['x1', 'x3'].map((id) => lines.find(({ plan_id }) => plan_id === id) ?? {});
  expect(Object.keys(shared ?? {})).toEqual(Object.keys(old ?? {}));
  expect(named(await exported('--raw'))).toHaveLength(4);

  const replay = await runCli(redis.url, ['replay', '--same']);
  expect([replay.code, replay.out]).toEqual([0, expect.stringContaining('came out as logged, to the byte')]);
  const explained = await runCli(redis.url, ['explain', 'x3', '--json']);
  expect(JSON.parse(explained.out).steps).toContainEqual(
    expect.objectContaining({ step: 'heat', basis: expect.objectContaining({ positions: expect.any(Array) }) }),
  );
});

test('a book that is gone is said to be gone, by export and by explain', async () => {
  await decided([1], SHARED);
  await redis.client.del(FACTS);
  const exit = (await exported()).find(({ plan_id }) => plan_id === 'x1');
  expect(exit?.facts_problem).toMatch(/^decision\.facts has no entry \d+-\d+$/);
  expect(JSON.parse(exit?.facts ?? '')).not.toHaveProperty('book');
  const { out } = await runCli(redis.url, ['explain', 'x1']);
  expect(out).toContain('The book it was judged on is not known: decision.facts has no entry');
});

test('a raw export is refused by replay, and a log of a newer release by every reader', async () => {
  await decided([1], SHARED);
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-raw-'));
  const file = join(folder, 'raw.jsonl');
  await writeFile(file, (await runCli(redis.url, ['export', '--raw', '--gate', 'heat-gate'])).out);
  const { code, err } = await runCli(redis.url, ['replay', '--file', file]);
  expect([code === 0, err]).toEqual([false, expect.stringContaining('got one of export --raw')]);
  await rm(folder, { recursive: true });
  await redis.client.set(SCHEMA, '3');
  for (const command of [['export'], ['explain', 'x1'], ['replay'], ['tail', '--last', '1']]) {
    expect((await runCli(redis.url, command)).err).toContain('newer format');
  }
  expect((await runCli(redis.url, ['kill', 'on', '--reason', 'a test', '--yes'])).code).toBe(0);
});

test('data go on as they are where nothing is set, and go back to the old form where that is', async () => {
  await decided([1], SHARED);
  await decided([2]);
  await decided([3], { DECISION_FACTS: 'inline' });
  expect(
    named(await stored())
      .map(({ plan_id }) => plan_id)
      .toSorted(),
  ).toEqual(['p1', 'p2', 'x1', 'x2']);
  expect(await redis.client.get(SCHEMA)).toBe('2');
});

test('a worker of each form side by side, one reading after the other, write one log', async () => {
  await redis.client.set(SCHEMA, '2');
  const worker = (name: string, form: string) =>
    startSystem(redis, { env: { DECISION_FACTS: form }, schedules: false, workerName: name });
  const are = (system: TestSystem, wanted: string) =>
    until(`the lanes to be ${wanted}`, () =>
      system.runtime
        .lanes()
        .every(({ handler, state }) => !['heat-gate', 'governor'].includes(handler) || state === wanted),
    );
  const forms = ['inline', 'shared'] as const;
  let reader = await worker('w0', forms[0]);
  await are(reader, 'running');
  await reported();
  for (let round = 0; round < 4; round += 1) {
    const next = await worker(`w${round + 1}`, forms[(round + 1) % 2] as string);
    await are(next, 'standby');
    await proposed([2 * round, 2 * round + 1]);
    await reader.stop();
    reader = next;
    await are(reader, 'running');
  }
  await reader.stop();
  expect(
    named(await stored())
      .map(({ plan_id }) => plan_id)
      .toSorted(),
  ).toEqual([2, 3, 6, 7].flatMap((n) => [`x${n}`, `p${n}`]).toSorted());
  const lines = await exported();
  expect(named(lines)).toEqual([]);
  for (const letter of ['x', 'p']) {
    const own = lines.filter(({ plan_id = '' }) => plan_id.startsWith(letter));
    expect(own).toHaveLength(8);
    expect(new Set(own.map((line) => Object.keys(line).join(' '))).size).toBe(1);
    const sharedPart = own.map(({ facts = '' }) =>
      facts.slice(facts.lastIndexOf(letter === 'x' ? '"book":' : '"exposure":')),
    );
    expect(new Set(sharedPart).size).toBe(1);
    expect(sharedPart[0]).toContain('ETHUSDT');
  }
  const replay = await runCli(redis.url, ['replay', '--same']);
  expect([replay.code, replay.out]).toEqual([0, expect.stringContaining('came out as logged, to the byte')]);
});
