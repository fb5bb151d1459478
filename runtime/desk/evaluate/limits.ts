import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { readPolicy } from '../../engine/policy/policies.ts';
import { overlaid } from '../../settings/overlay.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** A gate that is asked, with its settings as the asking process has them. */
export interface EvaluatedHandler {
  readonly handler: AnyHandler;
  readonly settings: unknown;
}

/**
 * The gate with the limits that are in force in its workers: what the policy says, else their environment. All other
 * settings, and limits of which nothing is stored, are those of the asking process; a policy that cannot be used counts as none.
 */
export async function withLimitsInForce(
  redis: Redis,
  portfolio: Portfolio,
  asking: EvaluatedHandler,
): Promise<EvaluatedHandler> {
  const { handler, settings } = asking;
  const stored = await readPolicy(redis, portfolio, handler.gate);
  const environment = stored.environment ?? {};
  const policy = overlaid(handler, environment, stored.settings);
  const found = 'problems' in policy ? overlaid(handler, environment, {}) : policy;
  if ('problems' in found) return asking;
  const known = 'problems' in policy ? [] : Object.keys(stored.settings);
  const names =
    stored.environment === undefined ? known : [...(handler.policySettings ?? []), ...(handler.policyBeside ?? [])];
  const inForce = found.settings as Readonly<Record<string, unknown>>;
  const limits = Object.fromEntries(names.map((name) => [name, inForce[name]]));
  return { handler, settings: { ...(settings as object), ...limits } };
}
