import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseLossMarks } from '../../schemas/loss-latch.ts';
import {
  confirmationsOf,
  hasLossLimits,
  type LossSettings,
  lossSettings,
  refuseLossContradictions,
} from '../../schemas/loss-limits.ts';

const Shape = z.object(lossSettings).superRefine((settings, context) => {
  refuseLossContradictions(settings as LossSettings, context);
});
const problem = (env: Record<string, string>) =>
  Shape.safeParse(env).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('the settings of loss limits', () => {
  it('are off unless they are set, and off where they say so', () => {
    expect(hasLossLimits(Shape.parse({}) as LossSettings)).toBe(false);
    expect(hasLossLimits(Shape.parse({ GOV_MAX_DAILY_LOSS_PCT: ' OFF ' }) as LossSettings)).toBe(false);
    expect(hasLossLimits(Shape.parse({ GOV_MAX_DAILY_LOSS_USD: '1' }) as LossSettings)).toBe(true);
    expect(confirmationsOf(Shape.parse({ GOV_LOSS_CONFIRMATIONS: ' 3 / 5' }) as LossSettings)).toEqual({
      count: 3,
      of: 5,
    });
    expect(confirmationsOf(Shape.parse({}) as LossSettings)).toEqual({ count: 2, of: 3 });
  });

  it.each([
    [
      { GOV_MAX_DAILY_LOSS_PCT: '0' },
      'GOV_MAX_DAILY_LOSS_PCT: expected off, or a number above 0 and up to 100, got "0"',
    ],
    [
      { GOV_MAX_DRAWDOWN_PCT: '100.1' },
      'GOV_MAX_DRAWDOWN_PCT: expected off, or a number above 0 and up to 100, got "100.1"',
    ],
    [{ GOV_MAX_DAILY_LOSS_USD: 'NaN' }, 'GOV_MAX_DAILY_LOSS_USD: expected off, or a number above 0, got "NaN"'],
    [
      { GOV_LOSS_DAY_TZ: 'Europe/Atlantis' },
      'GOV_LOSS_DAY_TZ: expected a time zone such as UTC or Europe/Berlin, got "Europe/Atlantis"',
    ],
    [{ GOV_LOSS_DAY_HOUR: '24' }, 'GOV_LOSS_DAY_HOUR: expected a whole number from 0 to 23, got "24"'],
    [
      { GOV_LOSS_CONFIRMATIONS: '4/3' },
      'GOV_LOSS_CONFIRMATIONS: expected N/M, N of the last M readings, with N from 1 to M and M up to 20, got "4/3"',
    ],
    [
      { GOV_LOSS_CONFIRMATIONS: '0/3' },
      'GOV_LOSS_CONFIRMATIONS: expected N/M, N of the last M readings, with N from 1 to M and M up to 20, got "0/3"',
    ],
    [
      { GOV_LOSS_CONFIRMATIONS: '2/21' },
      'GOV_LOSS_CONFIRMATIONS: expected N/M, N of the last M readings, with N from 1 to M and M up to 20, got "2/21"',
    ],
    [{ GOV_LOSS_RELEASE: 'never' }, 'GOV_LOSS_RELEASE: expected operator or day, got "never"'],
    [
      { GOV_MAX_STATIC_DRAWDOWN_PCT: '10' },
      'GOV_STARTING_BALANCE_USD: expected a number above 0 beside GOV_MAX_STATIC_DRAWDOWN_PCT, got none',
    ],
    [
      { GOV_MAX_DAILY_LOSS_PCT: '11', GOV_MAX_DRAWDOWN_PCT: '10' },
      'GOV_MAX_DAILY_LOSS_PCT: expected at most GOV_MAX_DRAWDOWN_PCT (10), which is reached first, got 11',
    ],
    [
      { GOV_MAX_WEEKLY_LOSS_PCT: '10.1', GOV_MAX_DRAWDOWN_PCT: '10' },
      'GOV_MAX_WEEKLY_LOSS_PCT: expected at most GOV_MAX_DRAWDOWN_PCT (10), which is reached first, got 10.1',
    ],
  ])('refuse %j', (env, message) => {
    expect(problem(env as Record<string, string>)).toEqual([message]);
  });

  it('may be equal where one includes the other', () => {
    expect(
      problem({ GOV_MAX_DAILY_LOSS_PCT: '10', GOV_MAX_WEEKLY_LOSS_PCT: '10', GOV_MAX_DRAWDOWN_PCT: '10' }),
    ).toBeUndefined();
  });
});

describe('marks that cannot be read', () => {
  it.each([{}, { marks: '{}', tripped: '{}' }, { marks: 'x', tripped: '{}' }, { marks: '{"day":""}', tripped: '{' }])(
    'are none: %j',
    (fields) => {
      expect(parseLossMarks(fields as Record<string, string>)).toBeUndefined();
    },
  );
});
