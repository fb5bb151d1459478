import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bookHeat } from '../../../../handlers/common/heat.ts';
import { portfolioHeat } from '../../../../handlers/common/portfolio-heat.ts';
import { coolingOf, heatingOf } from '../../../../runtime/desk/explain/cooling.ts';
import { heatBasis } from '../../../../runtime/desk/explain/heat-basis.ts';
import { HeatFacts } from '../../../../schemas/heat-facts.ts';
import { HeatSettings } from '../../../../schemas/heat-gate.ts';
import { computeOver, fakeViews, hashFact, NOW_MS } from '../../../support/fake-ctx.ts';

const settings = HeatSettings.parse({});

interface Held {
  readonly symbol: string;
  readonly notional: number;
  readonly sigma: number;
}

/** The heat of positions by the gate's own functions, and its facts as the decision log holds them. */
function judged(positions: readonly Held[], equityUsd: number) {
  const book = computeOver(bookHeat, fakeViews({ book: positions }), settings);
  const heat = portfolioHeat({ portfolio: hashFact({ equity_usd: String(equityUsd) }), book }, settings, NOW_MS);
  const thresholds = { heat_min: settings.HEAT_MIN, heat_max: settings.HEAT_MAX };
  const facts = HeatFacts.parse({
    heat: heat.heat,
    bucket: heat.bucket,
    equity_usd: heat.equityUsd ?? null,
    cause: heat.cause,
    thresholds,
    book: JSON.parse(book.factsJson),
  });
  return { heat, facts };
}

describe('what to cut for the next cooler bucket', () => {
  test.each([
    {
      sentence: 'HOT: the most volatile position alone, to the cent',
      positions: [
        { symbol: 'A', notional: 5000, sigma: 0.1 },
        { symbol: 'B', notional: 2000, sigma: 0.2 },
      ],
      equity: 1000,
      cooling: { bucket: 'WARM', heat_below: 0.65, cuts: [{ symbol: 'B', cut_usd: 1250.01, left_usd: 749.99 }] },
    },
    {
      sentence: 'WARM: all of the most volatile one, then of the next',
      positions: [
        { symbol: 'A', notional: 5000, sigma: 0.1 },
        { symbol: 'B', notional: 100, sigma: 0.2 },
      ],
      equity: 1000,
      cooling: {
        bucket: 'COLD',
        cuts: [
          { symbol: 'B', cut_usd: 100, left_usd: 0 },
          { symbol: 'A', cut_usd: 2500.01, left_usd: 2499.99 },
        ],
      },
    },
  ])('$sentence', ({ positions, equity, cooling }) => {
    expect(coolingOf(judged(positions, equity).facts)).toMatchObject({ ...cooling, enough: true });
  });

  test('in COLD there is nothing to cut, and the way to WARM is told in risk', () => {
    const { facts } = judged([{ symbol: 'A', notional: 1800, sigma: 0.15 }], 10_000);
    expect(coolingOf(facts)).toBeUndefined();
    expect(heatingOf(facts)).toEqual({ bucket: 'WARM', heat_from: 0.25, risk_usd: 2230 });
  });

  test('a heat that is not known has neither', () => {
    const { facts } = judged([], 1000);
    expect(facts.cause).toBe('no_positions');
    expect([coolingOf(facts), heatingOf(facts)]).toEqual([undefined, undefined]);
  });

  test('where more than the listed positions carry the heat, it says that they are not enough', () => {
    const { facts } = judged([{ symbol: 'A', notional: 1000, sigma: 0.1 }], 100);
    const most = { ...facts, book: { ...facts.book, risk_usd: 1000, remainder_usd: 900 } };
    expect(coolingOf(most)).toMatchObject({ cuts: [{ symbol: 'A', cut_usd: 1000, left_usd: 0 }], enough: false });
  });

  test('whatever is held, the gate itself finds the cut portfolio cooler, and with one cent less cut it does not', () => {
    const held = fc.record({
      notional: fc.integer({ min: 1, max: 5_000_000 }),
      sigma: fc.integer({ min: 1, max: 500 }),
    });
    fc.assert(
      fc.property(
        fc.array(held, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 100, max: 1_000_000 }),
        (all, equity) => {
          const positions = all.map(({ notional, sigma }, at) => ({
            symbol: `S${at}`,
            notional: notional / 100,
            sigma: sigma / 1000,
          }));
          const { facts, heat } = judged(positions, equity);
          const cooling = coolingOf(facts);
          if (cooling === undefined) return heat.bucket === 'COLD';
          const heatWith = (lessUsd: number) =>
            judged(
              positions.map((position) => {
                const cut = cooling.cuts.find(({ symbol }) => symbol === position.symbol);
                const last = cut === cooling.cuts.at(-1);
                return { ...position, notional: position.notional - (cut?.cut_usd ?? 0) + (last ? lessUsd : 0) };
              }),
              equity,
            ).heat.heat;
          const margin = 1e-9;
          expect(heatWith(0)).toBeLessThan(cooling.heat_below + margin);
          expect(heatWith(0.01)).toBeGreaterThan(cooling.heat_below - margin);
          return true;
        },
      ),
    );
  });
});

test('facts that say nothing of heat have no basis', () => {
  expect([heatBasis(undefined), heatBasis('{"failure":"x"}'), heatBasis('{')]).toEqual([null, null, null]);
});
