import type { LimitTexts, PolicyPreview } from '../../../schemas/api/policy.ts';
import { plannedChange, readPolicy } from '../../engine/policy/policies.ts';
import { policyGate } from '../../engine/policy/policy-gate.ts';
import { impactOf } from './impact.ts';
import { type PolicyDeps, requireLimits } from './policy-changes.ts';
import { withLimits } from './policy-view.ts';

/** What limits beside those in force would change, and would have changed of the last 24 hours; throws a `Refusal` where the gate would not start with them. */
export async function previewLimits(deps: PolicyDeps, gate: string, limits: LimitTexts): Promise<PolicyPreview> {
  const { redis, portfolio, handlers, environment } = deps;
  const about = policyGate(handlers, gate);
  requireLimits(about, limits);
  const stored = await readPolicy(redis, portfolio, gate);
  const settings = withLimits(stored.settings, limits);
  const { changed } = plannedChange(about, stored, environment, { settings });
  const impact = await impactOf(deps, about, stored, settings);
  return { version: stored.version, mode: stored.mode, changed, impact };
}
