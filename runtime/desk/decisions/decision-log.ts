import type { Redis } from 'ioredis';
import { streamIdMs } from '../../../schemas/time.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { decisionPages, type TimeRange } from './decision-export.ts';
import type { DecisionPage } from './decision-file.ts';

/** The decisions of the log in Redis, oldest first, with how far each page is into the range. */
export async function* loggedPages(redis: Redis, portfolio: Portfolio, range: TimeRange): AsyncGenerator<DecisionPage> {
  let fromMs: number | undefined;
  for await (const decisions of decisionPages(redis, portfolio, range)) {
    fromMs ??= streamIdMs(decisions[0]?.id ?? '0-0');
    const atMs = streamIdMs(decisions.at(-1)?.id ?? '0-0');
    yield { decisions, share: (atMs - fromMs) / Math.max(1, range.toMs - fromMs) };
  }
}
