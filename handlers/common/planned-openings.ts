import { actionKind, closeFraction, isStopMove, plainAction } from '../../schemas/action.ts';
import { DEFAULT_STRATEGY } from '../../schemas/asker.ts';
import { type DecisionRecord, recorded } from '../../schemas/decision.ts';
import { RecordedOrder, RecordedPositions, RecordedWorth } from '../../schemas/governor-record.ts';
import { sideOf } from './openings.ts';

/** A plan that would have opened something, with what is needed to value it. */
export interface PlannedOpening {
  readonly atMs: number;
  readonly symbol: string;
  readonly planId: string;
  readonly strategy: string;
  /** What it is counted under. */
  readonly reason: string;
  /** 1 to buy, -1 to sell; undefined where the plan does not say. */
  readonly side: 1 | -1 | undefined;
  /** What it was worth, US dollars; undefined where that is not known. */
  readonly usd: number | undefined;
  /** Unix ms of the strategy's next exit of the symbol; undefined where none came. */
  nextExitMs: number | undefined;
}

/** Finds plans that would open something, and when their strategy next leaves the symbol. */
export class PlannedOpenings {
  readonly found: PlannedOpening[] = [];
  readonly #waiting = new Map<string, PlannedOpening[]>();

  /** Takes one decision of any handler in, in the order of the log; `reason` where it is a plan that is wanted. */
  take(atMs: number, record: DecisionRecord, reason?: string): void {
    if (isExit(record)) this.#exit(atMs, record);
    if (reason !== undefined && isOpening(record)) this.#plan(atMs, record, reason);
  }

  #plan(atMs: number, record: DecisionRecord, reason: string): void {
    const order = recorded(RecordedOrder, record.input);
    const known = recorded(RecordedWorth, record.facts)?.plan_notional_usd;
    const price = recorded(RecordedPositions, record.facts)?.market_mark ?? order?.price;
    const worth = order?.qty === undefined || price === undefined ? undefined : order.qty * price;
    const side = order?.side ?? sideOf(record.action);
    const { symbol, planId } = record;
    const plan: PlannedOpening = {
      ...{ atMs, symbol, planId, reason, strategy: record.strategy || DEFAULT_STRATEGY },
      side: side === undefined ? undefined : side === 'BUY' ? 1 : -1,
      usd: known ?? worth,
      nextExitMs: undefined,
    };
    this.found.push(plan);
    const key = keyOf(record);
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) this.#waiting.set(key, [plan]);
    else waiting.push(plan);
  }

  #exit(atMs: number, record: DecisionRecord): void {
    const key = keyOf(record);
    for (const plan of this.#waiting.get(key) ?? []) plan.nextExitMs = atMs;
    this.#waiting.delete(key);
  }
}

/** Whether a decision is about a plan that opens something, judged by its action. */
export function isOpening({ handler, verdict, action, input }: DecisionRecord): boolean {
  if (handler !== 'governor' || verdict === 'IGNORED' || verdict === 'DUPLICATE') return false;
  return actionKind(action, recorded(RecordedOrder, input)?.reduce_only === true) === 'OPEN';
}

/** A full close that is proposed, whatever becomes of it, or a plan that closes: not one of a part, and not a moved stop. */
function isExit({ handler, action, input }: DecisionRecord): boolean {
  if (handler === 'heat-gate') return plainAction(action) === 'FULL_CLOSE';
  if (handler !== 'governor' || isStopMove(action) || (closeFraction(action) ?? 1) < 1) return false;
  return actionKind(action, recorded(RecordedOrder, input)?.reduce_only === true) === 'CLOSE';
}

/** An exit of a proposal that names no strategy is of whoever names none, too. */
function keyOf({ strategy, symbol }: DecisionRecord): string {
  return `${strategy || DEFAULT_STRATEGY} ${symbol}`;
}
