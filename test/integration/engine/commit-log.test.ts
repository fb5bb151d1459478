import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { PiecedText } from '../../../handlers/contract/effects.ts';
import { logEntry } from '../../../runtime/engine/commit/request.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import { commitAll, delivered } from '../../support/commit.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { entriesOf } from '../../support/system.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(() => redis.client.flushall());

const CONTEXT = {
  sourceStream: 'p:stream:in',
  sourceId: '1-0',
  handler: 'governor',
  portfolio: 'p',
  mode: 'live',
  policyVersion: 'v1',
  nowMs: 1_700_000_000_000,
};

function logOf(planId: string, more: readonly string[] = []): PiecedText[] {
  return [...more, ...logEntry({ verdict: 'PERMIT', reason: 'ok', planId }, CONTEXT)];
}

/** Commits a message for each log, the last of them one that was handled before. */
async function commitLogs(logs: readonly PiecedText[][]): Promise<void> {
  await redis.client.set('p:dedupe', '1');
  const ids = await delivered(
    redis.client,
    logs.map((_, at) => ['n', String(at)]),
  );
  const messages = logs.map((log, at) => ({
    id: ids[at] as string,
    effects: [],
    log,
    ...(at === logs.length - 1 ? { dedupe: { key: 'p:dedupe', ttl: 60 } } : {}),
  }));
  const done = messages.map((_, at) => (at === logs.length - 1 ? 'duplicate' : 'done'));
  expect(await commitAll(redis.client, messages)).toEqual(done);
}

async function indexedPlans(): Promise<readonly string[]> {
  const index = await entriesOf(redis.client, 'p:plan_index');
  return index.flatMap(({ fields }) => (fields.plans ?? '').split(' ').filter(Boolean));
}

async function verdicts(): Promise<readonly (string | undefined)[]> {
  const log = await redis.client.xrange('p:stream:decisions', '-', '+');
  return log.map(([, flat]) => fieldsOf(flat).verdict);
}

test.each([
  ['none', []],
  ['one', ['schema', '2']],
  ['several', ['schema', '2', 'plan', 'p9', 'before', 'plan_id']],
])('plans are indexed and duplicates told by the names of fields, with more fields in front: %s', async (_, more) => {
  await commitLogs([logOf('p1', more), logOf('p2', more), logOf('', more), logOf('p3', more)]);
  expect(await indexedPlans()).toEqual(['p1', 'p2', 'p3']);
  expect(await verdicts()).toEqual(['PERMIT', 'PERMIT', 'PERMIT', 'DUPLICATE']);
});

test('logs of other fields in one batch are each read by their own', async () => {
  await commitLogs([logOf('p1'), logOf('p2', ['schema', '2']), logOf('p3', ['verdicts', '1']), logOf('p4')]);
  expect(await indexedPlans()).toEqual(['p1', 'p2', 'p3', 'p4']);
  expect(await verdicts()).toEqual(['PERMIT', 'PERMIT', 'PERMIT', 'DUPLICATE']);
  const log = await entriesOf(redis.client, 'p:stream:decisions');
  expect(log.map(({ fields }) => fields.schema ?? fields.verdicts)).toEqual([undefined, '2', '1', undefined]);
});
