import { beforeEach, describe, expect, it } from 'vitest';
import { keys } from '../../schemas/keys.ts';
import { NOW_MS } from '../support/fake-ctx.ts';
import { GovernorWorld } from '../support/governor-world.ts';

const CLOSE = { plan_id: 'c1', symbol: 'BTCUSDT', action: 'FULL_CLOSE_PROPOSED', qty: '1', price: '100' };
let world: GovernorWorld;

beforeEach(() => {
  world = new GovernorWorld();
});

function executed(fields: Record<string, string> = {}): void {
  world.result({ plan_id: 'c1', symbol: 'BTCUSDT', executed: 'True', ...fields });
}

const alarms = () => world.events.filter(({ event }) => event === 'CALIBRATED_NOT_USED');

describe('a softened exit', () => {
  const heat = (fields: Record<string, string> = {}) => {
    const decision = {
      in_action: 'FULL_CLOSE_PROPOSED',
      out_action: 'PARTIAL_50_PROPOSED',
      mode: 'enforce',
      ...fields,
    };
    world.hashes.set(keys.heatByPlan('c1'), { ts_epoch: String(Math.floor(NOW_MS / 1000)), ...decision });
  };
  const carriedOut = (action: string, result: Record<string, string> = {}) => {
    world.plan({ ...CLOSE, action });
    world.take('c1');
    executed(result);
  };
  const told = () => {
    const { calibrated_used, calibrated_not_used } = world.proven();
    return calibrated_not_used === undefined ? (calibrated_used === undefined ? 'nothing' : 'used') : 'not used';
  };

  it.each([
    ['PARTIAL_50', {}, 'used'],
    ['PARTIAL_50_PROPOSED', {}, 'used'],
    ['FULL_CLOSE', {}, 'not used'],
    ['PARTIAL_75', {}, 'not used'],
    ['PARTIAL_25', {}, 'nothing'],
    ['UPDATE_SL', {}, 'nothing'],
    ['FULL_CLOSE', { mode: 'shadow' }, 'nothing'],
    ['PARTIAL_50', { mode: 'shadow' }, 'used'],
    ['FULL_CLOSE', { out_action: 'FULL_CLOSE' }, 'nothing'],
    ['FULL_CLOSE', { out_action: 'HOLD_CLOSE' }, 'nothing'],
    ['FULL_CLOSE', { in_action: 'PARTIAL_25' }, 'nothing'],
    ['FULL_CLOSE', { ts_epoch: String(Math.floor(NOW_MS / 1000) + 1) }, 'nothing'],
  ])('carried out as %s where the heat gate said %j: %s', (action, fields, expected) => {
    heat(fields);
    carriedOut(action);
    expect(told()).toBe(expected);
  });

  it.each([
    ['PARTIAL_50', 'used'],
    ['FULL_CLOSE', 'not used'],
  ])('is carried out as the result says, where it does: %s, %s', (action, expected) => {
    heat();
    carriedOut('PARTIAL_25', { action });
    expect(told()).toBe(expected);
  });

  it('that is carried out whole is told with what was expected and what came', () => {
    heat();
    carriedOut('FULL_CLOSE');
    executed();
    expect(alarms()).toEqual([
      {
        event: 'CALIBRATED_NOT_USED',
        plan_id: 'c1',
        symbol: 'BTCUSDT',
        action: 'FULL_CLOSE',
        reason: 'more_aggressive',
        mode: 'testnet',
        checks:
          '[{"gate":"effect_proof","value":"FULL_CLOSE","limit":"PARTIAL_50","headroom":null,"verdict":"refuse"}]',
        timestamp: String(Math.floor(NOW_MS / 1000)),
      },
    ]);
    expect(world.proven()).toEqual({ executed_with_permit: 1, calibrated_not_used: 1 });
  });

  it('of a plan whose action nobody remembers proves nothing', () => {
    heat();
    world.texts.set(keys.permitted('c1'), `${NOW_MS}-0`);
    executed();
    expect(world.proven()).toEqual({ executed_with_permit: 1 });
  });

  it('is no alarm in a dry run', () => {
    heat();
    world.mode = 'dry_run';
    executed({ action: 'FULL_CLOSE' });
    expect([world.proven(), alarms()]).toEqual([{}, []]);
  });
});
