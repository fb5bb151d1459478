import type { Redis } from 'ioredis';
import { keys } from '../../../schemas/keys.ts';
import { type Overrides, overridesOf } from '../../../schemas/policy.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** The version of what was in force before anybody said anything: the environment alone, and no stored mode. */
const NO_VERSION = 'none';

/**
 * Lua for an operation on a policy, KEYS[5], and its history, KEYS[6]. `history(action, restores)` appends the policy
 * as it now is; `first()`, called before a change, appends what is about to be changed where there is no history yet.
 */
export const POLICY_HISTORY = `
local policy = KEYS[5]
local function remember(action, restores, who, why, at)
  local now = redis.call('HMGET', policy, 'version', 'mode', 'settings')
  redis.call('XADD', KEYS[6], '*', 'action', action, 'version', now[1] or '${NO_VERSION}', 'restores', restores,
    'mode', now[2] or '', 'settings', now[3] or '{}', 'actor', who, 'reason', why, 'timestamp', at)
end
local function history(action, restores) remember(action, restores, actor, reason, seconds) end
local function first()
  if redis.call('EXISTS', KEYS[6]) == 1 then return end
  local was = redis.call('HMGET', policy, 'actor', 'reason', 'since')
  remember('before', '', was[1] or '', was[2] or 'what was in force before the first change', was[3] or '')
end
`;

/** The keys of an operation on a policy: the policy itself and its history. */
export function policyKeys(portfolio: Portfolio, gate: string): string[] {
  return [portfolio.key(keys.policy(gate)), portfolio.key(keys.policyHistory(gate))];
}

/** A version of a policy, as it was put in force. */
export interface PolicyVersion {
  readonly id: string;
  readonly version: string;
  /** What put it in force: `set`, `rollback`, `mode`, `environment`, `rehearsal` (nothing changed), or `before` for what was there before the first. */
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
