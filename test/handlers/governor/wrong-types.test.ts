import { describe, expect, it } from 'vitest';
import { keys } from '../../../schemas/keys.ts';
import { GovernorWorld, OPEN_PLAN } from '../../support/governor-world.ts';

const CLOSE = { plan_id: 'c1', symbol: 'BTCUSDT', action: 'FULL_CLOSE' };
const gapOf = (world: GovernorWorld) =>
  world.block('p1')?.checks.find((check) => check.gate === 'caps_data' && check.verdict === 'refuse')?.value;

/** Each key, what an OPEN gets beside it, and what a CLOSE gets. */
const table: [what: string, key: string, mode: string, open: string, gap: string | undefined, close: string][] = [
  ['kill switch', keys.kill, 'testnet', 'kill_switch_active', undefined, 'kill_switch_active'],
  ['state', keys.governorState, 'testnet', 'reducing_only', undefined, 'permit'],
  ['reservations', keys.reserved, 'testnet', 'caps_data_unavailable', 'reservations', 'permit'],
  ['last permit', keys.lastExec('BTCUSDT'), 'testnet', 'caps_data_unavailable', 'last_exec', 'permit'],
  ['portfolio state', keys.portfolioState, 'testnet', 'caps_data_unavailable', 'positions_unknown', 'permit'],
  [
    'executions in production',
    keys.execTimes('BTCUSDT'),
    'production',
    'caps_data_unavailable',
    'exec_times',
    'permit',
  ],
  [
    'executions in testnet, where nothing is judged by them',
    keys.execTimes('BTCUSDT'),
    'testnet',
    'permit',
    undefined,
    'permit',
  ],
  ['budget: no data, so it allows', keys.budget('BTCUSDT'), 'production', 'permit', undefined, 'permit'],
  ['what was reported of the kill switch', keys.killSeen, 'testnet', 'permit', undefined, 'permit'],
];

describe('beside a key of another type', () => {
  it.each(table)('%s', (_what, key, mode, open, gap, close) => {
    const world = new GovernorWorld();
    world.mode = mode;
    world.wrong.add(key);
    world.plan(OPEN_PLAN);
    world.plan(CLOSE);
    expect(world.block('p1')?.reason ?? 'permit').toBe(open);
    if (gap !== undefined) expect(gapOf(world)).toBe(gap);
    expect(world.block('c1')?.reason ?? 'permit').toBe(close);
  });

  it('a plan whose marker is one is a repeat: never a second permit', () => {
    const world = new GovernorWorld();
    world.wrong.add(keys.permitted('p1'));
    world.plan(OPEN_PLAN);
    expect(world.events.map((event) => event.event)).toEqual(['DUPLICATE']);
  });

  it('nothing is written to what cannot be read', () => {
    const world = new GovernorWorld();
    world.wrong.add(keys.execTimes('BTCUSDT')).add(keys.lastExec('BTCUSDT'));
    world.settings = { GOV_CAPS_FAIL_POLICY: 'open' };
    const { effects } = world.plan(OPEN_PLAN);
    const written = effects.flatMap((effect) => ('key' in effect ? [effect.key] : []));
    expect(written).not.toContain(keys.execTimes('BTCUSDT'));
    expect(written).not.toContain(keys.lastExec('BTCUSDT'));
    expect(world.permit('p1')?.granted).toBe(true);
  });

  it('the watcher makes what was reported of the switch readable again, and then reports', () => {
    const world = new GovernorWorld();
    world.texts.set(keys.kill, '1');
    world.wrong.add(keys.killSeen);
    world.watch();
    world.watch();
    world.watch();
    expect(world.events.map((event) => event.event)).toEqual(['KILL_ON']);
  });
});
