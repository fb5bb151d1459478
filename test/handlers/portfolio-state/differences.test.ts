import { describe, expect, it } from 'vitest';
import { toEpochSeconds } from '../../../schemas/time.ts';
import { AccountRig, emitted, events, position, reading, written } from '../../support/account.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';

const LONG_AGO = { timestamp: toEpochSeconds(NOW_MS - 60_000) };

function withState(fields: Record<string, string>): AccountRig {
  const rig = new AccountRig();
  rig.views = { hashes: { 'state:positions': { BTCUSDT: { source: 'tracker', ...LONG_AGO, ...fields } } } };
  return rig;
}

describe("another producer's hash", () => {
  it('that says something else for ten seconds is told, and overwritten with what the exchange says', () => {
    const rig = withState({ position_amt: '5', side: 'LONG' });
    const take = (atMs: number) => rig.take(reading(1000, atMs, { positions: [position('BTCUSDT', 2)] }));
    expect(events(take(0))).toEqual([]);
    expect(written(take(9_999), 'state:positions:BTCUSDT')).toBeUndefined();
    const told = take(10_000);
    expect(events(told)).toEqual(['POSITION_DIFFERS']);
    expect(written(told, 'state:positions:BTCUSDT')).toMatchObject({
      position_amt: '2',
      side: 'LONG',
      source: 'binance-test',
    });
    expect(events(take(15_000))).toEqual([]);
  });

  it('that holds what the exchange does not is closed at once for caps, and told after ten seconds', () => {
    const rig = withState({ position_amt: '-5', side: 'SHORT' });
    const first = rig.take(reading(1000, 0));
    expect(emitted(first, 'position.snapshot')).toMatchObject([{ symbol: 'BTCUSDT', side: 'FLAT' }]);
    expect(events(rig.take(reading(1000, 10_000)))).toContain('POSITION_DIFFERS');
  });

  it.each([
    ['that says the same', { position_amt: '2' }],
    ['that the feed wrote itself', { position_amt: '5', source: 'binance-test' }],
  ])('%s is left alone', (_what, fields) => {
    const rig = withState(fields);
    for (const atMs of [0, 20_000]) rig.take(reading(1000, atMs, { positions: [position('BTCUSDT', 2)] }));
    expect(rig.hashes.differences).toBeNull();
  });

  it('that is newer than the reading is left alone: a fill may have come since', () => {
    const rig = withState({ position_amt: '5', timestamp: toEpochSeconds(NOW_MS + 1000) });
    rig.take(reading(1000, 0, { positions: [position('BTCUSDT', 2)] }));
    expect(rig.hashes.differences).toBeNull();
  });

  it('is shown for ten minutes after it agreed again', () => {
    const rig = withState({ position_amt: '5' });
    for (const atMs of [0, 10_000]) rig.take(reading(1000, atMs, { positions: [position('BTCUSDT', 2)] }));
    rig.views = {};
    rig.take(reading(1000, 610_000, { positions: [position('BTCUSDT', 2)] }));
    expect(rig.hashes.differences).not.toBeNull();
    rig.take(reading(1000, 610_001, { positions: [position('BTCUSDT', 2)] }));
    expect(rig.hashes.differences).toBeNull();
  });
});

it("another producer's snapshot is told at once, and ours sent again", () => {
  const rig = new AccountRig();
  rig.take(reading(1000, 0, { positions: [position('BTCUSDT', 2)] }));
  rig.views = { book: [{ symbol: 'BTCUSDT', qty: 7, side: 'LONG' }] };
  const outcome = rig.take(reading(1000, 5000, { positions: [position('BTCUSDT', 2)] }));
  expect(events(outcome)).toEqual(['POSITION_DIFFERS']);
  expect(emitted(outcome, 'position.snapshot')).toMatchObject([{ position_qty: '2' }]);
});
