import { actionKind } from '../../schemas/action.ts';
import { type DecisionRecord, type LoggedCheck, recorded, recordedChecks } from '../../schemas/decision.ts';
import { RecordedFigures, RecordedOrder, RecordedPositions } from '../../schemas/governor-record.ts';

/** A plan that opened something, taken as filled when it was permitted; US dollars. */
export interface Opening {
  readonly atMs: number;
  readonly symbol: string;
  readonly planId: string;
  /** 1 bought, -1 sold. */
  readonly side: 1 | -1;
  readonly qty: number;
  /** Gross notional and positions with it, and what the governor held them against; undefined where that is not known. */
  readonly grossUsd: number | undefined;
  readonly mostUsd: number | undefined;
  readonly positions: number;
  readonly mostPositions: number | undefined;
  /** Symbols that were held before it, those among the 64 largest. */
  readonly held: ReadonlySet<string>;
}

/** Finds the permitted plans that open, in the order of the log. */
export class Openings {
  readonly found: Opening[] = [];
  /** What was held changes little from one plan to the next: they share it. */
  #held: ReadonlySet<string> = new Set();

  /** Takes one decision of any handler in. */
  take(atMs: number, record: DecisionRecord): void {
    if (record.handler !== 'governor' || record.verdict !== 'PERMIT') return;
    const order = recorded(RecordedOrder, record.input);
    if (actionKind(record.action, order?.reduce_only === true) === 'CLOSE') return;
    const positions = recorded(RecordedPositions, record.facts);
    const opening = openingOf(atMs, record, { order, positions, held: this.#heldIn(positions) });
    if (opening !== undefined) this.found.push(opening);
  }

  #heldIn(positions: RecordedPositions | undefined): ReadonlySet<string> {
    const now = new Set((positions?.exposure?.largest ?? []).map(({ symbol }) => symbol));
    const isSame = now.size === this.#held.size && [...now].every((symbol) => this.#held.has(symbol));
    if (!isSame) this.#held = now;
    return this.#held;
  }
}

/** What the log says of a plan and the positions beside it. */
interface Logged {
  readonly order: RecordedOrder | undefined;
  readonly positions: RecordedPositions | undefined;
  readonly held: ReadonlySet<string>;
}

function openingOf(atMs: number, record: DecisionRecord, { order, positions, held }: Logged): Opening | undefined {
  const figures = recorded(RecordedFigures, record.facts);
  const planUsd = figures?.plan_notional_usd ?? undefined;
  const price = positions?.market_mark ?? order?.price;
  const qty = order?.qty ?? (planUsd === undefined || price === undefined ? undefined : planUsd / price);
  const side = order?.side ?? sideOf(record.action);
  if (side === undefined || qty === undefined || !(qty > 0)) return undefined;
  const { symbol, planId } = record;
  const checks = recordedChecks(record.checks);
  const before = figures?.gross_notional_usd ?? undefined;
  return {
    ...{ atMs, symbol, planId, qty, held },
    side: side === 'BUY' ? 1 : -1,
    grossUsd: before === undefined || planUsd === undefined ? undefined : before + planUsd,
    mostUsd: limitOf(checks, 'total_notional'),
    positions: (figures?.positions ?? held.size) + (held.has(symbol) ? 0 : 1),
    mostPositions: limitOf(checks, 'max_positions'),
  };
}

function limitOf(checks: readonly LoggedCheck[], name: string): number | undefined {
  const limit = checks.find(({ gate }) => gate === name)?.limit;
  return typeof limit === 'number' ? limit : undefined;
}

/** Which way an action opens, by its name; undefined where that does not say it. */
export function sideOf(action: string): 'BUY' | 'SELL' | undefined {
  if (/BUY|LONG/i.test(action)) return 'BUY';
  return /SELL|SHORT/i.test(action) ? 'SELL' : undefined;
}
