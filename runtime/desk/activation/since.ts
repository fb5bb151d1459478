import type { Redis } from 'ioredis';
import { parseNumber } from '../../../schemas/number.ts';
import { sameTexts } from '../../../schemas/policy.ts';
import { streamIdMs } from '../../../schemas/time.ts';
import { readInForce } from '../../engine/policy/in-force.ts';
import { policyVersions } from '../../engine/policy/policy-history.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** Since when a gate has been in the mode and under the limits it has now, Unix ms; undefined where that is not known, and why. */
export interface UnderPolicy {
  readonly mode: string;
  readonly version: string;
  readonly sinceMs: number | undefined;
  readonly problem: string;
}

/** Looks through the versions of a gate's policy, and at the environment of its workers, for the last change of mode or limits. */
export async function underPolicy(redis: Redis, portfolio: Portfolio, gate: string): Promise<UnderPolicy> {
  const { fields, storedVersion } = await readInForce(redis, portfolio, gate);
  const { mode = '', env_since: environmentSince } = fields;
  const stored = { version: storedVersion, mode };
  const versions = await policyVersions(redis, portfolio, gate);
  const newest = versions.at(-1);
  if (newest === undefined) return { ...stored, sinceMs: undefined, problem: 'not known: its policy has no history' };
  if (newest.version !== stored.version || newest.mode !== stored.mode) {
    return { ...stored, sinceMs: undefined, problem: 'not known: its policy was changed by other means' };
  }
  const last = versions.findLastIndex((one) => one.mode !== newest.mode || !sameTexts(one.settings, newest.settings));
  const first = versions[last + 1] ?? newest;
  const environmentMs = (parseNumber(environmentSince) ?? 0) * 1000;
  return { ...stored, sinceMs: Math.max(streamIdMs(first.id), environmentMs), problem: '' };
}
