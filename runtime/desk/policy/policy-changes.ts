import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { LimitTexts, PolicyPage, PolicyView } from '../../../schemas/api/policy.ts';
import type { Overrides } from '../../../schemas/policy.ts';
import { alternatives } from '../../../schemas/setting.ts';
import { type Change, Refusal } from '../../engine/commit/operation.ts';
import { changePolicy, environmentOf, type PolicyChange, readPolicy } from '../../engine/policy/policies.ts';
import {
  nameProblem,
  type PolicyGate,
  policyGate,
  policyGates,
  policyProblems,
} from '../../engine/policy/policy-gate.ts';
import { policyVersions } from '../../engine/policy/policy-history.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { rollbackPolicy, rollbackTarget } from './policy-rollback.ts';
import { policyView, withLimits } from './policy-view.ts';
import { type PutCandidate, putCandidate } from './put-candidate.ts';

const VERSIONS_SHOWN = 200;

/** The portfolio whose policies are meant, and what is known of its gates. */
export interface PolicyDeps {
  readonly redis: Redis;
  readonly portfolio: Portfolio;
  /** Every handler there is. */
  readonly handlers: readonly AnyHandler[];
  /** The environment's texts, to reckon with for a gate of which no worker has started yet. */
  readonly environment: Overrides;
}

/** The policies of all gates that have limits, as they are in force. */
export async function policyViews(deps: PolicyDeps): Promise<PolicyView[]> {
  return await Promise.all(policyGates(deps.handlers).map((gate) => viewOf(deps, policyGate(deps.handlers, gate))));
}

/** The policy of a gate with its newest versions, newest first. */
export async function policyPage(deps: PolicyDeps, gate: string): Promise<PolicyPage> {
  const policy = await viewOf(deps, policyGate(deps.handlers, gate));
  const versions = (await policyVersions(deps.redis, deps.portfolio, gate)).reverse();
  return { policy, versions: versions.slice(0, VERSIONS_SHOWN), more: versions.length > VERSIONS_SHOWN };
}

/** Sets limits beside those that are set; refused where another version than `version`, if that is given, is in force. */
export async function setLimits(
  { redis, portfolio, handlers, environment }: PolicyDeps,
  gate: string,
  next: { readonly settings: LimitTexts; readonly version?: string | undefined },
  change: Change,
): Promise<PolicyChange> {
  const about = policyGate(handlers, gate);
  requireLimits(about, next.settings);
  const how = { ...change, action: 'set', fallback: environment } as const;
  return await changePolicy(redis, portfolio, about, how, (stored) => {
    if (next.version !== undefined && next.version !== stored.version) throw movedOn(gate);
    return { settings: withLimits(stored.settings, next.settings) };
  });
}

/** Puts a candidate beside the policy in force: limits that are not named are as they are. `settings` null takes it away. */
export async function tryLimits(
  { redis, portfolio, handlers, environment }: PolicyDeps,
  gate: string,
  next: { readonly settings: LimitTexts | null; readonly mode?: string | undefined },
  change: Change,
): Promise<PutCandidate> {
  const about = policyGate(handlers, gate);
  const { settings: limits, mode } = next;
  if (mode !== undefined && !about.modes.includes(mode)) {
    throw new Refusal(`expected a mode of ${gate}, ${alternatives(about.modes)}, got ${JSON.stringify(mode)}`);
  }
  if (limits !== null) requireLimits(about, limits);
  const stored = await readPolicy(redis, portfolio, gate);
  const settings = withLimits(stored.settings, limits ?? {});
  const problems = policyProblems(about, environmentOf(about, stored, environment), settings);
  if (problems.length > 0) throw new Refusal(problems.join('\n'));
  const asked = limits === null ? undefined : { ...(mode !== undefined && { mode }), settings };
  return await putCandidate({ redis, portfolio, environment }, about, asked, change);
}

/** Puts an earlier version in force again, without `version` the one before. */
export async function rollBack(
  { redis, portfolio, handlers, environment }: PolicyDeps,
  gate: string,
  version: string | undefined,
  change: Change,
): Promise<PolicyChange> {
  const about = policyGate(handlers, gate);
  const target = await rollbackTarget(redis, portfolio, gate, version);
  return await rollbackPolicy(redis, portfolio, about, target, { ...change, environment });
}

/** Throws a `Refusal` for names that are no limits of the gate. */
export function requireLimits(about: PolicyGate, settings: LimitTexts): void {
  const problems = Object.keys(settings).flatMap((name) => nameProblem(about, name) ?? []);
  if (problems.length > 0) throw new Refusal(problems.join('\n'));
}

async function viewOf({ redis, portfolio, environment }: PolicyDeps, about: PolicyGate): Promise<PolicyView> {
  return policyView(about, await readPolicy(redis, portfolio, about.gate), environment);
}

function movedOn(gate: string): Refusal {
  return new Refusal(`the policy of ${gate} is another one by now: look at it again, and at what the change would do`);
}
