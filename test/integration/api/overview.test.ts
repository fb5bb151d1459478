import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeatHistory, Overview } from '../../../schemas/api/overview.ts';
import { until } from '../../support/redis.ts';
import { CHECKED_EVERY_MS, ServedRig } from '../../support/served.ts';

/** How often a worker whose waits are a test's asks for a type, whoever looks. */
const UPKEEP_A_SECOND = 250;

let rig: ServedRig;

beforeAll(async () => {
  rig = await ServedRig.start({
    GOV_MODE: 'production',
    GOV_MAX_OPEN_POSITIONS: '3',
    GOV_SYMBOL_COOLDOWN_SECONDS: '0',
  });
});
afterAll(() => rig.stop());

async function overview(): Promise<Overview> {
  const { code, body } = await rig.get('/overview');
  expect(code).toBe(200);
  expect(Overview.parse(body)).toEqual(body);
  return body as unknown as Overview;
}

describe('the overview', () => {
  it('of a portfolio that knows nothing says so, and what to do', async () => {
    const now = await overview();
    expect(now).toMatchObject({
      portfolio: 'quantum',
      equity_usd: null,
      drawdown_pct: null,
      heat: { value: 0, bucket: 'COLD', cause: 'portfolio_state_missing' },
      positions: [],
      remainder: { positions: 0, contribution: null },
      trading_state: 'ACTIVE',
      armed: true,
      kill: { on: false, actor: null },
    });
    expect(now.problems.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('portfolio state: missing'),
        expect.stringContaining('position snapshots: none was ever written'),
        expect.stringContaining('Positions are not known'),
      ]),
    );
    for (const { do: todo } of now.problems) expect(todo).not.toBe('');
  });

  it('shows what heat is made of, by position', async () => {
    await rig.account();
    await rig.position('ETHUSDT', 1, 1800, '0.15');
    await rig.position('BTCUSDT', -0.1, 30_000, '0.1');
    await rig.position('XRPUSDT', 10, 1, '0');
    const now = await overview();
    expect(now).toMatchObject({ equity_usd: 10_000, drawdown_pct: 2.5 });
    expect(now.heat).toMatchObject({ value: 0.057, bucket: 'COLD', heat_min: 0.25, heat_max: 0.65, cause: null });
    expect(now.heat.sigma_missing).toEqual(['XRPUSDT']);
    expect(now.positions).toEqual([
      { symbol: 'BTCUSDT', side: 'SHORT', notional_usd: 3000, sigma: 0.1, contribution: 0.03, share: 0.5263157895 },
      { symbol: 'ETHUSDT', side: 'LONG', notional_usd: 1800, sigma: 0.15, contribution: 0.027, share: 0.4736842105 },
      { symbol: 'XRPUSDT', side: 'LONG', notional_usd: 10, sigma: null, contribution: null, share: null },
    ]);
    expect(now.remainder).toEqual({ positions: 0, contribution: 0 });
  });

  it('shows how much of each limit is used, as the governor judges by it', async () => {
    const { limits } = await overview();
    const byName = new Map(limits.map((limit) => [limit.name, limit]));
    expect(byName.get('max_positions')).toMatchObject({
      value: 3,
      limit: 3,
      headroom: 0,
      state: 'reached',
      applies: true,
    });
    expect(byName.get('total_notional')).toMatchObject({ value: 4810, limit: 2000, headroom: -2810, state: 'reached' });
    expect(byName.get('hourly_limit')).toMatchObject({ value: 0, limit: 3, state: 'ok', symbol: null, applies: true });
    expect(byName.get('kill_score')).toMatchObject({ value: null, limit: 0.8, headroom: null, state: 'unknown' });
    expect(byName.get('evaluation_errors')).toMatchObject({ value: 0, limit: 5, headroom: 5 });
  });

  it('names the busiest symbol of the hour and of five minutes', async () => {
    const nowMs = Date.now();
    const permits = { 'ETHUSDT:1-0': nowMs - 1_000, 'ETHUSDT:2-0': nowMs - 400_000, 'BTCUSDT:3-0': nowMs - 2_000 };
    for (const [member, score] of Object.entries(permits))
      await rig.client.zadd('quantum:governor:execs', score, member);
    const { limits } = await overview();
    const used = (name: string) => limits.find((limit) => limit.name === name);
    expect(used('hourly_limit')).toMatchObject({ value: 2, symbol: 'ETHUSDT', headroom: 1 });
    expect(used('burst_limit')).toMatchObject({ value: 1, headroom: 1 });
    await rig.client.del('quantum:governor:execs');
  });

  it('shows a limit that is off by default only once it is set', async () => {
    const named = async () => (await overview()).limits.map(({ name }) => name);
    const before = await named();
    expect(before).not.toContain('permits_per_minute');
    const settings = { GOV_MAX_PERMITS_PER_MINUTE: '4', GOV_PRICE_COLLAR_PCT: '1.5' };
    await rig.post('/policies/governor', { settings, actor: 'ann', reason: 'a rate for all' });
    await rig.client.zadd('quantum:governor:permit_times', Date.now() - 1_000, '1-0', Date.now() - 90_000, '2-0');
    const { limits } = await overview();
    expect(limits.find(({ name }) => name === 'permits_per_minute')).toMatchObject({
      value: 1,
      limit: 4,
      headroom: 3,
      unit: 'count',
      applies: true,
    });
    expect(limits.find(({ name }) => name === 'price_collar')).toMatchObject({
      value: null,
      limit: 1.5,
      unit: 'percent',
    });
    const off = { GOV_MAX_PERMITS_PER_MINUTE: 'off', GOV_PRICE_COLLAR_PCT: null };
    await rig.post('/policies/governor', { settings: off, actor: 'ann', reason: 'as before' });
    expect(await named()).toEqual(before);
    await rig.client.del('quantum:governor:permit_times');
  });

  it('follows modes, the candidate, and who set them', async () => {
    await rig.post('/mode', { gate: 'heat-gate', mode: 'enforce', actor: 'ann', reason: 'a month of shadow' });
    await rig.post('/policies/heat-gate/candidate', { settings: { HEAT_MAX: '0.5' }, reason: 'try it' });
    const { gates } = await overview();
    expect(gates).toMatchObject([
      {
        gate: 'heat-gate',
        mode: 'enforce',
        enforcing: true,
        actor: 'ann',
        reason: 'a month of shadow',
        candidate: expect.any(String),
      },
      { gate: 'risk-governor', mode: 'shadow', enforcing: false, candidate: null },
      { gate: 'governor', mode: 'production', enforcing: true },
    ]);
  });

  it('puts the kill switch on top, with who turned it on and why', async () => {
    await rig.post('/kill', { state: 'on', actor: 'ann', reason: 'strange fills' });
    await rig.post('/disarm', { actor: 'bob', reason: 'and this too' });
    const { kill, problems, armed, trading } = await overview();
    expect(kill).toMatchObject({ on: true, actor: 'ann', reason: 'strange fills', since: expect.any(Number) });
    expect({ armed, trading }).toMatchObject({ armed: false, trading: { actor: 'bob', reason: 'and this too' } });
    expect(problems[0]).toMatchObject({
      severity: 'critical',
      do: 'portcullis kill off --reason …',
      since: kill.since,
    });
    expect(problems[1]).toMatchObject({ severity: 'critical', do: 'portcullis arm --reason …' });
    await rig.post('/kill', { state: 'off', reason: 'over' });
    await rig.post('/arm', { reason: 'over' });
    expect((await overview()).kill).toEqual({ on: false, actor: null, reason: null, since: null });
  });

  it('tells a switch that somebody set by hand from one in the ledger', async () => {
    await rig.client.set('quantum:kill', 'by hand');
    expect((await overview()).kill.on).toBe(true);
    await rig.client.del('quantum:kill');
    await until('the switch to be seen off', async () => !(await overview()).kill.on);
  });

  it('asks for the slow checks only now and then', async () => {
    const began = performance.now();
    await overview();
    const commands = async () => /cmdstat_type:calls=(\d+)/.exec(await rig.client.info('commandstats'))?.[1];
    const before = await commands();
    for (let i = 0; i < 20; i += 1) await overview();
    const calls = Number(await commands()) - Number(before);
    const tookMs = performance.now() - began;
    const looks = 1 + Math.ceil(tookMs / CHECKED_EVERY_MS);
    expect(calls).toBeLessThan(looks * 100 + (tookMs / 1000) * UPKEEP_A_SECOND);
  });
});

describe('the history of heat', () => {
  const history = async (query = '') => {
    const { code, body } = await rig.get(`/heat/history${query}`);
    expect(code).toBe(200);
    expect(HeatHistory.parse(body)).toEqual(body);
    return body as unknown as HeatHistory;
  };

  it('is empty before the first tick, and has what was published from then on', async () => {
    await rig.client.del('quantum:stream:heat.history', 'quantum:state:heat');
    expect((await history()).points).toEqual([]);
    await rig.account();
    await rig.tick('heat-monitor');
    const { points, bin_sec, since, until: end } = await history();
    expect(points).toMatchObject([{ heat: 0.057, bucket: 'COLD', known: true, equity_usd: 10_000 }]);
    expect(points[0]?.gross_notional_usd).toBeGreaterThan(0);
    expect(bin_sec).toBe(0);
    expect(end - since).toBeCloseTo(86_400, 3);
  });

  it('keeps the peak of each of 2,000 bins where there is more', async () => {
    await rig.client.del('quantum:stream:heat.history');
    const endSec = await rig.now();
    const pipeline = rig.client.pipeline();
    for (let i = 0; i < 5_000; i += 1) {
      const at = endSec - 5_000 + i;
      const heat = i === 3_333 ? '0.9' : '0.1';
      const fields = ['heat', heat, 'bucket', i === 3_333 ? 'HOT' : 'COLD', 'reason', 'portfolio_heat_cold'];
      pipeline.xadd('quantum:stream:heat.history', `${at}000-0`, ...fields, 'timestamp', String(at));
    }
    await pipeline.exec();
    const { points, bin_sec } = await history('?since=90m');
    expect(points.length).toBeLessThanOrEqual(2_000);
    expect(points.length).toBeGreaterThan(1_500);
    expect(bin_sec).toBeCloseTo(2.7, 5);
    expect(points.filter(({ bucket }) => bucket === 'HOT')).toMatchObject([{ at: endSec - 5_000 + 3_333, heat: 0.9 }]);
    expect(new Set(points.map(({ gross_notional_usd: usd }) => usd))).toEqual(new Set([null]));
    expect(points.map(({ at }) => at)).toEqual(points.map(({ at }) => at).toSorted((a, b) => a - b));
  });

  it.each([
    ['?since=x', 'since: expected a span'],
    ['?since=1h&until=2h', 'since: expected a moment before until'],
    ['?portfolio=other', 'portfolio: expected quantum, got "other"'],
  ])('%s is a 400', async (query, message) => {
    const { code, body } = await rig.get(`/heat/history${query}`);
    expect(code).toBe(400);
    expect(body.message).toContain(message);
  });
});
