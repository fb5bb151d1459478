import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import heatGate from '../../handlers/heat-gate/index.ts';
import { type FollowedExit, NoVerdict, PortcullisClient, UnusableEntry } from '../../runtime/doors/client/index.ts';
import { GovernorRig } from '../support/governor-rig.ts';
import { until } from '../support/redis.ts';
import { entriesOf, startSystem, type TestSystem } from '../support/system.ts';

const PLAN = { symbol: 'BTCUSDT', action: 'OPEN_LONG', side: 'BUY', qty: 1, price: 100 } as const;
const PATIENT = { timeoutMs: 60_000 };
const CALM = { GOV_SYMBOL_COOLDOWN_SECONDS: '0' };
let rig: GovernorRig;
let client: PortcullisClient;

beforeEach(async () => {
  rig = await GovernorRig.start();
  client = new PortcullisClient(rig.client);
});

afterEach(() => rig.stop());

async function verdictOn(planId: string, fields: Record<string, string | number | boolean> = {}) {
  return await client.waitForVerdict(await client.plan({ ...PLAN, plan_id: planId, ...fields }), PATIENT);
}

async function permitOf(planId: string): Promise<void> {
  await until(`a permit of ${planId}`, async () => (await rig.client.exists(`quantum:permit:${planId}`)) === 1);
}

describe('a plan', () => {
  it('is given its permit, which is then nobody else’s', async () => {
    await rig.worker({ env: CALM });
    const verdict = await verdictOn('p1');
    expect(verdict).toMatchObject({
      granted: true,
      permit: { symbol: 'BTCUSDT', action: 'OPEN_LONG', computed_qty: 1, computed_notional: 100, dry_run: false },
    });
    expect(await client.takePermit('p1')).toBeUndefined();
    expect(await rig.client.exists('quantum:permit:p1')).toBe(0);
  });

  it('has one taker, however many try at once', async () => {
    await rig.worker({ env: CALM });
    await rig.send('p1');
    await permitOf('p1');
    const others = Array.from({ length: 5 }, () => new Redis(rig.redis.url));
    const taken = await Promise.all(others.map((redis) => new PortcullisClient(redis).takePermit('p1')));
    for (const redis of others) redis.disconnect();
    expect(taken.filter((permit) => permit !== undefined)).toHaveLength(1);
  });

  it('is refused with the reason and every check, and judged anew when it comes again', async () => {
    await rig.worker({ env: CALM });
    const refused = await verdictOn('p1', { qty: 3 });
    expect(refused).toMatchObject({ granted: false, event: 'BLOCK', reason: 'notional_per_trade_exceeded' });
    if (refused.granted) throw new Error('expected a block');
    expect(refused.checks.find(({ verdict }) => verdict === 'refuse')).toMatchObject({ value: 300, limit: 200 });
    expect(await client.blockOf('p1')).toMatchObject({ reason: 'notional_per_trade_exceeded', symbol: 'BTCUSDT' });
    expect(await verdictOn('p1', { qty: 2 })).toMatchObject({ granted: true, permit: { computed_notional: 200 } });
    expect(await client.blockOf('p1')).toBeUndefined();
  });

  it.each([
    ['NEUTRAL', 'IGNORED', 'p1', { action: 'HOLD' }],
    ['a repeat', 'DUPLICATE', 'before', {}],
  ])('that is %s is answered with %s', async (_what, event, planId, fields) => {
    await rig.worker({ env: CALM });
    await verdictOn('before');
    expect(await verdictOn(planId, fields)).toMatchObject({ granted: false, event });
  });

  it('whose permit was taken back is not granted', async () => {
    await rig.worker({ env: CALM });
    const sent = await client.plan({ ...PLAN, plan_id: 'p1' });
    await permitOf('p1');
    await rig.client.del('quantum:permit:p1');
    expect(await client.waitForVerdict(sent, PATIENT)).toMatchObject({ granted: false, event: 'TAKEN_BACK' });
  });

  it('of a dry run is not granted, whatever its permit says', async () => {
    await rig.worker({ env: { ...CALM, GOV_MODE: 'dry_run' } });
    expect(await verdictOn('p1')).toMatchObject({ granted: false, event: 'DRY_RUN' });
    await rig.send('p2');
    await permitOf('p2');
    expect(await client.takePermit('p2')).toMatchObject({ granted: true, dry_run: true });
  });

  it('that nobody judges has no verdict', async () => {
    const sent = await client.plan({ ...PLAN, plan_id: 'p1' });
    const waiting = client.waitForVerdict(sent, { timeoutMs: 50 });
    await expect(waiting).rejects.toThrow(NoVerdict);
    await expect(waiting).rejects.toThrow(`plan p1 (${sent.id} of quantum:stream:apply.plan) within 50 ms`);
  });

  it('that was not executed gives its room back', async () => {
    await rig.worker({ env: CALM });
    await verdictOn('p1');
    expect(await rig.reserved()).toEqual(['p1']);
    await client.result({ plan_id: 'p1', symbol: 'BTCUSDT', executed: false, error: 'margin' });
    await until('no reservation', async () => (await rig.reserved()).length === 0);
  });

  it('goes to the portfolio of the prefix, and to streams of other names', async () => {
    const other = new PortcullisClient(rig.client, { prefix: '{fund-a}', streams: { plans: 'my:plans' } });
    await other.plan({ ...PLAN, plan_id: 'p1' });
    await other.propose({ plan_id: 'p2', symbol: 'ETHUSDT', action: 'FULL_CLOSE' });
    expect((await rig.client.keys('*')).filter((key) => !key.startsWith('quantum:')).sort()).toEqual([
      'my:plans',
      '{fund-a}:stream:harvest.proposal',
    ]);
  });
});

describe('what no gate could read is refused before it is sent', () => {
  it.each([
    ['a blank in the id', { plan_id: 'p 1' }, 'plan_id: expected 1 to 128 bytes'],
    ['an empty symbol', { symbol: '' }, 'symbol: expected 1 to 128 bytes'],
    ['a quantity that is no number', { qty: Number.NaN }, 'qty: expected a finite number'],
    ['a quantity without end', { qty: Number.POSITIVE_INFINITY }, 'got Infinity'],
    ['a quantity that would be sent as 0', { qty: 1e-11 }, 'got 1e-11'],
    ['too much of it', { note: 'x'.repeat(256 * 1024) }, 'over_limit'],
  ])('%s', async (_what, fields, says) => {
    const sending = client.plan({ ...PLAN, plan_id: 'p1', ...fields });
    await expect(sending).rejects.toThrow(UnusableEntry);
    await expect(sending).rejects.toThrow(says);
    expect(await rig.client.exists('quantum:stream:apply.plan')).toBe(0);
  });

  it('the smallest quantity that can be told, and text as it is given, are sent', async () => {
    await client.plan({ ...PLAN, plan_id: 'p1', qty: 1e-10, price: '0.100', note: undefined, reduceOnly: true });
    const [entry] = await entriesOf(rig.client, 'quantum:stream:apply.plan');
    expect(entry?.fields).toMatchObject({
      qty: '0.0000000001',
      price: '0.100',
      reduceOnly: 'true',
      decision: 'EXECUTE',
    });
    expect(entry?.fields).not.toHaveProperty('note');
  });
});

describe('following calibrated exits', () => {
  let gate: TestSystem;
  let connection: Redis;
  const options = { group: 'executor', consumer: 'one', from: 'all' } as const;

  beforeEach(async () => {
    gate = await startSystem(rig.redis, { handlers: [heatGate as unknown as AnyHandler] });
    connection = new Redis(rig.redis.url);
  });

  afterEach(async () => {
    connection.disconnect();
    await gate.stop();
  });

  async function follow(count: number, failOn = ''): Promise<FollowedExit[]> {
    const seen: FollowedExit[] = [];
    const enough = new AbortController();
    const follower = new PortcullisClient(connection);
    await follower.followCalibrated({ ...options, signal: enough.signal }, (exit) => {
      if (exit.plan_id === failOn) throw new Error('the exchange is down');
      seen.push(exit);
      if (seen.length === count) enough.abort();
    });
    return seen;
  }

  it('gets what the gate made of each, with the other fields of the proposal', async () => {
    await client.propose({ plan_id: 'p1', symbol: 'ETHUSDT', action: 'FULL_CLOSE', note: 'mine' });
    await client.propose({ plan_id: 'p2', symbol: 'ETHUSDT', action: 'FULL_CLOSE', reason: 'stop_loss' });
    const [softened, protective] = await follow(2);
    expect(softened).toMatchObject({ plan_id: 'p1', original_action: 'FULL_CLOSE', calibrated_action: 'PARTIAL_25' });
    expect(softened).toMatchObject({ heat_value: 0, heat_bucket: 'COLD', mode: 'shadow', fields: { note: 'mine' } });
    expect(protective).toMatchObject({ calibrated_action: 'FULL_CLOSE', reason: 'protective_exit_unchanged' });
    expect(await rig.client.xpending('quantum:stream:harvest.calibrated', 'executor')).toEqual([0, null, null, null]);
  });

  it('that is cut short begins again with the exit it did not finish, and skips what was trimmed meanwhile', async () => {
    for (const plan_id of ['p1', 'p2', 'p3'])
      await client.propose({ plan_id, symbol: 'ETHUSDT', action: 'FULL_CLOSE' });
    const stream = 'quantum:stream:harvest.calibrated';
    await until('all are judged', async () => (await rig.client.xlen(stream)) === 3);
    await expect(follow(3, 'p2')).rejects.toThrow('the exchange is down');
    const [p2] = (await entriesOf(rig.client, stream)).filter(({ fields }) => fields.plan_id === 'p2');
    expect((await follow(2)).map((exit) => exit.plan_id)).toEqual(['p2', 'p3']);
    await client.propose({ plan_id: 'p4', symbol: 'ETHUSDT', action: 'FULL_CLOSE' });
    await expect(follow(1, 'p4')).rejects.toThrow('the exchange is down');
    const last = (await entriesOf(rig.client, stream)).at(-1);
    await rig.client.xdel(stream, p2?.id ?? '', last?.id ?? '');
    await client.propose({ plan_id: 'p5', symbol: 'ETHUSDT', action: 'FULL_CLOSE' });
    expect((await follow(1)).map((exit) => exit.plan_id)).toEqual(['p5']);
  });
});
