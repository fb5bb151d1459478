import { HOUR_MS, MINUTE_MS } from '../../../schemas/duration.ts';
import {
  FIVE_MINUTES_MS,
  LAST_EXEC_TTL_SEC,
  LAST_ORDER_TTL_SEC,
  PERMITTED_TTL_SEC,
} from '../../../schemas/governor.ts';
import type { RecordedFigures } from '../../../schemas/governor-record.ts';
import { carriedPart } from '../../contract/carried.ts';

/** A permit that was given on one side only. */
interface OneSided {
  readonly planId: string;
  readonly atMs: number;
  readonly symbol: string;
  readonly strategy: string;
  /** 1 where it would be given, -1 where it would not. */
  readonly by: 1 | -1;
}

/** When something was permitted last, where that would be another moment; `sinceMs` undefined: never. */
interface Last {
  readonly sinceMs: number | undefined;
  /** Unix ms at which the two sides parted. */
  readonly atMs: number;
}

/** What is otherwise about when permits were given. Spans of the governor's limits, and of what it remembers, bound its size. */
export interface OtherTimes {
  readonly permits: readonly OneSided[];
  /** By symbol, of any permit; by order, of the same order. */
  readonly lastExec: ReadonlyMap<string, Last>;
  readonly lastOrder: ReadonlyMap<string, Last>;
  /** Plans that had their permit on one side only. */
  readonly had: ReadonlyMap<string, Pick<OneSided, 'atMs' | 'by'>>;
}

/** The part of what is carried that tells of it. */
export const otherTimes = carriedPart<OtherTimes>('governor times', {
  permits: [],
  lastExec: new Map(),
  lastOrder: new Map(),
  had: new Map(),
});

/** A plan, the moments it was judged on, and Unix ms of its commit. */
export interface Timed {
  readonly planId: string;
  readonly symbol: string;
  readonly strategy: string;
  /** Undefined for a CLOSE: it counts in no rate. */
  readonly order: string | undefined;
  readonly atMs: number;
  readonly nowMs: number;
  readonly figures: RecordedFigures | undefined;
}

/** What is otherwise once a plan had its permit in the log, here, on both sides, or on none. */
export function afterPermit(
  times: OtherTimes,
  plan: Timed,
  permitted: { readonly logged: boolean; readonly here: boolean },
): OtherTimes {
  if (!permitted.logged && !permitted.here) return times;
  const { figures, nowMs, atMs, planId, symbol, strategy, order } = plan;
  const exec = figures?.since_exec_ms;
  const same = figures?.limits?.duplicate_order?.since_ms;
  const lastExec = moved(times.lastExec, symbol, permitted, { atMs, nowMs, before: figures && (exec ?? null) });
  const lastOrder =
    order === undefined ? times.lastOrder : moved(times.lastOrder, order, permitted, { atMs, nowMs, before: same });
  if (permitted.logged === permitted.here) return { ...times, lastExec, lastOrder };
  const by: 1 | -1 = permitted.here ? 1 : -1;
  const had = new Map(times.had).set(planId, { atMs, by });
  const permits = order === undefined ? times.permits : [...times.permits, { planId, atMs, symbol, strategy, by }];
  return { permits, lastExec, lastOrder, had };
}

interface Parting {
  readonly atMs: number;
  readonly nowMs: number;
  /** Age of the one before in the log, ms; null: none; undefined: not told. */
  readonly before: number | null | undefined;
}

function moved(
  last: ReadonlyMap<string, Last>,
  key: string,
  { logged, here }: { readonly logged: boolean; readonly here: boolean },
  { atMs, nowMs, before }: Parting,
): ReadonlyMap<string, Last> {
  if (logged && here) {
    if (!last.has(key)) return last;
    const next = new Map(last);
    next.delete(key);
    return next;
  }
  if (here) return new Map(last).set(key, { sinceMs: atMs, atMs });
  const own = last.get(key);
  if (own !== undefined) return new Map(last).set(key, { ...own, atMs });
  if (before === undefined) return last;
  return new Map(last).set(key, { sinceMs: before === null ? undefined : nowMs - before, atMs });
}

/** Without what is too old to matter. */
export function timesAt(times: OtherTimes, nowMs: number): OtherTimes {
  const { permits, lastExec, lastOrder, had } = times;
  const next = {
    permits: permits.every(({ atMs }) => nowMs - atMs < HOUR_MS)
      ? permits
      : permits.filter(({ atMs }) => nowMs - atMs < HOUR_MS),
    lastExec: younger(lastExec, nowMs, LAST_EXEC_TTL_SEC),
    lastOrder: younger(lastOrder, nowMs, LAST_ORDER_TTL_SEC),
    had: younger(had, nowMs, PERMITTED_TTL_SEC),
  };
  const isSame =
    next.permits === permits && next.lastExec === lastExec && next.lastOrder === lastOrder && next.had === had;
  return isSame ? times : next;
}

function younger<T extends { readonly atMs: number }>(
  last: ReadonlyMap<string, T>,
  nowMs: number,
  sec: number,
): ReadonlyMap<string, T> {
  const isYoung = ({ atMs }: T) => nowMs - atMs < sec * 1000;
  return [...last.values()].every(isYoung) ? last : new Map([...last].filter(([, one]) => isYoung(one)));
}

/** The times and rates of a plan as they would be. */
export function timesHere(
  figures: RecordedFigures,
  times: OtherTimes,
  plan: Pick<Timed, 'symbol' | 'strategy' | 'order' | 'nowMs'>,
) {
  const { permits, lastExec, lastOrder } = times;
  const { symbol, strategy, order, nowMs } = plan;
  const more = (count: number | null, spanMs: number, isMeant: (one: OneSided) => boolean) =>
    count === null
      ? null
      : Math.max(
          0,
          permits.reduce((sum, one) => (nowMs - one.atMs < spanMs && isMeant(one) ? sum + one.by : sum), count),
        );
  const ofSymbol = (one: OneSided) => one.symbol === symbol;
  const since = (last: Last | undefined, logged: number | null, ttlSec: number) => {
    if (last === undefined) return logged;
    const agoMs = nowMs - (last.sinceMs ?? -Infinity);
    return agoMs >= ttlSec * 1000 ? null : Math.max(0, agoMs);
  };
  const { permits_per_minute: minute, strategy_permits: own, duplicate_order: same } = figures.limits ?? {};
  return {
    execs_hour: more(figures.execs_hour, HOUR_MS, ofSymbol),
    execs_5min: more(figures.execs_5min, FIVE_MINUTES_MS, ofSymbol),
    since_exec_ms: since(lastExec.get(symbol), figures.since_exec_ms, LAST_EXEC_TTL_SEC),
    limits: {
      ...(minute && { permits_per_minute: { count: more(minute.count, MINUTE_MS, () => true) } }),
      ...(own && { strategy_permits: { count: more(own.count, HOUR_MS, (one) => one.strategy === strategy) } }),
      ...(same && {
        duplicate_order: { ...same, since_ms: since(lastOrder.get(order ?? ''), same.since_ms, LAST_ORDER_TTL_SEC) },
      }),
    },
  };
}
