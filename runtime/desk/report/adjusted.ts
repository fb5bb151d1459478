import { setImmediate } from 'node:timers/promises';
import type { KeptEnd, SoftenedExit } from '../../../handlers/common/kept-exits.ts';
import type { Opening } from '../../../handlers/common/openings.ts';
import { type FundedUsd, fundedUsd } from '../../market/player/held-funding.ts';
import { keptPnl, type NotValued, type ValuationRules, type Value } from './kept-parts.ts';
import { EquityPath, type PathPoint } from './kept-path.ts';
import type { Valuation } from './valuation.ts';

/** Steps of one turn of the event loop. */
const TURN = 500;

/** What of a sum of dollars is rounding alone. */
const DUST_USD = 1e-6;

/** Caps that a kept part may have to give way to, by the check that holds them. */
export type Cap = 'total_notional' | 'max_positions';

/** What ended a kept part, or some of it, in the adjusted figures. */
export type AdjustedEnd = KeptEnd | 'opposite_fill' | Cap;

/** Some of a kept part: its notional at the decision, when it ended and of what, and what it earned; US dollars. */
export interface Piece {
  readonly usd: number;
  readonly endMs: number;
  readonly end: AdjustedEnd;
  readonly pnlUsd: number;
  /** Funding in it, and what is not recorded of it. */
  readonly funding: FundedUsd;
}

/** A softened exit with the pieces of its kept part, or why they are not known. */
export interface AdjustedExit {
  readonly exit: SoftenedExit;
  readonly pieces: readonly Piece[] | NotValued;
}

/** A plan that opened the symbol of a part while that was (or would have been) held. */
export interface Overlap {
  readonly atMs: number;
  readonly exit: SoftenedExit;
  readonly opening: Opening;
  readonly opposite: boolean;
}

/** A moment at which a cap would not have held with the kept parts: dollars or positions, without them and with them. */
export interface Breach {
  readonly atMs: number;
  readonly cap: Cap;
  readonly limit: number;
  readonly without: number;
  readonly withParts: number;
  /** Plans of the exits of which something ended there. */
  readonly ended: readonly string[];
}

/** Kept parts with what stands in their way: each dollar of them is valued once. */
export interface Adjusted {
  readonly exits: readonly AdjustedExit[];
  readonly path: readonly PathPoint[];
  readonly overlaps: readonly Overlap[];
  readonly breaches: readonly Breach[];
  /** Most that was kept at once, notional at the decisions. */
  readonly mostKeptUsd: number;
}

/** The funding of the exits that are known, piece by piece. */
export function piecesFunding(exits: readonly AdjustedExit[]): readonly (readonly FundedUsd[])[] {
  return exits.flatMap(({ pieces }) => (typeof pieces === 'string' ? [] : [pieces.map(({ funding }) => funding)]));
}

interface Held {
  readonly exit: SoftenedExit;
  readonly value: Value;
  readonly pieces: Piece[];
  leftUsd: number;
  /** No mark where some of it ended. */
  unmarked: boolean;
}

/**
 * Ends kept parts where the plans that were permitted meanwhile leave no room for them: at an opposite fill, up to its
 * quantity, and at a cap, by what stands over it, the oldest part first. All other trades are unchanged.
 */
export async function adjusted(
  valuation: Valuation,
  openings: readonly Opening[],
  rules: ValuationRules,
): Promise<Adjusted> {
  const known = valuation.exits.flatMap(({ exit, value }) => (typeof value === 'string' ? [] : [heldOf(exit, value)]));
  const sweep = new Sweep(rules.feeBps);
  let next = 0;
  const begin = (atMs: number) => {
    for (let held = known[next]; held !== undefined && held.exit.atMs <= atMs; held = known[next]) {
      sweep.endUntil(held.exit.atMs);
      sweep.begin(held);
      next += 1;
    }
  };
  for (const [at, opening] of openings.entries()) {
    if (at % TURN === TURN - 1) await setImmediate();
    begin(opening.atMs);
    sweep.endUntil(opening.atMs);
    sweep.open(opening);
  }
  begin(Infinity);
  sweep.endUntil(Infinity);
  const byExit = new Map(known.map((held) => [held.exit, held] as const));
  return {
    exits: valuation.exits.map(({ exit, value }) => {
      const held = byExit.get(exit);
      return { exit, pieces: held === undefined ? (value as NotValued) : held.unmarked ? 'no_mark' : held.pieces };
    }),
    path: await pathOf(valuation.path, known, rules),
    overlaps: sweep.overlaps,
    breaches: sweep.breaches,
    mostKeptUsd: sweep.mostKeptUsd,
  };
}

function heldOf(exit: SoftenedExit, value: Value): Held {
  return { exit, value, pieces: [], leftUsd: value.keptUsd, unmarked: false };
}

/** The parts that are kept at a moment, moved on from one to the next. */
class Sweep {
  readonly overlaps: Overlap[] = [];
  readonly breaches: Breach[] = [];
  readonly #feeBps: number;
  #open: readonly Held[] = [];
  mostKeptUsd = 0;

  constructor(feeBps: number) {
    this.#feeBps = feeBps;
  }

  begin(held: Held): void {
    this.#open = [...this.#open, held];
    const keptUsd = this.#open.reduce((sum, { leftUsd }) => sum + leftUsd, 0);
    this.mostKeptUsd = Math.max(this.mostKeptUsd, keptUsd);
  }

  endUntil(atMs: number): void {
    if (!this.#open.some(({ value }) => value.endMs <= atMs)) return;
    for (const held of this.#open) {
      const { endMs, end, toPrice } = held.value;
      if (endMs <= atMs) this.#end(held, { usd: held.leftUsd, endMs, end, price: toPrice });
    }
    this.#drop();
  }

  /** A plan was permitted that opens: those of its symbol meet it, and all of them the caps. */
  open(opening: Opening): void {
    if (this.#open.length === 0) return;
    const { atMs } = opening;
    for (const held of this.#open) {
      if (held.exit.symbol !== opening.symbol) continue;
      const opposite = held.value.side !== opening.side;
      this.overlaps.push({ atMs, exit: held.exit, opening, opposite });
      const usd = Math.min(held.leftUsd, opening.qty * held.value.fromPrice);
      if (opposite) this.#end(held, { usd, endMs: atMs, end: 'opposite_fill', price: held.value.priceAt(atMs) });
    }
    this.#drop();
    this.#capPositions(opening);
    this.#capNotional(opening);
  }

  #capPositions({ atMs, symbol, held: before, positions, mostPositions }: Opening): void {
    if (mostPositions === undefined) return;
    const beside = this.#open.filter(
      ({ exit }) => !exit.enforced && exit.symbol !== symbol && !before.has(exit.symbol),
    );
    const withParts = positions + new Set(beside.map(({ exit }) => exit.symbol)).size;
    const ended = beside.slice(0, Math.max(0, withParts - mostPositions));
    if (ended.length === 0) return;
    for (const held of ended) {
      this.#end(held, { usd: held.leftUsd, endMs: atMs, end: 'max_positions', price: held.value.priceAt(atMs) });
    }
    this.#breach('max_positions', { atMs, limit: mostPositions, without: positions, withParts }, ended);
  }

  #capNotional({ atMs, grossUsd, mostUsd }: Opening): void {
    if (grossUsd === undefined || mostUsd === undefined) return;
    const parts = this.#open.filter(({ exit }) => !exit.enforced);
    const ratioOf = ({ value }: Held) => (value.priceAt(atMs) ?? value.fromPrice) / value.fromPrice;
    const withParts = grossUsd + parts.reduce((sum, held) => sum + held.leftUsd * ratioOf(held), 0);
    let overUsd = withParts - mostUsd;
    if (parts.length === 0 || overUsd <= DUST_USD) return;
    const ended: Held[] = [];
    for (const held of parts) {
      if (overUsd <= DUST_USD) break;
      const isAll = overUsd >= held.leftUsd * ratioOf(held) - DUST_USD;
      const usd = isAll ? held.leftUsd : overUsd / ratioOf(held);
      overUsd -= usd * ratioOf(held);
      this.#end(held, { usd, endMs: atMs, end: 'total_notional', price: held.value.priceAt(atMs) });
      ended.push(held);
    }
    this.#breach('total_notional', { atMs, limit: mostUsd, without: grossUsd, withParts }, ended);
  }

  #breach(cap: Cap, of: Omit<Breach, 'cap' | 'ended'>, ended: readonly Held[]): void {
    this.breaches.push({ ...of, cap, ended: ended.map(({ exit }) => exit.planId) });
    this.#drop();
  }

  #end(held: Held, { usd, price, ...of }: { usd: number; price: number | undefined } & Pick<Piece, 'endMs' | 'end'>) {
    if (usd <= 0) return;
    held.leftUsd -= usd;
    if (price === undefined) held.unmarked = true;
    const ratio = (price ?? held.value.fromPrice) / held.value.fromPrice;
    const funding = fundedUsd(held.value.funding, usd, of.endMs);
    const earned = keptPnl({ keptUsd: usd, side: held.value.side }, ratio, this.#feeBps);
    held.pieces.push({ ...of, usd, pnlUsd: earned - funding.paidUsd, funding });
  }

  #drop(): void {
    this.#open = this.#open.filter(({ leftUsd, value }) => leftUsd > value.keptUsd * 1e-9);
  }
}

/** The path of the equity with what the pieces had earned by each of its moments. */
async function pathOf(
  moments: readonly PathPoint[],
  known: readonly Held[],
  { feeBps, endMs: reportEndMs }: ValuationRules,
): Promise<readonly PathPoint[]> {
  const path = new EquityPath(moments, reportEndMs);
  for (const [at, { exit, value, pieces, unmarked }] of known.entries()) {
    if (at % TURN === TURN - 1) await setImmediate();
    if (unmarked) continue;
    let ratio = 1;
    const endUsd = pieces.reduce((sum, { pnlUsd }) => sum + pnlUsd, 0);
    const endMs = pieces.reduce((last, piece) => Math.max(last, piece.endMs), exit.atMs);
    path.add({ enforced: exit.enforced, fromMs: exit.atMs, endMs, endUsd }, (atMs) => {
      ratio = (value.priceAt(atMs) ?? value.fromPrice * ratio) / value.fromPrice;
      return pieces.reduce((sum, piece) => {
        if (piece.endMs <= atMs) return sum + piece.pnlUsd;
        const paidUsd = piece.usd * value.funding.paidBy(atMs);
        return sum + keptPnl({ keptUsd: piece.usd, side: value.side }, ratio, feeBps) - paidUsd;
      }, 0);
    });
  }
  return path.points();
}
