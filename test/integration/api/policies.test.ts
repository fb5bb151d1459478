import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Budgets } from '../../../schemas/api/budget.ts';
import { CandidateAnswer, Policies, PolicyChange, PolicyPage, PolicyPreview } from '../../../schemas/api/policy.ts';
import { runCli } from '../../support/cli.ts';
import { ServedRig } from '../../support/served.ts';

let rig: ServedRig;

beforeAll(async () => {
  rig = await ServedRig.start({ HEAT_MIN: '0.2', BASE_RISK_PCT: '0.02' });
});
afterAll(() => rig.stop());

async function policyPage(gate: string): Promise<PolicyPage> {
  const { code, body } = await rig.get(`/policies/${gate}`);
  expect(code).toBe(200);
  expect(PolicyPage.parse(body)).toEqual(body);
  return body as unknown as PolicyPage;
}

async function inForce(gate: string, name: string) {
  const { policy } = await policyPage(gate);
  const found = policy.limits.find((limit) => limit.name === name);
  return found && { value: found.in_force, from: found.from };
}

describe('policies', () => {
  it('of all gates say what is in force and who says so', async () => {
    const { body } = await rig.get('/policies');
    expect(Policies.parse(body)).toEqual(body);
    const { policies } = body as unknown as Policies;
    expect(policies.map(({ gate, mode }) => [gate, mode])).toEqual([
      ['governor', 'testnet'],
      ['heat-gate', 'shadow'],
      ['risk-governor', 'shadow'],
    ]);
    expect(await inForce('heat-gate', 'HEAT_MIN')).toEqual({ value: '0.2', from: 'environment' });
    expect(await inForce('heat-gate', 'HEAT_MAX')).toEqual({ value: '0.65', from: 'default' });
  });

  it('are changed, and back to the environment, each as a version with its reason', async () => {
    const changed = await rig.post('/policies/heat-gate', {
      settings: { HEAT_MIN: '0.3' },
      actor: 'ann',
      reason: 'too cold',
    });
    expect(PolicyChange.parse(changed.body)).toEqual(changed.body);
    expect(changed.body).toMatchObject({ gate: 'heat-gate', changed: { HEAT_MIN: { before: '0.2', after: '0.3' } } });
    expect(await inForce('heat-gate', 'HEAT_MIN')).toEqual({ value: '0.3', from: 'policy' });
    const back = await rig.post('/policies/heat-gate', { settings: { HEAT_MIN: null }, reason: 'no' });
    expect(back.body).toMatchObject({ changed: { HEAT_MIN: { before: '0.3', after: '0.2' } } });
    const { versions, more } = await policyPage('heat-gate');
    expect(versions.map(({ action, actor, reason }) => [action, actor, reason]).slice(0, 2)).toEqual([
      ['set', 'http', 'no'],
      ['set', 'ann', 'too cold'],
    ]);
    expect(more).toBe(false);
  });

  it('are not changed on a version that is not in force any more', async () => {
    const { version } = (await policyPage('heat-gate')).policy;
    const change = (settings: object) => rig.post('/policies/heat-gate', { settings, version, reason: 'x' });
    expect((await change({ HEAT_MAX: '0.7' })).code).toBe(200);
    const late = await change({ HEAT_MAX: '0.8' });
    expect(late).toMatchObject({ code: 409, body: { message: expect.stringContaining('is another one by now') } });
    expect(await inForce('heat-gate', 'HEAT_MAX')).toEqual({ value: '0.7', from: 'policy' });
  });

  it('go back to the version before, or to one that is named', async () => {
    const { versions } = await policyPage('heat-gate');
    const rolled = await rig.post('/policies/heat-gate/rollback', { reason: 'as before' });
    expect(rolled.body).toMatchObject({ changed: { HEAT_MAX: { before: '0.7', after: '0.65' } } });
    const named = await rig.post('/policies/heat-gate/rollback', { version: versions[0]?.version, reason: 'or not' });
    expect(named.body).toMatchObject({ changed: { HEAT_MAX: { after: '0.7' } } });
    const unknown = await rig.post('/policies/heat-gate/rollback', { version: 'nosuch', reason: 'x' });
    expect(unknown.code).toBe(409);
  });

  it('have a candidate beside them, which is taken away again', async () => {
    const tried = await rig.post('/policies/heat-gate/candidate', {
      settings: { HEAT_MIN: '0.4' },
      mode: 'enforce',
      reason: 'try',
    });
    expect(CandidateAnswer.parse(tried.body)).toEqual(tried.body);
    const { policy } = await policyPage('heat-gate');
    expect(policy.candidate).toMatchObject({ mode: 'enforce' });
    expect(policy.limits.find(({ name }) => name === 'HEAT_MIN')).toMatchObject({ in_force: '0.2', candidate: '0.4' });
    const none = await rig.post('/policies/heat-gate/candidate', { settings: null, reason: 'enough' });
    expect(none.body).toEqual({ gate: 'heat-gate', candidate: null, try_counted: null });
    expect((await policyPage('heat-gate')).policy.candidate).toBeNull();
  });

  it.each([
    ['/policies/nosuch', { settings: {}, reason: 'x' }, 404, 'gate: expected governor, heat-gate or risk-governor'],
    ['/policies/heat-gate', { settings: { HEAT_MIM: '1' }, reason: 'x' }, 409, 'did you mean HEAT_MIN?'],
    [
      '/policies/heat-gate',
      { settings: { HEAT_MIN: '0.9' }, reason: 'x' },
      409,
      'HEAT_MIN: expected less than HEAT_MAX',
    ],
    ['/policies/heat-gate', { settings: { HEAT_MIN: 'warm' }, reason: 'x' }, 409, 'HEAT_MIN: expected a number'],
    ['/policies/heat-gate', { settings: { P26_MODE: 'enforce' }, reason: 'x' }, 409, 'got its mode'],
    ['/policies/heat-gate', { settings: { HEAT_MIN: 0.3 }, reason: 'x' }, 400, 'settings.HEAT_MIN: '],
    ['/policies/heat-gate', { settings: { HEAT_MIN: '0.3' } }, 400, 'reason: expected a reason in words'],
    ['/policies/heat-gate/candidate', { settings: {}, mode: 'loud', reason: 'x' }, 409, 'expected a mode of heat-gate'],
    ['/policies/heat-gate/preview', { settings: { HEAT_MIN: '0.9' } }, 409, 'HEAT_MIN'],
  ])('%s with %j is refused', async (path, body, code, message) => {
    const refused = await rig.post(path, body);
    expect({ code: refused.code, message: refused.body.message }).toEqual({
      code,
      message: expect.stringContaining(message),
    });
  });

  it('say before a change what it would change, and would have changed', async () => {
    await rig.account();
    await rig.position('ETHUSDT', 1, 1800, '0.15');
    for (let i = 0; i < 3; i += 1) await rig.exit(`exit-${i}`, 'ETHUSDT');
    const entries = (await rig.ledger()).length;
    const preview = await rig.post('/policies/heat-gate/preview', { settings: { HEAT_MIN: '0.01', HEAT_MAX: '0.02' } });
    expect(PolicyPreview.parse(preview.body)).toEqual(preview.body);
    expect(preview.body).toMatchObject({
      version: (await policyPage('heat-gate')).policy.version,
      changed: { HEAT_MIN: { before: '0.2', after: '0.01' }, HEAT_MAX: { before: '0.7', after: '0.02' } },
      impact: { decisions: 3, changed: 3, verdict_changed: 3, complete: true, alone_because: '' },
    });
    expect(preview.body.impact).toMatchObject({ joint: { changed: 3, verdict_changed: 3 } });
    expect(await rig.ledger()).toHaveLength(entries);
  });
});

describe('budgets', () => {
  const budgets = async () => {
    const { body } = await rig.get('/budgets');
    expect(Budgets.parse(body)).toEqual(body);
    return body as unknown as Budgets;
  };

  it('are missing before the first cycle, and are listed with their stress after it, least room first', async () => {
    const row = {
      symbol: 'ETHUSDT',
      notional_usd: 1800,
      budget_usd: null,
      headroom_usd: null,
      stale: true,
      violation: false,
    };
    expect((await budgets()).symbols).toMatchObject([row]);
    await rig.position('BTCUSDT', -0.01, 30_000, '0.1');
    await rig.account('100000');
    await rig.client.hset('quantum:state:market:BTCUSDT', { vol_regime: 'HIGH_VOL' });
    await rig.tick('risk-governor');
    const { mode, symbols, violations } = await budgets();
    expect(mode).toBe('shadow');
    // Heat 0.003: BTC 2000 × (1 − (0.4 × 0.003 + 0.2 × 0.67)), ETH with a normal market.
    expect(symbols).toMatchObject([
      { symbol: 'ETHUSDT', budget_usd: 1865.6, notional_usd: 1800, headroom_usd: 65.6, stress: 0.0672, stale: false },
      {
        symbol: 'BTCUSDT',
        budget_usd: 1729.6,
        headroom_usd: 1429.6,
        heat_stress: 0.0012,
        cluster_stress: 0,
        vol_stress: 0.134,
      },
    ]);
    expect(violations).toEqual([]);
  });

  it('say what is over them, now and as it was reported', async () => {
    await rig.position('ETHUSDT', 2, 1800, '0.15');
    await rig.account('100000');
    await rig.tick('risk-governor');
    const { symbols, violations } = await budgets();
    expect(symbols[0]).toMatchObject({ symbol: 'ETHUSDT', violation: true });
    expect(violations).toMatchObject([{ symbol: 'ETHUSDT', notional_usd: 3600, mode: 'shadow' }]);
  });
});

describe('a preview of what reads its own decisions', () => {
  it('says both numbers where a plan judged jointly comes out otherwise', async () => {
    await rig.account();
    await rig.position('ETHUSDT', 0.01, 1800);
    await rig.plan('first', 'LTCUSDT', { qty: '0.002' });
    await rig.plan('second', 'LTCUSDT');
    const settings = { GOV_MAX_NOTIONAL_PER_TRADE_USDT: '1.5' };
    const { body } = await rig.post('/policies/governor/preview', { settings });
    expect(PolicyPreview.parse(body)).toEqual(body);
    const blocked = { from: 'PERMIT ok', to: 'BLOCK notional_per_trade_exceeded', count: 1 };
    expect(body.impact).toMatchObject({
      ...{ decisions: 2, changed: 1, verdict_changed: 1, changes: [blocked], alone_because: '' },
      joint: { changed: 2, verdict_changed: 2, not_carried: { size_unknown: 0, not_judged: 0, still_held: 1 } },
    });
    const argv = [
      'policy',
      'set',
      'GOV_MAX_NOTIONAL_PER_TRADE_USDT=1.5',
      '--gate',
      'governor',
      '--reason',
      'x',
      '--yes',
    ];
    const { err } = await runCli(rig.redis.url, argv);
    expect(err).toContain(
      '1 would have come out otherwise, judged alone, 1 of them with another verdict; 2, judged jointly',
    );
    expect(err).toContain('Judged jointly:\n  1 × PERMIT ok → BLOCK notional_per_trade_exceeded\n');
    expect(err).toContain('  1 × BLOCK symbol_cooldown → PERMIT ok\n');
    await rig.post('/policies/governor/rollback', { reason: 'as before' });
  });
});
