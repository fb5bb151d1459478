import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSnapshot } from '../../schemas/position.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { liveSample } from '../support/live.ts';

function snapshot(fields: Record<string, string>) {
  return parseSnapshot('1771362498488-0', fieldsOf(Object.entries({ symbol: 'ETHUSDT', ...fields }).flat()));
}

describe('a position snapshot', () => {
  it('of the live system has a quantity and a mark, and neither notional nor sigma', () => {
    const { id, fields } = liveSample('position.snapshot');
    expect(parseSnapshot(id, fields)).toEqual({
      id: '1771362498488-0',
      symbol: 'A2ZUSDT',
      atMs: 1_771_362_498_000,
      qty: 946_857,
      notional: undefined,
      markPrice: 0.0009640075053,
      sigma: undefined,
      side: 'SHORT',
    });
  });

  it('of the seeds has a notional and a sigma, and the time of its stream id', () => {
    const position = snapshot({ position_notional_usd: '1800', sigma: '0.15' });
    expect(position).toMatchObject({ notional: 1800, sigma: 0.15, qty: undefined, atMs: 1_771_362_498_488 });
  });

  it.each([
    ['position_qty before position_amt', { position_qty: '2', position_amt: '-3' }, { qty: 2 }],
    ['position_amt without a quantity', { position_amt: '-3' }, { qty: -3 }],
    ['position_amt beside an unusable quantity', { position_qty: 'abc', position_amt: '-3' }, { qty: -3 }],
    ['a zero quantity', { position_qty: '0.0' }, { qty: 0 }],
    ['volatility without a sigma', { volatility: '0.2' }, { sigma: 0.2 }],
    ['volatility beside a sigma of 0', { sigma: '0', volatility: '0.2' }, { sigma: 0.2 }],
    ['a sigma of 0', { sigma: '0' }, { sigma: undefined }],
    ['a negative sigma', { sigma: '-0.1' }, { sigma: undefined }],
    ['a mark of 0', { mark_price: '0' }, { markPrice: undefined }],
    ['an unusable notional', { position_notional_usd: 'NaN' }, { notional: undefined }],
    ['an overflowing notional', { position_notional_usd: '1e400' }, { notional: undefined }],
    ['a side in any case', { side: ' flat ' }, { side: 'FLAT' }],
    ['an empty side', { side: '' }, { side: undefined }],
    ['a timestamp', { timestamp: '1771362000' }, { atMs: 1_771_362_000_000 }],
    ['a ts_epoch', { ts_epoch: '1771362001' }, { atMs: 1_771_362_001_000 }],
    ['a ts, which is no time', { ts: '0.245439' }, { atMs: 1_771_362_498_488 }],
  ])('reads %s', (_what, fields, expected) => {
    expect(snapshot(fields)).toMatchObject(expected);
  });

  it.each(['', 'BTC USDT', 'BTC:USDT', '{x}', 'x'.repeat(129)])('with the symbol %j is none', (symbol) => {
    expect(snapshot({ symbol })).toBeUndefined();
  });

  it('without a symbol is none', () => {
    expect(parseSnapshot('1-0', fieldsOf(['position_qty', '1']))).toBeUndefined();
  });

  it('never throws, and its figures are finite, whatever the fields', () => {
    const name = fc.constantFrom('symbol', 'position_qty', 'position_notional_usd', 'mark_price', 'sigma', 'timestamp');
    const value = fc.oneof(fc.string(), fc.double().map(String), fc.constant('ETHUSDT'));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (pairs) => {
        const position = parseSnapshot('5-0', fieldsOf(pairs.flat()));
        for (const figure of [position?.qty, position?.notional, position?.markPrice, position?.sigma]) {
          expect(figure === undefined || Number.isFinite(figure)).toBe(true);
        }
      }),
    );
  });
});
