import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { modalGates } from '../../runtime/engine/policy/modal-gates.ts';
import { ensureModes, setMode } from '../../runtime/engine/policy/modes.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { modal, saidOf } from '../support/modal-gates.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const portfolio = portfolioOf('quantum');
const change = { actor: 'ada', reason: 'a week of shadow agreed' };
const atStart = { starting: true };
const later = { starting: false };
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => redis.stop());
beforeEach(async () => redis.client.flushall());

function environment(mode: string, explicit = true) {
  return [saidOf('heat-gate', { value: mode, explicit })];
}

async function storedMode(gate = 'heat-gate'): Promise<string | null> {
  return await redis.client.hget(`quantum:policy:${gate}`, 'mode');
}

async function ledger(): Promise<string[]> {
  const found = await redis.client.xrange('quantum:stream:ops.ledger', '-', '+');
  return found.map(([, flat]) => {
    const { actor, gate, before, after } = fieldsOf(flat);
    return `${actor}: ${gate} ${before} → ${after}`;
  });
}

test('a mode is stored with who, why, since when and a version that changes every time', async () => {
  expect(await setMode(redis.client, portfolio, modal('heat-gate'), 'enforce', change)).toEqual({
    gate: 'heat-gate',
    before: '',
    after: 'enforce',
    budgets: 0,
  });
  const first = await redis.client.hgetall('quantum:policy:heat-gate');
  expect(first).toMatchObject({ mode: 'enforce', actor: 'ada', reason: 'a week of shadow agreed' });
  expect(Number(first.since)).toBeGreaterThan(1_700_000_000);
  await setMode(redis.client, portfolio, modal('heat-gate'), 'enforce', change);
  expect(await redis.client.hget('quantum:policy:heat-gate', 'version')).not.toBe(first.version);
  expect(await ledger()).toEqual(['ada: heat-gate  → enforce', 'ada: heat-gate enforce → enforce']);
});

test.each([
  { gate: 'heat-gate', mode: 'production', says: 'one of shadow, enforce, got "production"' },
  { gate: 'governor', mode: 'enforce', says: 'one of testnet, production, dry_run, got "enforce"' },
  { gate: 'heat-bridge', mode: 'shadow', says: 'heat-bridge has no mode: all it ever writes are lookups' },
  { gate: '__proto__', mode: 'shadow', says: 'expected a gate of' },
])('mode $mode of $gate is refused', async ({ gate, mode, says }) => {
  const asked = async () => await setMode(redis.client, portfolio, modal(gate), mode, change);
  await expect(asked()).rejects.toThrow(says);
  expect(await redis.client.dbsize()).toBe(0);
});

test.each([
  { apply: undefined, refused: false },
  { apply: 'dry_run', refused: false },
  { apply: 'testnet', refused: true },
  { apply: 'production', refused: true },
])('dry_run beside APPLY_MODE=$apply is refused: $refused', async ({ apply, refused }) => {
  const done = setMode(redis.client, portfolio, modal('governor'), 'dry_run', change, { APPLY_MODE: apply });
  if (refused) await expect(done).rejects.toThrow(`got APPLY_MODE=${apply}`);
  else expect((await done).after).toBe('dry_run');
});

test('back to shadow rewrites the stored budgets of this portfolio alone, and makes none', async () => {
  await redis.client.hset('quantum:portfolio:budget:BTCUSDT', { mode: 'enforce', budget_usd: '1348' });
  await redis.client.hset('quantum:portfolio:budget:ETHUSDT', { mode: 'enforce', budget_usd: '500' });
  await redis.client.set('quantum:portfolio:budget:ODD', 'not a hash');
  await redis.client.hset('quantum2:portfolio:budget:BTCUSDT', { mode: 'enforce' });
  await redis.client.expire('quantum:portfolio:budget:BTCUSDT', 3_600);
  expect((await setMode(redis.client, portfolio, modal('risk-governor'), 'shadow', change)).budgets).toBe(2);
  expect(await redis.client.hgetall('quantum:portfolio:budget:BTCUSDT')).toEqual({
    mode: 'shadow',
    budget_usd: '1348',
  });
  expect(await redis.client.ttl('quantum:portfolio:budget:BTCUSDT')).toBeGreaterThan(3_000);
  expect(await redis.client.hget('quantum:portfolio:budget:ETHUSDT', 'mode')).toBe('shadow');
  expect(await redis.client.hget('quantum2:portfolio:budget:BTCUSDT', 'mode')).toBe('enforce');
});

test('a prefix with characters of a pattern rewrites its own budgets only', async () => {
  const odd = portfolioOf('{fund-a}');
  await redis.client.hset('{fund-a}:portfolio:budget:BTCUSDT', { mode: 'enforce' });
  expect((await setMode(redis.client, odd, modal('risk-governor'), 'shadow', change)).budgets).toBe(1);
});

test('the first start creates the policy from the environment', async () => {
  expect(await ensureModes(redis.client, portfolio, environment('shadow', false), atStart)).toHaveLength(1);
  expect(await redis.client.hgetall('quantum:policy:heat-gate')).toMatchObject({ mode: 'shadow', env_mode: 'shadow' });
  expect(await ledger()).toEqual(['environment: heat-gate  → shadow']);
});

test('an environment that has not changed leaves the operator’s mode standing', async () => {
  await ensureModes(redis.client, portfolio, environment('shadow'), atStart);
  await setMode(redis.client, portfolio, modal('heat-gate'), 'enforce', change);
  expect(await ensureModes(redis.client, portfolio, environment('shadow'), atStart)).toEqual([]);
  expect(await storedMode()).toBe('enforce');
});

test('an environment that changed since the last start wins, and is recorded', async () => {
  await ensureModes(redis.client, portfolio, environment('enforce'), atStart);
  await setMode(redis.client, portfolio, modal('heat-gate'), 'enforce', change);
  expect(await ensureModes(redis.client, portfolio, environment('shadow'), atStart)).toMatchObject([
    { gate: 'heat-gate', before: 'enforce', after: 'shadow' },
  ]);
  expect(await storedMode()).toBe('shadow');
  expect((await ledger()).at(-1)).toBe('environment: heat-gate enforce → shadow');
});

test('between starts nothing changes but a policy that is gone comes back', async () => {
  await ensureModes(redis.client, portfolio, environment('enforce'), atStart);
  expect(await ensureModes(redis.client, portfolio, environment('shadow'), later)).toEqual([]);
  expect(await storedMode()).toBe('enforce');
  await redis.client.flushall();
  await ensureModes(redis.client, portfolio, environment('shadow'), later);
  expect(await storedMode()).toBe('shadow');
});

test.each([
  { explicit: false, stands: 'enforce' },
  { explicit: true, stands: 'shadow' },
])('a mode set before the first start, then an environment that says so ($explicit): $stands', async (row) => {
  await setMode(redis.client, portfolio, modal('heat-gate'), 'enforce', change);
  await ensureModes(redis.client, portfolio, environment('shadow', row.explicit), atStart);
  expect(await storedMode()).toBe(row.stands);
});

test('of many workers that start at once one makes the change', async () => {
  await ensureModes(redis.client, portfolio, environment('shadow'), atStart);
  const starts = Array.from({ length: 8 }, () => ensureModes(redis.client, portfolio, environment('enforce'), atStart));
  expect((await Promise.all(starts)).flat()).toHaveLength(1);
  expect(await ledger()).toHaveLength(2);
});

test('the gates that have modes are those whose handlers declare them, in the order of lists', async () => {
  const gates = modalGates(await loadHandlers()).map(({ gate, modes }) => [gate, modes.resting, modes.enforcing]);
  expect(gates).toEqual([
    ['heat-gate', 'shadow', 'enforce'],
    ['risk-governor', 'shadow', 'enforce'],
    ['governor', 'testnet', 'production'],
  ]);
});
