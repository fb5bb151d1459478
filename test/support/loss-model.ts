import type { LossKind, LossSettings } from '../../schemas/loss-limits.ts';

/** A reading of a path: Unix ms, US dollars, the sum of all transfers until then, and whether a person released before it. */
export interface PathPoint {
  readonly atMs: number;
  readonly equityUsd: number;
  readonly transfersUsd: number;
  readonly released: boolean;
}

const CLOCKS = new Map<string, Intl.DateTimeFormat>();

/** A trip of the model: of which kind, at which reading. */
export interface ModelTrip {
  readonly kind: LossKind;
  readonly at: number;
}

/**
 * When loss limits trip, worked out a second way: over the whole path, in percent and dollars as the contract has them,
 * with nothing remembered but which reading each base began at.
 */
export function modelTrips(path: readonly PathPoint[], settings: LossSettings): readonly ModelTrip[] {
  const trips: ModelTrip[] = [];
  const kinds = ['daily', 'weekly', 'drawdown', 'static'] as const;
  for (const kind of kinds) {
    let held = false;
    for (let at = 0; at < path.length; at += 1) {
      if (path[at]?.released) held = false;
      if (kind === 'daily' && settings.GOV_LOSS_RELEASE === 'day' && at > 0 && turnsAt(path, at, 'daily', settings)) {
        held = false;
      }
      if (!held && exceeds(path, at, kind, settings)) {
        held = true;
        trips.push({ kind, at });
      }
    }
  }
  return trips.sort((one, other) => one.at - other.at || kinds.indexOf(one.kind) - kinds.indexOf(other.kind));
}

function exceeds(path: readonly PathPoint[], at: number, kind: LossKind, settings: LossSettings): boolean {
  const base = baseAt(path, at, kind, settings);
  if (base === undefined) return false;
  const [count, of] = settings.GOV_LOSS_CONFIRMATIONS.split('/').map(Number) as [number, number];
  const window = path.slice(Math.max(0, at + 1 - of), at + 1).filter((_, place, all) => {
    return at + 1 - all.length + place >= base.from;
  });
  const limits: readonly (readonly [number | undefined, 'pct' | 'usd'])[] = {
    daily: [
      [settings.GOV_MAX_DAILY_LOSS_PCT, 'pct'],
      [settings.GOV_MAX_DAILY_LOSS_USD, 'usd'],
    ] as const,
    weekly: [[settings.GOV_MAX_WEEKLY_LOSS_PCT, 'pct']] as const,
    drawdown: [[settings.GOV_MAX_DRAWDOWN_PCT, 'pct']] as const,
    static: [[settings.GOV_MAX_STATIC_DRAWDOWN_PCT, 'pct']] as const,
  }[kind];
  return limits.some(([limit, unit]) => {
    if (limit === undefined) return false;
    return window.filter((one) => lost(base, one, unit) >= limit - 1e-9).length >= count;
  });
}

interface Base {
  readonly from: number;
  readonly equityUsd: number;
  readonly transfersUsd: number;
}

function lost(base: Base, one: PathPoint, unit: 'pct' | 'usd'): number {
  const begun = base.equityUsd + one.transfersUsd - base.transfersUsd;
  const usd = begun - one.equityUsd;
  if (unit === 'usd') return usd;
  if (begun <= 0) return usd > 0 ? 100 : 0;
  return (100 * usd) / begun;
}

function baseAt(path: readonly PathPoint[], at: number, kind: LossKind, settings: LossSettings): Base | undefined {
  if (kind === 'static') {
    const equityUsd = settings.GOV_STARTING_BALANCE_USD;
    return equityUsd === undefined ? undefined : { from: 0, equityUsd, transfersUsd: path[0]?.transfersUsd ?? 0 };
  }
  const begun = beginning(path, at, kind, settings);
  const of = Number(settings.GOV_LOSS_CONFIRMATIONS.split('/')[1]);
  let base: Base | undefined;
  for (let one = begun; one <= at; one += 1) {
    const high = reached(path, one, settings);
    if (high === undefined) continue;
    const mark = { ...high, from: one };
    if (base === undefined) base = mark;
    else if (net(high) > net(base) + 1e-9 && kind === 'drawdown') base = mark;
    else if (net(high) > net(base) + 1e-9 && one - of + 1 <= base.from) base = { ...high, from: base.from };
  }
  return base;
}

/** The reading at which a period began: its first, or the first after a release. */
function beginning(path: readonly PathPoint[], at: number, kind: LossKind, settings: LossSettings): number {
  for (let one = at; one > 0; one -= 1) {
    const wasTripped = path[one]?.released && isHeldBefore(path, one, kind, settings);
    if (wasTripped || turnsAt(path, one, kind, settings)) return one;
  }
  return 0;
}

function isHeldBefore(path: readonly PathPoint[], at: number, kind: LossKind, settings: LossSettings): boolean {
  const before = modelTrips(path.slice(0, at), settings).filter((trip) => trip.kind === kind);
  const last = before.at(-1);
  if (last === undefined) return false;
  for (let one = last.at + 1; one < at; one += 1) {
    if (path[one]?.released) return false;
    if (kind === 'daily' && settings.GOV_LOSS_RELEASE === 'day' && turnsAt(path, one, kind, settings)) return false;
  }
  return true;
}

function turnsAt(path: readonly PathPoint[], at: number, kind: LossKind, settings: LossSettings): boolean {
  if (kind !== 'daily' && kind !== 'weekly') return false;
  const [before, now] = [path[at - 1], path[at]] as [PathPoint, PathPoint];
  const span = kind === 'daily' ? 1 : 7;
  return Math.floor(dayNumber(now.atMs, settings) / span) > Math.floor(dayNumber(before.atMs, settings) / span);
}

/** Days since Monday, 5 January 1970, on the clocks of the zone, each beginning at the hour. */
function dayNumber(atMs: number, { GOV_LOSS_DAY_TZ: zone, GOV_LOSS_DAY_HOUR: hour }: LossSettings): number {
  const clock =
    CLOCKS.get(zone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  CLOCKS.set(zone, clock);
  const local = Date.parse(`${clock.format(atMs).replace(' ', 'T')}Z`);
  return Math.floor((local - hour * 3_600_000) / 86_400_000) - 4;
}

/** What N of the last M readings reached, transfers counted out. */
function reached(path: readonly PathPoint[], at: number, settings: LossSettings): Omit<Base, 'from'> | undefined {
  const [count, of] = settings.GOV_LOSS_CONFIRMATIONS.split('/').map(Number) as [number, number];
  const window = path.slice(Math.max(0, at + 1 - of), at + 1);
  return window.find((one) => {
    const above = window.filter((other) => net(other) > net(one)).length;
    const equal = window.filter((other) => net(other) === net(one)).length;
    return above < count && above + equal >= count;
  });
}

function net({ equityUsd, transfersUsd }: Pick<PathPoint, 'equityUsd' | 'transfersUsd'>): number {
  return equityUsd - transfersUsd;
}
