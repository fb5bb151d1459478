import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import governor from '../../../handlers/governor/index.ts';
import { keys } from '../../../schemas/keys.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';
import { OPEN_PLAN } from '../../support/governor-world.ts';
import { type Around, SAME_ORDER, verdictUnder, worldUnder } from '../../support/order-limits.ts';

const RATE = { GOV_MAX_PERMITS_PER_MINUTE: '3' };
const SAME = { GOV_DUPLICATE_SEC: '10' };
const FREE = { GOV_SYMBOL_COOLDOWN_SECONDS: '0', GOV_MAX_EXEC_PER_5MIN: '999', GOV_MAX_EXEC_PER_HOUR: '999' };
const ago = (ms: number) => ({ lastOrder: String((NOW_MS - ms) / 1000) });

type Case = [words: string, plan: Record<string, string>, around: Around, verdict: string];

describe('permits of all symbols within a minute', () => {
  const cases: Case[] = [
    ['one below the limit', {}, { permitAges: [1, 59_999] }, 'permit'],
    ['at the limit', {}, { permitAges: [1, 2, 59_999] }, 'permits_per_minute_exceeded'],
    ['at it but for one just a minute ago', {}, { permitAges: [1, 2, 60_000] }, 'permit'],
    ['at it, a CLOSE', { action: 'FULL_CLOSE' }, { permitAges: [1, 2, 3] }, 'permit'],
  ];
  it.each(cases)('%s', (_words, plan, around, verdict) => {
    for (const mode of ['testnet', 'production']) expect(verdictUnder(RATE, plan, { ...around, mode })).toBe(verdict);
  });

  it('are never more than that many, nor fewer where all ask, whenever plans come', () => {
    const plan = fc.record({
      gapMs: fc.constantFrom(0, 1, 9_999, 20_000, 30_000, 59_999, 60_000),
      symbol: fc.constantFrom('A', 'B', 'C'),
      action: fc.constantFrom('OPEN', 'OPEN', 'OPEN', 'FULL_CLOSE'),
    });
    fc.assert(
      fc.property(fc.array(plan, { minLength: 5, maxLength: 40 }), fc.integer({ min: 1, max: 4 }), (plans, limit) => {
        const caps = { GOV_MAX_PLAN_AGE_SEC: '1e9', GOV_STATE_MAX_AGE_SEC: '1e9', GOV_MAX_OPEN_POSITIONS: '999' };
        const world = worldUnder({ ...FREE, ...caps, GOV_MAX_PERMITS_PER_MINUTE: String(limit) });
        const given: number[] = [];
        for (const [at, { gapMs, symbol, action }] of plans.entries()) {
          world.nowMs += gapMs;
          world.plan({ ...OPEN_PLAN, plan_id: `q${at}`, symbol, action });
          const recent = given.filter((atMs) => world.nowMs - atMs < 60_000).length;
          const passes = action !== 'OPEN' || recent < limit;
          expect(world.events.at(-1)?.reason).toBe(passes ? 'ok' : 'permits_per_minute_exceeded');
          if (passes && action === 'OPEN') given.push(world.nowMs);
          expect(world.sets.get(keys.permitTimes)?.size ?? 0).toBeLessThanOrEqual(2 * limit);
        }
      }),
    );
  });

  it.each(['0', '1.5', '-1', '10001', 'many', ''])('have no limit of %j', (text) => {
    expect(() => verdictUnder({ GOV_MAX_PERMITS_PER_MINUTE: text })).toThrow(
      'expected off, or a whole number from 1 to 10000',
    );
  });
});

describe('the same order again', () => {
  const cases: Case[] = [
    ['within the time', {}, ago(9_999), 'duplicate_order'],
    ['after it', {}, ago(10_000), 'permit'],
    ['that was stored ahead of the clock', {}, ago(-4_000), 'duplicate_order'],
    ['that was stored further ahead', {}, ago(-6_000), 'caps_data_unavailable'],
    ['of another quantity', { qty: '0.0010000001' }, ago(0), 'permit'],
    ['of the same quantity, spelled otherwise', { qty: '-1e-3' }, ago(0), 'duplicate_order'],
    ['on the other side', { side: 'SELL' }, ago(0), 'permit'],
    ['on a side in other words', { side: 'long' }, ago(0), 'duplicate_order'],
    ['at another price', { price: '49000' }, ago(0), 'duplicate_order'],
    ['in another symbol', { symbol: 'ETHUSDT' }, ago(0), 'permit'],
    ['that closes', { action: 'FULL_CLOSE' }, ago(0), 'permit'],
    ['that was stored as no time', {}, { lastOrder: 'soon' }, 'caps_data_unavailable'],
  ];
  it.each(cases)('%s', (_words, plan, around, verdict) => {
    for (const mode of ['testnet', 'production']) expect(verdictUnder(SAME, plan, { ...around, mode })).toBe(verdict);
  });

  it.each([
    ['a quantity', {}, { qty: '0.002' }],
    ['a side', {}, { side: 'SELL' }],
    ['a notional alone', { qty: '', notional_usd: '50' }, { qty: '', notional_usd: '51' }],
  ])('is known by %s, under other plan ids, until its time is over', (_words, order, another) => {
    const world = worldUnder({ ...FREE, ...SAME });
    const reasons = [order, order, another, order].map((fields, at) => {
      if (at === 3) world.nowMs += 10_000;
      world.plan({ ...OPEN_PLAN, ...fields, plan_id: `d${at}` });
      return world.events.at(-1)?.reason;
    });
    expect(reasons).toEqual(['ok', 'duplicate_order', 'ok', 'ok']);
  });

  it.each(['0', '-1', '3601', 'x', ''])('has no time of %j', (text) => {
    expect(() => verdictUnder({ GOV_DUPLICATE_SEC: text })).toThrow('expected off, or a number above 0 and up to 3600');
  });

  it('stands before no size where the largest is looked for', () => {
    const world = worldUnder(SAME, ago(0));
    const sized = governor.whatIf?.size?.sized;
    const fact = { text: world.texts.get(SAME_ORDER) ?? null, wrongType: false };
    expect(sized?.({ lastOrder: fact } as never)).toEqual({ lastOrder: { text: null, wrongType: false } });
  });
});

describe('what rates and repeats are known by', () => {
  const both = { ...RATE, ...SAME };
  const written = (mode: string, settings: Record<string, string>, wrong: readonly string[] = []) => {
    const world = worldUnder({ ...settings, GOV_CAPS_FAIL_POLICY: 'open' }, { mode });
    for (const key of wrong) world.wrong.add(key);
    const { effects } = world.plan(OPEN_PLAN);
    const at = effects.flatMap((effect) => ('key' in effect ? [effect.key] : []));
    return [keys.permitTimes, SAME_ORDER].filter((key) => at.includes(key));
  };

  it('is written where the limit is in force, by no dry run, and never over a key of another type', () => {
    expect(written('production', {})).toEqual([]);
    expect(written('production', RATE)).toEqual([keys.permitTimes]);
    expect(written('testnet', SAME)).toEqual([SAME_ORDER]);
    expect(written('dry_run', both)).toEqual([]);
    expect(written('production', both, [keys.permitTimes, SAME_ORDER])).toEqual([]);
  });

  it.each([
    [keys.permitTimes, RATE, 'permit_times'],
    [SAME_ORDER, SAME, 'last_order'],
  ])('%s of another type refuses an OPEN where the limit is in force, and nothing else', (key, settings, gap) => {
    for (const [under, fields, value] of [
      [settings, {}, gap],
      [settings, { action: 'FULL_CLOSE' }, undefined],
      [{}, {}, undefined],
    ] as const) {
      const world = worldUnder(under);
      world.wrong.add(key);
      world.plan({ ...OPEN_PLAN, ...fields });
      expect(world.block('p1')?.checks.at(-1)?.value).toBe(value);
    }
  });
});
