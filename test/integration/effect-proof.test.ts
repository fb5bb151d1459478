import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { effectProofOf } from '../../runtime/desk/activation/effect-proof.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import type { ProofKind } from '../../schemas/effect-proof.ts';
import { runCli } from '../support/cli.ts';
import { GovernorRig } from '../support/governor-rig.ts';
import { until } from '../support/redis.ts';
import { countedTo, entriesOf, metricOf, startSystem, type TestSystem } from '../support/system.ts';

const RESULTS = 'quantum:stream:apply.result';
const TOTALS = 'quantum:governor:effect_proof';
let rig: GovernorRig;

beforeEach(async () => {
  rig = await GovernorRig.start();
  await rig.client.hset(TOTALS, 'since_ms', '0');
});

afterEach(() => rig.stop());

async function answer(planId: string, fields: Record<string, string> = {}): Promise<void> {
  const entry = { plan_id: planId, symbol: 'BTCUSDT', executed: 'True', ...fields };
  await rig.client.xadd(RESULTS, '*', ...Object.entries(entry).flat());
}

async function allAnswersRead(): Promise<void> {
  await until('all answers to be read', async () => {
    const [group] = (await rig.client.xinfo('GROUPS', RESULTS)) as (string | number)[][];
    return group?.[group.indexOf('lag') + 1] === 0 && group[group.indexOf('pending') + 1] === 0;
  });
}

const proof = () => effectProofOf(rig.client, portfolioOf('quantum'));
const seriesOf = (kind: ProofKind) => `portcullis_effect_proof_total{kind="${kind}"}`;
const counted = (system: TestSystem, kind: ProofKind) => metricOf(system, seriesOf(kind));

async function permitted(planId: string, fields: Record<string, string> = {}): Promise<void> {
  await rig.send(planId, { symbol: planId.toUpperCase(), ...fields });
  expect(await rig.verdict(planId)).toBe('permit');
}

describe('an execution', () => {
  it('by its permit, and one without, count once each: told again, to another worker, after a restart', async () => {
    const first = await rig.worker();
    await permitted('p1');
    await rig.client.getdel('quantum:permit:p1');
    for (const plan of ['p1', 'p1', 'stray', 'stray']) await answer(plan);
    await allAnswersRead();
    for (const kind of ['executed_with_permit', 'executed_without_permit'] as const)
      expect(await countedTo(first, seriesOf(kind), 1)).toBe(1);
    await first.stop();
    const second = await rig.worker({ workerName: 'second' });
    for (const plan of ['p1', 'stray']) await answer(plan);
    await allAnswersRead();
    expect(await counted(second, 'executed_without_permit')).toBe(0);
    expect(await proof()).toMatchObject({
      since: 0,
      executed_with_permit: { count: 1, last_plan_id: 'p1' },
      executed_without_permit: { count: 1, last_plan_id: 'stray' },
      permit_not_taken: { count: 0, last_at: null, last_plan_id: '' },
    });
    const alarms = await rig.events('EXECUTED_WITHOUT_PERMIT');
    expect(alarms.map(({ plan_id, reason }) => [plan_id, reason])).toEqual([['stray', 'no_permit']]);
  });

  it('after a kill had revoked its permit is told in status, doctor and explain', async () => {
    await rig.worker();
    await permitted('p1');
    await rig.client.set('quantum:kill', '1');
    await until('the permit to be revoked', async () => (await rig.events('PERMIT_REVOKED')).length === 1);
    await answer('p1');
    await allAnswersRead();
    const status = await runCli(rig.redis.url, ['status']);
    expect(status.out).toMatch(/^Executed {7}0 with a permit, 1 WITHOUT ONE \(last \d+ s ago\): plan p1$/m);
    const doctor = await runCli(rig.redis.url, ['doctor']);
    expect(doctor.out).toContain('0 with a permit, 1 without, the last of plan p1');
    const { out } = await runCli(rig.redis.url, ['explain', 'p1']);
    expect(out).toContain('Executed without a permit: the one it had was revoked before.');
    expect(out).toContain('ALARM EXECUTED_WITHOUT_PERMIT');
  });
});

describe('a permit', () => {
  it.each([
    ['59 s old and gone', 59_000, 'permit_taken'],
    ['so old that it may have expired', 60_000, 'permit_unseen'],
  ] as const)('that is %s', async (_what, ageMs, kind) => {
    const portfolio = portfolioOf('sim', { simulatedClock: true });
    const nowMs = 1_700_000_000_000;
    await rig.client.set('sim:portcullis:clock', String(nowMs));
    await rig.client.hset('sim:governor:effect_proof', 'since_ms', '0');
    await rig.client.zadd('sim:governor:outstanding', nowMs - ageMs, 'p1:BTCUSDT:OPEN');
    const system = await rig.worker({ portfolio });
    await until('it to be counted', async () => (await effectProofOf(rig.client, portfolio))[kind].count === 1);
    expect(await countedTo(system, seriesOf(kind), 1)).toBe(1);
    expect(await entriesOf(rig.client, 'sim:stream:governor.events')).toEqual([]);
  });

  it('that nobody took is counted once, by whichever of two workers takes it back', async () => {
    const [seconds] = await rig.client.time();
    const plans = Array.from({ length: 200 }, (_, at) => `p${at}`);
    for (const plan of plans) {
      await rig.client.set(`quantum:permit:${plan}`, '{}', 'EX', 3_600);
      await rig.client.zadd('quantum:governor:outstanding', Number(seconds) * 1000 - 59_500, `${plan}:BTCUSDT:OPEN`);
    }
    const systems = [await rig.worker(), await rig.worker({ workerName: 'second' })];
    await until('none outstanding', async () => (await rig.client.exists('quantum:governor:outstanding')) === 0);
    expect((await proof()).permit_not_taken.count).toBe(200);
    expect(await countedTo(systems, seriesOf('permit_not_taken'), 200)).toBe(200);
    expect(new Set((await rig.events('PERMIT_WITHDRAWN')).map(({ plan_id }) => plan_id)).size).toBe(200);
  });

  it('is taken back and counted in the metrics though its totals are in a key of another type', async () => {
    await rig.client.del(TOTALS);
    await rig.client.set(TOTALS, 'x');
    const [seconds] = await rig.client.time();
    await rig.client.set('quantum:permit:p1', '{}', 'EX', 3_600);
    await rig.client.zadd('quantum:governor:outstanding', Number(seconds) * 1000 - 59_000, 'p1:BTCUSDT:OPEN');
    const system = await rig.worker();
    await until('the permit to be withdrawn', async () => (await rig.events('PERMIT_WITHDRAWN')).length === 1);
    await until('it to be counted', async () => (await counted(system, 'permit_not_taken')) === 1);
    expect((await proof()).since).toBeNull();
    const { out, code } = await runCli(rig.redis.url, ['doctor']);
    expect([code, out.includes(`${TOTALS} is a string, where a hash belongs`)]).toEqual([1, true]);
  });
});

describe('a softened exit', () => {
  let system: TestSystem;

  beforeEach(async () => {
    system = await startSystem(rig.redis, { env: { P26_MODE: 'enforce', GOV_SYMBOL_COOLDOWN_SECONDS: '0' } });
    await rig.snapshot('ETHUSDT', { position_notional_usd: '1800', sigma: '0.15', position_qty: '1', side: 'LONG' });
  });

  afterEach(() => system.stop());

  /** The action that an executor that reads `harvest.calibrated` would carry out. */
  async function calibrated(planId: string): Promise<string> {
    const exit = { plan_id: planId, symbol: 'ETHUSDT', action: 'FULL_CLOSE', reason: 'take_profit' };
    await rig.client.xadd('quantum:stream:harvest.proposal', '*', ...Object.entries(exit).flat());
    await until('the lookup', () => rig.client.hget(`quantum:harvest:heat:by_plan:${planId}`, 'out_action'));
    const entries = await entriesOf(rig.client, 'quantum:stream:harvest.calibrated');
    return entries.find(({ fields }) => fields.plan_id === planId)?.fields.calibrated_action ?? '';
  }

  async function carriedOut(planId: string, action: string): Promise<void> {
    await rig.send(planId, { symbol: 'ETHUSDT', action, side: 'SELL', reduceOnly: 'true' });
    expect(await rig.verdict(planId)).toBe('permit');
    await rig.client.getdel(`quantum:permit:${planId}`);
    await answer(planId, { symbol: 'ETHUSDT' });
    await allAnswersRead();
  }

  it('is used by an executor that follows harvest.calibrated, and an alarm with one that does not', async () => {
    const softened = await calibrated('follows');
    expect(softened).toBe('PARTIAL_25');
    await carriedOut('follows', softened);
    await calibrated('ignores');
    await carriedOut('ignores', 'FULL_CLOSE');
    expect(await proof()).toMatchObject({
      calibrated_used: { count: 1, last_plan_id: 'follows' },
      calibrated_not_used: { count: 1, last_plan_id: 'ignores' },
      executed_with_permit: { count: 2 },
      executed_without_permit: { count: 0 },
    });
    expect(await rig.events('CALIBRATED_NOT_USED')).toMatchObject([{ plan_id: 'ignores', symbol: 'ETHUSDT' }]);
    const { out } = await runCli(rig.redis.url, ['explain', 'ignores']);
    expect(out).toContain(
      'Permitted and executed. The heat gate had softened it to PARTIAL_25; FULL_CLOSE was executed.',
    );
  });

  it('has the readers of harvest.calibrated named in the status, with how far they are', async () => {
    await calibrated('p1');
    expect((await proof()).calibrated_readers).toEqual([]);
    const stream = 'quantum:stream:harvest.calibrated';
    await rig.client.xgroup('CREATE', stream, 'apply_layer', '0');
    expect((await proof()).calibrated_readers).toEqual([{ group: 'apply_layer', idle_sec: null, waiting: 1 }]);
    await rig.client.xreadgroup('GROUP', 'apply_layer', 'one', 'COUNT', 1, 'STREAMS', stream, '>');
    expect((await proof()).calibrated_readers).toEqual([
      { group: 'apply_layer', idle_sec: expect.any(Number), waiting: 0 },
    ]);
    const { out } = await runCli(rig.redis.url, ['status']);
    expect(out).toMatch(/harvest\.calibrated read by apply_layer \(\d+ s ago, 0 waiting\)/);
  });
});
