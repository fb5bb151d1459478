import { describe, expect, it, test } from 'vitest';
import { DoubtSettings } from '../../../schemas/account-doubt.ts';
import { AccountRig, events, position, reading, stateOf, written } from '../../support/account.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';

function believing(usd: number, positions: readonly ReturnType<typeof position>[] = []): AccountRig {
  const rig = new AccountRig();
  rig.take(reading(usd, 0, { positions }));
  return rig;
}

describe('a reading is believed at once or not', () => {
  test.each([
    [400.0000000001, true],
    [400, false],
    [2499.9999999999, true],
    [2500, false],
    [0, false],
    [-0.01, false],
  ])('after 1000: %d', (usd, believed) => {
    expect(stateOf(believing(1000).take(reading(usd, 5000))) !== undefined).toBe(believed);
  });

  test.each([
    [undefined, false],
    [0, false],
    [0.01, true],
  ])('as the first: %j', (usd, believed) => {
    expect(stateOf(new AccountRig().take(reading(usd, 0))) !== undefined).toBe(believed);
  });

  test.each([
    ['one position may be gone', [position('A', 1)], [], true],
    ['two may not', [position('A', 1), position('B', 1)], [], false],
    ['one of two may', [position('A', 1), position('B', 1)], [position('B', 1)], true],
  ])('%s at once', (_what, before, after, believed) => {
    const outcome = believing(1000, before).take(reading(1000, 5000, { positions: after }));
    expect(stateOf(outcome) !== undefined).toBe(believed);
  });
});

describe('a reading that is not believed', () => {
  it('writes no position, of the state only what is in doubt, and is told once', () => {
    const rig = believing(1000, [position('A', 1)]);
    const first = rig.take(reading(100, 5000));
    expect(
      first.effects.flatMap((effect) => ('key' in effect ? effect.key : effect.do === 'emit' ? effect.stream : '')),
    ).toEqual(['state:portfolio:hwm', 'state:portfolio:doubt', 'state:portfolio', 'feed.events']);
    expect(written(first, 'state:portfolio')).toEqual({ equity_low_usd: '100' });
    expect(events(first)).toEqual(['EQUITY_DOUBTED']);
    expect(first.decision).toMatchObject({ verdict: 'DOUBTED', reason: 'equity_fell' });
    expect(events(rig.take(reading(200, 5900)))).toEqual([]);
  });

  test.each([
    ['the same again', 100, 6100, true],
    ['10 % above', 110, 6100, true],
    ['lower still', 1, 6100, true],
    ['at the limit of doubt', 400, 6100, true],
    ['10 % below', 90, 6100, true],
    ['asked for a second after the first was read', 100, 6100, true],
    ['asked for sooner', 100, 6099, false],
  ])('is confirmed by a second one: %s', (_what, usd, atMs, confirmed) => {
    const rig = believing(1000);
    rig.take(reading(100, 5000));
    const second = rig.take(reading(usd, atMs));
    expect(stateOf(second)?.equity_usd).toBe(confirmed ? String(usd) : undefined);
    expect(events(second)).toEqual(confirmed ? ['EQUITY_CONFIRMED'] : []);
    expect(rig.hashes.doubt === null).toBe(confirmed);
  });

  it('is confirmed while it goes on falling, and never by what rises', () => {
    const falling = believing(10_000);
    falling.take(reading(3900, 5000));
    expect(stateOf(falling.take(reading(3432, 10_000)))).toMatchObject({ equity_usd: '3432' });
    const rising = believing(1000);
    rising.take(reading(2500, 5000));
    expect(stateOf(rising.take(reading(3000, 10_000)))).toBeUndefined();
  });

  it.each([
    ['a fall', 100, { equity_low_usd: '100' }],
    ['nothing left', -5, { equity_low_usd: '-5' }],
    ['a rise', 2500, undefined],
  ])('says the lower equity of %s in the state, and takes it back once that is decided', (_what, usd, low) => {
    const rig = believing(1000);
    expect(written(rig.take(reading(usd, 5000)), 'state:portfolio')).toEqual(low);
    const next = rig.take(reading(990, 10_000));
    expect(Object.keys(written(next, 'state:portfolio') ?? {})).not.toContain('equity_low_usd');
    const effect = next.effects.find((one) => one.do === 'hset' && one.key === 'state:portfolio');
    expect(effect).toMatchObject({ replace: true });
  });

  it('leaves what it says of nothing left in place once that is confirmed, until there is equity again', () => {
    const rig = believing(1000);
    rig.take(reading(-5, 5000));
    expect(stateOf(rig.take(reading(-7, 10_000)))).toMatchObject({ equity_usd: '-7', equity_low_usd: '-7' });
    expect(stateOf(rig.take(reading(0, 15_000)))).toMatchObject({ equity_usd: '0', equity_low_usd: '0' });
    expect(stateOf(rig.take(reading(50, 20_000)))).not.toHaveProperty('equity_low_usd');
  });

  it('is dismissed by one that is near the last believed one', () => {
    const rig = believing(1000);
    rig.take(reading(0, 5000));
    const next = rig.take(reading(990, 10_000));
    expect(events(next)).toEqual(['EQUITY_DISMISSED']);
    expect(stateOf(next)).toMatchObject({ equity_usd: '990', drawdown: '1' });
  });

  it('is believed from the second time on when the account really has nothing left', () => {
    const rig = believing(1000);
    rig.take(reading(-5, 5000));
    expect(stateOf(rig.take(reading(-7, 10_000)))).toMatchObject({ equity_usd: '-7', drawdown: '100.7' });
    expect(stateOf(rig.take(reading(-7, 15_000)))).toMatchObject({ equity_usd: '-7' });
    expect(stateOf(rig.take(reading(50, 20_000)))).toMatchObject({ equity_usd: '50' });
  });
});

describe('a fall is believed at once that the account stream explains', () => {
  const trade = (wallet: number, atMs = 4000, reason = 'ORDER') => ({
    changes: [{ reason, atMs: NOW_MS + atMs, balances: [{ asset: 'USDT', wallet, change: 0 }] }],
  });
  test.each([
    ['the wallet it told is that of the reading', reading(300, 5000, {}, trade(300)), true],
    ['within a thousandth', reading(300, 5000, {}, trade(300.3)), true],
    ['not beyond it', reading(300, 5000, {}, trade(300.31)), false],
    ['another wallet explains nothing', reading(300, 5000, {}, trade(900)), false],
    ['nor one of before the last believed reading', reading(300, 5000, {}, trade(300, 100)), false],
    ['nor a fall that is mostly outside the wallets', reading(300, 5000, { balanceUsd: 650.01 }, trade(300)), false],
    ['half of it inside is enough', reading(300, 5000, { balanceUsd: 650 }, trade(300)), true],
    [
      'a withdrawal explains itself',
      reading(
        300,
        5000,
        {},
        {
          changes: [
            { reason: 'WITHDRAW', atMs: NOW_MS + 4000, balances: [{ asset: 'USDT', wallet: 300, change: -700 }] },
          ],
        },
      ),
      true,
    ],
  ])('%s', (_what, entry, believed) => {
    expect(stateOf(believing(1000).take(entry)) !== undefined).toBe(believed);
  });

  it('a deposit explains a rise', () => {
    const told = { transfers: [{ id: '1', asset: 'USDT', amount: 9000, atMs: NOW_MS + 4000 }] };
    expect(stateOf(believing(1000).take(reading(10_000, 5000, {}, told)))).toMatchObject({
      equity_usd: '10000',
      drawdown: '0',
    });
  });
});

describe('the limits of doubt', () => {
  it.each([
    ['FEED_DOUBT_FALL_PCT', '30', 700, 700.01],
    ['FEED_DOUBT_FALL_PCT', '99', 10, 10.01],
    ['FEED_DOUBT_RISE_PCT', '25', 1250, 1249.99],
    ['FEED_DOUBT_RISE_PCT', '400', 5000, 4999.99],
  ])('%s=%s doubts %d and not %d after 1000', (name, value, doubted, believed) => {
    for (const usd of [doubted, believed]) {
      const rig = new AccountRig({ [name]: value });
      rig.take(reading(1000, 0));
      expect(stateOf(rig.take(reading(usd, 5000))) !== undefined).toBe(usd === believed);
    }
  });

  it('say how many positions must vanish, how near a second rise is, and how long it must be away', () => {
    const vanishing = new AccountRig({ FEED_DOUBT_VANISHED: '1' });
    vanishing.take(reading(1000, 0, { positions: [position('A', 1)] }));
    expect(stateOf(vanishing.take(reading(1000, 5000)))).toBeUndefined();
    const rising = new AccountRig({ FEED_DOUBT_AGREE_PCT: '0', FEED_DOUBT_CONFIRM_SEC: '10' });
    rising.take(reading(1000, 0));
    const believed = [
      [3000, 5000],
      [3000, 15_099],
      [3001, 15_100],
      [3001, 25_200],
    ].map(([usd, atMs]) => stateOf(rising.take(reading(usd, atMs ?? 0))) !== undefined);
    expect(believed).toEqual([false, false, false, true]);
  });

  it.each([
    ['FEED_DOUBT_FALL_PCT', ['0', '-1', '99.1', '100', 'x', 'NaN', '']],
    ['FEED_DOUBT_RISE_PCT', ['0', '-5', '10001', 'Infinity']],
    ['FEED_DOUBT_AGREE_PCT', ['-1', '100.1']],
    ['FEED_DOUBT_CONFIRM_SEC', ['0', '61']],
    ['FEED_DOUBT_VANISHED', ['0', '1.5']],
  ])('%s refuses what makes no sense: %j', (name, values) => {
    for (const value of values) expect(DoubtSettings.safeParse({ [name]: value }).success).toBe(false);
  });
});
