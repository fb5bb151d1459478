import { describe, expect, it } from 'vitest';
import { NOW_MS } from '../support/fake-ctx.ts';
import { GovernorWorld, OPEN_PLAN } from '../support/governor-world.ts';

function permitted(): GovernorWorld {
  const world = new GovernorWorld();
  world.plan(OPEN_PLAN);
  return world;
}

describe('a reservation', () => {
  it.each([
    ['not executed', { executed: 'False', error: 'margin' }, []],
    ['executed', { executed: 'True' }, ['p1']],
    ['not executed as a repeat', { executed: 'false', error: 'duplicate_plan' }, ['p1']],
    ['nothing readable', { executed: 'perhaps' }, ['p1']],
  ])('answers to a result that says %s', (_sentence, fields, left) => {
    const world = permitted();
    world.result({ plan_id: 'p1', symbol: 'BTCUSDT', ...fields });
    expect(world.reserved()).toEqual(left);
  });

  it('takes a permit with it that nobody took yet: taken later, it would have no room', () => {
    const world = permitted();
    world.result({ plan_id: 'p1', symbol: 'BTCUSDT', executed: 'False' });
    expect(world.permit('p1')).toBeUndefined();
    expect(world.events.at(-1)).toMatchObject({ event: 'PERMIT_WITHDRAWN', plan_id: 'p1', reason: 'not_executed' });
    world.plan(OPEN_PLAN);
    expect(world.events.at(-1)?.event).toBe('DUPLICATE');
  });

  it('of a plan that was taken tells of no permit withdrawn', () => {
    const world = permitted();
    world.take('p1');
    world.result({ plan_id: 'p1', symbol: 'BTCUSDT', executed: 'False' });
    expect([world.reserved(), world.events.map((event) => event.event)]).toEqual([[], ['PERMIT']]);
  });

  it('stays when an answer is older than the permit', () => {
    const world = permitted();
    world.result({ plan_id: 'p1', executed: 'false' }, `${NOW_MS - 1}-0`);
    expect(world.reserved()).toEqual(['p1']);
  });

  it('an answer without a usable plan_id is a dead letter', () => {
    expect(() => permitted().result({ executed: 'false' })).toThrow('expected 1 to 128 bytes');
  });
});
