import type { Redis } from 'ioredis';
import { MonthPair } from '../../../schemas/api/month-pair.ts';
import type { Overview } from '../../../schemas/api/overview.ts';
import { parseJson } from '../../../schemas/json.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { textFact } from '../../redis/facts-now.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** The month without limits beside the one that is shown; nothing where the demo was not played with both, and for no other portfolio. */
export async function besideNow(redis: Redis, portfolio: Portfolio): Promise<Pick<Overview, 'beside'>> {
  if (!portfolio.simulatedClock) return {};
  const { text } = await textFact(redis, portfolio.key(runtimeKeys.demoBeside));
  const beside = MonthPair.safeParse(parseJson(text ?? '')).data;
  return beside === undefined ? {} : { beside };
}
