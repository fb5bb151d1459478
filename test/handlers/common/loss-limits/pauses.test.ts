import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keys } from '../../../../schemas/keys.ts';
import { NOW_MS } from '../../../support/fake-ctx.ts';
import { PAUSE_MS, PauseWorld } from '../../../support/pause-world.ts';

describe('a limit on losses in a row that is reached', () => {
  it('is latched once, with its event, its ledger entry and its count', () => {
    const world = new PauseWorld().counted({ '*': [3, 1_000] });
    const { counts, log } = world.watch();
    world.watch();
    expect(counts).toEqual([{ metric: 'quantum_govern_loss_trips_total', labels: { reason: 'consecutive_losses' } }]);
    expect(log?.map(({ text }) => text)).toEqual([
      'LOSS LIMIT: GOV_MAX_CONSECUTIVE_LOSSES: 3 losses in a row, limit 3 - OPEN is refused',
    ]);
    expect(world.events).toHaveLength(1);
    expect(world.events[0]).toMatchObject({ event: 'LOSS_LIMIT', reason: 'consecutive_losses', symbol: '' });
    expect(JSON.parse(world.events[0]?.checks ?? '')).toEqual([
      { gate: 'consecutive_losses', setting: 'GOV_MAX_CONSECUTIVE_LOSSES', value: 3, limit: 3 },
    ]);
    expect(world.ledger).toHaveLength(1);
    expect(world.ledger[0]).toMatchObject({
      action: 'loss_limit',
      actor: 'governor',
      reason: 'consecutive_losses',
      after: `GOV_MAX_CONSECUTIVE_LOSSES: 3 losses in a row, limit 3, the last at ${(NOW_MS - 1_000) / 1000}`,
    });
    expect(world.hashes.get(keys.lossPauses)).toEqual({
      '*': JSON.stringify({ losses: 3, limit: 3, at_ms: NOW_MS - 1_000 }),
    });
  });

  it('names its symbol, and holds no other', () => {
    const world = new PauseWorld().counted({ '*': [2, 0], BTCUSDT: [2, 0] });
    world.watch();
    expect(world.told()).toEqual(['LOSS_LIMIT BTCUSDT']);
    expect(world.ledger[0]?.after).toContain('2 losses in a row in BTCUSDT, limit 2');
    expect(world.verdict()).toBe('consecutive_losses');
    expect(world.verdict({ symbol: 'ETHUSDT', price: '2000' })).toBe('permit');
  });

  it.each([
    ['a trade that gained', {}],
    ['a count that began anew', { '*': [0, 0] }],
  ] as const)('holds until its pause is over, whatever comes: %s', (_words, counts) => {
    const world = new PauseWorld().counted({ '*': [3, 0] });
    world.watch();
    world.later(PAUSE_MS - 1).counted(counts);
    world.watch();
    expect(world.verdict()).toBe('consecutive_losses');
    expect(world.verdict({ action: 'FULL_CLOSE', side: 'SELL' })).toBe('permit');
    world.later(1).counted(counts);
    expect(world.verdict()).toBe('permit');
    world.watch();
    expect(world.told()).toEqual(['LOSS_LIMIT', 'LOSS_RELEASED']);
    expect(world.ledger.at(-1)).toMatchObject({ action: 'loss_release', reason: 'pause_over' });
    expect(world.hashes.get(keys.lossPauses)).toEqual({});
  });

  it('begins its pause anew with a further loss, and is not told again', () => {
    const world = new PauseWorld().counted({ '*': [3, 0] });
    world.watch();
    world.later(PAUSE_MS - 1).counted({ '*': [4, 0] });
    world.watch();
    world.later(PAUSE_MS - 1).counted({});
    expect(world.verdict()).toBe('consecutive_losses');
    expect(world.told()).toEqual(['LOSS_LIMIT']);
  });

  it('is told again where a loss comes after its pause', () => {
    const world = new PauseWorld().counted({ '*': [3, 0] });
    world.watch();
    world.later(PAUSE_MS).counted({ '*': [3, PAUSE_MS] });
    world.watch();
    world.later(1_000).counted({ '*': [4, 0] });
    world.watch();
    expect(world.told()).toEqual(['LOSS_LIMIT', 'LOSS_RELEASED', 'LOSS_LIMIT']);
  });

  it('is latched by no state of the account that is old, and by no count that cannot be read', () => {
    const world = new PauseWorld().counted({ '*': [3, 0] });
    world.hashes.set(keys.portfolioState, { positions_count: '0', timestamp: String(NOW_MS / 1000 - 121) });
    expect(world.watch().effects).toEqual([]);
    world.counted({});
    world.hashes.set(keys.lossStreaks, { '*': '{' });
    expect(world.watch().effects).toEqual([]);
  });

  it('that cannot be read opens nothing', () => {
    const world = new PauseWorld().counted({});
    world.hashes.set(keys.lossPauses, { '*': '?' });
    expect(world.verdict()).toBe('unknown: loss_unknown');
    world.hashes.delete(keys.lossPauses);
    world.wrong.add(keys.lossPauses);
    expect(world.verdict()).toBe('unknown: loss_unknown');
    expect(world.watch().effects).toEqual([]);
  });

  it('is nothing where losses in a row are not limited', () => {
    const off = { GOV_MAX_CONSECUTIVE_LOSSES: 'off', GOV_MAX_CONSECUTIVE_LOSSES_SYMBOL: 'off' };
    const world = new PauseWorld(off).counted({ '*': [9, 0] });
    world.hashes.set(keys.lossPauses, { '*': '?' });
    expect(world.watch().effects).toEqual([]);
    expect(world.verdict()).toBe('permit');
  });
});

/** Trades of one symbol; when a pause begins and ends, worked out from their times alone. */
function model(trades: readonly { readonly atMs: number; readonly loses: boolean }[], limit: number) {
  const told: string[] = [];
  let [inARow, untilMs] = [0, -Infinity];
  for (const { atMs, loses } of trades) {
    if (untilMs > -Infinity && untilMs <= atMs) {
      told.push('LOSS_RELEASED');
      untilMs = -Infinity;
    }
    inARow = loses ? inARow + 1 : 0;
    if (inARow < limit) continue;
    if (untilMs === -Infinity) told.push('LOSS_LIMIT');
    untilMs = atMs + PAUSE_MS;
  }
  return { told, untilMs };
}

describe('over random trades', () => {
  it('a limit on losses in a row holds exactly when an independent model says', () => {
    const trade = fc.record({ afterMs: fc.integer({ min: 1, max: 2 * PAUSE_MS }), loses: fc.boolean() });
    fc.assert(
      fc.property(fc.array(trade, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 4 }), (steps, limit) => {
        const world = new PauseWorld({ GOV_MAX_CONSECUTIVE_LOSSES: String(limit) });
        let [atMs, inARow] = [NOW_MS, 0];
        let lastMs = NOW_MS;
        const trades = steps.map(({ afterMs, loses }) => {
          atMs += afterMs;
          return { atMs, loses };
        });
        for (const [at, one] of trades.entries()) {
          world.nowMs = one.atMs;
          world.watch();
          inARow = one.loses ? inARow + 1 : 0;
          lastMs = one.loses ? one.atMs : lastMs;
          world.counted({ '*': [inARow, inARow === 0 ? 0 : one.atMs - lastMs] });
          world.watch();
          const { told, untilMs } = model(trades.slice(0, at + 1), limit);
          expect(world.told()).toEqual(told);
          expect(world.verdict()).toBe(untilMs > one.atMs ? 'consecutive_losses' : 'permit');
        }
      }),
      { numRuns: 60 },
    );
  });
});
