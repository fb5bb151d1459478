import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { DecisionPage, DecisionRow } from '../../../schemas/api/decision.ts';
import { recordedChecks } from '../../../schemas/decision.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { streamIdMs } from '../../../schemas/time.ts';
import { reasonWords, type WordedGate } from '../../engine/status/faces.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import {
  type DecisionFilter,
  decisionsBack,
  type LoggedDecision,
  matches,
  matchesAll,
  SEARCH_PAGE,
} from '../decisions/decisions.ts';
import { olderThan } from '../decisions/older-than.ts';

/** Decisions of different lanes stand in the log this far out of order at most, ms. */
const OUT_OF_ORDER_MS = 60_000;
/** How long a search goes on until it says how far it got. */
const SEARCH_MS = 2_000;

/** The handlers by their names: their gates, their reasons in words, and whether a schedule turns them. */
export type GateOf = ReadonlyMap<string, WordedGate & Pick<AnyHandler, 'on'>>;

/** The handlers by their names. */
export function gatesByHandler(handlers: readonly AnyHandler[]): GateOf {
  return new Map(handlers.map((handler) => [handler.name, handler]));
}

/** A decision as a line of the tape. */
export function decisionRow({ id, fields }: LoggedDecision, gateOf: GateOf): DecisionRow {
  const { handler = '', verdict = '', reason = '', symbol = '' } = fields;
  const own = gateOf.get(handler);
  const { plan_id = '', action = '', mode = '', source_id = '', strategy } = fields;
  const at = parseNumber(fields.timestamp) ?? streamIdMs(id) / 1000;
  const summary = reasonWords(own, { reason, checks: recordedChecks(fields.checks), symbol });
  const tick = own?.on.kind === 'every';
  return {
    id,
    at,
    gate: own?.gate ?? '',
    handler,
    verdict,
    reason,
    symbol,
    plan_id,
    ...(strategy && { strategy }),
    action,
    mode,
    source_id,
    summary,
    tick,
  };
}

/** What is looked for among the decisions. */
export interface DecisionQuery extends DecisionFilter {
  /** Text that is somewhere in the line, in any case. */
  readonly text?: string;
  /** Only those older than this id. */
  readonly before?: string;
  /** Only those made from one moment to another, both included, Unix ms by the clock of the portfolio. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly limit: number;
}

/**
 * The newest decisions that match, newest first. A search through many that do not match ends after two seconds: `next`
 * goes on from there.
 */
export async function findDecisions(
  redis: Redis,
  portfolio: Portfolio,
  query: DecisionQuery,
  handlers: readonly AnyHandler[],
): Promise<DecisionPage> {
  const gateOf = gatesByHandler(handlers);
  const deadlineMs = performance.now() + SEARCH_MS;
  const entries: DecisionRow[] = [];
  let searchedTo: string | null = null;
  const { sinceMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY } = query;
  const size = matchesAll(query) && query.text === undefined ? query.limit + 1 : SEARCH_PAGE;
  for await (const page of decisionsBack(redis, portfolio, { from: startOf(query, portfolio), size })) {
    for (const decision of page) {
      if (entries.length === query.limit) return { entries, next: searchedTo, searched_to: searchedTo };
      searchedTo = decision.id;
      const atMs = madeMs(decision);
      if (atMs < sinceMs - OUT_OF_ORDER_MS) return { entries, next: null, searched_to: searchedTo };
      if (atMs < sinceMs || atMs > untilMs) continue;
      const row = matches(query, decision) ? decisionRow(decision, gateOf) : undefined;
      if (row !== undefined && hasText(row, query.text)) entries.push(row);
    }
    if (page.length < size) break;
    if (performance.now() >= deadlineMs) return { entries, next: searchedTo, searched_to: searchedTo };
  }
  return { entries, next: null, searched_to: searchedTo };
}

/** Where the search begins: the ids of a portfolio whose clock is its own are of another time. */
function startOf({ before, untilMs }: DecisionQuery, { simulatedClock }: Portfolio): string {
  if (before !== undefined || untilMs === undefined || simulatedClock) return olderThan(before);
  return String(Math.max(0, Math.floor(untilMs) + OUT_OF_ORDER_MS));
}

function madeMs({ id, fields }: LoggedDecision): number {
  const sec = parseNumber(fields.timestamp);
  return sec === undefined ? streamIdMs(id) : sec * 1000;
}

function hasText(row: DecisionRow, text: string | undefined): boolean {
  if (text === undefined) return true;
  const wanted = text.toLowerCase();
  return Object.values(row).some((value) => String(value).toLowerCase().includes(wanted));
}
