import { describe, expect, it } from 'vitest';
import { remember, usableState } from '../../../handlers/risk-governor/state.ts';
import { hashFact, NOW_MS } from '../../support/fake-ctx.ts';

const AGES = { STALE_SEC: 30, MAX_LKG_AGE_SEC: 900 };
const NOW_SEC = NOW_MS / 1000;
const NONE = hashFact(null);

const aged = (ageSec: number, equity = '100000') =>
  hashFact({ equity_usd: equity, drawdown: '1.5', timestamp: String(NOW_SEC - ageSec) });
const at = (fields: Record<string, string>) => hashFact({ equity_usd: '100000', ...fields });

describe('the portfolio state of a cycle', () => {
  it.each([
    ['is used at 0 s', 0, 'fresh'],
    ['is used at 29.999 s', 29.999, 'fresh'],
    ['is stale at 30 s', 30, undefined],
    ['is used 5 s ahead of the clock', -5, 'fresh'],
    ['is stale 5.001 s ahead of the clock', -5.001, undefined],
  ])('%s', (_words, ageSec, source) => {
    expect(usableState(aged(ageSec), NONE, AGES, NOW_MS)?.source).toBe(source);
  });

  it('an equity in doubt counts where it is less, for what is remembered too, and one of nothing leaves none', () => {
    const doubted = (ageSec: number, low: string) =>
      hashFact({ ...aged(ageSec).fields, equity_low_usd: low } as Record<string, string>);
    expect(usableState(doubted(5, '40000'), NONE, AGES, NOW_MS)).toMatchObject({ equityUsd: 40_000, lowUsd: 40_000 });
    expect(usableState(doubted(5, '140000'), NONE, AGES, NOW_MS)?.equityUsd).toBe(100_000);
    expect(usableState(doubted(60, '40000'), aged(60), AGES, NOW_MS)).toMatchObject({
      source: 'last_known_good',
      equityUsd: 40_000,
    });
    expect(usableState(doubted(5, '0'), aged(60), AGES, NOW_MS)).toBeUndefined();
  });

  it.each([
    ['is used at 899.999 s', 899.999, 'last_known_good'],
    ['is too old at 900 s', 900, undefined],
    ['is stale 5.001 s ahead of the clock', -5.001, undefined],
  ])('when it is missing, the remembered one %s', (_words, ageSec, source) => {
    expect(usableState(NONE, aged(ageSec), AGES, NOW_MS)?.source).toBe(source);
  });

  it.each([
    ['is absent', NONE],
    ['is of another type', { fields: null, wrongType: true }],
    ['has no timestamp', at({})],
    ['has only a `ts`', at({ ts: String(NOW_SEC) })],
    ['has a timestamp that is no number', at({ timestamp: 'yesterday' })],
    ['has no equity', hashFact({ timestamp: String(NOW_SEC) })],
    ['has equity 0', aged(0, '0')],
    ['has negative equity', aged(0, '-5')],
    ['has empty equity', aged(0, '')],
    ['has equity in words', aged(0, 'plenty')],
    ['has equity NaN', aged(0, 'NaN')],
    ['has infinite equity', aged(0, 'Infinity')],
    ['has overflowing equity', aged(0, '1e400')],
  ])('is the remembered one when it %s', (_words, read) => {
    const state = usableState(read, aged(60, '90000'), AGES, NOW_MS);
    expect(state).toEqual({ source: 'last_known_good', equityUsd: 90_000, drawdown: 1.5, atMs: NOW_MS - 60_000 });
    expect(usableState(read, NONE, AGES, NOW_MS)).toBeUndefined();
  });

  it('is the one as read while that is fresh, whatever is remembered', () => {
    expect(usableState(aged(5), aged(1, '1'), AGES, NOW_MS)).toMatchObject({ source: 'fresh', equityUsd: 100_000 });
  });

  it.each([
    ['float seconds', { timestamp: `${NOW_SEC - 1}.5` }],
    ['milliseconds', { timestamp: String(NOW_MS - 500) }],
    ['`ts_epoch`', { ts_epoch: String(NOW_SEC - 1) }],
  ])('may give its time as %s', (_words, time) => {
    expect(usableState(at(time), NONE, AGES, NOW_MS)?.source).toBe('fresh');
  });
});

describe('the last-known-good state', () => {
  it('is written with its own timestamp, not with the time of the cycle', () => {
    const state = usableState(aged(20), NONE, AGES, NOW_MS);
    expect(state && remember(state)).toMatchObject({
      do: 'hset',
      key: 'state:portfolio:lkg',
      fields: { equity_usd: '100000', drawdown: '1.5', timestamp: String(NOW_SEC - 20) },
      replace: true,
      ifNewer: true,
    });
  });

  it('has no drawdown when none could be read', () => {
    const state = usableState(at({ timestamp: String(NOW_SEC), drawdown: 'n/a' }), NONE, AGES, NOW_MS);
    expect(state && remember(state)).toMatchObject({ fields: { equity_usd: '100000', timestamp: String(NOW_SEC) } });
  });

  it('read back is the state that was remembered', () => {
    const state = usableState(aged(20), NONE, AGES, NOW_MS);
    const effect = state && remember(state);
    const written = effect?.do === 'hset' ? hashFact({ ...effect.fields }) : NONE;
    expect(usableState(NONE, written, AGES, NOW_MS)).toEqual({ ...state, source: 'last_known_good' });
  });
});
