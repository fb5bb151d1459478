import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { Overrides } from '../../../schemas/policy.ts';
import type { LaneRef } from '../../engine/streams/lanes.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { Finding } from './findings.ts';
import { policyFindings } from './policies.ts';
import { portfolioFindings } from './portfolio.ts';
import { redisFindings } from './redis.ts';

/** What is known of the gates of a portfolio. */
interface Known {
  readonly handlers: readonly AnyHandler[];
  readonly lanes: readonly LaneRef[];
  /** The environment's texts. */
  readonly environment: Overrides;
}

/** What of the server and of a portfolio is not as it must be; nothing that only a start looks at. */
export async function brokenNow(redis: Redis, portfolio: Portfolio, known: Known): Promise<Finding[]> {
  const { handlers, lanes, environment } = known;
  const all = [
    ...(await redisFindings(redis)),
    ...(await portfolioFindings(redis, portfolio, lanes, handlers)),
    ...(await policyFindings(redis, portfolio, handlers, environment)),
  ];
  return all.filter(({ verdict }) => verdict === 'broken');
}
