import type { Redis } from 'ioredis';
import { streams } from '../../schemas/keys.ts';
import type { Portfolio } from '../portfolio.ts';
import { type LoggedDecision, loggedDecision } from './decisions.ts';

/** Entries of one reply: with facts of some kilobytes each, a megabyte or two at a time. */
const PAGE = 500;

/** From when to when, Unix ms, both included. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The decisions of a time range by their ids, oldest first, a page at a time; as many as there are, in constant memory. */
export async function* decisionPages(
  redis: Redis,
  portfolio: Portfolio,
  range: TimeRange,
): AsyncGenerator<readonly LoggedDecision[]> {
  const key = portfolio.streamKey(streams.decisions);
  const to = String(Math.floor(range.toMs));
  let from = String(Math.max(0, Math.ceil(range.fromMs)));
  for (;;) {
    const page = (await redis.xrange(key, from, to, 'COUNT', PAGE)).map(loggedDecision);
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    from = `(${last.id}`;
  }
}
