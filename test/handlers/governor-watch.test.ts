import { describe, expect, it } from 'vitest';
import { LOWEST_READ } from '../../handlers/contract/reads.ts';
import { keys } from '../../schemas/keys.ts';
import { NOW_MS } from '../support/fake-ctx.ts';
import { GovernorWorld, OPEN_PLAN } from '../support/governor-world.ts';

const CLOSE = { plan_id: 'c1', symbol: 'ETHUSDT', action: 'FULL_CLOSE' };
const told = (world: GovernorWorld) => world.events.map((event) => `${event.event} ${event.plan_id}`.trim());

describe('a kill', () => {
  it('revokes what nobody took, CLOSE included, and is in the ledger', () => {
    const world = new GovernorWorld();
    world.plan(OPEN_PLAN);
    world.plan(CLOSE);
    world.plan({ ...OPEN_PLAN, plan_id: 'p2', symbol: 'XRPUSDT' });
    world.take('p2');
    world.texts.set(keys.kill, '1');
    world.watch();
    expect([world.permit('p1'), world.permit('c1')]).toEqual([undefined, undefined]);
    expect(told(world).slice(3)).toEqual(['KILL_ON', 'PERMIT_REVOKED p1', 'PERMIT_REVOKED c1']);
    expect(world.reserved()).toEqual(['p2']);
    expect(world.sets.get(keys.outstanding)?.size).toBe(0);
    expect(world.ledger).toEqual([
      expect.objectContaining({ action: 'kill_on', actor: 'unknown', reason: 'key written outside portcullis' }),
    ]);
    world.watch();
    expect(world.watch().effects).toEqual([]);
  });

  it.each([
    [LOWEST_READ - 1, 0],
    [LOWEST_READ, 1],
    [2 * LOWEST_READ, 2],
    [2 * LOWEST_READ + 1, 2],
  ])('of %i permits takes the oldest back, and is asked again %i times', (permits, again) => {
    const world = new GovernorWorld();
    for (let at = 0; at < permits; at += 1) {
      world.plan({ ...CLOSE, plan_id: `c${at}` });
      world.nowMs += 1;
    }
    world.texts.set(keys.kill, '1');
    for (let turn = 0; turn < again; turn += 1) {
      expect(world.watch().more).toBe(true);
      expect(world.permit(`c${turn * LOWEST_READ}`)).toBeUndefined();
      expect(world.sets.get(keys.outstanding)?.size).toBe(permits - (turn + 1) * LOWEST_READ);
    }
    expect(world.watch().more).toBe(false);
    expect(world.sets.get(keys.outstanding)?.size).toBe(0);
  });

  it('that is over before the watcher looks revokes what was given before a judgment saw it', () => {
    const world = new GovernorWorld();
    world.plan(OPEN_PLAN);
    world.nowMs += 10;
    world.texts.set(keys.kill, '1');
    world.plan(CLOSE);
    world.texts.set(keys.kill, '0');
    world.nowMs += 10;
    world.plan({ ...CLOSE, plan_id: 'c2' });
    world.watch();
    expect(told(world)).toEqual(['PERMIT p1', 'BLOCK c1', 'KILL_ON', 'PERMIT c2', 'KILL_OFF', 'PERMIT_REVOKED p1']);
    expect(world.permit('c2')?.granted).toBe(true);
    world.watch();
    expect(world.texts.has(keys.revokeUntil)).toBe(false);
    expect(world.ledger.map((entry) => entry.action)).toEqual(['kill_on', 'kill_off']);
  });

  it('is told once when it is over, and does not touch the trading state', () => {
    const world = new GovernorWorld();
    world.texts.set(keys.kill, '1');
    world.watch();
    world.texts.set(keys.kill, '0');
    world.watch();
    world.watch();
    expect(told(world)).toEqual(['KILL_ON', 'KILL_OFF']);
    expect(world.hashes.has(keys.governorState)).toBe(false);
  });

  it('keeps cooldown, count and marker of what it revoked', () => {
    const world = new GovernorWorld();
    world.plan(OPEN_PLAN);
    world.texts.set(keys.kill, '1');
    world.watch();
    world.texts.set(keys.kill, '0');
    world.plan(OPEN_PLAN);
    world.plan({ ...OPEN_PLAN, plan_id: 'p2' });
    expect(told(world).slice(-3, -1)).toEqual(['DUPLICATE p1', 'BLOCK p2']);
    expect(world.block('p2')?.reason).toBe('symbol_cooldown');
    expect(world.sets.get(keys.execTimes('BTCUSDT'))?.size).toBe(1);
  });

  it.each([
    ['over all symbols', { GOV_MAX_CONSECUTIVE_LOSSES: '2' }, { '*': 2, ETHUSDT: 1 }, ['p1', 'p2']],
    ['in a symbol', { GOV_MAX_CONSECUTIVE_LOSSES_SYMBOL: '2' }, { '*': 9, XRPUSDT: 2 }, ['p2']],
    ['fewer than the limits', { GOV_MAX_CONSECUTIVE_LOSSES: '3' }, { '*': 2, XRPUSDT: 3 }, []],
    ['without a limit', {}, { '*': 9, XRPUSDT: 9 }, []],
  ] as const)('losses in a row, %s, revoke what opens', (_words, settings, streaks, revoked) => {
    const world = new GovernorWorld();
    world.settings = { ...settings };
    const streak = (losses: number) => JSON.stringify({ losses, at_ms: NOW_MS });
    world.hashes.set(keys.lossStreaks, { '*': streak(0) });
    world.plan(OPEN_PLAN);
    world.plan(CLOSE);
    world.plan({ ...OPEN_PLAN, plan_id: 'p2', symbol: 'XRPUSDT' });
    world.hashes.set(
      keys.lossStreaks,
      Object.fromEntries(Object.entries(streaks).map(([name, losses]) => [name, streak(losses)])),
    );
    world.watch();
    const taken = world.events.slice(3).filter(({ event }) => event !== 'LOSS_LIMIT' && event !== 'LOSS_WARNING');
    expect(taken.map(({ event, plan_id }) => `${event} ${plan_id}`)).toEqual(
      revoked.map((plan) => `PERMIT_REVOKED ${plan}`),
    );
    expect(taken.every(({ reason }) => reason === 'loss_limit')).toBe(true);
  });

  it('HALTED revokes too', () => {
    const world = new GovernorWorld();
    world.plan(OPEN_PLAN);
    world.hashes.set(keys.governorState, { trading_state: 'HALTED' });
    world.watch();
    expect(told(world)).toEqual(['PERMIT p1', 'PERMIT_REVOKED p1']);
    expect(world.events.at(-1)?.reason).toBe('halted');
  });
});

describe('a permit that nobody takes', () => {
  it('is withdrawn at 59 s, and frees what it reserved', () => {
    const world = new GovernorWorld();
    world.plan(OPEN_PLAN);
    world.nowMs += 58_999;
    world.watch();
    expect(told(world)).toEqual(['PERMIT p1']);
    world.nowMs += 1;
    world.watch();
    expect(told(world)).toEqual(['PERMIT p1', 'PERMIT_WITHDRAWN p1']);
    expect([world.permit('p1'), world.reserved()]).toEqual([undefined, []]);
  });

  it('keeps its reservation when it was taken', () => {
    const world = new GovernorWorld();
    world.plan(OPEN_PLAN);
    world.take('p1');
    world.nowMs += 59_000;
    world.watch();
    expect([told(world), world.reserved()]).toEqual([['PERMIT p1'], ['p1']]);
    expect(world.sets.get(keys.outstanding)?.size).toBe(0);
  });
});

describe('auto-disarm', () => {
  const burst = (settings: Record<string, string> = {}) => {
    const world = new GovernorWorld();
    world.mode = 'production';
    world.settings = { GOV_SYMBOL_COOLDOWN_SECONDS: '0', ...settings };
    for (const id of ['p1', 'p2', 'p3', 'p4']) world.plan({ ...OPEN_PLAN, plan_id: id });
    return world;
  };

  it('on a burst breach, once, until somebody arms again', () => {
    const world = burst();
    expect([world.block('p3')?.reason, world.block('p4')?.reason]).toEqual(['burst_limit_exceeded', 'disarmed']);
    expect(told(world).filter((event) => event.startsWith('AUTO'))).toEqual(['AUTO_DISARM p3']);
    expect(world.hashes.get(keys.governorState)).toMatchObject({ rev: '1', armed: '0', actor: 'governor' });
    expect(world.texts.get(keys.disarmed('2026-01-01'))).toBe('burst_limit_exceeded');
    world.plan(CLOSE);
    expect(world.permit('c1')?.granted).toBe(true);
  });

  it.each(['GOV_ENABLE_AUTO_DISARM', 'GOV_DISARM_ON_BURST_BREACH'])('not where %s is false', (name) => {
    const world = burst({ [name]: 'false' });
    expect(world.block('p4')?.reason).toBe('burst_limit_exceeded');
    expect(world.hashes.has(keys.governorState)).toBe(false);
  });

  it('on the fifth plan within five minutes that could not be judged', () => {
    const world = new GovernorWorld();
    for (const id of ['e1', 'e2', 'e3', 'e4']) world.fail({ ...CLOSE, plan_id: id });
    expect(world.block('e1')?.reason).toBe('evaluation_error');
    world.watch();
    expect(world.hashes.has(keys.governorState)).toBe(false);
    world.fail({ ...OPEN_PLAN, plan_id: 'e5' });
    world.watch();
    expect(world.hashes.get(keys.governorState)).toMatchObject({ armed: '0', reason: 'evaluation_errors' });
    expect(world.watch().effects).toEqual([]);
  });

  it('not for errors that are five minutes old', () => {
    const world = new GovernorWorld();
    for (const id of ['e1', 'e2', 'e3', 'e4', 'e5']) world.fail({ ...OPEN_PLAN, plan_id: id });
    world.nowMs += 300_000;
    expect(world.watch().effects).toEqual([]);
  });
});
