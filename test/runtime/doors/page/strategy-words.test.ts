import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { strategyUses } from '../../../../runtime/doors/page/text/strategy-words.ts';

const NOBODY = { strategy: 'trend', state: 'active', reserved: 0, reserved_usd: 0 } as const;

describe('what a strategy uses of its limits', () => {
  it('has no line where nothing of strategies is counted', () => expect(strategyUses(NOBODY)).toEqual([]));

  it.each([
    [2_999.99, 'ok', '$0.01 left'],
    [3_000, 'reached', 'reached: $0.00 left'],
    [3_000.01, 'reached', 'reached: $0.00 left'],
  ])('counts what is held and reserved, $%d in all, as %s', (usd, state, room) => {
    const [line, ...others] = strategyUses({
      ...{ ...NOBODY, reserved: 1, reserved_usd: 1_000 },
      used: { held_usd: usd - 1_000 },
      limits: { share_pct: 12.5, max_usd: 3_000 },
    });
    expect(others).toEqual([]);
    expect(line).toMatchObject({ limit: 'of $3,000, 12.5 % of the total cap', state, room });
    expect(line?.drawn).toEqual({ value: usd, limit: 3_000 });
  });

  it('is not known where it cannot be told, and draws no bar then', () => {
    const used = { symbols: null, held_usd: null, permits_hour: null };
    const limits = { max_usd: 1, max_positions: 2, max_permits_hour: 3 };
    const lines = strategyUses({ ...NOBODY, used, limits });
    expect(lines.map(({ value, limit, room }) => `${value} ${limit}: ${room}`)).toEqual([
      'not known of $1.00: not known',
      'not known of 2: not known',
      'not known of 3: not known',
    ]);
    expect(lines.map(({ drawn, state }) => [drawn, state])).toEqual(Array(3).fill([undefined, 'unknown']));
  });

  it('is not known of a limit of which an older release tells no use', () => {
    expect(strategyUses({ ...NOBODY, limits: { max_positions: 2 } })).toMatchObject([
      { value: 'not known', limit: 'of 2', state: 'unknown' },
    ]);
  });

  it('is shown without a limit of its own too', () => {
    expect(strategyUses({ ...NOBODY, used: { symbols: 4 } })).toMatchObject([
      { value: '4', limit: 'no limit of its own', drawn: undefined, state: 'ok', room: '' },
    ]);
  });

  it('is reached exactly where nothing is left', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), (value, limit) => {
        const [line] = strategyUses({ ...NOBODY, used: { permits_hour: value }, limits: { max_permits_hour: limit } });
        expect(line?.state).toBe(value < limit ? 'ok' : 'reached');
        expect(line?.room.endsWith(`${Math.max(0, limit - value)} left`)).toBe(true);
      }),
    );
  });
});
