import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Status } from '../../runtime/desk/doctor/status.ts';
import { gatesNow } from '../../runtime/desk/overview/switches.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { runCli } from '../support/cli.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const handlers = await loadHandlers();
const POLICY = 'quantum:policy:governor';
const SKIPPED = ['p28_budget', 'kill_score', 'hourly_limit', 'burst_limit'];
const WORDS =
  'Mode of governor: not judged: kill score, permits in an hour, permits in 5 minutes; judged, and refuses nothing: risk budget of the symbol\n';
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => redis.stop());
beforeEach(async () => redis.client.flushall());

/** What status and overview say that the governor leaves out; both say the same. */
async function skipped(): Promise<readonly string[]> {
  const { out } = await runCli(redis.url, ['status', '--json']);
  const { modes } = JSON.parse(out) as Status;
  const told = modes.find(({ gate }) => gate === 'governor')?.skips.map(({ check }) => check);
  const now = await gatesNow(redis.client, portfolioOf('quantum'), handlers);
  expect(now.find(({ gate }) => gate === 'governor')?.skips.map(({ check }) => check)).toEqual(told);
  expect(modes.filter(({ gate }) => gate !== 'governor').flatMap(({ skips }) => skips)).toEqual([]);
  expect((await runCli(redis.url, ['status'])).out.includes(WORDS)).toBe(told?.length !== 0);
  return told ?? [];
}

test.each([
  ['nothing is stored', {}, SKIPPED],
  ['it is in testnet', { mode: 'testnet' }, SKIPPED],
  ['it is in production', { mode: 'production' }, []],
  ['it is in dry run', { mode: 'dry_run' }, []],
  ['the policy is strict', { mode: 'testnet', settings: '{"GOV_TESTNET_STRICT":"true"}' }, []],
  ['its environment is strict', { mode: 'testnet', env_settings: '{"GOV_TESTNET_STRICT":"1"}' }, []],
  [
    'the policy is not, before an environment that is',
    { mode: 'testnet', env_settings: '{"GOV_TESTNET_STRICT":"1"}', settings: '{"GOV_TESTNET_STRICT":"false"}' },
    SKIPPED,
  ],
  ['the policy cannot be read', { mode: 'testnet', settings: '{' }, SKIPPED],
])('what the mode of the governor leaves out is told where %s', async (_words, policy, expected) => {
  await redis.client.hset(POLICY, { version: '1', ...policy });
  expect(await skipped()).toEqual(expected);
});

test('a policy in a key of another type hides nothing of what is left out, nor fails the status', async () => {
  await redis.client.set(POLICY, 'x');
  expect(await skipped()).toEqual(SKIPPED);
});
