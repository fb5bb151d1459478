import {
  type EquityReading,
  type FeedTransfers,
  type LossMarks,
  type LossTrip,
  lossFrom,
  tradedUsd,
} from '../../../schemas/loss-latch.ts';
import {
  type Confirmations,
  confirmationsOf,
  type LossKind,
  type LossLimit,
  type LossSettings,
  lossKinds,
  lossLimits,
} from '../../../schemas/loss-limits.ts';
import { round10 } from '../../../schemas/number.ts';
import { isNewPeriod, periodsAt } from './calendar.ts';

/** A state of the account that was not judged before: equity in US dollars, transfers as its feed says them. */
export interface StatedReading {
  readonly atMs: number;
  readonly equityUsd: number;
  readonly transfers: FeedTransfers;
}

/** What one reading comes to. */
export interface LossTurn {
  readonly marks: LossMarks;
  readonly trips: readonly (LossTrip & { readonly kind: LossKind })[];
  /** Limits of which the share that warns was reached. */
  readonly warnings: readonly (LossTrip & { readonly kind: LossKind })[];
  /** Trips that the turn of the day ended. */
  readonly freed: readonly LossKind[];
}

/**
 * Judges a reading that is younger than all before it (contract §4, Loss limits). Bases rise on what N of the last M
 * readings reached, and a limit trips on what N of them lost, so that one false reading does neither.
 */
export function judgeReading(before: LossMarks, stated: StatedReading, settings: LossSettings): LossTurn {
  const read = withReading(before, stated, confirmationsOf(settings));
  const { marks, freed } = withBases(read, settings);
  const reached = lossLimits.flatMap((limit) => {
    const confirmed = confirmedLoss(marks, limit, confirmationsOf(settings));
    const set = limitOf(limit, marks, settings);
    if (confirmed === undefined || set === undefined) return [];
    return [{ kind: limit.kind, setting: limit.setting, value: confirmed, limit: set, atMs: stated.atMs }];
  });
  const trips = reached.filter(
    ({ kind, value, limit }, at) =>
      value >= limit &&
      marks.tripped[kind] === undefined &&
      !reached.slice(0, at).some((one) => one.kind === kind && one.value >= one.limit),
  );
  const warnings = reached.filter(
    ({ setting, value, limit }) =>
      value < limit && value >= round10(limit * settings.GOV_LOSS_WARN_SHARE) && marks.warned[setting] !== limit,
  );
  const tripped = Object.fromEntries(trips.map(({ kind, ...trip }) => [kind, trip]));
  const warned = Object.fromEntries([...trips, ...warnings].map(({ setting, limit }) => [setting, limit]));
  return {
    marks: { ...marks, tripped: { ...marks.tripped, ...tripped }, warned: { ...marks.warned, ...warned } },
    trips,
    warnings,
    freed,
  };
}

/**
 * The loss of a kind now, in percent or US dollars: what N of the readings since its base lost; with fewer than N of
 * them the most that any did. Undefined without a base.
 */
export function lossNow(
  marks: LossMarks,
  { kind, unit }: Pick<LossLimit, 'kind' | 'unit'>,
  { count }: Confirmations,
): number | undefined {
  const base = marks.bases[kind];
  if (base === undefined) return undefined;
  const losses = lossesSince(marks, base, unit);
  return losses.length >= count ? losses[count - 1] : (losses[0] ?? 0);
}

/** The limit of a setting; of a static drawdown only once the balance it starts from is known. */
function limitOf({ setting, kind }: LossLimit, marks: LossMarks, settings: LossSettings): number | undefined {
  return marks.bases[kind] === undefined ? undefined : settings[setting];
}

function confirmedLoss(marks: LossMarks, { kind, unit }: LossLimit, { count }: Confirmations): number | undefined {
  const base = marks.bases[kind];
  return base === undefined ? undefined : lossesSince(marks, base, unit)[count - 1];
}

/** What each reading since a base lost, the most first. */
function lossesSince(marks: LossMarks, base: EquityReading, unit: LossLimit['unit']): readonly number[] {
  return marks.recent
    .filter(({ atMs }) => atMs >= base.atMs)
    .map((reading) => lossFrom(base, reading)[unit])
    .sort((one, other) => other - one);
}

/** A feed that began to count anew says what came since; what is from ahead of the clock, after it was wrong, counts from now. */
function withReading(before: LossMarks, stated: StatedReading, { of }: Confirmations): LossMarks {
  const { atMs, equityUsd, transfers } = stated;
  const { feed, recent } = before;
  const sinceUsd = feed === undefined ? 0 : transfers.totalUsd - (feed.since === transfers.since ? feed.totalUsd : 0);
  const transfersUsd = round10((recent.at(-1)?.transfersUsd ?? 0) + sinceUsd);
  const earlier = recent.filter((one) => one.atMs < atMs);
  const bases = Object.entries(before.bases).map(([kind, base]) => [kind, base.atMs > atMs ? { ...base, atMs } : base]);
  return {
    ...before,
    feed: transfers,
    bases: Object.fromEntries(bases),
    recent: [...earlier, { atMs, equityUsd, transfersUsd }].slice(-of),
  };
}

function withBases(
  marks: LossMarks,
  settings: LossSettings,
): { readonly marks: LossMarks; readonly freed: readonly LossKind[] } {
  const reading = marks.recent.at(-1) as EquityReading;
  const high = confirmedHigh(marks.recent, confirmationsOf(settings));
  const { day, week } = periodsAt(reading.atMs, settings);
  const turned = { daily: isNewPeriod(day, marks.day), weekly: isNewPeriod(week, marks.week) };
  const begins: Readonly<Record<LossKind, boolean>> = { ...turned, drawdown: false, static: false };
  const freed = lossKinds.filter(
    (kind) => kind === 'daily' && turned.daily && settings.GOV_LOSS_RELEASE === 'day' && marks.tripped[kind],
  );
  const bases: Partial<Record<LossKind, EquityReading>> = {};
  for (const kind of lossKinds) {
    const isAnew = begins[kind] || marks.released.includes(kind);
    const known = isAnew ? undefined : marks.bases[kind];
    const base = kind === 'static' ? startOf(marks, settings) : baseOf(kind, known, high, marks.recent, reading);
    if (base !== undefined) bases[kind] = base;
  }
  const anew = lossLimits.filter(({ kind }) => !isSameBase(bases[kind], marks.bases[kind]));
  const warned = Object.entries(marks.warned).filter(([name]) => !anew.some(({ setting }) => setting === name));
  const tripped = Object.entries(marks.tripped).filter(([kind]) => !freed.some((one) => one === kind));
  return {
    marks: {
      ...marks,
      day: turned.daily ? day : marks.day,
      week: turned.weekly ? week : marks.week,
      bases,
      warned: Object.fromEntries(warned),
      tripped: Object.fromEntries(tripped),
      released: [],
    },
    freed,
  };
}

/** A high-water mark rises for good; an opening only while the readings go back to it, so that one odd one is not it. */
function baseOf(
  kind: LossKind,
  known: EquityReading | undefined,
  high: EquityReading | undefined,
  recent: readonly EquityReading[],
  reading: EquityReading,
): EquityReading | undefined {
  if (high === undefined) return known;
  if (known === undefined) return { ...high, atMs: reading.atMs };
  const [oldest] = recent;
  const mayRise = kind === 'drawdown' || (oldest !== undefined && oldest.atMs <= known.atMs);
  if (!mayRise || tradedUsd(high) <= tradedUsd(known)) return known;
  return { ...high, atMs: kind === 'drawdown' ? reading.atMs : known.atMs };
}

function isSameBase(one: EquityReading | undefined, other: EquityReading | undefined): boolean {
  return one?.atMs === other?.atMs && one?.equityUsd === other?.equityUsd;
}

/** The starting balance, with the transfers since the first reading. */
function startOf(marks: LossMarks, { GOV_STARTING_BALANCE_USD: equityUsd }: LossSettings): EquityReading | undefined {
  if (equityUsd === undefined) return undefined;
  return { atMs: marks.bases.static?.atMs ?? 0, equityUsd, transfersUsd: 0 };
}

/** The highest equity that N of the last M readings reached, transfers counted out; undefined with fewer than N. */
function confirmedHigh(recent: readonly EquityReading[], { count }: Confirmations): EquityReading | undefined {
  return recent.toSorted((one, other) => tradedUsd(other) - tradedUsd(one))[count - 1];
}
