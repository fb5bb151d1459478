import type { Redis } from 'ioredis';
import { z } from 'zod';
import { pausedNow } from '../../../handlers/common/loss-limits/streaks.ts';
import { storedFills } from '../../../handlers/common/strategy-use.ts';
import { span } from '../../../schemas/amount-text.ts';
import { keys } from '../../../schemas/keys.ts';
import { LOSS_GATE, lossLimits, lossSettings } from '../../../schemas/loss-limits.ts';
import { type Overrides, overridesOf } from '../../../schemas/policy.ts';
import { limitsUse, strategySettings } from '../../../schemas/strategy-limits.ts';
import { hasStreakLimits, streakSettings } from '../../../schemas/trades.ts';
import { readInForce } from '../../engine/policy/in-force.ts';
import { portfolioNowMs } from '../../redis/clock.ts';
import { hashFact } from '../../redis/facts-now.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { keptLosses } from '../switches/kept-losses.ts';
import { riskHolds } from './risk-holds.ts';

const StreakLimits = z.object(streakSettings);
const StrategyLimits = z.object(strategySettings);

/** What refuses OPEN plans besides kill switch, trading state and disarming, in words, and what ends it. */
export interface Hold {
  readonly reason: string;
  readonly words: string;
  readonly do: string;
}

/** Everything that holds OPEN plans now: data that Redis lost, loss limits that were reached, marks of losses that are gone, a risk or a use of strategies that is not known. */
export async function holdsOf(redis: Redis, portfolio: Portfolio): Promise<readonly Hold[]> {
  const lost = await redis.exists(portfolio.key(keys.dataLost));
  const data = lost === 1 ? [DATA_LOST] : [];
  const limits = await limitsInForce(redis, portfolio);
  const losses = [...(await lossHolds(redis, portfolio, limits)), ...(await streakHolds(redis, portfolio, limits))];
  const unknown = [...(await riskHolds(redis, portfolio, limits)), ...(await strategyHolds(redis, portfolio, limits))];
  return [...data, ...losses, ...unknown];
}

async function lossHolds(redis: Redis, portfolio: Portfolio, limits: Overrides | undefined): Promise<readonly Hold[]> {
  if (limits !== undefined && !lossesAreLimited(limits)) return [];
  const { state, tripped, lost } = await keptLosses(redis, portfolio);
  const isUnknown = state === 'unreadable' || lost !== null;
  return [
    ...tripped.map(({ reason, loss, limit }) => ({
      reason,
      words: `a loss limit was reached (${loss}, limit ${limit})`,
      do: 'portcullis loss release --reason …',
    })),
    ...(isUnknown ? [LOSSES_UNKNOWN] : []),
  ];
}

/** Losses in a row over all symbols. */
async function streakHolds(
  redis: Redis,
  portfolio: Portfolio,
  limits: Overrides | undefined,
): Promise<readonly Hold[]> {
  const settings = StreakLimits.safeParse(limits ?? {}).data;
  if (settings === undefined || !hasStreakLimits(settings)) return [];
  const facts = {
    streaks: await hashFact(redis, portfolio.key(keys.lossStreaks)),
    pauses: await hashFact(redis, portfolio.key(keys.lossPauses)),
    portfolio: await hashFact(redis, portfolio.key(keys.portfolioState)),
  };
  const nowMs = await portfolioNowMs(redis, portfolio);
  const { all } = pausedNow(facts, { ...settings, GOV_STATE_MAX_AGE_SEC: Infinity }, nowMs);
  if (all === undefined) return [];
  const words = `${all.losses} trades in a row lost (limit ${settings.GOV_MAX_CONSECUTIVE_LOSSES})`;
  const left = span(settings.GOV_LOSS_PAUSE_SEC - all.agoMs / 1000);
  return [
    { reason: 'consecutive_losses', words, do: `portcullis loss release --reason …, or wait: it ends in ${left}` },
  ];
}

/** Of strategies whose share or positions are limited, while what strategies hold is not known. */
async function strategyHolds(
  redis: Redis,
  portfolio: Portfolio,
  limits: Overrides | undefined,
): Promise<readonly Hold[]> {
  const settings = StrategyLimits.safeParse(limits ?? {}).data;
  if (settings === undefined || !limitsUse(settings)) return [];
  const key = portfolio.key(keys.strategyUse);
  if (storedFills(await hashFact(redis, key)).readable) return [];
  return [
    {
      reason: 'strategy_use',
      words: `what strategies hold is missing in ${key}, or cannot be read, and their shares or positions are limited`,
      do: `Close all positions, or DEL ${key} ${portfolio.key(keys.strategySince)}: what is held then is no strategy's.`,
    },
  ];
}

/** The texts of the limits in force; undefined where no worker ever started, or the policy cannot be read. */
async function limitsInForce(redis: Redis, portfolio: Portfolio): Promise<Overrides | undefined> {
  const { fields } = await readInForce(redis, portfolio, LOSS_GATE);
  const environment = overridesOf(fields.env_settings);
  if (fields.env_settings === undefined || environment === undefined) return undefined;
  return { ...environment, ...overridesOf(fields.settings) };
}

/** Whether any loss limit is in force: without one a latch of before holds nothing. */
function lossesAreLimited(limits: Overrides): boolean {
  return lossLimits.some(({ setting }) => {
    const parsed = lossSettings[setting].safeParse(limits[setting]);
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
