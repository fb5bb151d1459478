import { DEFAULT_STRATEGY } from '../../../schemas/asker.ts';
import type { GovernorSettings } from '../../../schemas/governor.ts';
import type { LimitFigures, RecordedFigures } from '../../../schemas/governor-record.ts';
import { round10 } from '../../../schemas/number.ts';
import type { Reservation } from '../../../schemas/reservation.ts';
import { reportsOf, type SeenOf } from '../../common/otherwise/look.ts';
import type { OrderBook } from '../../common/otherwise/orders.ts';
import { isHeld, type OtherPositions, positionHere, priceOf } from '../../common/otherwise/positions.ts';
import { reservedNewSymbols } from '../../common/reservations.ts';

/** A plan, as far as its figures may be others. */
export interface Subject {
  readonly symbol: string;
  readonly strategy: string;
  readonly settings: GovernorSettings;
}

/** What is otherwise about sums: US dollars, counts. */
interface Moved {
  readonly grossUsd: number;
  readonly count: number;
  readonly unpriced: number;
}

/** The figures of an OPEN with positions and room as they would be; the same object where nothing is otherwise. */
export function figuresHere(
  figures: RecordedFigures,
  { orders, positions }: OrderBook,
  seenOf: SeenOf,
  about: Subject,
): RecordedFigures {
  const logged = orders.flatMap((one) => (one.logged !== undefined && one.isReserved ? [one.logged] : []));
  const here = orders.flatMap((one) => one.here ?? []);
  if (positions.size === 0 && sameRooms(logged, here)) return figures;
  const moved = movedSums(positions, seenOf);
  const roomUsd = (isMeant: (room: Reservation) => boolean) =>
    usdOf(here.filter(isMeant)) - usdOf(logged.filter(isMeant));
  const [all, newHere, newLogged] = [
    roomUsd(() => true),
    reservedNewSymbols(here, reportsOf(seenOf, positions)),
    reservedNewSymbols(logged, reportsOf(seenOf)),
  ];
  const known = (usd: number | null, more: number) => (usd === null ? null : atLeast0(usd + more));
  return {
    ...figures,
    positions: Math.max(0, figures.positions + moved.count),
    gross_notional_usd: known(figures.gross_notional_usd, moved.grossUsd),
    unpriced: Math.max(0, figures.unpriced + moved.unpriced),
    reserved_new: Math.max(0, figures.reserved_new + newHere - newLogged),
    reserved_usd: known(figures.reserved_usd, all),
    ...(figures.limits && {
      limits: {
        ...figures.limits,
        ...ofSymbol(figures.limits, {
          positions,
          seenOf,
          about,
          reservedUsd: roomUsd(({ symbol }) => symbol === about.symbol),
        }),
        ...ofStrategy(figures.limits, { positions, seenOf, about, logged, here }),
        ...ofBook(figures.limits, {
          held: moved.grossUsd,
          reserved: all,
          rate: about.settings.GOV_MARGIN_RATE_PCT / 100,
        }),
      },
    }),
  };
}

function sameRooms(logged: readonly Reservation[], here: readonly Reservation[]): boolean {
  return (
    logged.length === here.length &&
    logged.every((one, at) => one.notional_usd === here[at]?.notional_usd && one.symbol === here[at]?.symbol)
  );
}

function movedSums(positions: OtherPositions, seenOf: SeenOf): Moved {
  let [grossUsd, count, unpriced] = [0, 0, 0];
  for (const [symbol, other] of positions) {
    const there = positionHere(seenOf(symbol) ?? unseen(other), undefined);
    const here = positionHere(seenOf(symbol) ?? unseen(other), other);
    grossUsd += (here.usd ?? 0) - (there.usd ?? 0);
    count += Number(isHeld(here)) - Number(isHeld(there));
    unpriced += Number(here.usd === undefined) - Number(there.usd === undefined);
  }
  return { grossUsd, count, unpriced };
}

/** Of a symbol that the log does not tell of, what would not have been ordered is all there is. */
function unseen({ parts, price = 0 }: OtherPositions extends ReadonlyMap<string, infer O> ? O : never) {
  const qty = parts.reduce((sum, { missing }) => sum + missing, 0);
  return { qty, usd: Math.abs(qty) * price };
}

interface Sides {
  readonly positions: OtherPositions;
  readonly seenOf: SeenOf;
  readonly about: Subject;
}

function ofSymbol(
  { symbol_notional: own }: LimitFigures,
  part: Sides & { readonly reservedUsd: number },
): LimitFigures {
  if (own === undefined) return {};
  const moved = ownUsd(part.positions, part.seenOf, part.about.symbol);
  return {
    symbol_notional: {
      position_usd: moved === undefined ? own.position_usd : moved,
      reserved_usd: atLeast0(own.reserved_usd + part.reservedUsd),
    },
  };
}

/**
 * What the plan's own strategy holds: of a symbol where something else is left, it holds a part still, and of one where
 * it reserves it holds what is there.
 */
function ofStrategy(
  { strategy_positions: count, strategy_notional: worth }: LimitFigures,
  {
    positions,
    seenOf,
    about,
    logged,
    here,
  }: Sides & { readonly logged: readonly Reservation[]; readonly here: readonly Reservation[] },
): LimitFigures {
  const isOwn = ({ strategy = DEFAULT_STRATEGY }: Reservation) => strategy === about.strategy;
  const [loggedOwn, hereOwn] = [logged.filter(isOwn), here.filter(isOwn)];
  let heldUsd = 0;
  const symbols = {
    there: new Set(loggedOwn.map(({ symbol }) => symbol)),
    here: new Set(hereOwn.map(({ symbol }) => symbol)),
  };
  for (const symbol of new Set([...positions.keys(), ...symbols.there, ...symbols.here])) {
    const other = positions.get(symbol);
    const part = other?.parts.find(({ strategy }) => strategy === about.strategy);
    const isReserved = symbols.there.has(symbol) || symbols.here.has(symbol);
    const seen = seenOf(symbol) ?? (other && unseen(other));
    if (seen === undefined || (part === undefined && !isReserved)) continue;
    if (part !== undefined)
      heldUsd += (Math.abs(part.extra) - Math.abs(part.missing)) * (priceOf(seen) ?? other?.price ?? 0);
    if (isHeld(seen)) symbols.there.add(symbol);
    if (isHeld(positionHere(seen, other))) symbols.here.add(symbol);
  }
  const more = symbols.here.size - symbols.there.size;
  return {
    ...(count && { strategy_positions: { ...count, count: Math.max(0, count.count + more) } }),
    ...(worth && {
      strategy_notional: {
        ...worth,
        held_usd: atLeast0(worth.held_usd + heldUsd),
        reserved_usd: atLeast0(worth.reserved_usd + usdOf(hereOwn) - usdOf(loggedOwn)),
      },
    }),
  };
}

/** Leverage and margin; a shock and the correlated heat rest on more than the log tells. */
function ofBook(
  { leverage, margin }: LimitFigures,
  moved: { readonly held: number; readonly reserved: number; readonly rate: number },
): LimitFigures {
  const plus = (usd: number | null, more: number) => (usd === null ? null : atLeast0(usd + more));
  return {
    ...(leverage && { leverage: { ...leverage, gross_usd: plus(leverage.gross_usd, moved.held + moved.reserved) } }),
    ...(margin && {
      margin: {
        ...margin,
        maintenance_usd: plus(margin.maintenance_usd, moved.held * rateOf(margin, moved.rate)),
        held_usd: plus(margin.held_usd, moved.held),
        added_usd: plus(margin.added_usd, moved.reserved),
      },
    }),
  };
}

/** What the exchange asks for a dollar held: as it does now, else the least that is reckoned with. */
function rateOf({ maintenance_usd: now, held_usd: held }: NonNullable<LimitFigures['margin']>, least: number): number {
  return now === null || held === null || held === 0 ? least : now / held;
}

/** US dollars of the symbol's position as it would be; undefined where it is as it was. */
export function ownUsd(positions: OtherPositions, seenOf: SeenOf, symbol: string): number | null | undefined {
  const other = positions.get(symbol);
  return other && (positionHere(seenOf(symbol) ?? unseen(other), other).usd ?? null);
}

function atLeast0(value: number): number {
  return Math.max(0, round10(value));
}

function usdOf(rooms: readonly Reservation[]): number {
  return rooms.reduce((sum, { notional_usd }) => sum + notional_usd, 0);
}
