import type { Redis } from 'ioredis';
import { streams } from '../../../schemas/keys.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type LoggedDecision, loggedDecision, SEARCH_PAGE } from './decisions.ts';
import { FactsJoin } from './facts-join.ts';

type Entries = [id: string, fields: string[]][];

/** From when to when, Unix ms, both included. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The decisions of a time range by their ids, oldest first, a page at a time; as many as there are, in constant memory.
 * The next page is on its way while one is worked on.
 */
export async function* decisionPages(
  redis: Redis,
  portfolio: Portfolio,
  range: TimeRange,
): AsyncGenerator<readonly LoggedDecision[]> {
  yield* joined(redis, portfolio, rawDecisionPages(redis, portfolio, range));
}

/** The same as they are stored: facts that decisions share are named and not joined. */
export async function* rawDecisionPages(
  redis: Redis,
  portfolio: Portfolio,
  range: TimeRange,
): AsyncGenerator<readonly LoggedDecision[]> {
  yield* pagesFrom(redis, portfolio, String(Math.max(0, Math.ceil(range.fromMs))), range.toMs);
}

/** The decisions after an id of the log, up to a moment (Unix ms), in the same way. */
export async function* decisionsAfter(
  redis: Redis,
  portfolio: Portfolio,
  lastId: string,
  toMs: number,
): AsyncGenerator<readonly LoggedDecision[]> {
  yield* joined(redis, portfolio, pagesFrom(redis, portfolio, `(${lastId}`, toMs));
}

async function* joined(
  redis: Redis,
  portfolio: Portfolio,
  pages: AsyncIterable<readonly LoggedDecision[]>,
): AsyncGenerator<readonly LoggedDecision[]> {
  const facts = new FactsJoin(redis, portfolio);
  for await (const page of pages) yield await facts.join(page);
}

async function* pagesFrom(
  redis: Redis,
  portfolio: Portfolio,
  start: string,
  toMs: number,
): AsyncGenerator<readonly LoggedDecision[]> {
  const key = portfolio.streamKey(streams.decisions);
  const to = String(Math.floor(toMs));
  const pageFrom = (from: string): Promise<Entries> => {
    const page = redis.xrange(key, from, to, 'COUNT', SEARCH_PAGE);
    page.catch(() => undefined);
    return page;
  };
  let next: Promise<Entries> | undefined = pageFrom(start);
  while (next !== undefined) {
    const page: Entries = await next;
    const last = page.at(-1);
    next = last === undefined || page.length < SEARCH_PAGE ? undefined : pageFrom(`(${last[0]}`);
    if (page.length > 0) yield page.map(loggedDecision);
  }
}
