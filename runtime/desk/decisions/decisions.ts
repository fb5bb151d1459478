import type { Redis } from 'ioredis';
import { DEFAULT_STRATEGY } from '../../../schemas/asker.ts';
import { streams } from '../../../schemas/keys.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import { entriesBack } from '../../redis/entries-back.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { FactsJoin } from './facts-join.ts';
import { olderThan } from './older-than.ts';

/** One entry of the decision log. */
export interface LoggedDecision {
  /** Its id in the decision log. */
  readonly id: string;
  readonly fields: Fields;
}

/** Which decisions are meant: each that is set must match, in any case; a text that begins with `!` must not. */
export interface DecisionFilter {
  /** Names of the handlers that decide. */
  readonly handlers?: ReadonlySet<string>;
  /** Names of handlers whose decisions are left out. */
  readonly notHandlers?: ReadonlySet<string>;
  readonly symbol?: string;
  readonly verdict?: string;
  readonly reason?: string;
  /** Which strategy asked; `default` for what names none. */
  readonly strategy?: string;
}

/** Entries of one reply of a search: with facts of some kilobytes each, a megabyte or two at a time. */
export const SEARCH_PAGE = 500;

/** The decisions as they are stored, from one on (an id or a start as `XREVRANGE` takes it) back, in pages of `size`; the last may be shorter. */
export async function* decisionsBack(
  redis: Redis,
  portfolio: Portfolio,
  { from, size }: { readonly from: string; readonly size: number },
): AsyncGenerator<readonly LoggedDecision[]> {
  const key = portfolio.streamKey(streams.decisions);
  let newest = from;
  for (;;) {
    const page = (await entriesBack(redis, key, { newest, count: size })).map(loggedDecision);
    if (page.length > 0) yield page;
    if (page.length < size) return;
    newest = olderThan(page.at(-1)?.id);
  }
}

/** How far a search for the last decisions is. */
export interface Searched {
  /** Decisions looked at, and those of them that match. */
  readonly looked: number;
  readonly found: number;
  /** The oldest that was looked at. */
  readonly oldest: LoggedDecision;
}

/**
 * The newest `count` decisions up to an id that pass the filter, oldest of them first: as far back as the log goes, in the memory of
 * those that are found and of one page. `tell` hears of every page, and ends the search by answering true.
 */
export async function lastDecisions(
  redis: Redis,
  portfolio: Portfolio,
  {
    count,
    filter = {},
    upTo = '+',
  }: { readonly count: number; readonly filter?: DecisionFilter; readonly upTo?: string },
  tell: (searched: Searched) => boolean = () => false,
): Promise<LoggedDecision[]> {
  const found: LoggedDecision[] = [];
  let looked = 0;
  const size = matchesAll(filter) ? Math.min(count, SEARCH_PAGE) : SEARCH_PAGE;
  for await (const page of decisionsBack(redis, portfolio, { from: upTo, size })) {
    found.push(...page.filter((decision) => matches(filter, decision)).slice(0, count - found.length));
    looked += page.length;
    const oldest = page.at(-1);
    if (oldest === undefined || tell({ looked, found: found.length, oldest }) || found.length === count) break;
  }
  return [...(await new FactsJoin(redis, portfolio).join(found.reverse()))];
}

/** The id after which the next decision will be written. */
export async function newestDecisionId(redis: Redis, portfolio: Portfolio): Promise<string> {
  const [newest] = await redis.xrevrange(portfolio.streamKey(streams.decisions), '+', '-', 'COUNT', 1);
  return newest?.[0] ?? '0-0';
}

/** The decisions after `lastId` as they are stored, oldest first; waits up to `blockMs` for the first. `redis` must be a connection of its own. */
export async function nextDecisions(
  redis: Redis,
  portfolio: Portfolio,
  lastId: string,
  blockMs: number,
): Promise<LoggedDecision[]> {
  const key = portfolio.streamKey(streams.decisions);
  const reply = await redis.xread('COUNT', 200, 'BLOCK', blockMs, 'STREAMS', key, lastId);
  return (reply ?? []).flatMap(([, entries]) => entries.map(loggedDecision));
}

/** Whether every decision passes a filter. */
export function matchesAll({ handlers, notHandlers, symbol, verdict, reason, strategy }: DecisionFilter): boolean {
  return (handlers ?? notHandlers ?? symbol ?? verdict ?? reason ?? strategy) === undefined;
}

/** Whether a decision passes a filter. */
export function matches(filter: DecisionFilter, { fields }: LoggedDecision): boolean {
  return (
    (filter.handlers?.has(fields.handler ?? '') ?? true) &&
    filter.notHandlers?.has(fields.handler ?? '') !== true &&
    same(filter.symbol, fields.symbol) &&
    same(filter.verdict, fields.verdict) &&
    same(filter.reason, fields.reason) &&
    (filter.strategy === undefined || same(filter.strategy, askerOf(fields)))
  );
}

/** The strategy that asked for a decision; empty for one that nobody asked for. */
function askerOf({ strategy = '', plan_id = '' }: Fields): string {
  return strategy === '' && plan_id !== '' ? DEFAULT_STRATEGY : strategy;
}

function same(wanted: string | undefined, found: string | undefined): boolean {
  if (wanted === undefined) return true;
  const isLeftOut = wanted.startsWith('!');
  const text = isLeftOut ? wanted.slice(1) : wanted;
  return (text.toLowerCase() === (found ?? '').toLowerCase()) !== isLeftOut;
}

/** An entry of the decision log as Redis gives it, with its fields by name. */
export function loggedDecision([id, flat]: [string, string[]]): LoggedDecision {
  return { id, fields: fieldsOf(flat) };
}
