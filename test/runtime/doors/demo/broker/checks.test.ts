import { describe, expect, it } from 'vitest';
import { sigmaDaily } from '../../../../../runtime/doors/demo/broker/checks.ts';
import { marketOf } from '../../../../../runtime/market/player/market.ts';

describe('the volatility of the checks', () => {
  it('is that of returns of one size, whatever their weights', () => {
    const closes = Array.from({ length: 50 }, (_, hour) => (hour % 2 === 0 ? 100 : 101));
    const market = marketOf(new Map([['XUSDT', closes]]), 0);
    expect(sigmaDaily(market, 'XUSDT', 49)).toBeCloseTo(Math.log(1.01) * Math.sqrt(24), 12);
  });

  it('gives a return of 24 hours ago half the weight of the newest', () => {
    const moved = (at: number) => Array.from({ length: 30 }, (_, hour) => (hour < at ? 100 : 110));
    const market = marketOf(
      new Map([
        ['NEW', moved(29)],
        ['OLD', moved(5)],
      ]),
      0,
    );
    expect((sigmaDaily(market, 'NEW', 29) / sigmaDaily(market, 'OLD', 29)) ** 2).toBeCloseTo(2, 12);
  });

  it('forgets what is older than its 168 closes', () => {
    const closes = Array.from({ length: 200 }, (_, hour) => (hour < 10 ? 100 : 110));
    const market = marketOf(new Map([['XUSDT', closes]]), 0);
    expect(sigmaDaily(market, 'XUSDT', 176)).toBeGreaterThan(0);
    expect(sigmaDaily(market, 'XUSDT', 177)).toBe(0);
  });
});
