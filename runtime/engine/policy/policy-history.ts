import type { Redis } from 'ioredis';
import { keys } from '../../../schemas/keys.ts';
import { type Overrides, overridesOf } from '../../../schemas/policy.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** The keys of an operation on a policy: the policy itself and its history. */
export function policyKeys(portfolio: Portfolio, gate: string): string[] {
  return [portfolio.key(keys.policy(gate)), portfolio.key(keys.policyHistory(gate))];
}

/** A version of a policy, as it was put in force. */
export interface PolicyVersion {
  readonly id: string;
  readonly version: string;
  /** What put it in force: `set`, `rollback`, `mode`, `environment`, `rehearsal` (nothing changed), `foreign` (written past Portcullis), or `before` for what was there before the first. */
  readonly action: string;
  /** The version that a rollback brought back; empty otherwise. */
  readonly restores: string;
  /** Empty where no mode was stored. */
  readonly mode: string;
  readonly settings: Overrides;
  readonly actor: string;
  readonly reason: string;
  /** Unix seconds. */
  readonly timestamp: string;
}

/** The versions of a gate's policy, oldest first. */
export async function policyVersions(redis: Redis, portfolio: Portfolio, gate: string): Promise<PolicyVersion[]> {
  const entries = await redis.xrange(portfolio.key(keys.policyHistory(gate)), '-', '+');
  return entries.map(([id, flat]) => {
    const { version = '', action = '', restores = '', mode = '', settings, ...who } = fieldsOf(flat);
    const { actor = '', reason = '', timestamp = '' } = who;
    return { id, version, action, restores, mode, settings: overridesOf(settings) ?? {}, actor, reason, timestamp };
  });
}
