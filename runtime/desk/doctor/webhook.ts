import type { Redis } from 'ioredis';
import { runtimeKeys } from '../../../schemas/keys.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type Finding, warn } from './findings.ts';

/** That the webhook does not take alerts, by the last attempt of whichever process sends them. */
export async function webhookFindings(redis: Redis, portfolio: Portfolio): Promise<Finding[]> {
  const key = portfolio.key(runtimeKeys.alertsTold);
  const problem = (await redis.type(key)) === 'hash' ? await redis.hget(key, 'problem') : null;
  if (problem === null) return [];
  const todo = 'Look at ALERT_WEBHOOK_URL and what answers there; alerts are kept and sent when it takes them.';
  return [warn('webhook', `alerts are not taken: ${problem}`, todo)];
}
