import { describe, expect, it } from 'vitest';
import {
  type Pause,
  type PauseReason,
  RequestBudget,
} from '../../../../../runtime/market/exchange/binance/request-budget.ts';
import { DAY_MS, MINUTE_MS } from '../../../../../schemas/duration.ts';

const NOW_MS = 1_700_000_040_000;

function paused(reason: PauseReason, untilMs: number): Pause {
  return { reason, untilMs, message: `${reason} for a test`, code: -1 };
}

describe('request weight', () => {
  it.each([
    ['reading', 1920],
    ['backfill', 1200],
  ] as const)('of the default 2400 a %s may use %i', (purpose, allowed) => {
    const budget = new RequestBudget();
    budget.take(NOW_MS, NOW_MS, allowed, purpose, false);
    expect(() => budget.take(NOW_MS, NOW_MS, 1, purpose, false)).toThrow(
      expect.objectContaining({ kind: 'rate_limited', retryAtMs: NOW_MS + MINUTE_MS - (NOW_MS % MINUTE_MS) }),
    );
  });

  it('is what the exchange counted, other programs included, and what is under way', () => {
    const budget = new RequestBudget();
    budget.take(NOW_MS, NOW_MS, 5, 'reading', false);
    budget.take(NOW_MS, NOW_MS, 10, 'reading', false);
    budget.settle(NOW_MS, 5, 800);
    expect(budget.usedAt(NOW_MS)).toBe(810);
    budget.settle(NOW_MS, 10, undefined);
    expect(budget.usedAt(NOW_MS)).toBe(810);
  });

  it('is never less than was counted before in the minute, and starts anew with the next', () => {
    const budget = new RequestBudget();
    for (const counted of [500, 300]) {
      budget.take(NOW_MS, NOW_MS, 1, 'reading', false);
      budget.settle(NOW_MS, 1, counted);
    }
    expect(budget.usedAt(NOW_MS)).toBe(500);
    expect(budget.usedAt(NOW_MS + MINUTE_MS)).toBe(0);
  });

  it('is measured by the minute of the exchange, the wait by the clock of this machine', () => {
    const budget = new RequestBudget();
    budget.limit = 10;
    const exchangeMs = NOW_MS - (NOW_MS % MINUTE_MS) + 59_000;
    expect(() => budget.take(NOW_MS, exchangeMs, 9, 'reading', false)).toThrow(
      expect.objectContaining({ retryAtMs: NOW_MS + 1_000 }),
    );
  });
});

describe('a pause', () => {
  it.each(['rate_limited', 'banned'] as const)('for %s stops every request until its end', (reason) => {
    const budget = new RequestBudget();
    budget.pause(paused(reason, NOW_MS + 10), NOW_MS);
    for (const keyed of [true, false]) {
      expect(() => budget.take(NOW_MS + 9, NOW_MS, 1, 'reading', keyed)).toThrow(
        expect.objectContaining({ kind: reason, retryAtMs: NOW_MS + 10 }),
      );
    }
    expect(() => budget.take(NOW_MS + 10, NOW_MS, 1, 'reading', true)).not.toThrow();
  });

  it('for a refused key stops only requests that need one', () => {
    const budget = new RequestBudget();
    budget.pause(paused('auth', NOW_MS + 10), NOW_MS);
    expect(() => budget.take(NOW_MS, NOW_MS, 1, 'reading', false)).not.toThrow();
    expect(() => budget.take(NOW_MS, NOW_MS, 1, 'reading', true)).toThrow(
      expect.objectContaining({ name: 'ExchangeAuthError', kind: 'auth', code: -1 }),
    );
  });

  it('is never shortened by a later one', () => {
    const budget = new RequestBudget();
    budget.pause(paused('banned', NOW_MS + 1000), NOW_MS);
    budget.pause(paused('rate_limited', NOW_MS + 10), NOW_MS);
    expect(budget.pauseAt(NOW_MS + 999, false)).toMatchObject({ reason: 'banned' });
  });

  it('is at most the longest ban that there is: three days', () => {
    const budget = new RequestBudget();
    budget.pause(paused('banned', NOW_MS + 999 * DAY_MS), NOW_MS);
    expect(budget.pauseAt(NOW_MS, false)?.untilMs).toBe(NOW_MS + 3 * DAY_MS);
  });
});
