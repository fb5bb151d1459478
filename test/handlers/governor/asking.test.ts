import { describe, expect, it } from 'vitest';
import { GovernorWorld, OPEN_PLAN } from '../../support/governor-world.ts';

const BOX = 'reply:trend:one';
const ASK = { ...OPEN_PLAN, reply_to: 'trend:one', timeout_ms: '100' };

function replies(world: GovernorWorld): Record<string, unknown>[] {
  return (world.mailboxes.get(BOX) ?? []).map((text) => JSON.parse(text) as Record<string, unknown>);
}

/** An id so many milliseconds before now. */
function sent(world: GovernorWorld, agoMs: number): string {
  return `${world.nowMs - agoMs}-0`;
}

describe('a plan that asks', () => {
  it('is told its permit, which nobody else finds', () => {
    const [world, plain] = [new GovernorWorld(), new GovernorWorld()];
    world.plan(ASK);
    plain.plan(OPEN_PLAN);
    const expires = Math.floor(world.nowMs / 1000) + 60;
    const permit = plain.permit('p1');
    expect(permit).toMatchObject({ granted: true });
    expect(replies(world)).toEqual([{ plan_id: 'p1', granted: true, reason: 'ok', expires_at: expires, permit }]);
    expect(world.permit('p1')).toBeUndefined();
    expect(world.reserved()).toEqual(['p1']);
    expect(world.events).toEqual(plain.events);
  });

  it('gives back what it reserved when it is answered as not executed, and counts as taken else', () => {
    const world = new GovernorWorld();
    world.plan(ASK);
    world.nowMs += 59_000;
    world.watch();
    expect(world.reserved()).toEqual(['p1']);
    expect(world.proven().permit_taken).toBe(1);
    world.result({ plan_id: 'p1', symbol: 'BTCUSDT', executed: 'false' });
    expect(world.reserved()).toEqual([]);
  });

  it('is told why it is refused, with every check', () => {
    const world = new GovernorWorld();
    world.plan({ ...ASK, qty: '1' });
    const { checks } = world.block('p1') ?? {};
    expect(checks?.length).toBeGreaterThan(1);
    expect(replies(world)).toEqual([{ plan_id: 'p1', granted: false, reason: 'notional_per_trade_exceeded', checks }]);
  });

  it.each([
    ['at its deadline', 100, true],
    ['1 ms after it', 101, false],
  ])('%s', (_when, agoMs, granted) => {
    const world = new GovernorWorld();
    const { validUntilMs } = world.plan(ASK, sent(world, agoMs));
    expect(replies(world)).toMatchObject([{ granted, reason: granted ? 'ok' : 'deadline_passed' }]);
    expect(world.reserved()).toEqual(granted ? ['p1'] : []);
    expect(validUntilMs).toBe(granted ? world.nowMs : undefined);
  });

  it.each([
    ['500 ms without a time', {}, 500],
    ['1 ms', { timeout_ms: '1' }, 1],
    ['10 s', { timeout_ms: '10000' }, 10_000],
  ])('has %s', (_what, fields, ms) => {
    const world = new GovernorWorld();
    const { validUntilMs } = world.plan({ ...OPEN_PLAN, reply_to: 'trend:one', ...fields }, sent(world, 0));
    expect(validUntilMs).toBe(world.nowMs + ms);
  });

  it.each(['0', '-1', '10001', '1.5', 'soon', '', 'NaN', 'Infinity'])('is refused where it waits %j ms', (text) => {
    const world = new GovernorWorld();
    world.plan({ ...ASK, timeout_ms: text });
    expect(replies(world)).toEqual([{ plan_id: 'p1', granted: false, reason: 'ask_unreadable', checks: [] }]);
    expect(world.reserved()).toEqual([]);
  });

  it.each(['', 'trend', ':', 'trend:', 'a:b:c', '{a}:b', 'a b:c', `${'x'.repeat(129)}:b`])(
    'is refused, and nobody told, where its mailbox is %j',
    (replyTo) => {
      const world = new GovernorWorld();
      world.plan({ ...ASK, reply_to: replyTo });
      expect(world.mailboxes.size).toBe(0);
      expect(world.block('p1')).toMatchObject({ reason: 'ask_unreadable' });
      expect(world.permit('p1')).toBeUndefined();
    },
  );

  it('is not granted while it is neutral, cannot be judged, or is a dry run', () => {
    const world = new GovernorWorld();
    world.plan(ASK);
    world.plan({ ...ASK, action: 'HOLD' });
    world.fail(ASK);
    world.mode = 'dry_run';
    world.plan({ ...ASK, plan_id: 'p2' });
    const reasons = ['ok', 'neutral_action', 'evaluation_error', 'dry_run'];
    expect(replies(world).map(({ reason }) => reason)).toEqual(reasons);
    expect(replies(world).map(({ granted }) => granted)).toEqual([true, false, false, false]);
    expect(world.permit('p2')).toBeUndefined();
  });

  it('proves nothing in a dry run, which gave it nothing to take', () => {
    const world = new GovernorWorld();
    world.mode = 'dry_run';
    world.plan(ASK);
    world.plan({ ...OPEN_PLAN, plan_id: 'p2' });
    world.nowMs += 59_000;
    world.watch();
    expect(world.proven()).toEqual({});
  });

  it('is refused a CLOSE too after its deadline, and granted one before', () => {
    const world = new GovernorWorld();
    const close = { ...ASK, action: 'FULL_CLOSE' };
    world.plan(close, sent(world, 101));
    world.plan({ ...close, plan_id: 'p2' });
    expect(replies(world)).toMatchObject([{ reason: 'deadline_passed' }, { granted: true }]);
  });

  it('has no say without a mailbox', () => {
    const world = new GovernorWorld();
    const { validUntilMs } = world.plan({ ...OPEN_PLAN, timeout_ms: '1' }, sent(world, 5_000));
    expect(world.permit('p1')).toMatchObject({ granted: true });
    expect(validUntilMs).toBeUndefined();
  });
});
