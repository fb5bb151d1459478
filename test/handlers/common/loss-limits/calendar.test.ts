import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNewPeriod, periodsAt } from '../../../../handlers/common/loss-limits/calendar.ts';
import { HOUR_MS, MINUTE_MS } from '../../../../schemas/duration.ts';

const dayAt = (time: string, zone: string, hour = 0) =>
  periodsAt(Date.parse(time), { GOV_LOSS_DAY_TZ: zone, GOV_LOSS_DAY_HOUR: hour }).day;

/** The moments of a year, by the minute around each hour, at which a day turns. */
function turns(zone: string, hour: number, from: string, hours: number): string[] {
  const found: string[] = [];
  let before = periodsAt(Date.parse(from), { GOV_LOSS_DAY_TZ: zone, GOV_LOSS_DAY_HOUR: hour }).day;
  for (let minute = 1; minute <= hours * 60; minute += 1) {
    const at = Date.parse(from) + minute * MINUTE_MS;
    const { day } = periodsAt(at, { GOV_LOSS_DAY_TZ: zone, GOV_LOSS_DAY_HOUR: hour });
    if (isNewPeriod(day, before)) {
      found.push(new Date(at).toISOString().slice(0, 16));
      before = day;
    }
  }
  return found;
}

describe('the day of a loss limit', () => {
  it('turns at its hour, to the millisecond', () => {
    expect(dayAt('2026-06-01T23:59:59.999Z', 'UTC')).toBe('2026-06-01');
    expect(dayAt('2026-06-02T00:00:00.000Z', 'UTC')).toBe('2026-06-02');
    expect(dayAt('2026-06-01T20:59:59.999Z', 'America/New_York', 17)).toBe('2026-05-31');
    expect(dayAt('2026-06-01T21:00:00.000Z', 'America/New_York', 17)).toBe('2026-06-01');
  });

  it.each([
    ['a day of 23 hours', 'Europe/Berlin', 0, '2026-03-28T12:00Z', ['2026-03-28T23:00', '2026-03-29T22:00']],
    ['a day of 25 hours', 'Europe/Berlin', 0, '2026-10-24T12:00Z', ['2026-10-24T22:00', '2026-10-25T23:00']],
    [
      'an hour that the clocks leave out',
      'Europe/Berlin',
      2,
      '2026-03-28T12:00Z',
      ['2026-03-29T01:00', '2026-03-30T00:00'],
    ],
    [
      'an hour that the clocks show twice',
      'Europe/Berlin',
      2,
      '2026-10-24T12:00Z',
      ['2026-10-25T00:00', '2026-10-26T01:00'],
    ],
    ['a change at midnight', 'America/Santiago', 0, '2026-09-05T12:00Z', ['2026-09-06T04:00', '2026-09-07T03:00']],
    [
      'clocks put back by half an hour at that hour',
      'Australia/Lord_Howe',
      2,
      '2026-04-04T12:00Z',
      ['2026-04-04T15:30', '2026-04-05T15:30'],
    ],
  ])('is right on %s', (_what, zone, hour, from, expected) => {
    expect(turns(zone, hour, from, 42)).toEqual(expected);
  });

  it('turns once a day in every zone, all year, at most an hour from a day after the last', () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'America/Santiago', 'Asia/Kolkata', 'Pacific/Apia'];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 364 }),
        (zone, hour, day) => {
          const from = new Date(Date.UTC(2026, 0, 1) + day * 24 * HOUR_MS).toISOString();
          const [first, second] = turns(zone, hour, from, 50).map((text) => Date.parse(`${text}Z`));
          const spanMs = (second as number) - (first as number);
          expect([23, 24, 25]).toContain(spanMs / HOUR_MS);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is of the week that began on Monday', () => {
    const weekAt = (time: string) =>
      periodsAt(Date.parse(time), { GOV_LOSS_DAY_TZ: 'UTC', GOV_LOSS_DAY_HOUR: 17 }).week;
    expect(weekAt('2026-11-23T16:59:59.999Z')).toBe('2026-11-16');
    expect(weekAt('2026-11-23T17:00:00.000Z')).toBe('2026-11-23');
    expect(weekAt('2026-11-30T16:59:59.999Z')).toBe('2026-11-23');
    expect(weekAt('1969-12-31T18:00:00.000Z')).toBe('1969-12-29');
  });

  it('never goes back, but from a clock that was a week ahead', () => {
    expect(isNewPeriod('2026-11-22', '2026-11-23')).toBe(false);
    expect(isNewPeriod('2026-11-23', '2026-11-23')).toBe(false);
    expect(isNewPeriod('2026-11-24', '2026-11-23')).toBe(true);
    expect(isNewPeriod('2026-11-23', '2026-12-02')).toBe(true);
    expect(isNewPeriod('2026-11-23', '')).toBe(true);
  });
});
