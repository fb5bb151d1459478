import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Overview } from '../../schemas/api/overview.ts';
import { runCli } from '../support/cli.ts';
import { ServedRig } from '../support/served.ts';
import { entriesOf } from '../support/system.ts';

const RISK = 'quantum:state:risk';
const SHOCK = { RISK_SHOCK: 'judge', RISK_SHOCK_MIN: '0.3', RISK_SHOCK_MAX: '0.6' };

let rig: ServedRig;
beforeAll(async () => {
  rig = await ServedRig.start({
    P26_MODE: 'enforce',
    GOV_MODE: 'production',
    GOV_SYMBOL_COOLDOWN_SECONDS: '0',
    GOV_MAX_EXEC_PER_HOUR: '99',
    GOV_MAX_EXEC_PER_5MIN: '99',
    ...SHOCK,
  });
  await rig.account();
  await rig.position('ETHUSDT', 1, 1800);
});
afterAll(() => rig.stop());
beforeEach(async () => {
  await rig.client.del(RISK);
});

async function shockIs(shock: string, ageSec = 0): Promise<void> {
  await rig.client.hset(RISK, { shock, timestamp: String((await rig.now()) - ageSec) });
}

async function told(plan: string): Promise<string> {
  return (await runCli(rig.redis.url, ['explain', plan], { environment: SHOCK })).out;
}

let plans = 0;

/** The action and the reason that a full close comes to, and what is explained of it. */
async function exit(): Promise<readonly [action: string | undefined, reason: string | undefined, told: string]> {
  plans += 1;
  const plan = `x${plans}`;
  await rig.exit(plan, 'ETHUSDT');
  const entries = await entriesOf(rig.client, 'quantum:stream:harvest.calibrated');
  const fields = entries.find((entry) => entry.fields.plan_id === plan)?.fields;
  return [fields?.calibrated_action, fields?.reason, await told(plan)];
}

/** The verdict about a plan that opens. */
async function opened(): Promise<string> {
  plans += 1;
  await rig.plan(`o${plans}`, 'BTCUSDT');
  const block = await rig.client.get(`quantum:governor:block:o${plans}`);
  return block === null ? 'permit' : `${JSON.parse(block).reason}: ${await told(`o${plans}`)}`;
}

describe('with a figure of the book’s risk that judges', () => {
  it('exits go by it where it is hotter than the heat, and explain says so', async () => {
    await shockIs('0.45');
    const [action, reason, words] = await exit();
    expect([action, reason]).toEqual(['PARTIAL_75', 'portfolio_shock_warm']);
    expect(words).toContain('the shock of the book was WARM');
    expect(words).toContain('Heat 0.018 (COLD under 0.25, HOT from 0.65)');
    expect(words).toContain('Shock 0.45 (WARM from 0.3, HOT from 0.6) counts as a heat of 0.45, and decides.');
    expect(words).not.toContain('To be COLD');
    await shockIs('0.6');
    expect((await exit()).slice(0, 2)).toEqual(['FULL_CLOSE', 'portfolio_shock_hot']);
    await shockIs('0.1');
    const [cold, heat, calm] = await exit();
    expect([cold, heat]).toEqual(['PARTIAL_25', 'portfolio_heat_cold']);
    expect(calm).toContain('Heat 0.018 (COLD; COLD under 0.25, HOT from 0.65)');
    expect(calm).toContain('Shock 0.1 (WARM from 0.3, HOT from 0.6) counts as a heat of 0.0833.');
  });

  it.each([
    ['is lost', async () => void (await rig.client.del(RISK))],
    ['is of another type', async () => void (await rig.client.set(RISK, 'x'))],
    ['is too old', () => shockIs('0.1', 31)],
    ['is from ahead of the clock', () => shockIs('0.1', -60)],
    ['is no number', () => shockIs('calm')],
  ])('exits pass and nothing opens while it %s', async (_what, make) => {
    await make();
    const [action, reason, words] = await exit();
    expect([action, reason]).toEqual(['FULL_CLOSE', 'portfolio_shock_unknown']);
    expect(words).toContain('Shock is not known (WARM from 0.3, HOT from 0.6): then every exit passes.');
    const block = await opened();
    expect(block).toContain('caps_data_unavailable');
    expect(block).toContain('what the risk of the book is');
    const { body } = await rig.get('/overview');
    const { heat, problems } = body as unknown as Overview;
    expect(heat.judged).toMatchObject({ unknown: 'shock', figures: [{ value: null }] });
    expect(problems.map(({ what }) => what)).toContainEqual(
      expect.stringContaining('The shock of the book is not known'),
    );
    const held = 'the risk of the book is not known, and RISK_SHOCK=judge rests on it';
    for (const argv of [['status'], ['doctor']]) {
      expect((await runCli(rig.redis.url, argv, { environment: SHOCK })).out).toContain(held);
    }
    await shockIs('0.1').catch(async () => {
      await rig.client.del(RISK);
      await shockIs('0.1');
    });
    expect(await opened()).toBe('permit');
  });

  it('the published heat, the status and the overview name it', async () => {
    await shockIs('0.45');
    await rig.tick('heat-monitor');
    expect(await rig.client.hgetall('quantum:state:heat')).toMatchObject({
      heat: '0.018',
      bucket: 'WARM',
      reason: 'portfolio_shock_warm',
      shock: '0.45',
      judged_heat: '0.45',
    });
    const { out } = await runCli(rig.redis.url, ['status'], { environment: SHOCK });
    expect(out).toMatch(/^Heat +0\.018 WARM \(portfolio_shock_warm\)/m);
    const { heat, risk } = (await rig.get('/overview')).body as unknown as Overview;
    expect(heat.judged).toEqual({
      heat: 0.45,
      decides: 'shock',
      unknown: null,
      figures: [{ figure: 'shock', value: 0.45, min: 0.3, max: 0.6, heat: 0.45 }],
    });
    expect(heat.bucket).toBe('WARM');
    expect(risk).toMatchObject({ state: 'kept', figures: [] });
    await rig.client.del(RISK);
    await rig.client.set(RISK, 'x');
    expect(((await rig.get('/overview')).body as unknown as Overview).risk).toMatchObject({ state: 'unreadable' });
  });

  it('a limit of a policy that rests on it waits with it, and status and overview say which', async () => {
    const policy = (limit: string) =>
      rig.post('/policies/governor', { settings: { GOV_MAX_SHOCK_PCT: limit }, reason: 'a try', actor: 'ann' });
    expect((await policy('90')).code).toBe(200);
    await shockIs('0.1');
    expect(await opened()).toContain('what the risk of the book is');
    const status = async () => (await runCli(rig.redis.url, ['status'], { environment: SHOCK })).out;
    expect(await status()).toContain(
      'OPEN REFUSED   the risk of the book is not known, and GOV_MAX_SHOCK_PCT rests on it: portcullis risk says why',
    );
    const { problems } = (await rig.get('/overview')).body as unknown as Overview;
    expect(problems.find(({ key }) => key === 'risk unknown')?.what).toContain('GOV_MAX_SHOCK_PCT');
    await rig.client.hset(RISK, 'days', '{"BTCUSDT":[-0.1,0.1]}');
    expect(await opened()).toBe('permit');
    expect(await status()).not.toContain('OPEN REFUSED');
    expect((await policy('off')).code).toBe(200);
  });

  it('budgets go by it', async () => {
    const budget = async () => {
      await rig.tick('risk-governor');
      return await rig.client.hget('quantum:portfolio:budget:ETHUSDT', 'stress_factor');
    };
    await shockIs('0.1');
    const calm = Number(await budget());
    await shockIs('0.6');
    expect(Number(await budget())).toBeCloseTo(calm + 0.4 * (0.65 - 0.25 / 3), 9);
    await rig.client.del(RISK);
    expect(await budget()).toBe('1');
  });

  it('limits that contradict each other are refused', async () => {
    const policy = (settings: Record<string, string>) =>
      rig.post('/policies/heat-gate', { settings, reason: 'a try', actor: 'ann' });
    expect(await policy({ RISK_SHOCK_MIN: '0.6' })).toMatchObject({
      code: 409,
      body: { message: expect.stringContaining('expected less than RISK_SHOCK_MAX (0.6), got 0.6') },
    });
    expect(await policy({ RISK_SHOCK_MAX: 'off' })).toMatchObject({
      code: 409,
      body: { message: expect.stringContaining('expected a number above 0 beside RISK_SHOCK=judge') },
    });
    expect((await policy({ RISK_SHOCK_MIN: '0.2' })).code).toBe(200);
    await shockIs('0.25');
    expect((await exit())[1]).toBe('portfolio_shock_warm');
  });
});
