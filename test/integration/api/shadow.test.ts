import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShadowReport } from '../../../schemas/api/shadow.ts';
import { runCli } from '../../support/cli.ts';
import { WITH_TOKEN } from '../../support/http.ts';
import { ServedRig } from '../../support/served.ts';

const GATES = ['heat-gate', 'risk-governor', 'governor'] as const;
let rig: ServedRig;

beforeAll(async () => {
  rig = await ServedRig.start({ GOV_MODE: 'production' });
  await rig.account();
  await rig.position('ETHUSDT', 1, 1800, '0.15');
  await rig.exit('exit-1', 'ETHUSDT');
  await rig.exit('exit-2', 'ETHUSDT');
  await rig.exit('exit-3', 'BTCUSDT', 'PARTIAL_50');
  await rig.tick('risk-governor');
  await rig.plan('plan-1', 'BTCUSDT', { qty: '10' });
  await rig.plan('plan-2', 'SOLUSDT', { kill_score: '0.9' });
});
afterAll(() => rig.stop());

async function shadow<G extends ShadowReport['gate']>(
  gate: G,
  query = '',
): Promise<Extract<ShadowReport, { gate: G }>> {
  const { code, body } = await rig.get(`/shadow?gate=${gate}${query}`);
  expect(code).toBe(200);
  expect(ShadowReport.parse(body)).toEqual(body);
  return body as unknown as Extract<ShadowReport, { gate: G }>;
}

describe('the shadow report', () => {
  it('of the heat gate says what was softened, by bucket and symbol, and what that came to', async () => {
    const report = await shadow('heat-gate');
    expect(report).toMatchObject({
      portfolio: 'quantum',
      stopped: false,
      figures: { gate: 'heat-gate', decisions: 3, changed: 2, modes: { shadow: 3 }, errors: 0 },
      full_closes: 2,
      softened: { exits: 2, done: 0, would_be: 2, share: 1 },
      buckets: [{ name: 'COLD', decisions: 2, changed: 2 }],
      symbols: [{ name: 'ETHUSDT', decisions: 2, changed: 2 }],
      more_symbols: 0,
      thresholds: { heat_min: 0.25, heat_max: 0.65 },
      money: { softened: 2, horizon_sec: 86_400, fee_bps: 0 },
    });
    expect(report.hours.reduce((sum, { decisions }) => sum + decisions, 0)).toBe(2);
    expect(report.until - report.since).toBe(172_800);
  });

  it('of the other gates says what they refused, or would have', async () => {
    expect(await shadow('governor')).toMatchObject({
      figures: { decisions: 2 },
      opens: { plans: 2, blocked: 2, would_block: 0 },
      more_symbols: 0,
    });
    expect(await shadow('risk-governor')).toMatchObject({ figures: { decisions: 1 }, plans: { more_symbols: 0 } });
  });

  it.each(GATES)('of %s is what the command line reports', async (gate) => {
    const { more_symbols: _, until: _until, ...same } = await shadow(gate, '&since=1h');
    const argv = ['report', gate, '--json', '--since', '1h'];
    const { out } = await runCli(rig.redis.url, argv, { environment: { GOV_MODE: 'production' } });
    const { path: _path, until: _now, since, ...printed } = JSON.parse(out);
    const comparable = gate === 'risk-governor' ? { plans: { ...printed.plans, more_symbols: 0 } } : {};
    expect(same).toEqual({ ...printed, ...comparable, since: same.since });
    expect(Math.abs(same.since - since)).toBeLessThan(60);
  });

  it.each(GATES)('of %s is saved as a page that needs nothing else', async (gate) => {
    const query = `gate=${gate}&since=2h&horizon=1h`;
    const { statusCode, headers, payload } = await rig.app.inject({
      url: `/v1/shadow/page?${query}`,
      headers: WITH_TOKEN,
    });
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-disposition']).toBe(`attachment; filename="portcullis-${gate}.html"`);
    expect(payload).toMatch(/^<!doctype html>/);
    expect(payload).not.toMatch(/<script|(?:src|href)=/);
    const { figures } = await shadow(gate, '&since=2h&horizon=1h');
    expect(payload).toContain(`<tr><td>Decisions</td><td>${figures.decisions}</td></tr>`);
  });

  it('is no page for nobody, nor of what is no gate', async () => {
    expect((await rig.app.inject('/v1/shadow/page?gate=governor')).statusCode).toBe(401);
    const { code, body } = await rig.get('/shadow/page?gate=heat-bridge');
    expect([code, body.message]).toEqual([
      400,
      'gate: expected heat-gate, risk-governor or governor, got "heat-bridge"',
    ]);
  });

  it('is shared by all who ask the same at about the same time', async () => {
    const [first, ...others] = await Promise.all([1, 2, 3, 4].map(() => shadow('governor', '&since=3h')));
    await rig.plan('plan-3', 'SOLUSDT', { kill_score: '0.9' });
    for (const report of [...others, await shadow('governor', '&since=3h')]) expect(report).toEqual(first);
    expect((await shadow('governor', '&since=4h')).figures.decisions).toBe((first?.figures.decisions ?? 0) + 1);
  });

  it('has nothing in it where nothing was decided', async () => {
    await rig.client.rename('quantum:stream:decisions', 'quantum:stream:decisions.aside');
    expect(await shadow('heat-gate', '&since=5h')).toMatchObject({
      figures: { decisions: 0, from: null, changed_share: null },
      money: { softened: 0, valued_share: null },
      drawdown: null,
      symbols: [],
      regrets: [],
    });
    await rig.client.rename('quantum:stream:decisions.aside', 'quantum:stream:decisions');
  });
});

describe('what cannot be reported on', () => {
  it.each([
    ['', 'gate: expected heat-gate, risk-governor or governor, got ""'],
    ['?gate=heat-bridge', 'gate: expected heat-gate, risk-governor or governor, got "heat-bridge"'],
    ['?gate=governor&since=soon', 'since: expected a span'],
    ['?gate=governor&since=2100-01-01', 'since: expected a moment before now, got 2100-01-01T00:00:00.000Z'],
    ['?gate=governor&portfolio=other', 'portfolio: expected quantum, got "other"'],
  ])('%s is a 400', async (query, message) => {
    const { code, body } = await rig.get(`/shadow${query}`);
    expect(code).toBe(400);
    expect(body.message).toContain(message);
  });

  it('a log with decisions of another portfolio in it is a 409', async () => {
    const id = await rig.add('decisions', { handler: 'governor', portfolio: 'other', verdict: 'PERMIT' });
    const { code, body } = await rig.get('/shadow?gate=governor&since=6h');
    expect({ code, message: body.message }).toEqual({
      code: 409,
      message: 'expected decisions of one portfolio, got quantum and other',
    });
    await rig.client.xdel('quantum:stream:decisions', id);
  });

  it('needs a token', async () => {
    expect((await rig.app.inject('/v1/shadow?gate=governor')).statusCode).toBe(401);
  });
});
