import type { Redis } from 'ioredis';
import { keys } from '../../../schemas/keys.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import { hashFact } from '../../redis/facts-now.ts';
import { isWrongType } from '../../redis/problem.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** What a key of a policy says of mode and limits, as texts; null where it says nothing. */
export interface PolicyTexts {
  readonly mode: string | null;
  readonly version: string | null;
  readonly settings: string | null;
}

/** The policy that is judged by, and whether somebody outside wrote another one into its key. */
export interface PolicyInForce extends PolicyTexts {
  readonly foreign: boolean;
}

const NO_LIMITS = '{}';
/** The version of what was in force before anybody said anything (policy-history.lua). */
const NO_VERSION = 'none';

/**
 * What is in force of a stored policy: what the key says, unless that is not what the newest version of the history says
 * and the portfolio does not follow what was written past Portcullis. Every change of Portcullis writes both in one
 * script. Without a history nothing is known, and the key is believed.
 */
export function policyInForce(
  { policyForeign }: Pick<Portfolio, 'policyForeign'>,
  stored: PolicyTexts,
  newest: Fields | undefined,
): PolicyInForce {
  if (policyForeign === 'follow' || newest === undefined) return { ...stored, foreign: false };
  const { mode = '', version = '', settings = NO_LIMITS } = newest;
  if ((stored.mode ?? '') === mode && (stored.settings ?? NO_LIMITS) === settings) return { ...stored, foreign: false };
  return {
    mode: mode === '' ? null : mode,
    version: version === '' || version === NO_VERSION ? null : version,
    settings: settings === NO_LIMITS ? null : settings,
    foreign: true,
  };
}

/** A policy as it is judged by now. */
export interface PolicyNow {
  /** The fields of its key; mode, limits and who set them are those in force. */
  readonly fields: Fields;
  /** The version that the key names; empty where there is none. */
  readonly storedVersion: string;
  /** What somebody wrote past Portcullis and is not in force, in words; empty otherwise. */
  readonly foreign: string;
  /** Whether the key is of another type: it then counts as absent. */
  readonly wrongType: boolean;
}

/** The policy of a gate as it is judged by now, with who set it. */
export async function readInForce(redis: Redis, portfolio: Portfolio, gate: string): Promise<PolicyNow> {
  const [stored, newest] = await Promise.all([
    hashFact(redis, portfolio.key(keys.policy(gate))),
    newestVersion(redis, portfolio, gate),
  ]);
  const fields = stored.fields ?? fieldsOf([]);
  const { mode = null, version = null, settings = null } = fields;
  const about = { storedVersion: version ?? '', wrongType: stored.wrongType };
  const found = policyInForce(portfolio, { mode, version, settings }, stored.wrongType ? undefined : newest);
  if (!found.foreign) return { ...about, fields, foreign: '' };
  return {
    ...about,
    fields: fieldsOf(
      Object.entries({
        ...fields,
        ...{ mode: found.mode ?? '', version: found.version ?? '', settings: found.settings ?? NO_LIMITS },
        ...{ actor: newest?.actor ?? '', reason: newest?.reason ?? '', since: newest?.timestamp ?? '' },
      }).flat(),
    ),
    foreign: foreignText(mode, settings),
  };
}

/** What somebody outside wrote, in the words of the ledger. */
export function foreignText(mode: string | null, settings: string | null): string {
  return `mode=${mode ?? ''} ${settings ?? NO_LIMITS}`;
}

async function newestVersion(redis: Redis, portfolio: Portfolio, gate: string): Promise<Fields | undefined> {
  try {
    const [entry] = await redis.xrevrange(portfolio.key(keys.policyHistory(gate)), '+', '-', 'COUNT', 1);
    return entry === undefined ? undefined : fieldsOf(entry[1]);
  } catch (error) {
    if (isWrongType(error)) return undefined;
    throw error;
  }
}
