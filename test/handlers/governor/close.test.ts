import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keys } from '../../../schemas/keys.ts';
import { round10 } from '../../../schemas/number.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';
import { GovernorWorld } from '../../support/governor-world.ts';

const CLOSE = { plan_id: 'c1', symbol: 'BTCUSDT', action: 'FULL_CLOSE', side: 'SELL' };
const ENTRY = { ...CLOSE, action: 'ENTRY', reduceOnly: 'true' };

type Position = Partial<{ qty: number; atMs: number; notional: number; held: boolean }>;

function worldWith(position: Position | undefined, reserved: readonly Record<string, unknown>[] = []): GovernorWorld {
  const world = new GovernorWorld();
  world.hashes.delete(keys.portfolioState);
  const book = position === undefined ? [] : [{ symbol: 'BTCUSDT', markPrice: 10, atMs: NOW_MS, ...position }];
  world.views = { book };
  const fields = Object.fromEntries(reserved.map((one, at) => [`r${at}`, JSON.stringify({ ...RESERVED, ...one })]));
  if (reserved.length > 0) world.hashes.set(keys.reserved, fields);
  return world;
}

const RESERVED = {
  symbol: 'BTCUSDT',
  side: 'BUY',
  notional_usd: 10,
  qty: 1,
  through_qty: 1,
  through_notional_usd: 10,
  base_qty: 2,
  base_notional_usd: 20,
  created_ms: NOW_MS,
  expires_ms: NOW_MS + 120_000,
};

/** What came of a close: the quantity of its permit, and the verdicts of its two checks; none where its position is not known. */
function closed(world: GovernorWorld, plan: Record<string, string>) {
  world.plan(plan);
  const permit = world.permit('c1');
  expect(permit).toMatchObject({ granted: true, reduceOnly: true });
  const check = (gate: string) => permit?.checks.find((one) => one.gate === gate)?.verdict;
  return [permit?.computed_qty, check('close_size'), check('close_side')];
}

describe('a CLOSE', () => {
  it.each<[string, Position | undefined, Record<string, string>, unknown[]]>([
    ['of a million against a long of 2', { qty: 2 }, { ...ENTRY, qty: '1000000' }, [2, 'would_refuse', 'pass']],
    [
      'by a BUY against a long',
      { qty: 2 },
      { ...ENTRY, side: 'BUY', qty: '1000000' },
      [2, 'would_refuse', 'would_refuse'],
    ],
    ['by a SELL against a short', { qty: -2 }, { ...CLOSE, qty: '1' }, [1, 'pass', 'would_refuse']],
    ['of all of it', { qty: 2 }, { ...CLOSE, qty: '2' }, [2, 'pass', 'pass']],
    ['of a step more', { qty: 2 }, { ...CLOSE, qty: '2.0000000001' }, [2, 'would_refuse', 'pass']],
    ['of 0.3 against 0.1 and 0.2', { qty: 0.1 + 0.2 }, { ...CLOSE, qty: '0.3' }, [0.3, 'pass', 'pass']],
    ['by its action', { qty: -4 }, { ...CLOSE, action: 'PARTIAL_25', side: 'BUY' }, [1, 'pass', 'pass']],
    ['without a side', { qty: 2 }, { ...CLOSE, side: '', qty: '3' }, [2, 'would_refuse', 'skipped']],
    ['without a quantity or a share', { qty: 2 }, { ...ENTRY, action: 'X' }, [null, 'skipped', 'pass']],
    ['that moves a stop', { qty: 2 }, { ...CLOSE, action: 'MOVE_SL' }, [0, 'pass', 'pass']],
    ['of a symbol reported flat', { qty: 0 }, { ...CLOSE, qty: '3' }, [3, 'would_refuse', 'skipped']],
    [
      'just before the report is too old',
      { qty: 2, atMs: NOW_MS - 119_999 },
      { ...CLOSE, qty: '3' },
      [2, 'would_refuse', 'pass'],
    ],
    [
      'when the report is too old',
      { qty: 2, atMs: NOW_MS - 120_000 },
      { ...CLOSE, qty: '3' },
      [3, undefined, undefined],
    ],
    ['of what nobody reported', undefined, { ...CLOSE, qty: '3' }, [3, undefined, undefined]],
  ])('%s', (_what, position, plan, expected) => {
    expect(closed(worldWith(position), plan)).toEqual(expected);
  });

  it('reaches what permitted orders on its side may yet add, and no others', () => {
    const others = [{ symbol: 'ETHUSDT' }, { side: 'SELL' }, { expires_ms: NOW_MS }];
    expect(closed(worldWith({ qty: 2 }, others), { ...CLOSE, qty: '9' })).toEqual([2, 'would_refuse', 'pass']);
    expect(closed(worldWith({ qty: 2 }, [{}, { side: null, qty: 0.5 }]), { ...CLOSE, qty: '9' })).toEqual([
      3.5,
      'would_refuse',
      'pass',
    ]);
  });

  it('is never over the position and never blocked, whatever it says', () => {
    const amount = fc.double({ min: 2e-8, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(amount, fc.boolean(), amount, fc.constantFrom('BUY', 'SELL', ''), (size, short, asked, side) => {
        const [qty, verdict] = closed(worldWith({ qty: short ? -size : size }), { ...ENTRY, side, qty: String(asked) });
        expect(Number(qty)).toBeLessThanOrEqual(round10(size));
        expect(Number(qty)).toBeLessThanOrEqual(round10(asked));
        expect(verdict).toBe(round10(asked) > round10(size) ? 'would_refuse' : 'pass');
      }),
    );
  });
});
