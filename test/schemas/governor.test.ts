import { describe, expect, it } from 'vitest';
import { startLines } from '../../handlers/governor/lines.ts';
import { GovernorSettings } from '../../schemas/governor.ts';
import { Plan } from '../../schemas/plan.ts';
import { parseReservation } from '../../schemas/reservation.ts';

const PLAN = { plan_id: 'p', symbol: 'S', action: 'OPEN' };

describe('the settings of the governor', () => {
  it('have the defaults of the seeds, said in their words at the start', () => {
    expect(startLines(GovernorSettings.parse({}))).toEqual([
      'Governor initialized',
      'Max exec/hour: 3, Max exec/5min: 2',
      'Auto-disarm: True, Kill score critical: 0.8',
      'Fund caps: 10 positions, $200.0/trade, $2000.0 total',
      'Symbol cooldown: 60s',
    ]);
  });

  it('warn at the start of reservations that end before their permits', () => {
    const lines = startLines(GovernorSettings.parse({ GOV_RESERVATION_TTL_SEC: '59' }));
    expect(lines.at(-1)).toContain('caps may be exceeded');
  });

  it.each([
    ['GOV_MAX_OPEN_POSITIONS', '2.5', 'expected a whole number of at least 0, got "2.5"'],
    ['GOV_MAX_NOTIONAL_PER_TRADE_USDT', '0x10', 'expected a number of at least 0, got "0x10"'],
    ['GOV_CAPS_FAIL_POLICY', 'ajar', 'expected closed or open, got "ajar"'],
    ['GOV_ENABLE_AUTO_DISARM', 'maybe', 'expected true, 1, yes, false, 0 or no, got "maybe"'],
    ['GOV_RESERVATION_TTL_SEC', '0', 'expected a number from 1 to 86400, got "0"'],
    ['GOV_SYMBOL_COOLDOWN_SECONDS', '-1', 'expected a number from 0 to 86400, got "-1"'],
  ])('%s cannot be %s', (name, text, message) => {
    expect(() => GovernorSettings.parse({ [name]: text })).toThrow(JSON.stringify(message).slice(1, -1));
  });
});

describe('a plan', () => {
  it.each([
    [{}, { killScore: 0, executable: true, kind: 'OPEN', reduceOnly: false }],
    [{ kill_score: '' }, { killScore: undefined }],
    [{ decision: 'SKIP' }, { executable: false }],
    [{ decision: ' EXECUTE ' }, { executable: true }],
    [{ reduceOnly: 'True' }, { kind: 'CLOSE', reduceOnly: true }],
    [{ reduceOnly: 'perhaps' }, { kind: 'OPEN', reduceOnly: false }],
    [
      { qty: '-2', notional_usd: '-5' },
      { qty: 2, notionalUsd: 5 },
    ],
    [
      { qty: 'NaN', price: '-1', mark_price: '0' },
      { qty: undefined, price: undefined },
    ],
    [{ price: '2', mark_price: '3' }, { price: 3 }],
    [{ close_qty: '0.0' }, { closeQty: undefined }],
    [{ side: 'short' }, { side: 'SELL' }],
    [{ side: 'close' }, { side: undefined }],
  ])('of %j reads as %j', (fields, expected) => {
    expect(Plan.parse({ ...PLAN, ...fields })).toMatchObject(expected);
  });
});

describe('a reservation', () => {
  it.each(['', '{}', '[]', 'null', '{"symbol":"S","notional_usd":-1}'])('%j cannot be read', (text) => {
    expect(parseReservation(text)).toBeUndefined();
  });
});
