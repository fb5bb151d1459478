import { closeFraction, plainAction } from '../../schemas/action.ts';
import { type DecisionRecord, recorded } from '../../schemas/decision.ts';
import { RecordedPositions, RecordedSide } from '../../schemas/governor-record.ts';
import { HeatFacts } from '../../schemas/heat-facts.ts';
import { SIGHTING_COUNTS_MS, type SoftenedExit, signOf } from '../common/kept-exits.ts';

/** Finds the softened exits in a log, with what other decisions say of their positions; keeps nothing of the rest. */
export class SoftenedExits {
  readonly found: SoftenedExit[] = [];
  readonly #lastOf = new Map<string, SoftenedExit>();
  readonly #ofPlan = new Map<string, SoftenedExit>();
  readonly #sides = new Map<string, { readonly side: 1 | -1; readonly atMs: number }>();

  /** Takes one decision in, in the order of the log. */
  take(atMs: number, record: DecisionRecord): void {
    if (record.handler === 'heat-gate') this.#takeExit(atMs, record);
    else if (record.handler === 'governor') this.#takePlan(atMs, record);
  }

  #takeExit(atMs: number, record: DecisionRecord): void {
    const { symbol, planId } = record;
    if (plainAction(record.action) !== 'FULL_CLOSE') return;
    const earlier = this.#lastOf.get(symbol);
    if (earlier !== undefined) {
      earlier.nextFullCloseMs = atMs;
      this.#lastOf.delete(symbol);
    }
    if (record.verdict !== 'DOWNGRADE') return;
    const exit = softenedExit(atMs, record);
    const seen = this.#sides.get(symbol);
    if (seen !== undefined && atMs - seen.atMs <= SIGHTING_COUNTS_MS) exit.side = seen.side;
    this.found.push(exit);
    this.#lastOf.set(symbol, exit);
    this.#ofPlan.set(planId, exit);
  }

  #takePlan(atMs: number, record: DecisionRecord): void {
    const facts = recorded(RecordedPositions, record.facts);
    if (facts === undefined) return;
    this.#takeOwnPlan(record, facts);
    const { exposure } = facts;
    if (exposure === undefined || facts.positions_known !== true) return;
    for (const { symbol, qty } of exposure.largest) if (qty !== undefined) this.#see(atMs, symbol, qty);
    if (exposure.positions > exposure.largest.length) return;
    const held = new Set(exposure.largest.map(({ symbol }) => symbol));
    for (const symbol of this.#lastOf.keys()) if (!held.has(symbol)) this.#see(atMs, symbol, 0);
  }

  /** The plan that executes an exit says what it closes. */
  #takeOwnPlan(record: DecisionRecord, { position_qty: qty, mark_price: price }: RecordedPositions): void {
    const exit = this.#ofPlan.get(record.planId);
    if (exit === undefined || exit.symbol !== record.symbol) return;
    this.#ofPlan.delete(record.planId);
    const side = recorded(RecordedSide, record.input)?.side;
    exit.side = side === undefined ? (signOf(qty ?? 0) ?? exit.side) : side === 'SELL' ? 1 : -1;
    if (qty !== undefined && qty !== 0 && price !== undefined) exit.notionalUsd ??= Math.abs(qty * price);
  }

  #see(atMs: number, symbol: string, qty: number): void {
    const side = signOf(qty);
    if (side !== undefined) this.#sides.set(symbol, { side, atMs });
    const exit = this.#lastOf.get(symbol);
    if (exit === undefined || exit.atMs >= atMs || exit.closedMs !== undefined) return;
    if (side === undefined || (exit.side !== undefined && side !== exit.side)) exit.closedMs = atMs;
  }
}

function softenedExit(atMs: number, record: DecisionRecord): SoftenedExit {
  const facts = recorded(HeatFacts, record.facts);
  const held = facts?.book.largest.find(({ symbol }) => symbol === record.symbol);
  const softenedTo = record.reason === 'portfolio_heat_warm' ? 'PARTIAL_75' : 'PARTIAL_25';
  return {
    atMs,
    symbol: record.symbol,
    planId: record.planId,
    enforced: record.mode === 'enforce',
    bucket: softenedTo === 'PARTIAL_75' ? 'WARM' : 'COLD',
    softenedTo,
    keptShare: 1 - (closeFraction(softenedTo) ?? 1),
    heat: facts?.cause === undefined ? facts?.heat : undefined,
    reason: record.reason,
    sigma: held?.sigma ?? undefined,
    notionalUsd: held?.notional_usd,
    side: undefined,
    nextFullCloseMs: undefined,
    closedMs: undefined,
  };
}
