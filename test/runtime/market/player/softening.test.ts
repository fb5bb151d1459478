import { describe, expect, it } from 'vitest';
import { KeptParts } from '../../../../runtime/market/player/softening.ts';

describe('what softening would have earned', () => {
  it.each([
    ['a long part that rose saved', 7.5, 100, 110, { savedUsd: 75, costUsd: 0 }],
    ['a long part that fell cost', 7.5, 100, 90, { savedUsd: 0, costUsd: 75 }],
    ['a short part that fell saved', -7.5, 100, 90, { savedUsd: 75, costUsd: 0 }],
    ['a part at its own price neither', 7.5, 100, 100, { savedUsd: 0, costUsd: 0 }],
  ])('%s', (_name, qty, price, last, expected) => {
    const kept = new KeptParts();
    kept.keep({ symbol: 'XUSDT', qty, price, hour: 0 });
    expect(kept.finish(() => last)).toEqual({ softenedExits: 1, ...expected });
  });

  it('is marked to the next exit of the symbol, not beyond', () => {
    const kept = new KeptParts();
    kept.keep({ symbol: 'XUSDT', qty: 1, price: 100, hour: 0 });
    kept.settle('XUSDT', 120);
    kept.keep({ symbol: 'XUSDT', qty: 1, price: 120, hour: 1 });
    expect(kept.finish(() => 50)).toEqual({ softenedExits: 2, savedUsd: 20, costUsd: 70 });
  });

  it('is marked a day later at most', () => {
    const kept = new KeptParts();
    kept.keep({ symbol: 'XUSDT', qty: 1, price: 100, hour: 3 });
    kept.settleDue(26, () => 1000);
    kept.settleDue(27, () => 120);
    kept.settleDue(28, () => 1000);
    expect(kept.finish(() => 50)).toEqual({ softenedExits: 1, savedUsd: 20, costUsd: 0 });
  });

  it('counts each symbol by itself, and nothing where nothing was kept', () => {
    const kept = new KeptParts();
    kept.settle('AUSDT', 1);
    expect(kept.finish(() => 1)).toEqual({ softenedExits: 0, savedUsd: 0, costUsd: 0 });
  });

  it('refuses a part while an earlier one of the symbol is open', () => {
    const kept = new KeptParts();
    kept.keep({ symbol: 'XUSDT', qty: 1, price: 100, hour: 0 });
    expect(() => kept.keep({ symbol: 'XUSDT', qty: 1, price: 100, hour: 0 })).toThrow(
      'expected the kept part of XUSDT to be settled',
    );
  });
});
