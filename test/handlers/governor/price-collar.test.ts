import { describe, expect, it } from 'vitest';
import { Permit } from '../../../schemas/permit.ts';
import { OPEN_PLAN } from '../../support/governor-world.ts';
import { type Around, verdictUnder, worldUnder } from '../../support/order-limits.ts';

const COLLAR = { GOV_PRICE_COLLAR_PCT: '1' };
const MARK = { mark: '50000' };

describe('the price of a plan', () => {
  const cases: [words: string, plan: Record<string, string>, around: Around, verdict: string][] = [
    ['1 % above the mark', { price: '50500' }, MARK, 'permit'],
    ['1 % below it', { price: '49500' }, MARK, 'permit'],
    ['just over 1 % above', { price: '50500.0001' }, MARK, 'price_collar_exceeded'],
    ['just over 1 % below', { price: '49499.9999' }, MARK, 'price_collar_exceeded'],
    ['as a mark of its own', { price: '', mark_price: '50500.0001' }, MARK, 'price_collar_exceeded'],
    ['which counts before a mark of its own', { price: '50500', mark_price: '1' }, MARK, 'permit'],
    ['that there is none of', { price: '' }, MARK, 'permit'],
    ['tiny', { price: '1e-300' }, MARK, 'price_collar_exceeded'],
    ['huge', { price: '1e308', qty: '1e-300' }, { mark: '0.001' }, 'price_collar_exceeded'],
    ['beside a mark 120 s old', {}, { ...MARK, markAgeSec: 120 }, 'permit'],
    ['beside a mark 121 s old', {}, { ...MARK, markAgeSec: 121 }, 'caps_data_unavailable'],
    ['beside a mark from 6 s ahead', {}, { ...MARK, markAgeSec: -6 }, 'caps_data_unavailable'],
    ['beside a mark that is no number', {}, { mark: 'NaN' }, 'caps_data_unavailable'],
    ['beside a mark of 0', {}, { mark: '0' }, 'caps_data_unavailable'],
    ['beside no mark at all', {}, {}, 'caps_data_unavailable'],
    ['beside the mark of its position', {}, { held: { qty: 1, markPrice: 50_000 } }, 'permit'],
    ['that there is none of, beside no mark', { price: '', qty: '', notional_usd: '5' }, {}, 'caps_data_unavailable'],
    ['of a CLOSE', { action: 'FULL_CLOSE', price: '1' }, MARK, 'permit'],
  ];

  it.each(cases)('%s', (_words, plan, around, verdict) => {
    for (const mode of ['testnet', 'production']) {
      expect(verdictUnder(COLLAR, plan, { ...around, mode })).toBe(verdict);
    }
  });

  it('passes, marked, without a mark where missing data fail open', () => {
    const world = worldUnder({ ...COLLAR, GOV_CAPS_FAIL_POLICY: 'open' });
    world.plan(OPEN_PLAN);
    const permit = world.permit('p1');
    expect(permit?.checks.at(-1)).toMatchObject({ value: 'mark_price', verdict: 'would_refuse' });
    expect(permit).not.toHaveProperty('max_price');
  });

  it.each(['0', '-1', '100.1', 'one', '1%', ''])('has no collar of %j', (text) => {
    expect(() => verdictUnder({ GOV_PRICE_COLLAR_PCT: text })).toThrow(
      `expected off, or a number above 0 and up to 100, got \\"${text}\\"`,
    );
  });
});

describe('a permit', () => {
  function permitted(settings: Record<string, string>, plan: Record<string, string> = {}, mode = 'production') {
    const world = worldUnder(settings, { ...MARK, mode });
    world.plan({ ...OPEN_PLAN, ...plan });
    const permit = Permit.parse(world.permit('p1'));
    return [permit.min_price, permit.max_price];
  }

  it.each(['testnet', 'production', 'dry_run'])('says between which prices it may be executed, in %s', (mode) => {
    expect(permitted(COLLAR, {}, mode)).toEqual([49_500, 50_500]);
    expect(permitted(COLLAR, { price: '' }, mode)).toEqual([49_500, 50_500]);
    expect(permitted({ GOV_PRICE_COLLAR_PCT: '100' }, {}, mode)).toEqual([0, 100_000]);
  });

  it('says none without a collar, nor for a CLOSE', () => {
    expect(permitted({})).toEqual([undefined, undefined]);
    expect(permitted(COLLAR, { action: 'FULL_CLOSE' })).toEqual([undefined, undefined]);
  });
});
