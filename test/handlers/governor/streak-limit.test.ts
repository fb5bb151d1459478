import { describe, expect, it } from 'vitest';
import { keys } from '../../../schemas/keys.ts';
import { type Given, order, STATE, verdict, verdictOf, worldOf } from '../../support/book-limits.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';

const LIMITS = { GOV_MAX_CONSECUTIVE_LOSSES: '3', GOV_LOSS_PAUSE_SEC: '60' };
const OF_SYMBOL = { GOV_MAX_CONSECUTIVE_LOSSES_SYMBOL: '2', GOV_LOSS_PAUSE_SEC: '60' };
const OPEN = order('A', 1);
const CLOSE = order('A', -1, { action: 'FULL_CLOSE' });

type Streaks = Readonly<Record<string, readonly [losses: number, agoMs: number]>>;

function given(streaks: Streaks | null, more: Given = {}): Given & { readonly streaks: Streaks | null } {
  return { held: [{ symbol: 'B', usd: 10 }], ...more, streaks };
}

function worldWith(settings: Record<string, string>, around: ReturnType<typeof given>) {
  const world = worldOf(settings, around);
  if (around.streaks !== null) {
    const fields = Object.entries(around.streaks).map(([name, [losses, agoMs]]) => {
      return [name, JSON.stringify({ losses, at_ms: NOW_MS - agoMs })];
    });
    world.hashes.set(keys.lossStreaks, Object.fromEntries(fields));
  }
  return world;
}

const verdictWith = (settings: Record<string, string>, around: ReturnType<typeof given>, plan = OPEN) =>
  verdict(worldWith(settings, around), plan);

describe('losses in a row', () => {
  it.each([
    ['fewer than the limit', LIMITS, { '*': [2, 0], A: [2, 0] }, 'permit'],
    ['as many', LIMITS, { '*': [3, 0] }, 'consecutive_losses'],
    ['more', LIMITS, { '*': [9, 0] }, 'consecutive_losses'],
    ['as many, just within the pause', LIMITS, { '*': [3, 59_999] }, 'consecutive_losses'],
    ['as many, as long ago as the pause', LIMITS, { '*': [3, 60_000] }, 'permit'],
    ['as many, from ahead of the clock', LIMITS, { '*': [3, -5_000] }, 'consecutive_losses'],
    ['as many in the symbol, where all are limited', LIMITS, { '*': [2, 0], A: [3, 0] }, 'permit'],
    ['as many in the symbol', OF_SYMBOL, { '*': [9, 0], A: [2, 0] }, 'consecutive_losses'],
    ['as many in another symbol', OF_SYMBOL, { '*': [9, 0], B: [2, 0] }, 'permit'],
    ['a symbol without any', OF_SYMBOL, { '*': [0, 0] }, 'permit'],
    [
      'as many in the symbol, where both are limited',
      { ...LIMITS, ...OF_SYMBOL },
      { '*': [2, 0], A: [2, 0] },
      'consecutive_losses',
    ],
  ] as const)('%s', (_words, settings, streaks, expected) => {
    for (const mode of ['testnet', 'production']) {
      expect(verdictWith(settings, given(streaks, { mode }))).toBe(expected);
      expect(verdictWith(settings, given(streaks, { mode }), CLOSE)).toBe('permit');
    }
  });

  it('say in the check how many there were', () => {
    const world = worldWith(LIMITS, given({ '*': [4, 1000] }));
    expect(verdict(world, OPEN)).toBe('consecutive_losses');
    const checks = world.block('p1')?.checks ?? [];
    expect(checks.find(({ gate }) => gate === 'consecutive_losses')).toEqual({
      gate: 'consecutive_losses',
      value: 4,
      limit: 3,
      headroom: -1,
      verdict: 'refuse',
    });
    const gates = checks.map(({ gate }) => gate);
    expect(gates.indexOf('consecutive_losses')).toBe(gates.indexOf('trading_state') - 1);
  });

  it('are no check, and no fact, while they are not limited', () => {
    const world = worldWith({ GOV_LOSS_PAUSE_SEC: '60' }, given({ '*': [9, 0] }));
    expect(verdict(world, OPEN)).toBe('permit');
    expect(world.permit('p1')?.checks.map(({ gate }) => gate)).not.toContain('consecutive_losses');
  });

  it.each(['closed', 'open'])('that are not known let nothing open, with GOV_CAPS_FAIL_POLICY=%s', (policy) => {
    const settings = { ...LIMITS, GOV_CAPS_FAIL_POLICY: policy };
    const old = { ...STATE, timestamp: String(NOW_MS / 1000 - 121) };
    for (const around of [given(null), given({ A: [0, 0] }), given({ '*': [0, 0] }, { state: old })]) {
      const world = worldWith(settings, around);
      expect(verdict(world, OPEN)).toBe('caps_data_unavailable');
      const gap = world.block('p1')?.checks.find(({ gate }) => gate === 'caps_data')?.value;
      expect(String(gap).split(',')).toContain('loss_unknown');
      expect(verdictWith(settings, around, CLOSE)).toBe('permit');
    }
    const unread = worldWith(settings, given(null));
    unread.hashes.set(keys.lossStreaks, { '*': '{"losses":0,"at_ms":0}', A: '{' });
    expect(verdict(unread, OPEN)).toBe('caps_data_unavailable');
  });

  it('are nothing to a portfolio without limits whose count cannot be read', () => {
    expect(verdictOf({}, OPEN)).toBe('permit');
  });
});
