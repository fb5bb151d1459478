import { DEFAULT_STRATEGY } from '../../schemas/asker.ts';
import type { GovernorSettings } from '../../schemas/governor.ts';
import { round10 } from '../../schemas/number.ts';
import { parseReservation, type Reservation } from '../../schemas/reservation.ts';
import { KEPT_SINCE, parseFill, type StrategyFill } from '../../schemas/strategy-use.ts';
import { limitOf } from '../../schemas/symbol-setting.ts';
import type { HashFact } from '../contract/reads.ts';
import { lastOf } from './last-of.ts';
import { hasMoved, type ReportOf, type Reservations } from './reservations.ts';

/** What a strategy holds in a symbol: US dollars; undefined where the position has no price. */
export interface Held {
  readonly strategy: string;
  readonly symbol: string;
  readonly usd: number | undefined;
}

/** What strategies hold of positions, reservations apart. */
export interface StrategyUse {
  readonly held: readonly Held[];
  /** False where it is not kept, was lost, or cannot be read. */
  readonly readable: boolean;
}

/** What is stored of executions: each under its plan id, or several under `strategy:symbol`. */
export interface StoredFills {
  readonly fills: ReadonlyMap<string, StrategyFill>;
  /** The fields that hold none. */
  readonly unreadable: readonly string[];
  readonly readable: boolean;
}

/** What a plan came to, and the field that it is stored under. */
export interface Fill {
  readonly id: string;
  readonly fill: StrategyFill;
}

/** The fills of one strategy in one symbol, oldest first. */
export type Fills = readonly [Fill, ...Fill[]];

/** What one strategy holds and keeps room for: symbols, US dollars. */
export interface OwnUse {
  readonly symbols: number;
  readonly heldUsd: number;
  readonly reserved: number;
  readonly reservedUsd: number;
  /** False where a position of it has no price: what is held is a lower bound then. */
  readonly isPriced: boolean;
}

/** The part of one strategy; what names none is that of `default`. */
export function ofStrategy(strategy: string, { held }: StrategyUse, { live }: Reservations): OwnUse {
  const own = held.filter((one) => one.strategy === strategy);
  const reserved = live.filter((one) => (one.strategy ?? DEFAULT_STRATEGY) === strategy);
  return {
    symbols: new Set([...own, ...reserved].map(({ symbol }) => symbol)).size,
    heldUsd: round10(own.reduce((sum, { usd = 0 }) => sum + usd, 0)),
    reserved: reserved.length,
    reservedUsd: round10(reserved.reduce((sum, { notional_usd }) => sum + notional_usd, 0)),
    isPriced: own.every(({ usd }) => usd !== undefined),
  };
}

/** US dollars that are a strategy's share of the total cap; undefined where it has none. */
export function shareUsd(
  settings: Pick<GovernorSettings, 'GOV_STRATEGY_MAX_SHARE_PCT' | 'GOV_MAX_TOTAL_NOTIONAL_USDT'>,
  strategy: string,
): number | undefined {
  const percent = limitOf(settings.GOV_STRATEGY_MAX_SHARE_PCT, strategy);
  return percent === undefined ? undefined : round10((settings.GOV_MAX_TOTAL_NOTIONAL_USDT * percent) / 100);
}

/** What the permits of each strategy came to, at most the position of each symbol (contract §4, Strategies). */
export const strategyUse = lastOf(computeUse);

function computeUse(stored: HashFact, reserved: HashFact, reservations: Reservations, reportOf: ReportOf): StrategyUse {
  const { fills, readable } = storedFills(stored);
  const counted = new Map(fills);
  for (const planId of liveIds(reserved, reservations)) counted.delete(planId);
  for (const { id, fill } of endedFills(fills, reserved, reservations, reportOf)) counted.set(id, fill);
  const held = grouped([...counted].map(([id, fill]) => ({ id, fill }))).flatMap((own) => heldOf(own, reportOf));
  return { held, readable };
}

/** The fills of a stored hash; it is readable where all of them are, and where it says since when it is kept. */
export const storedFills = lastOf((stored: HashFact): StoredFills => {
  const fills = new Map<string, StrategyFill>();
  const unreadable: string[] = [];
  for (const [id, text] of Object.entries(stored.fields ?? {})) {
    if (id === KEPT_SINCE) continue;
    const fill = parseFill(text);
    if (fill === undefined) unreadable.push(id);
    else fills.set(id, fill);
  }
  const isKept = !stored.wrongType && stored.fields?.[KEPT_SINCE] !== undefined;
  return { fills, unreadable, readable: isKept && unreadable.length === 0 };
});

/** Plan ids whose room is still kept: what they came to counts with that, and not beside it. */
export function liveIds(reserved: HashFact, { released, unreadable }: Reservations): ReadonlySet<string> {
  const ids = new Set(Object.keys(reserved.fields ?? {}));
  for (const planId of [...released, ...unreadable]) ids.delete(planId);
  return ids;
}

/**
 * What orders came to whose room is kept no more: the whole order where the position shows it, whatever was told of it.
 * One whose time is over was taken by an executor that never answered: it counts as executed.
 */
export function endedFills(
  fills: StoredFills['fills'],
  reserved: HashFact,
  { released }: Reservations,
  reportOf: ReportOf,
): readonly Fill[] {
  return released.flatMap((id) => {
    const reservation = parseReservation(reserved.fields?.[id] ?? '');
    if (reservation === undefined) return [];
    return fills.has(id) && !hasMoved(reservation, reportOf) ? [] : [{ id, fill: fillOf(reservation) }];
  });
}

function fillOf({ strategy = DEFAULT_STRATEGY, symbol, qty, notional_usd, created_ms }: Reservation): StrategyFill {
  return { strategy, symbol, qty, notional_usd, at_ms: created_ms };
}

/** Fills by strategy and symbol. */
export function grouped(fills: readonly Fill[]): readonly Fills[] {
  const groups = new Map<string, [Fill, ...Fill[]]>();
  for (const one of fills.toSorted((a, b) => a.fill.at_ms - b.fill.at_ms)) {
    const name = `${one.fill.strategy}:${one.fill.symbol}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

/** Whether all of them say a quantity. */
export function isCounted(own: Fills): boolean {
  return own.every(({ fill }) => fill.qty !== null);
}

/** What fills left: a close beyond what its strategy had gives no room for what it opens later. */
export function left(own: Fills, amountOf: (fill: StrategyFill) => number): number {
  return own.reduce((sum, { fill }) => Math.max(0, round10(sum + amountOf(fill))), 0);
}

/** By quantity where that is known of all of it; the quantity of a symbol with both sides open is net, and says nothing. */
function heldOf(own: Fills, reportOf: ReportOf): readonly Held[] {
  const { strategy, symbol } = own[0].fill;
  const report = reportOf(symbol);
  if (report?.held !== true) return [];
  const { notionalUsd: total } = report;
  const size = report.hedged ? 0 : Math.abs(report.qty ?? 0);
  if (size > 0 && isCounted(own)) {
    const most = left(own, ({ qty }) => qty ?? 0);
    const qty = Math.min(most, size);
    const usd = total === undefined ? undefined : round10((total * qty) / size);
    return qty === 0 ? [] : [{ strategy, symbol, usd }];
  }
  const usd = left(own, ({ notional_usd }) => notional_usd);
  return usd === 0 ? [] : [{ strategy, symbol, usd: total === undefined ? undefined : Math.min(usd, total) }];
}
