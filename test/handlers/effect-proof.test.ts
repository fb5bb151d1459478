import { beforeEach, describe, expect, it } from 'vitest';
import { WATCHED_SINCE } from '../../schemas/effect-proof.ts';
import { keys } from '../../schemas/keys.ts';
import { NOW_MS } from '../support/fake-ctx.ts';
import { GovernorWorld, OPEN_PLAN } from '../support/governor-world.ts';

const CLOSE = { plan_id: 'c1', symbol: 'BTCUSDT', action: 'FULL_CLOSE_PROPOSED', qty: '1', price: '100' };
let world: GovernorWorld;

beforeEach(() => {
  world = new GovernorWorld();
});

const counted = () => world.proven();

function executed(planId: string, fields: Record<string, string> = {}, sourceId?: string) {
  return world.result({ plan_id: planId, symbol: 'BTCUSDT', executed: 'True', ...fields }, sourceId);
}

const alarms = () => world.events.filter(({ event }) => event === 'EXECUTED_WITHOUT_PERMIT');

describe('a permit', () => {
  it.each([
    ['taken 1 ms before the governor looks', 58_999, 59_000, 'permit_taken'],
    ['taken, and looked at 1 ms before it would have expired', 0, 59_999, 'permit_taken'],
    ['gone when it may have expired', 0, 60_000, 'permit_unseen'],
  ])('%s', (_what, takenMs, lookedMs, kind) => {
    world.plan(OPEN_PLAN);
    world.nowMs += takenMs;
    expect(world.take('p1')?.granted).toBe(true);
    world.nowMs = NOW_MS + lookedMs;
    world.watch();
    world.watch();
    expect(counted()).toEqual({ [kind]: 1 });
    expect(world.hashes.get(keys.effectProof)).toMatchObject({
      [`${kind}_last_plan`]: 'p1',
      [`${kind}_last_ms`]: String(world.nowMs),
    });
  });

  it('that nobody takes is withdrawn and counted, once', () => {
    world.plan(OPEN_PLAN);
    world.nowMs += 59_000;
    world.watch();
    world.watch();
    expect(counted()).toEqual({ permit_not_taken: 1 });
    expect(world.events.at(-1)).toMatchObject({ event: 'PERMIT_WITHDRAWN', reason: 'not_taken', plan_id: 'p1' });
  });

  it.each([
    ['of a CLOSE', CLOSE],
    ['of an OPEN', { ...OPEN_PLAN, plan_id: 'c1' }],
  ])('%s that was answered as not executed is none that nobody took', (_what, plan) => {
    world.plan(plan);
    world.result({ plan_id: 'c1', symbol: 'BTCUSDT', executed: 'False', error: 'position already closed' });
    world.nowMs += 59_000;
    world.watch();
    expect(counted()).toEqual({});
    expect(world.events.at(-1)).toMatchObject({ event: 'PERMIT_WITHDRAWN', reason: 'not_executed', plan_id: 'c1' });
  });

  it('that is answered by an entry from before its plan is one that nobody took', () => {
    world.plan(CLOSE);
    world.result({ plan_id: 'c1', symbol: 'BTCUSDT', executed: 'False' }, `${NOW_MS - 1}-0`);
    world.nowMs += 59_000;
    world.watch();
    expect(counted()).toEqual({ permit_not_taken: 1 });
  });

  it('that a kill revokes proves nothing', () => {
    world.plan(OPEN_PLAN);
    world.texts.set(keys.kill, '1');
    world.watch();
    expect(counted()).toEqual({});
  });

  it('of a dry run is counted when it is taken, and no alarm when it is not, whatever mode it ends in', () => {
    world.mode = 'dry_run';
    world.plan(OPEN_PLAN);
    world.plan({ ...OPEN_PLAN, plan_id: 'p2' });
    world.plan({ ...OPEN_PLAN, plan_id: 'p3' });
    world.take('p1');
    world.mode = 'production';
    world.nowMs += 59_000;
    world.watch();
    expect(counted()).toEqual({ permit_taken: 1 });
  });
});

describe('an execution', () => {
  it('with a permit that was taken proves that, once however often it is told', () => {
    world.plan(OPEN_PLAN);
    world.take('p1');
    for (const _ of [1, 2, 3]) executed('p1');
    expect([counted(), alarms()]).toEqual([{ executed_with_permit: 1 }, []]);
  });

  const without: [string, string, () => void][] = [
    ['no_permit', 'nobody asked for', () => undefined],
    ['no_permit', 'was blocked', () => void world.fail(OPEN_PLAN)],
    ['permit_not_taken', 'has a permit that is still there', () => void world.plan(OPEN_PLAN)],
    ['permit_withdrawn', 'had one that was withdrawn', () => endPermit(59_000)],
    ['permit_revoked', 'had one that a kill revoked', () => endPermit(0)],
    ['permit_withdrawn', 'was answered as not executed before', () => refused()],
  ];

  function endPermit(afterMs: number): void {
    world.plan(OPEN_PLAN);
    world.nowMs += afterMs;
    if (afterMs === 0) world.texts.set(keys.kill, '1');
    world.watch();
  }

  function refused(): void {
    world.plan(OPEN_PLAN);
    world.result({ plan_id: 'p1', symbol: 'BTCUSDT', executed: 'False' });
  }

  it.each(without)('is an alarm (%s) of a plan that %s, once', (reason, _what, before) => {
    before();
    const outcome = executed('p1');
    executed('p1');
    expect(alarms()).toHaveLength(1);
    expect(alarms()[0]).toMatchObject({
      event: 'EXECUTED_WITHOUT_PERMIT',
      plan_id: 'p1',
      reason,
      checks: `[{"gate":"effect_proof","value":"${reason}","limit":"permit_taken","headroom":null,"verdict":"refuse"}]`,
    });
    expect(counted().executed_without_permit).toBe(1);
    expect(outcome.log?.[0]?.text).toContain(`EXECUTED_WITHOUT_PERMIT plan p1 - ${reason}`);
  });

  it('from before the plan that was permitted rests on no permit', () => {
    world.plan(OPEN_PLAN);
    world.take('p1');
    executed('p1', {}, `${NOW_MS - 1}-0`);
    expect(alarms().map(({ reason }) => reason)).toEqual(['no_permit']);
  });

  it.each([
    ['in a dry run', () => void Object.assign(world, { mode: 'dry_run' }), 0],
    ['of a marker that cannot be read', () => void world.texts.set(keys.permitted('p1'), 'x'), 0],
    ['of a marker of another type', () => void world.wrong.add(keys.permitted('p1')), 0],
    ['1 ms before two minutes of watching', () => since(NOW_MS - 119_999), 0],
    ['after two minutes of watching', () => since(NOW_MS - 120_000), 1],
    ['while nobody watched', () => void world.hashes.delete(keys.effectProof), 0],
  ])('without a permit, %s', (_when, prepare, expected) => {
    prepare();
    executed('p1');
    expect(alarms()).toHaveLength(expected);
  });

  function since(ms: number): void {
    world.hashes.set(keys.effectProof, { [WATCHED_SINCE]: String(ms) });
  }

  it.each([
    ['says that it answers a repeat', { error: 'duplicate_plan' }],
    ['does not say that it was executed', { executed: 'perhaps' }],
  ])('is none where the entry %s', (_what, fields) => {
    executed('p1', fields);
    expect([counted(), alarms()]).toEqual([{}, []]);
  });

  it('is looked at from the first one on, where no watcher ever ran', () => {
    world.hashes.delete(keys.effectProof);
    executed('p1');
    expect(world.hashes.get(keys.effectProof)).toEqual({ [WATCHED_SINCE]: String(NOW_MS) });
  });
});
