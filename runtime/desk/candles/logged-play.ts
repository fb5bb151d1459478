import type { z } from 'zod';
import { sideOf } from '../../../handlers/common/openings.ts';
import { actionKind, closeFraction, isStopMove } from '../../../schemas/action.ts';
import { closeShares, type ReadProposal, type TimedProposal } from '../../../schemas/candle-proposal.ts';
import { type DecisionRecord, decisionRecord, recorded } from '../../../schemas/decision.ts';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { RecordedOrder, RecordedPlan, RecordedPositions } from '../../../schemas/governor-record.ts';
import { HeatFacts, HeatSummary } from '../../../schemas/heat-facts.ts';
import { RecordedExit } from '../../../schemas/heat-gate.ts';
import { RecordedBudgets } from '../../../schemas/risk-governor.ts';
import { streamIdMs } from '../../../schemas/time.ts';
import { type Counts, countBy } from '../../market/player/summary.ts';
import type { DecisionPage } from '../decisions/decision-file.ts';
import { LoggedBook, type LoggedHolding } from './logged-book.ts';

/** After so long without a decision a log may have lost what was proposed, ms: the limit of an activation's longest gap. */
const MOST_GAP_MS = 12 * HOUR_MS;
const PlannedOrder = RecordedOrder.extend(RecordedPlan.pick({ kill_score: true }).shape);

/** What of a log can be proposed again (docs/evidence.md, The log's own proposals). */
export interface LoggedPlay {
  readonly proposals: readonly TimedProposal[];
  readonly held: readonly LoggedHolding[];
  readonly opens: number;
  readonly closes: number;
  /** Exits among the closes that the heat gate judged. */
  readonly exits: number;
  /** What is in the log and cannot be proposed again as it was, by why. */
  readonly notCarried: Counts;
  /** Unix ms of the first and the last decision. */
  readonly fromMs: number;
  readonly toMs: number;
  /** The first and the last reading of the equity, US dollars; undefined without one. */
  readonly equityUsd: number | undefined;
  readonly endEquityUsd: number | undefined;
}

/** The same, or why it cannot be played again. */
export type PlayableLog = LoggedPlay | { readonly reason: string };

/** Why a log cannot be played again. */
export function notPlayable(reason: string): { readonly reason: string } {
  return { reason: `the log cannot be played again: ${reason}` };
}

/** Reads what can be proposed again in a log; `portfolio` where it has several. */
export async function loggedPlay(
  pages: AsyncIterable<DecisionPage>,
  range: { readonly fromMs: number; readonly toMs: number },
  portfolio?: string,
): Promise<PlayableLog> {
  const reader = new LogReader();
  for await (const { decisions } of pages) {
    for (const { id, fields } of decisions) {
      const atMs = streamIdMs(id);
      if (atMs < range.fromMs || atMs > range.toMs) continue;
      if (portfolio !== undefined && (fields.portfolio ?? '') !== portfolio) continue;
      reader.take(atMs, decisionRecord(fields));
    }
  }
  return reader.result();
}

/** Takes proposals out of a log: opens from plans, closes from exits, and from plans that never were one. */
class LogReader {
  readonly #book = new LoggedBook();
  readonly #proposals: TimedProposal[] = [];
  readonly #notCarried: string[] = [];
  /** Plans that were judged, and exits that were: the plan of an exit carries it out. */
  readonly #plans = new Set<string>();
  readonly #exits = new Set<string>();
  /** The hour in which a symbol was last opened, of those since 1970. */
  readonly #openedIn = new Map<string, number>();
  #fromMs: number | undefined;
  #toMs = 0;
  #gap = { fromMs: 0, ms: 0 };
  #opens = 0;
  #equityUsd: number | undefined;
  #endEquityUsd: number | undefined;

  take(atMs: number, record: DecisionRecord): void {
    if (this.#fromMs === undefined) this.#fromMs = atMs;
    else if (atMs - this.#toMs > this.#gap.ms) this.#gap = { fromMs: this.#toMs, ms: atMs - this.#toMs };
    this.#toMs = Math.max(this.#toMs, atMs);
    if (record.handler === 'heat-gate') this.#exit(atMs, record);
    if (record.handler === 'governor') this.#plan(atMs, record);
    if (record.handler === 'risk-governor') this.#cycle(atMs, record);
  }

  result(): PlayableLog {
    const { held, unknown } = this.#book.found();
    const reason = this.#reason(held);
    if (reason !== undefined) return notPlayable(reason);
    const notCarried = [...this.#notCarried, ...unknown.map(() => 'position that no plan opened, of no known size')];
    return {
      proposals: this.#proposals,
      held,
      opens: this.#opens,
      closes: this.#proposals.length - this.#opens,
      exits: this.#exits.size,
      notCarried: countBy(notCarried),
      fromMs: this.#fromMs ?? 0,
      toMs: this.#toMs,
      equityUsd: this.#equityUsd,
      endEquityUsd: this.#endEquityUsd,
    };
  }

  #reason(held: readonly LoggedHolding[]): string | undefined {
    const { fromMs, ms } = this.#gap;
    if (this.#fromMs === undefined) return 'there is no decision in it';
    if (ms > MOST_GAP_MS) {
      return `it has no decision from ${iso(fromMs)} to ${iso(fromMs + ms)}, so that what was proposed then is not known`;
    }
    if (this.#plans.size === 0) return 'it has no plan of the governor, so that what was opened is not known';
    if (this.#opens + held.length === 0) return 'nothing is opened or held in it';
    return undefined;
  }

  #exit(atMs: number, record: DecisionRecord): void {
    this.#equity(recorded(HeatSummary, record.facts)?.equity_usd);
    for (const { symbol } of recorded(HeatFacts, record.facts)?.book.largest ?? []) this.#book.seen(atMs, symbol);
    const share = closeFraction(record.action);
    if (share === undefined) return;
    if (this.#exits.has(record.planId)) return void this.#notCarried.push('exit that was proposed again by its id');
    this.#exits.add(record.planId);
    const { reason = 'strategy_exit', reason_codes } = recorded(RecordedExit, record.input) ?? {};
    this.#propose(atMs, record, {
      close: record.symbol,
      reason,
      ...sharedBy(share),
      ...(reason_codes && { reason_codes }),
    });
  }

  #plan(atMs: number, record: DecisionRecord): void {
    const { symbol, action, planId } = record;
    const seen = recorded(RecordedPositions, record.facts);
    for (const position of seen?.exposure?.largest ?? []) this.#see(atMs, position.symbol, position.qty);
    this.#see(atMs, symbol, seen?.position_qty);
    if (record.verdict === 'IGNORED' || record.verdict === 'DUPLICATE') return;
    const order = recorded(PlannedOrder, record.input);
    const kind = actionKind(action, order?.reduce_only === true);
    if (kind === 'NEUTRAL' || (kind === 'CLOSE' && this.#exits.has(planId))) return;
    if (isStopMove(action)) return void this.#notCarried.push('moved stop');
    if (this.#plans.has(planId)) return void this.#notCarried.push('plan that was sent again by its id');
    this.#plans.add(planId);
    if (kind === 'OPEN') this.#open(atMs, record, order);
    else this.#close(atMs, record, order);
  }

  #open(atMs: number, record: DecisionRecord, order: z.output<typeof PlannedOrder> | undefined): void {
    const { symbol, action, verdict } = record;
    const side = order?.side ?? sideOf(action);
    const { qty, notional_usd, kill_score = 0 } = order ?? {};
    const size = qty ? { qty } : { notional_usd };
    if (side === undefined || !(qty || notional_usd))
      return void this.#notCarried.push('open of no known side or size');
    this.#propose(atMs, record, { open: symbol, side, ...size, kill_score });
    this.#opens += 1;
    if (verdict !== 'PERMIT') return;
    this.#book.opened(symbol);
    this.#openedIn.set(symbol, hourOf(atMs));
  }

  /** A close that was no exit of the heat gate's. */
  #close(atMs: number, record: DecisionRecord, order: z.output<typeof PlannedOrder> | undefined): void {
    const qty = order?.close_qty ?? order?.qty;
    const size = qty ? { qty } : sharedBy(closeFraction(record.action));
    this.#propose(atMs, record, { close: record.symbol, reason: record.action, straight: true, ...size });
  }

  #propose(atMs: number, { planId: plan_id, strategy, symbol }: DecisionRecord, proposal: ReadProposal): void {
    const named = strategy === '' ? {} : { strategy };
    const isLate = 'close' in proposal && this.#openedIn.get(symbol) === hourOf(atMs);
    // Closes come first in an hour: this one would meet nothing there.
    const madeMs = isLate ? hourOf(atMs) * HOUR_MS + 1 : atMs;
    if (isLate) this.#notCarried.push('close in the hour of its open, made an hour later');
    this.#proposals.push({ atMs: madeMs, proposal: { ...proposal, plan_id, ...named } });
  }

  #cycle(atMs: number, record: DecisionRecord): void {
    const cycle = recorded(RecordedBudgets, record.facts);
    this.#equity(cycle?.equity_usd);
    for (const { symbol, position_notional: usd } of cycle?.budgets ?? []) if (usd) this.#book.seen(atMs, symbol);
  }

  #see(atMs: number, symbol: string, qty: number | undefined): void {
    if (qty !== undefined && qty !== 0) this.#book.seen(atMs, symbol, qty);
  }

  #equity(usd: number | null | undefined): void {
    if (usd === null || usd === undefined) return;
    this.#equityUsd ??= usd;
    this.#endEquityUsd = usd;
  }
}

function sharedBy(fraction: number | undefined): { readonly share?: (typeof closeShares)[number] } {
  const share = closeShares.find((one) => one === fraction);
  return share === undefined || share === 1 ? {} : { share };
}

/** The hour, of those since 1970, at whose close something of that moment (Unix ms) is played. */
export function hourOf(atMs: number): number {
  return Math.ceil(atMs / HOUR_MS);
}

function iso(unixMs: number): string {
  return `${new Date(unixMs).toISOString().slice(0, 16)}Z`;
}
