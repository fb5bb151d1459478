import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { judgeReading, lossNow } from '../../../../handlers/common/loss-limits/judge.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../schemas/duration.ts';
import { formatLossMarks, type LossMarks, NO_MARKS, parseLossMarks } from '../../../../schemas/loss-latch.ts';
import {
  confirmationsOf,
  type LossKind,
  type LossSettings,
  lossKinds,
  lossSettings,
} from '../../../../schemas/loss-limits.ts';
import { type ModelTrip, modelTrips, type PathPoint } from '../../../support/loss-model.ts';

const FROM = Date.parse('2026-11-23T10:00:00Z');
const settingsOf = (env: Record<string, string>): LossSettings => z.object(lossSettings).parse(env) as LossSettings;

/** Judges a path as the watcher does: what is remembered goes through its hash after each reading. */
function judged(path: readonly PathPoint[], settings: LossSettings) {
  let marks: LossMarks = NO_MARKS;
  const trips: ModelTrip[] = [];
  const warnings: string[] = [];
  for (const [at, { atMs, equityUsd, transfersUsd, released }] of path.entries()) {
    if (released) marks = { ...marks, tripped: {}, released: Object.keys(marks.tripped) as LossKind[] };
    const transfers = { totalUsd: transfersUsd, since: '1' };
    const turn = judgeReading(marks, { atMs, equityUsd, transfers }, settings);
    trips.push(...turn.trips.map(({ kind }) => ({ kind, at })));
    warnings.push(...turn.warnings.map(({ setting }) => `${setting} ${at}`));
    marks = parseLossMarks(formatLossMarks(turn.marks)) as LossMarks;
    expect(marks).toEqual(turn.marks);
  }
  const order = (one: ModelTrip, other: ModelTrip) =>
    one.at - other.at || lossKinds.indexOf(one.kind) - lossKinds.indexOf(other.kind);
  return { trips: trips.sort(order), warnings, marks };
}

const points = (equities: readonly number[], stepMs = 10_000): PathPoint[] =>
  equities.map((equityUsd, at) => ({ atMs: FROM + at * stepMs, equityUsd, transfersUsd: 0, released: false }));
const tripsOf = (equities: readonly number[], env: Record<string, string>) =>
  judged(points(equities), settingsOf(env)).trips;

describe('a loss limit', () => {
  it('trips exactly at the limit, once N of the last M readings say so', () => {
    const daily = { GOV_MAX_DAILY_LOSS_PCT: '5' };
    expect(tripsOf([10_000, 10_000, 9_500.01, 9_500.01, 9_500.01], daily)).toEqual([]);
    expect(tripsOf([10_000, 10_000, 9_500, 9_500, 9_500], daily)).toEqual([{ kind: 'daily', at: 3 }]);
    expect(tripsOf([10_000, 10_000, 9_500, 9_600, 9_500], daily)).toEqual([{ kind: 'daily', at: 4 }]);
    expect(tripsOf([10_000, 10_000, 9_500, 9_600, 9_600, 9_500], daily)).toEqual([]);
    expect(tripsOf([10_000, 9_500], { ...daily, GOV_LOSS_CONFIRMATIONS: '1/1' })).toEqual([{ kind: 'daily', at: 1 }]);
    expect(tripsOf([10_000, 10_000, 9_750, 9_750], { GOV_MAX_DAILY_LOSS_USD: '250' })).toEqual([
      { kind: 'daily', at: 3 },
    ]);
    expect(tripsOf([10_000, 10_000, 9_750.01, 9_750.01], { GOV_MAX_DAILY_LOSS_USD: '250' })).toEqual([]);
    expect(tripsOf([0.3, 0.3, 0.27, 0.27], { GOV_MAX_DAILY_LOSS_PCT: '10' })).toEqual([{ kind: 'daily', at: 3 }]);
  });

  it('counts a drawdown from what was reached twice, and a static one from the starting balance', () => {
    const equities = [10_000, 10_000, 12_000, 12_000, 10_800, 10_800];
    expect(tripsOf(equities, { GOV_MAX_DRAWDOWN_PCT: '10' })).toEqual([{ kind: 'drawdown', at: 5 }]);
    expect(tripsOf([10_000, 10_000, 24_000, 10_000, 9_001, 9_001], { GOV_MAX_DRAWDOWN_PCT: '10' })).toEqual([]);
    const fixed = { GOV_MAX_STATIC_DRAWDOWN_PCT: '10', GOV_STARTING_BALANCE_USD: '10000' };
    expect(tripsOf([...equities, 9_000.01, 9_000.01], fixed)).toEqual([]);
    expect(tripsOf([...equities, 9_000, 9_000], fixed)).toEqual([{ kind: 'static', at: 7 }]);
  });

  it('is moved by no deposit and no withdrawal', () => {
    const settings = settingsOf({ GOV_MAX_DAILY_LOSS_PCT: '5', GOV_MAX_DRAWDOWN_PCT: '10' });
    const path = points([10_000, 10_000, 5_000, 5_000, 25_000, 25_000]);
    const moved = [0, 0, -5_000, -5_000, 15_000, 15_000];
    const withTransfers = path.map((point, at) => ({ ...point, transfersUsd: moved[at] ?? 0 }));
    expect(judged(withTransfers, settings).trips).toEqual([]);
    expect(judged(path, settings).trips.map(({ kind }) => kind)).toEqual(['daily', 'drawdown']);
    const lost = [
      ...withTransfers,
      ...[1, 2].map(
        (more) =>
          ({ ...path[5], atMs: FROM + (5 + more) * 10_000, equityUsd: 23_750, transfersUsd: 15_000 }) as PathPoint,
      ),
    ];
    expect(judged(lost, settings).trips).toEqual([{ kind: 'daily', at: 7 }]);
  });

  it('warns once before it, at its share of the limit', () => {
    const env = { GOV_MAX_DAILY_LOSS_PCT: '5', GOV_LOSS_WARN_SHARE: '0.8' };
    const { warnings } = judged(
      points([10_000, 10_000, 9_600.01, 9_600.01, 9_600, 9_600, 9_700, 9_600, 9_600, 9_500, 9_500]),
      settingsOf(env),
    );
    expect(warnings).toEqual(['GOV_MAX_DAILY_LOSS_PCT 5']);
  });

  it('counts a feed that begins anew from there', () => {
    const settings = settingsOf({ GOV_MAX_DAILY_LOSS_PCT: '5' });
    const readings = [
      ...[0, 1, 2, 3].map(() => ({ equityUsd: 30_000, transfers: { totalUsd: 20_000, since: 'a' } })),
      { equityUsd: 30_000, transfers: { totalUsd: 0, since: 'b' } },
      ...[30_400.01, 30_400.01].map((equityUsd) => ({ equityUsd, transfers: { totalUsd: 2_000, since: 'b' } })),
      ...[30_400, 30_400].map((equityUsd) => ({ equityUsd, transfers: { totalUsd: 2_000, since: 'b' } })),
    ];
    let marks = NO_MARKS;
    const trips = readings.map((reading, at) => {
      const turn = judgeReading(marks, { ...reading, atMs: FROM + at * 10_000 }, settings);
      marks = turn.marks;
      return turn.trips.length;
    });
    expect(trips).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1]);
  });

  it('has an opening of its own only for a day that was not yet', () => {
    const path = points([10_000, 10_000, 10_000, 10_000, 9_500, 9_500]);
    const turns = (zones: readonly string[]) => {
      let marks: LossMarks = NO_MARKS;
      return path.map(({ equityUsd, atMs }, at) => {
        const settings = settingsOf({ GOV_MAX_DAILY_LOSS_PCT: '5', GOV_LOSS_DAY_TZ: zones[at] ?? 'UTC' });
        const stated = { atMs: atMs + 14 * HOUR_MS, equityUsd, transfers: { totalUsd: 0, since: '' } };
        const turn = judgeReading(marks, stated, settings);
        marks = turn.marks;
        return turn.trips.length;
      });
    };
    const west = 'America/New_York';
    expect(turns(['UTC', 'UTC', 'UTC', 'UTC', 'UTC', west])).toEqual([0, 0, 0, 0, 0, 1]);
    expect(turns([west, west, west, west, west, 'UTC'])).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('says of fewer readings than it needs the most that any lost', () => {
    const settings = settingsOf({ GOV_MAX_DAILY_LOSS_PCT: '5' });
    const { marks } = judged(points([10_000, 10_000]), settings);
    expect(lossNow(marks, { kind: 'daily', unit: 'pct' }, confirmationsOf(settings))).toBe(0);
    expect(lossNow(NO_MARKS, { kind: 'daily', unit: 'pct' }, confirmationsOf(settings))).toBeUndefined();
    const low = [{ atMs: FROM + 10_000, equityUsd: 9_000, transfersUsd: 0 }];
    expect(lossNow({ ...marks, recent: low }, { kind: 'daily', unit: 'pct' }, { count: 2, of: 3 })).toBe(10);
  });
});

describe('a trip', () => {
  const env = { GOV_MAX_DAILY_LOSS_PCT: '5', GOV_MAX_DRAWDOWN_PCT: '20' };
  const nextDay = (path: readonly PathPoint[]) =>
    path.map((point, at) => (at < 4 ? point : { ...point, atMs: point.atMs + DAY_MS }));

  it('stays over the turn of the day, and is not told again', () => {
    const { trips, marks } = judged(
      nextDay(points([10_000, 10_000, 9_000, 9_000, 9_000, 9_000, 8_700, 8_700])),
      settingsOf(env),
    );
    expect(trips).toEqual([{ kind: 'daily', at: 3 }]);
    expect(Object.keys(marks.tripped)).toEqual(['daily']);
  });

  it('of the day ends with it where that is set, and the others stay', () => {
    const path = nextDay(points([10_000, 10_000, 7_900, 7_900, 7_900, 7_900, 7_400, 7_400]));
    const { trips, marks } = judged(path, settingsOf({ ...env, GOV_LOSS_RELEASE: 'day' }));
    expect(trips).toEqual([
      { kind: 'daily', at: 3 },
      { kind: 'drawdown', at: 3 },
      { kind: 'daily', at: 7 },
    ]);
    expect(Object.keys(marks.tripped).sort()).toEqual(['daily', 'drawdown']);
  });

  it('that a person released counts from there', () => {
    const path = points([10_000, 10_000, 9_400, 9_400, 9_400, 9_000, 9_000, 8_900, 8_900]);
    const released = path.map((point, at) => ({ ...point, released: at === 4 }));
    expect(judged(released, settingsOf(env)).trips).toEqual([
      { kind: 'daily', at: 3 },
      { kind: 'daily', at: 8 },
    ]);
  });
});

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'America/Santiago'];
const step = fc.record({
  factor: fc.constantFrom(0.9, 0.95, 0.97, 0.99, 1, 1, 1, 1.02, 1.05),
  transferUsd: fc.constantFrom(0, 0, 0, 0, 0, 2_000, -1_500),
  glitch: fc.constantFrom(1, 1, 1, 1, 1, 0.3, 2.4),
  afterMs: fc.constantFrom(10_000, MINUTE_MS, HOUR_MS, 7 * HOUR_MS, 25 * HOUR_MS),
  released: fc.constantFrom(false, false, false, false, false, true),
});
const anySettings = fc
  .record({
    GOV_MAX_DAILY_LOSS_PCT: fc.constantFrom('off', '2', '5'),
    GOV_MAX_DAILY_LOSS_USD: fc.constantFrom('off', '300'),
    GOV_MAX_WEEKLY_LOSS_PCT: fc.constantFrom('off', '7'),
    GOV_MAX_DRAWDOWN_PCT: fc.constantFrom('off', '8', '12'),
    GOV_MAX_STATIC_DRAWDOWN_PCT: fc.constantFrom('off', '10'),
    GOV_STARTING_BALANCE_USD: fc.constant('10000'),
    GOV_LOSS_DAY_TZ: fc.constantFrom(...ZONES),
    GOV_LOSS_DAY_HOUR: fc.constantFrom('0', '2', '17'),
    GOV_LOSS_CONFIRMATIONS: fc.constantFrom('1/1', '2/2', '2/3', '3/5'),
    GOV_LOSS_RELEASE: fc.constantFrom('operator', 'day'),
  })
  .map(settingsOf);

describe('over random paths with transfers, glitches, releases, restarts and zones', () => {
  it('trips exactly when an independent model says', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 24 }),
        anySettings,
        fc.integer({ min: 0, max: 364 }),
        (steps, settings, day) => {
          const path: PathPoint[] = [];
          let [atMs, equityUsd, transfersUsd] = [Date.UTC(2026, 0, 1) + day * DAY_MS, 10_000, 0];
          for (const { factor, transferUsd, glitch, afterMs, released } of steps) {
            atMs += afterMs;
            equityUsd = Math.round(equityUsd * factor) + transferUsd;
            transfersUsd += transferUsd;
            path.push({ atMs, equityUsd: Math.round(equityUsd * glitch), transfersUsd, released });
          }
          expect(judged(path, settings).trips).toEqual(modelTrips(path, settings));
        },
      ),
      { numRuns: 400 },
    );
  });

  it('never trips on one false reading, wherever it comes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9 }),
        fc.constantFrom(-5_000, 0, 100, 9_499, 50_000),
        fc.constantFrom(10_000, 5 * HOUR_MS),
        anySettings.filter((settings) => confirmationsOf(settings).count > 1),
        (place, falseUsd, stepMs, settings) => {
          const path = points(
            Array.from({ length: 10 }, (_, at) => (at === place ? falseUsd : 10_000)),
            stepMs,
          );
          expect(judged(path, settings).trips).toEqual([]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('trips once a kind until it is released', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), anySettings, (steps, settings) => {
        const path = points(
          steps.map(({ factor }, at) => 10_000 * factor - at * 120),
          HOUR_MS,
        );
        const kinds = judged(path, { ...settings, GOV_LOSS_RELEASE: 'operator' }).trips.map(({ kind }) => kind);
        expect(new Set(kinds).size).toBe(kinds.length);
      }),
    );
  });
});
