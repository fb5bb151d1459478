import { createWriteStream, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const LOG = 'quantum:stream:decisions';
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => redis.stop());
beforeEach(async () => redis.client.flushall());

/** Decisions a second apart from 2026-01-01 on, alternating between two gates. */
async function decide(count: number): Promise<void> {
  const pipeline = redis.client.pipeline();
  for (let at = 0; at < count; at += 1) {
    const atMs = Date.UTC(2026, 0, 1) + at * 1000;
    const handler = at % 2 === 0 ? 'governor' : 'heat-gate';
    pipeline.xadd(
      LOG,
      `${atMs}-0`,
      'verdict',
      'BLOCK',
      'handler',
      handler,
      'plan_id',
      `p${at}`,
      'facts',
      '{"a":"\u00e4\\n"}',
    );
  }
  await pipeline.exec();
}

function lines(text: string): Record<string, string>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, string>);
}

test('every decision is a line, with its id and all its fields, over many pages', async () => {
  await decide(1_201);
  const { code, out, err } = await runCli(redis.url, ['export']);
  expect({ code, err }).toEqual({ code: 0, err: '1201 decisions\n' });
  const found = lines(out);
  expect(found.map(({ plan_id }) => plan_id)).toEqual(Array.from({ length: 1_201 }, (_, at) => `p${at}`));
  expect(found[0]).toEqual({
    id: `${Date.UTC(2026, 0, 1)}-0`,
    verdict: 'BLOCK',
    handler: 'governor',
    plan_id: 'p0',
    facts: '{"a":"\u00e4\\n"}',
  });
});

test.each([
  { argv: ['--since', '2026-01-01T00:00:02Z', '--until', '2026-01-01T00:00:04Z'], plans: ['p2', 'p3', 'p4'] },
  { argv: ['--until', '2026-01-01T00:00:01'], plans: ['p0', 'p1'] },
  { argv: ['--since', '2026-01-01T00:00:07+00:00', '--gate', 'governor'], plans: ['p8'] },
  { argv: ['--until', '2025-12-31'], plans: [] },
])('$argv exports $plans', async ({ argv, plans }) => {
  await decide(10);
  const { out, err } = await runCli(redis.url, ['export', ...argv]);
  expect(lines(out).map(({ plan_id }) => plan_id)).toEqual(plans);
  expect(err).toBe(`${plans.length} decisions\n`);
});

test('--gzip writes the same, compressed', async () => {
  await decide(700);
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-export-'));
  try {
    const file = join(folder, 'decisions.jsonl.gz');
    const output = createWriteStream(file);
    await runCli(redis.url, ['export', '--gzip'], { output });
    await new Promise<void>((resolve) => output.end(() => resolve()));
    const plain = await runCli(redis.url, ['export']);
    expect(gunzipSync(readFileSync(file)).toString()).toBe(plain.out);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a reader who is slow is waited for, and one who stops ends it', async () => {
  await decide(2_000);
  const ending = new AbortController();
  let taken = 0;
  const output = new Writable({
    highWaterMark: 1,
    write: (chunk: Buffer, _encoding, done) => {
      taken += chunk.toString().split('\n').length - 1;
      if (taken >= 1_000) ending.abort();
      setImmediate(done);
    },
  });
  const { code, err } = await runCli(redis.url, ['export'], { output, ended: ending.signal });
  expect(code).toBe(0);
  expect(taken).toBe(1_000);
  expect(err).toMatch(/^(1000|1500) decisions, then stopped: there are more\n$/);
});

test.each([
  { argv: ['--gate', 'nobody'], said: 'expected a gate of' },
  { argv: ['--since', '1h', '--until', '2h'], said: 'expected --since before --until' },
])('$argv is refused', async ({ argv, said }) => {
  const { code, err } = await runCli(redis.url, ['export', ...argv]);
  expect(code).toBe(2);
  expect(err).toContain(said);
});
