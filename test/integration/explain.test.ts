import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Explanation, Step } from '../../runtime/desk/explain/explanation.ts';
import { explainPlan } from '../../runtime/desk/explain/index.ts';
import { buildApp } from '../../runtime/doors/http/app.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { runCli } from '../support/cli.ts';
import { GovernorRig } from '../support/governor-rig.ts';
import { HeatRig } from '../support/heat-rig.ts';
import { fakeRuntime, httpContext, WITH_TOKEN } from '../support/http.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';

const handlers = await loadHandlers();

const RESULTS = 'quantum:stream:apply.result';

async function explained(redis: HeatRig['client'], planId: string, sinceMs?: number): Promise<Explanation> {
  const bounds = { withinMs: 60_000, ...(sinceMs !== undefined && { sinceMs }) };
  return await explainPlan(redis, portfolioOf('quantum'), handlers, planId, bounds);
}

function names({ steps }: Explanation): string[] {
  return steps.map(({ step }) => step);
}

function stepOf<N extends Step['step']>({ steps }: Explanation, name: N): Extract<Step, { step: N }> {
  const found = steps.findLast((step): step is Extract<Step, { step: N }> => step.step === name);
  if (found === undefined) throw new Error(`expected a step ${name}`);
  return found;
}

describe('an exit', () => {
  let rig: HeatRig;
  beforeAll(async () => {
    rig = await HeatRig.start();
  });
  afterAll(async () => rig.stop());
  beforeEach(async () => {
    await rig.anew({ P26_MODE: 'shadow' });
    await rig.calm();
  });

  test('that was softened: proposal, heat with each position, lookup', async () => {
    await rig.snapshot({ symbol: 'BTCUSDT', position_notional_usd: '40000', sigma: '0.1' });
    const { plan_id = '' } = await rig.judged({ reason: 'take_profit' });
    await until('the lookup', async () => rig.exists(`quantum:harvest:heat:by_plan:${plan_id}`));
    const explanation = await explained(rig.client, plan_id);
    expect(names(explanation)).toEqual(['proposal', 'heat', 'lookup']);
    expect(explanation).toMatchObject({ symbol: 'ETHUSDT', end: 'exit_calibrated' });
    expect(stepOf(explanation, 'proposal')).toMatchObject({ action: 'FULL_CLOSE', reason: 'take_profit' });
    expect(stepOf(explanation, 'heat')).toMatchObject({
      verdict: 'DOWNGRADE',
      calibrated_action: 'PARTIAL_75',
      basis: {
        heat: 0.427,
        bucket: 'WARM',
        risk_usd: 4270,
        positions: [
          { symbol: 'BTCUSDT', risk_usd: 4000, heat: 0.4 },
          { symbol: 'ETHUSDT', risk_usd: 270, heat: 0.027 },
        ],
        cooler: { bucket: 'COLD', heat_below: 0.25, cut_usd: 16_800.01, enough: true },
        hotter: { bucket: 'HOT', risk_usd: 2230 },
      },
    });
    const { out } = await runCli(rig.redis.url, ['explain', plan_id]);
    expect(out).toContain('Heat gate (shadow): FULL_CLOSE softened to PARTIAL_75');
    expect(out).toContain('cut ETHUSDT by $1,800.00 (all of it), BTCUSDT by $15,000.01 (to $24,999.99)');
  });

  test('that could not be parsed ends among the dead letters', async () => {
    await rig.add('quantum:stream:harvest.proposal', { plan_id: 'p1', symbol: 'ETH USDT', action: 'FULL_CLOSE' });
    await until('the dead letter', async () => (await rig.client.xlen('quantum:stream:harvest.proposal.dlq')) === 1);
    const explanation = await explained(rig.client, 'p1');
    expect(explanation.end).toBe('dead_letter');
    expect(names(explanation)).toEqual(['dead_letter']);
  });

  test('whose entry was trimmed is explained from the decision log alone', async () => {
    const { plan_id = '' } = await rig.judged();
    await rig.client.del('quantum:stream:harvest.proposal', 'quantum:stream:harvest.calibrated');
    const explanation = await explained(rig.client, plan_id);
    expect(stepOf(explanation, 'proposal').entry).toBeNull();
    expect(stepOf(explanation, 'heat')).toMatchObject({ verdict: 'DOWNGRADE', calibrated_action: null });
  });
});

describe('a plan', () => {
  let rig: GovernorRig;
  beforeAll(async () => {
    rig = await GovernorRig.start();
    await rig.worker();
  });
  afterAll(async () => rig.stop());
  beforeEach(async () => rig.account());

  test('that was blocked names the check that refused, with value, limit and headroom', async () => {
    await rig.send('big', { symbol: 'BIGUSDT', qty: '3' });
    await rig.verdict('big');
    const explanation = await explained(rig.client, 'big');
    expect(names(explanation)).toEqual(['plan', 'governor']);
    expect(explanation).toMatchObject({
      end: 'blocked',
      summary: 'Blocked: the plan is worth $300.00; one trade may be worth $200.00.',
    });
    expect(stepOf(explanation, 'governor').checks).toContainEqual({
      gate: 'notional_per_trade',
      value: 300,
      limit: 200,
      headroom: -100,
      verdict: 'refuse',
      words: { name: 'size of the plan', unit: 'USD', setting: 'GOV_MAX_NOTIONAL_PER_TRADE_USDT' },
    });
  });

  test('with a permit that waits, then taken, then executed', async () => {
    await rig.send('good', { symbol: 'AUSDT' });
    await rig.verdict('good');
    const waiting = await explained(rig.client, 'good');
    expect(waiting.end).toBe('permit_waiting');
    expect(stepOf(waiting, 'permit').left_sec).toBeGreaterThan(0);
    await rig.client.getdel('quantum:permit:good');
    expect((await explained(rig.client, 'good')).end).toBe('permit_taken');
    await rig.client.xadd(RESULTS, '*', 'plan_id', 'good', 'symbol', 'AUSDT', 'executed', 'True', 'error', '');
    const done = await explained(rig.client, 'good');
    expect(done).toMatchObject({ end: 'executed', summary: 'Permitted and executed.' });
    expect(names(done)).toEqual(['plan', 'governor', 'permit', 'result']);
  });

  test('that the executor did not execute: its permit is taken back and its reservation freed', async () => {
    await rig.send('failed', { symbol: 'CUSDT' });
    await rig.verdict('failed');
    await rig.client.xadd(RESULTS, '*', 'plan_id', 'failed', 'symbol', 'CUSDT', 'executed', 'False', 'error', 'margin');
    await until('the reservation to be freed', async () => !(await rig.reserved()).includes('failed'));
    const explanation = await explained(rig.client, 'failed');
    expect(explanation).toMatchObject({ end: 'not_executed', summary: 'The plan was not executed: margin.' });
    expect(stepOf(explanation, 'permit')).toMatchObject({ fate: 'withdrawn', reason: 'not_executed' });
    expect(names(explanation)).toContain('released');
  });

  test('whose permit a kill revoked', async () => {
    await rig.send('killed', { symbol: 'DUSDT' });
    await rig.verdict('killed');
    await rig.client.set('quantum:kill', '1');
    await until('the revocation', async () =>
      (await rig.events('PERMIT_REVOKED')).some(({ plan_id }) => plan_id === 'killed'),
    );
    await rig.client.del('quantum:kill');
    expect(await explained(rig.client, 'killed')).toMatchObject({
      end: 'permit_revoked',
      summary: 'Permitted, but the permit was revoked: the kill switch was turned on.',
    });
  });

  test('that is not to be executed is left alone, and says so', async () => {
    await rig.send('skipped', { decision: 'SKIP' });
    expect(await explained(rig.client, 'skipped')).toMatchObject({
      end: 'undecided',
      summary: 'Not for execution: its own decision is SKIP, so the governor left it alone.',
    });
  });

  test('sent again after its permit is a duplicate, and still permitted', async () => {
    await rig.send('twice', { symbol: 'EUSDT' });
    await rig.verdict('twice');
    await rig.send('twice', { symbol: 'EUSDT' });
    await until('the duplicate', async () =>
      (await rig.events('DUPLICATE')).some(({ plan_id }) => plan_id === 'twice'),
    );
    expect((await explained(rig.client, 'twice')).end).toBe('permit_waiting');
  });
});

describe('the search', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis('--enable-debug-command', 'local');
  });
  afterAll(async () => redis.stop());
  beforeEach(async () => redis.client.flushall());

  /** Decisions an hour apart, `p0` the oldest. */
  async function decide(count: number): Promise<void> {
    const pipeline = redis.client.pipeline();
    for (let at = 0; at < count; at += 1) {
      const id = `${Date.UTC(2026, 0, 1) + at * 3_600_000}-0`;
      pipeline.xadd('quantum:stream:decisions', id, 'handler', 'governor', 'verdict', 'BLOCK', 'plan_id', `p${at}`);
    }
    await pipeline.exec();
  }

  test('ends an hour before the oldest decision found, unless told to look further back', async () => {
    await decide(301);
    const [near] = (await explained(redis.client, 'p280')).searched;
    expect(near?.entries).toBe(50);
    const [far] = (await explained(redis.client, 'p280', Date.UTC(2026, 0, 1))).searched;
    expect(far).toMatchObject({ entries: 301, back_to: Date.UTC(2026, 0, 1) / 1000, finished: true });
  });

  test('finds the oldest of many pages', async () => {
    await decide(301);
    expect((await explained(redis.client, 'p0')).end).toBe('blocked');
  });

  test('that runs out of time says so, and how far it came', async () => {
    await decide(301);
    const explanation = await explainPlan(redis.client, portfolioOf('quantum'), handlers, 'p0', { withinMs: 0 });
    expect(explanation.searched[0]).toMatchObject({ entries: 0, back_to: null, finished: false });
  });

  test('of a plan that nobody knows says where it looked, what to check, and exits with 1', async () => {
    await redis.client.set('quantum:stream:apply.result', 'another type');
    await decide(3);
    const { code, out } = await runCli(redis.url, ['explain', 'nobody']);
    expect(code).toBe(1);
    expect(out).toContain('No trace of plan nobody in portfolio quantum.');
    expect(out).toMatch(/quantum:stream:decisions +3 +2026-01-01 00:00:00 UTC +all/);
    expect(out).toContain('--portfolio PREFIX');
  });

  test('over HTTP is the same JSON, behind the token; 404 for an unknown plan, 400 for what is no plan id or moment', async () => {
    await decide(3);
    const app = await buildApp(await httpContext(fakeRuntime({ redis: redis.client })));
    try {
      const get = async (url: string, headers = WITH_TOKEN) => await app.inject({ url, headers });
      const found = await get('/v1/plans/p1?since=2026-01-01');
      expect(found.statusCode).toBe(200);
      expect(found.json()).toEqual(
        JSON.parse((await runCli(redis.url, ['explain', 'p1', '--since', '2026-01-01', '--json'])).out),
      );
      const codes = ['/v1/plans/nobody', '/v1/plans/a%20b', '/v1/plans/p1?since=soon'].map(
        async (url) => (await get(url)).statusCode,
      );
      expect(await Promise.all(codes)).toEqual([404, 400, 400]);
      expect((await get('/v1/plans/p1', { authorization: 'Bearer other' })).statusCode).toBe(401);
    } finally {
      await app.close();
    }
  });

  test('writes nothing', async () => {
    await decide(60);
    const before = await redis.client.call('DEBUG', 'DIGEST');
    await explained(redis.client, 'p1');
    expect(await redis.client.call('DEBUG', 'DIGEST')).toBe(before);
  });
});
