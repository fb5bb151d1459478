import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { ActionPreview } from '../../../schemas/api/preview.ts';
import { Status } from '../../../schemas/api/status.ts';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { WITH_TOKEN } from '../../support/http.ts';
import { ServedRig } from '../../support/served.ts';

const FUND_A = `portfolio=${encodeURIComponent('{fund-a}')}`;
let rig: ServedRig;

beforeAll(async () => {
  rig = await ServedRig.start({ GOV_MODE: 'production', GOV_MAX_NOTIONAL_PER_TRADE_USDT: '1000000' }, [
    portfolioOf('quantum'),
    portfolioOf('{fund-a}'),
  ]);
  await rig.account();
  await rig.position('ETHUSDT', 1, 1800, '0.15');
  await rig.plan('plan-1', 'BTCUSDT', { qty: '0.01', price: '1000', kill_score: '0' });
  await rig.add('position.snapshot', { symbol: 'XRPUSDT', position_qty: '0' });
  await keepPermit('plan-1');
});
afterAll(() => rig.stop());

/** A permit that does not end while the tests run. */
async function keepPermit(planId: string): Promise<void> {
  const outstanding = await rig.client.zrange('quantum:governor:outstanding', 0, -1);
  const member = outstanding.find((one) => one.startsWith(`${planId}:`)) ?? '';
  await rig.client.zadd('quantum:governor:outstanding', 'XX', Date.now() + HOUR_MS, member);
  await rig.client.persist(`quantum:permit:${planId}`);
}

async function preview(body: object): Promise<ActionPreview> {
  const { code, body: answer } = await rig.post('/preview', body);
  expect({ code, message: answer.message }).toEqual({ code: 200, message: undefined });
  expect(ActionPreview.parse(answer)).toEqual(answer);
  return answer as unknown as ActionPreview;
}

describe('a preview', () => {
  it('of the kill switch counts the permits that it revokes, and what stays open', async () => {
    expect(await preview({ action: 'kill' })).toEqual({
      scope: 'Portfolio quantum',
      effect:
        'No plan gets a permit from now on, one that closes a position neither. 1 permit not yet taken is revoked within a second; 1 position stays open.',
      count: 1,
      counted: 'permits not yet taken',
    });
    expect(await rig.client.exists('quantum:kill')).toBe(0);
  });

  it.each([
    [{ action: 'release' }, 0, 'Plans can get permits again at once'],
    [{ action: 'arm' }, 0, 'judged again'],
    [{ action: 'disarm' }, 1, '1 permit not yet taken stays valid'],
    [{ action: 'state', trading_state: 'REDUCING' }, 1, 'Every plan that opens a position is refused'],
    [{ action: 'state', trading_state: 'HALTED' }, 1, 'acts as the kill switch'],
    [{ action: 'state', trading_state: 'ACTIVE' }, 1, 'Plans of every kind are judged again'],
    [{ action: 'mode', gate: 'heat-gate', mode: 'enforce' }, 1, 'the exit that executors read is the softened one'],
    [{ action: 'mode', gate: 'heat-gate', mode: 'shadow' }, 1, 'exits stay as they are proposed'],
    [{ action: 'mode', gate: 'risk-governor', mode: 'enforce' }, 0, '0 positions are over now'],
    [{ action: 'mode', gate: 'governor', mode: 'dry_run' }, 1, 'only says what it would do'],
    [{ action: 'clear', symbol: 'ETHUSDT' }, 1, 'The position worth $1800 counts as closed'],
    [{ action: 'clear', symbol: 'XRPUSDT' }, 0, 'No position of this symbol counts now'],
    [{ action: 'drop', stream: 'apply.plan', ids: ['1-1'] }, 0, 'deleted for good'],
    [{ action: 'replay', stream: 'apply.plan', ids: ['1-1'] }, 0, 'judged as one'],
  ])('of %j', async (body, count, effect) => {
    const answer = await preview(body);
    expect(answer).toMatchObject({ count, effect: expect.stringContaining(effect) });
  });

  it('of a rollback names the limits that would change', async () => {
    await rig.post('/policies/heat-gate?portfolio=quantum', { settings: { HEAT_MIN: '0.3' }, reason: 'x' });
    expect(await preview({ action: 'rollback', gate: 'heat-gate' })).toMatchObject({
      count: 1,
      effect: 'HEAT_MIN 0.3 → 0.25, in every worker within a second.',
    });
  });

  it.each([
    [{ action: 'mode', gate: 'nosuch', mode: 'enforce' }, 409],
    [{ action: 'clear', symbol: 'NOSUCH' }, 409],
    [{ action: 'mode', gate: 'heat-gate', mode: 'loud' }, 409],
    [{ action: 'rollback', gate: 'governor' }, 409],
    [{ action: 'drop', stream: 'nosuch', ids: ['1-1'] }, 409],
    [{ action: 'drop', stream: 'apply.plan', ids: [] }, 400],
    [{ action: 'explode' }, 400],
    [{}, 400],
  ])('of %j is refused', async (body, code) => {
    expect((await rig.post('/preview', body)).code).toBe(code);
  });

  it('is about the portfolio that is named', async () => {
    const { body } = await rig.post(`/preview?${FUND_A}`, { action: 'kill' });
    expect(body).toMatchObject({
      scope: 'Portfolio {fund-a}',
      count: 0,
      effect: expect.stringContaining('which positions are open, and stay open, is not known'),
    });
  });
});

describe('where two portfolios are served', () => {
  it.each(['/overview', '/heat/history', '/budgets', '/decisions', '/policies', '/dead-letters', '/ledger'])(
    '%s is about the one that is named',
    async (path) => {
      const [first, named] = [await rig.get(path), await rig.get(`${path}?${FUND_A}`)];
      expect([first.code, named.code]).toEqual([200, 200]);
      expect((await rig.get(`${path}?portfolio=nosuch`)).code).toBe(400);
    },
  );

  it('each has its own figures', async () => {
    expect((await rig.get('/overview')).body).toMatchObject({ portfolio: 'quantum', equity_usd: 10_000 });
    expect((await rig.get(`/overview?${FUND_A}`)).body).toMatchObject({ portfolio: '{fund-a}', equity_usd: null });
    expect((await rig.get(`/decisions?${FUND_A}`)).body).toMatchObject({ entries: [] });
  });

  it.each([
    ['/policies/heat-gate', { settings: { HEAT_MIN: '0.3' }, reason: 'x' }],
    ['/policies/heat-gate/candidate', { settings: null, reason: 'x' }],
    ['/policies/heat-gate/rollback', { reason: 'x' }],
    ['/dead-letters/apply.plan/replay', { ids: ['1-1'], reason: 'x' }],
    ['/dead-letters/apply.plan/drop', { ids: ['1-1'], reason: 'x' }],
  ])('a change by %s wants one of them named', async (path, body) => {
    expect((await rig.post(path, body)).body.message).toContain(
      'expected ?portfolio= with quantum or {fund-a} for a change',
    );
  });

  it('the status is as it is described', async () => {
    const { body } = await rig.get('/status');
    expect(Status.parse(body)).toEqual(body);
  });
});

it('nothing is told without a token', async () => {
  for (const path of [
    '/overview',
    '/decisions',
    '/budgets',
    '/policies',
    '/dead-letters',
    '/ledger',
    '/openapi.json',
  ]) {
    expect((await rig.app.inject(`/v1${path}`)).statusCode).toBe(401);
  }
  const { statusCode } = await rig.app.inject({ method: 'POST', url: '/v1/preview', payload: { action: 'kill' } });
  expect(statusCode).toBe(401);
  expect((await rig.app.inject({ url: '/v1/overview', headers: WITH_TOKEN })).statusCode).toBe(200);
});
