import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Overview } from '../../../schemas/api/overview.ts';
import type { ActionPreview } from '../../../schemas/api/preview.ts';
import { ServedRig } from '../../support/served.ts';

const LATCH = 'quantum:governor:loss_latch';
const AT_MS = 1_767_225_600_000;
const BASE = { at_ms: AT_MS, equity_usd: 10_000, transfers_usd: 0 };
const MARKS = JSON.stringify({
  day: '2026-01-01',
  week: '2025-12-29',
  bases: { daily: BASE, static: BASE },
  recent: [{ at_ms: AT_MS + 1000, equity_usd: 9_400, transfers_usd: 0 }],
  feed: null,
  warned: {},
});
const trip = (setting: string, value: number, limit: number) => ({ setting, value, limit, at_ms: AT_MS + 1000 });
const DAILY = { daily: trip('GOV_MAX_DAILY_LOSS_PCT', 6, 5) };
const BOTH = { ...DAILY, static: trip('GOV_MAX_STATIC_DRAWDOWN_PCT', 6, 4) };

let rig: ServedRig;
beforeAll(async () => {
  rig = await ServedRig.start({
    GOV_MODE: 'production',
    GOV_MAX_DAILY_LOSS_PCT: '5',
    GOV_MAX_STATIC_DRAWDOWN_PCT: '50',
    GOV_STARTING_BALANCE_USD: '10000',
  });
});
afterAll(() => rig.stop());
beforeEach(async () => {
  await rig.client.del(LATCH, 'quantum:kill', 'quantum:governor:state');
});

async function kept(tripped: object, more: Record<string, string> = {}): Promise<void> {
  await rig.client.hset(LATCH, { marks: MARKS, tripped: JSON.stringify(tripped), rev: '3', ...more });
}

async function preview(action: string): Promise<ActionPreview> {
  const { code, body } = await rig.post('/preview', { action });
  expect({ code, message: body.message }).toEqual({ code: 200, message: undefined });
  return body as unknown as ActionPreview;
}

async function unconfirmed() {
  const { loss } = (await rig.get('/overview')).body as unknown as Overview;
  return loss?.unconfirmed;
}

describe('a preview of a release', () => {
  it('names what was reached, and says what counts from now on', async () => {
    await kept(DAILY);
    expect(await preview('loss_release')).toEqual({
      scope: 'Portfolio quantum: daily_loss_exceeded (6 %, limit 5 %)',
      effect:
        'Plans that open a position are judged again. What was reached counts from the next reading of the account.',
      count: 1,
      counted: 'loss limits that are released',
    });
    expect(await rig.client.hget(LATCH, 'tripped')).toBe(JSON.stringify(DAILY));
  });

  it('says what goes on all the same', async () => {
    await kept(BOTH);
    await rig.client.set('quantum:kill', '1');
    const { effect, count } = await preview('loss_release');
    expect(count).toBe(2);
    expect(effect).toContain('A static drawdown has no other base');
    expect(effect).toContain('The kill switch stays on.');
    await rig.client.del('quantum:kill');
    await rig.client.hset('quantum:governor:state', { trading_state: 'REDUCING', armed: '0' });
    expect((await preview('loss_release')).effect).toContain('Trading is REDUCING and disarmed, which goes on.');
  });

  it('is refused where nothing is held', async () => {
    await kept({});
    expect(await rig.post('/preview', { action: 'loss_release' })).toMatchObject({
      code: 409,
      body: { message: 'expected a loss limit that was reached, got none' },
    });
  });
});

describe('a preview of a confirmation', () => {
  it.each(['redis', 'file'])('says from where losses count after %s lost them', async (lost) => {
    await kept(DAILY, { lost });
    expect(await unconfirmed()).toBe(lost);
    expect(await preview('loss_confirm')).toEqual({
      scope: `Portfolio quantum: lost by ${lost}`,
      effect:
        'Plans that open a position are judged again. Losses count daily from $10000 (6 % lost), static from $10000 (6 % lost): compare that with the account first. A limit that was reached stays so.',
      count: 2,
      counted: 'bases that losses count from',
    });
  });

  it.each([
    ['marks that are no JSON', () => rig.client.hset(LATCH, { marks: '{', tripped: '{}' })],
    ['a key of another type', () => rig.client.set(LATCH, 'x')],
  ])('says that %s are forgotten', async (_words, write) => {
    await write();
    expect(await unconfirmed()).toBe('unreadable');
    const { effect, count } = await preview('loss_confirm');
    expect([effect.includes('counts from the next reading'), count]).toEqual([true, 0]);
  });

  it('is refused where nothing was lost', async () => {
    await kept(DAILY);
    expect(await unconfirmed()).toBeNull();
    expect((await rig.post('/preview', { action: 'loss_confirm' })).code).toBe(409);
  });
});
