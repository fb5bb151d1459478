import type { FundingRate } from '../../../../schemas/funding.ts';
import type { FundingsReading } from '../port.ts';
import { readFundings } from './market.ts';
import type { RestClient } from './rest.ts';

/** The exchange gives no more at once. */
const PAGE = 1_000;

/** The funding payments of a symbol since then, page after page; what cannot be read ends it, with what was read before. */
export async function fundingsSince(rest: RestClient, symbol: string, sinceMs: number): Promise<FundingsReading> {
  const fundings: FundingRate[] = [];
  let startTime = sinceMs;
  for (;;) {
    const query = { symbol, startTime, limit: PAGE };
    const call = { method: 'GET', path: '/fapi/v1/fundingRate', query, weight: 1, access: 'public' } as const;
    const read = await rest.request({ ...call, purpose: 'backfill' }, (body) => readFundings(body, symbol));
    fundings.push(...read.fundings.filter(({ atMs }) => atMs >= startTime));
    const newest = fundings.at(-1);
    if (read.problems.length > 0 || read.fundings.length < PAGE || newest === undefined || newest.atMs < startTime) {
      return { fundings, problems: read.problems };
    }
    startTime = newest.atMs + 1;
  }
}
