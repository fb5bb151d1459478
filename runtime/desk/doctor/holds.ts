import type { Redis } from 'ioredis';
import { keys } from '../../../schemas/keys.ts';
import { LOSS_GATE, lossLimits, lossSettings } from '../../../schemas/loss-limits.ts';
import { type Overrides, overridesOf } from '../../../schemas/policy.ts';
import { hashFact } from '../../redis/facts-now.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { keptLosses } from '../switches/kept-losses.ts';

/** What refuses OPEN plans besides kill switch, trading state and disarming, in words, and what ends it. */
export interface Hold {
  readonly reason: string;
  readonly words: string;
  readonly do: string;
}

/** Everything that holds OPEN plans now: data that Redis lost, loss limits that were reached, marks of losses that are gone. */
export async function holdsOf(redis: Redis, portfolio: Portfolio): Promise<readonly Hold[]> {
  const lost = await redis.exists(portfolio.key(keys.dataLost));
  const data = lost === 1 ? [DATA_LOST] : [];
  if (!(await lossesAreLimited(redis, portfolio))) return data;
  const { state, tripped, lost: marksLost } = await keptLosses(redis, portfolio);
  const isUnknown = state === 'unreadable' || marksLost !== null;
  return [
    ...data,
    ...tripped.map(({ reason, loss, limit }) => ({
      reason,
      words: `a loss limit was reached (${loss}, limit ${limit})`,
      do: 'portcullis loss release --reason …',
    })),
    ...(isUnknown ? [LOSSES_UNKNOWN] : []),
  ];
}

/** Whether any loss limit is in force: without one a latch of before holds nothing. Where no worker ever started, or the policy cannot be read, nobody knows. */
async function lossesAreLimited(redis: Redis, portfolio: Portfolio): Promise<boolean> {
  const { fields } = await hashFact(redis, portfolio.key(keys.policy(LOSS_GATE)));
  const environment = overridesOf(fields?.env_settings);
  if (fields?.env_settings === undefined || environment === undefined) return true;
  const texts: Overrides = { ...environment, ...overridesOf(fields.settings) };
  return lossLimits.some(({ setting }) => {
    const parsed = lossSettings[setting].safeParse(texts[setting]);
    return !parsed.success || parsed.data !== undefined;
  });
}

const DATA_LOST: Hold = {
  reason: 'data_lost',
  words: 'Redis lost data',
  do: 'Have account and every position reported afresh.',
};

const LOSSES_UNKNOWN: Hold = {
  reason: 'loss_unknown',
  words: 'what losses are counted against was lost, or cannot be read',
  do: 'Compare portcullis loss with the account, then portcullis loss confirm --reason …',
};
