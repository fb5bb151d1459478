import type { Redis } from 'ioredis';
import { parseFunding } from '../../../schemas/funding.ts';
import { keys } from '../../../schemas/keys.ts';
import type { FundingRules } from '../../market/player/funded-book.ts';
import { FUNDING_BOUNDS, type FundingBounds, type SymbolFunding } from '../../market/player/held-funding.ts';
import { isUnreadable } from '../../redis/problem.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** Where recorded funding is. */
export interface FundingSource {
  /** What is recorded of these symbols; of one that is left out nothing is. */
  of(symbols: ReadonlySet<string>): Promise<ReadonlyMap<string, SymbolFunding>>;
}

/** Funding that the market feed keeps; what cannot be read is not recorded. */
export function storedFunding(redis: Redis, portfolio: Portfolio): FundingSource {
  return {
    async of(symbols) {
      const found = new Map<string, SymbolFunding>();
      for (const symbol of symbols) {
        const fields = await redis.hgetall(portfolio.key(keys.funding(symbol))).catch((error: unknown) => {
          if (isUnreadable(error)) return {};
          throw error;
        });
        const { rates, fromMs, nextMs } = parseFunding(fields);
        const isWhole = fromMs !== undefined && nextMs !== undefined;
        found.set(symbol, { rates, whole: isWhole ? [[fromMs, nextMs - 1]] : [] });
      }
      return found;
    },
  };
}

/** The funding of a play of these symbols. */
export async function playFunding(
  source: FundingSource | undefined,
  symbols: readonly string[],
  bounds: FundingBounds = FUNDING_BOUNDS,
): Promise<FundingRules> {
  return { recorded: (await source?.of(new Set(symbols))) ?? new Map(), bounds };
}
