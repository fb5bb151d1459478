import { keys } from '../../../schemas/keys.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type PolicyInForce, policyInForce } from '../policy/in-force.ts';
import type { FoundAll } from './read-script.ts';

/** The policy that a batch is judged by, and what its key says that no history has. */
export interface PolicyRead extends PolicyInForce {
  /** The version that the key names: what a commit holds. */
  readonly storedVersion: string | null;
  /** JSON text of the policy that is judged by beside it; null without any. */
  readonly candidate: string | null;
}

/** The whole names of a gate's policy and of its history. */
export function policyKeysOf(
  portfolio: Portfolio,
  gate: string,
): { readonly policy: string; readonly history: string } {
  return { policy: portfolio.key(keys.policy(gate)), history: portfolio.key(keys.policyHistory(gate)) };
}

/** The policy of what was read; throws where its key is of another type. A history of another type says nothing. */
export function policyRead(portfolio: Portfolio, { policy, history }: FoundAll): PolicyRead {
  if (policy instanceof Error) throw policy;
  const [mode = null, version = null, settings = null, candidate = null] = policy.map((text) =>
    text === null ? null : String(text),
  );
  const newest = history instanceof Error ? undefined : history[0]?.[1];
  const known = newest === undefined ? undefined : fieldsOf(newest.map(String));
  return { ...policyInForce(portfolio, { mode, version, settings }, known), storedVersion: version, candidate };
}
