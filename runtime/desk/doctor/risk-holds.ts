import type { Redis } from 'ioredis';
import { z } from 'zod';
import { unmetRiskNeeds } from '../../../handlers/common/book-risk/needs.ts';
import { riskSettings } from '../../../schemas/book-risk.ts';
import { FIGURES_GATE } from '../../../schemas/judged-figures.ts';
import { keys } from '../../../schemas/keys.ts';
import { type Overrides, overridesOf } from '../../../schemas/policy.ts';
import { numberAboveSetting, offSetting } from '../../../schemas/setting.ts';
import { readInForce } from '../../engine/policy/in-force.ts';
import { portfolioNowMs } from '../../redis/clock.ts';
import { hashFact } from '../../redis/facts-now.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { Hold } from './holds.ts';

const LIMIT = offSetting(numberAboveSetting(0, Infinity, 0));
const Needs = z.object({ ...riskSettings, GOV_MAX_SHOCK_PCT: LIMIT, GOV_MAX_CORRELATED_HEAT_PCT: LIMIT });

/** A figure of the book's risk that plans which open are judged by, and that is not known. */
export async function riskHolds(
  redis: Redis,
  portfolio: Portfolio,
  limits: Overrides | undefined,
): Promise<readonly Hold[]> {
  const { fields } = await readInForce(redis, portfolio, FIGURES_GATE);
  const settings = Needs.safeParse({ ...overridesOf(fields.env_settings), ...limits }).data;
  if (settings === undefined || limits?.GOV_CAPS_FAIL_POLICY?.trim() === 'open') return [];
  const risk = await hashFact(redis, portfolio.key(keys.riskState));
  const unmet = unmetRiskNeeds(risk, settings, await portfolioNowMs(redis, portfolio));
  if (unmet.length === 0) return [];
  return [{ reason: 'risk_unknown', words: riskUnknownWords(unmet), do: DO_ABOUT_RISK }];
}

/** What plans that open are refused for, in words. */
export function riskUnknownWords(unmet: readonly string[]): string {
  return `the risk of the book is not known, and ${unmet.join(', ')} ${unmet.length === 1 ? 'rests' : 'rest'} on it`;
}

/** What to do about it. */
export const DO_ABOUT_RISK = 'portcullis risk says why: the feeds account, market and cluster compute it.';
