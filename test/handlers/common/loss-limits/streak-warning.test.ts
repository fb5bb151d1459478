import { describe, expect, it } from 'vitest';
import { keys } from '../../../../schemas/keys.ts';
import { PauseWorld } from '../../../support/pause-world.ts';

describe('losses in a row near their limit', () => {
  const LIMIT = { GOV_MAX_CONSECUTIVE_LOSSES: '5', GOV_MAX_CONSECUTIVE_LOSSES_SYMBOL: 'off' };
  const warned = (world: PauseWorld) => world.events.filter(({ event }) => event === 'LOSS_WARNING');

  it('are warned of once, from the share of the limit on, with event and log', () => {
    const world = new PauseWorld(LIMIT).counted({ '*': [3, 0] });
    expect(world.watch().log).toEqual([]);
    world.counted({ '*': [4, 0] });
    expect(world.watch().log).toEqual([
      {
        level: 'warn',
        text: 'loss near its limit: GOV_MAX_CONSECUTIVE_LOSSES: 4 losses in a row, limit 5',
      },
    ]);
    world.watch();
    expect(warned(world)).toHaveLength(1);
    expect(warned(world)[0]).toMatchObject({ reason: 'consecutive_losses', symbol: '' });
    expect(JSON.parse(warned(world)[0]?.checks ?? '')).toEqual([
      { gate: 'consecutive_losses', setting: 'GOV_MAX_CONSECUTIVE_LOSSES', value: 4, limit: 5 },
    ]);
    expect(world.verdict()).toBe('permit');
    expect(world.ledger).toEqual([]);
  });

  it.each([
    ['1', '0.8', []],
    ['2', '0.8', [1]],
    ['3', '0.8', [2]],
    ['5', '0.8', [4]],
    ['10', '0.8', [8]],
    ['10', '0.85', [8]],
    ['3', '1', []],
    ['4', '0.1', [1]],
  ] as const)('of a limit of %s with a share of %s are warned of at %j', (limit, share, at) => {
    const world = new PauseWorld({ ...LIMIT, GOV_MAX_CONSECUTIVE_LOSSES: limit, GOV_LOSS_WARN_SHARE: share });
    const told: number[] = [];
    for (let losses = 1; losses <= Number(limit); losses += 1) {
      world.counted({ '*': [losses, 0] });
      world.watch();
      if (warned(world).length > told.length) told.push(losses);
    }
    expect(told).toEqual(at);
  });

  it('are warned of again after a trade that gained, and of a symbol by its name', () => {
    const world = new PauseWorld({ ...LIMIT, GOV_MAX_CONSECUTIVE_LOSSES_SYMBOL: '3' });
    for (const losses of [2, 0, 2, 2]) {
      world.counted({ '*': [losses, 0], ...(losses > 0 && { BTCUSDT: [losses, 0] as const }) });
      world.watch();
    }
    expect(warned(world).map(({ symbol }) => symbol)).toEqual(['BTCUSDT', 'BTCUSDT']);
  });

  it('are neither warned of anew nor forgotten while nobody counts', () => {
    const world = new PauseWorld(LIMIT).counted({ '*': [4, 0] });
    world.watch();
    world.hashes.delete(keys.lossStreaks);
    world.watch();
    world.counted({ '*': [4, 0] });
    world.watch();
    expect(warned(world)).toHaveLength(1);
  });

  it('leave nothing behind once they are not limited', () => {
    const world = new PauseWorld(LIMIT).counted({ '*': [4, 0] });
    world.watch();
    expect(world.hashes.get(keys.lossWarned)).toEqual({ '*': '5' });
    world.settings = { ...world.settings, GOV_MAX_CONSECUTIVE_LOSSES: 'off' };
    world.watch();
    expect(world.hashes.get(keys.lossWarned)).toEqual({});
  });
});
