import { describe, expect, it } from 'vitest';
import { SECOND_MS } from '../../schemas/duration.ts';
import { FIVE_MINUTES_MS } from '../../schemas/governor.ts';
import { keys } from '../../schemas/keys.ts';
import { KEPT_SINCE } from '../../schemas/strategy-use.ts';
import { GovernorWorld } from '../support/governor-world.ts';

describe('a watcher with nothing to do', () => {
  const LIMITED = { GOV_STRATEGY_MAX_POSITIONS: '*:2' };
  const LOSS = { GOV_MAX_DAILY_LOSS_PCT: '5' };
  const STREAK = { GOV_MAX_CONSECUTIVE_LOSSES: '2' };
  const settled = (settings: Record<string, string> = {}) => {
    const world = new GovernorWorld();
    world.settings = settings;
    for (let turn = 0; turn < 3; turn += 1) world.watch();
    return world;
  };
  const ahead = (ms: number) => (world: GovernorWorld) =>
    world.hashes.set(keys.portfolioState, { positions_count: '0', timestamp: String((world.nowMs + ms) / SECOND_MS) });
  const failedAgo = (ms: number) => (world: GovernorWorld) =>
    world.sets.set(keys.governorErrors, new Map([['e', world.nowMs - ms]]));
  const held = (key: string, fields: Record<string, string>) => (world: GovernorWorld) => world.hashes.set(key, fields);
  const fill = { strategy: 'trend', symbol: 'BTCUSDT', qty: 1, notional_usd: 100, at_ms: 1 };

  it.each<[string, Record<string, string>, (world: GovernorWorld) => unknown]>([
    ['nothing was ever said', {}, () => undefined],
    ['the kill switch is on and was reported', {}, (world) => world.texts.set(keys.kill, '1').set(keys.killSeen, '1')],
    ['errors are five minutes old', {}, failedAgo(FIVE_MINUTES_MS)],
    ['a state is of now, and losses are limited', LOSS, ahead(0)],
    ['a state is ahead of the clock that nothing is judged by', {}, ahead(1)],
    ['strategies are limited and hold nothing', LIMITED, () => undefined],
    ['strategies are not limited, and what they hold was', {}, () => undefined],
  ])('rests where %s', (_what, settings, change) => {
    const world = settled(settings);
    change(world);
    const { effects, restsOn } = world.watch();
    expect(effects).toEqual([]);
    expect(restsOn).toContain('kill');
    expect(restsOn?.includes('portfolio')).toBe('GOV_MAX_DAILY_LOSS_PCT' in settings);
    expect(restsOn).not.toContain('exposure');
  });

  it.each<[string, Record<string, string>, (world: GovernorWorld) => unknown]>([
    ['a permit is outstanding', {}, (world) => world.plan({ plan_id: 'c1', symbol: 'BTCUSDT', action: 'FULL_CLOSE' })],
    ['permits are of another type', {}, (world) => world.wrong.add(keys.outstanding)],
    ['permits of before a kill may be there', {}, (world) => world.texts.set(keys.revokeUntil, '1')],
    ['an error is not five minutes old', {}, failedAgo(FIVE_MINUTES_MS - 1)],
    ['errors are of another type', {}, (world) => world.wrong.add(keys.governorErrors)],
    ['room is kept', {}, held(keys.reserved, { r1: '{}' })],
    ['reservations are of another type', {}, (world) => world.wrong.add(keys.reserved)],
    ['data were lost', {}, held(keys.dataLost, { at: '1', told: '1' })],
    ['symbols are paused', {}, held(keys.lossPauses, { BTCUSDT: '2:1:2' })],
    ['somebody was warned', {}, held(keys.lossWarned, { BTCUSDT: '2' })],
    ['a candidate is tried', {}, held(keys.lossTrial, { version: 'v1' })],
    ['a state is ahead of the clock, and losses are limited', LOSS, ahead(1)],
    ['a state is ahead of the clock, and losses in a row are', STREAK, ahead(1)],
    ['strategies hold something', LIMITED, held(keys.strategyUse, { [KEPT_SINCE]: '1', f1: JSON.stringify(fill) })],
    ['it is not known since when they do', LIMITED, held(keys.strategyUse, { f1: JSON.stringify(fill) })],
  ])('does not rest where %s', (_what, settings, change) => {
    const world = settled(settings);
    expect(world.watch().restsOn).toBeDefined();
    change(world);
    expect(world.watch().restsOn).toBeUndefined();
  });
});
