import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { verifyLedger } from '../../runtime/desk/ledger/ledger.ts';
import { rollbackPolicy, rollbackTarget } from '../../runtime/desk/policy/policy-rollback.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { ensureModes, setMode } from '../../runtime/engine/policy/modes.ts';
import { changePolicy, ensurePolicy, readPolicy } from '../../runtime/engine/policy/policies.ts';
import { policyGate, policyProblems } from '../../runtime/engine/policy/policy-gate.ts';
import { policyVersions } from '../../runtime/engine/policy/policy-history.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { modal, saidOf } from '../support/modal-gates.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const portfolio = portfolioOf('quantum');
const handlers = await loadHandlers();
const heat = policyGate(handlers, 'heat-gate');
const risk = policyGate(handlers, 'risk-governor');
const ada = { actor: 'ada', reason: 'tighter' };
const atStart = { starting: true };
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => redis.stop());
beforeEach(async () => redis.client.flushall());

async function set(settings: Record<string, string>, actor = 'ada') {
  const how = { actor, reason: 'tighter', action: 'set', fallback: {} } as const;
  return await changePolicy(redis.client, portfolio, heat, how, (stored) => ({
    settings: { ...stored.settings, ...settings },
  }));
}

async function back(to?: string) {
  const target = await rollbackTarget(redis.client, portfolio, 'heat-gate', to);
  return await rollbackPolicy(redis.client, portfolio, heat, target, { ...ada, environment: {} });
}

async function started(texts: Record<string, string>, starting = true) {
  return await ensurePolicy(redis.client, portfolio, heat, texts, { starting });
}

async function inForce() {
  return (await readPolicy(redis.client, portfolio, 'heat-gate')).settings;
}

test('a change is stored with a new version, and the ledger has who, why, before and after', async () => {
  const made = await set({ HEAT_MIN: '0.3' });
  expect(made).toMatchObject({ before: '', changed: { HEAT_MIN: { before: '0.25', after: '0.3' } } });
  expect(await readPolicy(redis.client, portfolio, 'heat-gate')).toMatchObject({
    version: made.after,
    settings: { HEAT_MIN: '0.3' },
  });
  const [entry] = await redis.client.xrange('quantum:stream:ops.ledger', '-', '+');
  expect(fieldsOf(entry?.[1] ?? [])).toMatchObject({
    action: 'policy_set',
    gate: 'heat-gate',
    actor: 'ada',
    reason: 'tighter',
    before: 'HEAT_MIN=0.25',
    after: 'HEAT_MIN=0.3',
  });
  expect(await verifyLedger(redis.client, portfolio)).toMatchObject({ whole: true, entries: 1 });
});

test('a change that changes nothing writes nothing', async () => {
  const { after } = await set({ HEAT_MIN: '0.3' });
  expect(await set({ HEAT_MIN: '0.3' })).toMatchObject({ before: after, after, changed: {} });
  expect(await policyVersions(redis.client, portfolio, 'heat-gate')).toHaveLength(2);
});

describe('refused, and nothing written', () => {
  test.each([
    [heat, { HEAT_MIN: '0.65' }, 'HEAT_MIN: expected less than HEAT_MAX (0.65), got 0.65'],
    [heat, { HEAT_MIN: 'hot' }, 'HEAT_MIN: expected a number of at least 0, got "hot"'],
    [heat, { HEAT_MNI: '0.3' }, 'HEAT_MNI: expected a limit of heat-gate, got an unknown name: did you mean HEAT_MIN?'],
    [heat, { P26_POLL_SEC: '1' }, 'P26_POLL_SEC: expected a limit of heat-gate, got a setting that is no limit'],
    [heat, { P26_MODE: 'enforce' }, 'P26_MODE: expected a limit of heat-gate, got its mode: portcullis mode heat-gate'],
    [risk, { MIN_BUDGET_K: '10001' }, 'MIN_BUDGET_K: expected at most MAX_BUDGET_K (10000), got 10001'],
    [risk, { BUDGET_HASH_TTL_SEC: '60' }, 'BUDGET_HASH_TTL_SEC: expected a limit of risk-governor, got a setting that'],
    [risk, { P28_PORT: '1' }, 'P28_PORT: expected a limit of risk-governor, got a setting that is no limit'],
  ])('%#', async (about, settings, says) => {
    const how = { ...ada, action: 'set', fallback: {} } as const;
    const changed = changePolicy(redis.client, portfolio, about, how, () => ({ settings }));
    await expect(changed).rejects.toThrow(says);
    expect(await redis.client.dbsize()).toBe(0);
  });

  test('a gate without limits', () => {
    expect(() => policyGate(handlers, 'heat-bridge')).toThrow(
      'expected a gate of governor, heat-gate or risk-governor, got "heat-bridge"',
    );
  });
});

test('every limit that a policy may set is a setting of its gate, and takes its own default', async () => {
  for (const gate of ['heat-gate', 'risk-governor', 'governor']) {
    const about = policyGate(handlers, gate);
    expect(about.limits.filter((name) => !about.handlers[0].settingNames.includes(name))).toEqual([]);
    expect(policyProblems(about, {}, {})).toEqual([]);
  }
});

test('of two operators at once both are in the history, one after the other, and nothing of either is lost', async () => {
  const names = ['HEAT_MIN', 'HEAT_MAX', 'P26_STATE_MAX_AGE_SEC', 'P26_SIGMA_HORIZON_SEC'];
  const values = ['0.3', '0.7', '120', '7200'];
  await Promise.all(names.map((name, at) => set({ [name]: values[at] ?? '' }, `operator ${at}`)));
  expect(await inForce()).toEqual(Object.fromEntries(names.map((name, at) => [name, values[at]])));
  const versions = await policyVersions(redis.client, portfolio, 'heat-gate');
  expect(versions.map(({ actor }) => actor).sort()).toEqual(['', ...names.map((_, at) => `operator ${at}`)]);
  expect(versions.at(-1)?.version).toBe((await readPolicy(redis.client, portfolio, 'heat-gate')).version);
});

test('of two changes at once that cannot stand together, one is made and the other refused', async () => {
  const results = await Promise.allSettled([set({ HEAT_MIN: '0.6' }), set({ HEAT_MAX: '0.5' })]);
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(policyProblems(heat, {}, await inForce())).toEqual([]);
});

describe('rollback', () => {
  test('goes back a version each time, modes too, down to what was there before the first change', async () => {
    await ensureModes(redis.client, portfolio, [saidOf('heat-gate', { value: 'shadow', explicit: false })], atStart);
    await set({ HEAT_MIN: '0.3' });
    await setMode(redis.client, portfolio, modal('heat-gate'), 'enforce', ada);
    await set({ HEAT_MIN: '0.4' });
    const seen: string[] = [];
    for (let at = 0; at < 3; at += 1) {
      await back();
      const { mode, settings } = await readPolicy(redis.client, portfolio, 'heat-gate');
      seen.push(`${mode} ${settings.HEAT_MIN ?? 'environment'}`);
    }
    expect(seen).toEqual(['enforce 0.3', 'shadow 0.3', 'shadow environment']);
    await expect(back()).rejects.toThrow('expected an earlier version of the policy of heat-gate, got none');
  });

  test('without a worker ever started leaves the environment alone in force', async () => {
    await set({ HEAT_MIN: '0.3' });
    await back();
    expect(await readPolicy(redis.client, portfolio, 'heat-gate')).toMatchObject({ mode: '', settings: {} });
  });

  test('to a version by its first characters, and not by too few or wrong ones', async () => {
    const { after } = await set({ HEAT_MIN: '0.3' });
    await set({ HEAT_MIN: '0.4' });
    await back(after.slice(0, 8));
    expect(await inForce()).toEqual({ HEAT_MIN: '0.3' });
    for (const to of ['', after.slice(0, 3), 'ffffffff-none']) {
      await expect(back(to)).rejects.toThrow(
        'expected a version of the policy of heat-gate, or 4 or more of its first',
      );
    }
  });

  test('of the risk governor rewrites the stored budgets when the mode is another one', async () => {
    await setMode(redis.client, portfolio, modal('risk-governor'), 'shadow', ada);
    await setMode(redis.client, portfolio, modal('risk-governor'), 'enforce', ada);
    await redis.client.hset('quantum:portfolio:budget:BTCUSDT', { mode: 'enforce', budget_usd: '1348' });
    const target = await rollbackTarget(redis.client, portfolio, 'risk-governor', undefined);
    await rollbackPolicy(redis.client, portfolio, risk, target, { ...ada, environment: {} });
    expect(await redis.client.hget('quantum:portfolio:budget:BTCUSDT', 'mode')).toBe('shadow');
  });

  test('of the governor into dry_run is refused beside an executor that trades', async () => {
    const governor = policyGate(handlers, 'governor');
    await setMode(redis.client, portfolio, modal('governor'), 'dry_run', ada);
    await setMode(redis.client, portfolio, modal('governor'), 'testnet', ada);
    const target = await rollbackTarget(redis.client, portfolio, 'governor', undefined);
    const how = { ...ada, environment: { APPLY_MODE: 'testnet' } };
    await expect(rollbackPolicy(redis.client, portfolio, governor, target, how)).rejects.toThrow('APPLY_MODE=testnet');
  });
});

describe('the environment and the operator', () => {
  test('an environment that has not changed leaves what an operator set', async () => {
    await started({ HEAT_MIN: '0.2' });
    await set({ HEAT_MIN: '0.3' });
    expect(await started({ HEAT_MIN: '0.2' })).toBeUndefined();
    expect(await inForce()).toEqual({ HEAT_MIN: '0.3' });
  });

  test.each([{ texts: { HEAT_MIN: '0.22' } }, { texts: {} }])(
    'one that changed to $texts wins, for that limit alone',
    async ({ texts }) => {
      await started({ HEAT_MIN: '0.2' });
      await set({ HEAT_MIN: '0.3', HEAT_MAX: '0.7' });
      expect(await started(texts)).toMatchObject({ changed: { HEAT_MIN: { before: '0.3' } } });
      expect(await inForce()).toEqual({ HEAT_MAX: '0.7' });
      const newest = (await policyVersions(redis.client, portfolio, 'heat-gate')).at(-1);
      expect(newest).toMatchObject({ action: 'environment', actor: 'environment' });
    },
  );

  test('what cannot stand beside a changed environment goes altogether', async () => {
    await started({});
    await set({ HEAT_MIN: '0.5' });
    await started({ HEAT_MAX: '0.4' });
    expect(await inForce()).toEqual({});
  });

  test('what was set before the first start stands', async () => {
    await set({ HEAT_MIN: '0.3' });
    expect(await started({ HEAT_MIN: '0.2' })).toBeUndefined();
    expect(await inForce()).toEqual({ HEAT_MIN: '0.3' });
  });

  test('between starts nothing changes', async () => {
    await started({});
    await set({ HEAT_MIN: '0.3' });
    expect(await started({ HEAT_MIN: '0.2' }, false)).toBeUndefined();
    expect(await inForce()).toEqual({ HEAT_MIN: '0.3' });
  });

  test('of many workers that start at once one makes the change', async () => {
    await started({});
    await set({ HEAT_MIN: '0.3' });
    const made = await Promise.all(Array.from({ length: 8 }, () => started({ HEAT_MIN: '0.2' })));
    expect(made.filter((change) => change !== undefined)).toHaveLength(1);
  });
});
