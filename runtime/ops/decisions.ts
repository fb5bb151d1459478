import type { Redis } from 'ioredis';
import { streams } from '../../schemas/keys.ts';
import { type Fields, fieldsOf } from '../../schemas/wire.ts';
import type { Portfolio } from '../portfolio.ts';

/** One entry of the decision log. */
export interface LoggedDecision {
  /** Its id in the decision log. */
  readonly id: string;
  readonly fields: Fields;
}

/** Which decisions are meant: each that is set must match, in any case. */
export interface DecisionFilter {
  /** Names of the handlers that decide. */
  readonly handlers?: ReadonlySet<string>;
  readonly symbol?: string;
  readonly verdict?: string;
  readonly reason?: string;
}

/** The newest decisions of the portfolio, oldest of them first. */
export async function lastDecisions(redis: Redis, portfolio: Portfolio, count: number): Promise<LoggedDecision[]> {
  const entries = await redis.xrevrange(portfolio.streamKey(streams.decisions), '+', '-', 'COUNT', count);
  return entries.map(loggedDecision).reverse();
}

/** The id after which the next decision will be written. */
export async function newestDecisionId(redis: Redis, portfolio: Portfolio): Promise<string> {
  const [newest] = await redis.xrevrange(portfolio.streamKey(streams.decisions), '+', '-', 'COUNT', 1);
  return newest?.[0] ?? '0-0';
}

/** The decisions after `lastId`, oldest first; waits up to `blockMs` for the first. `redis` must be a connection of its own. */
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

/** Whether a decision passes a filter. */
export function matches(filter: DecisionFilter, { fields }: LoggedDecision): boolean {
  return (
    (filter.handlers?.has(fields.handler ?? '') ?? true) &&
    same(filter.symbol, fields.symbol) &&
    same(filter.verdict, fields.verdict) &&
    same(filter.reason, fields.reason)
  );
}

function same(wanted: string | undefined, found: string | undefined): boolean {
  return wanted === undefined || wanted.toLowerCase() === (found ?? '').toLowerCase();
}

/** An entry of the decision log as Redis gives it, with its fields by name. */
export function loggedDecision([id, flat]: [string, string[]]): LoggedDecision {
  return { id, fields: fieldsOf(flat) };
}
