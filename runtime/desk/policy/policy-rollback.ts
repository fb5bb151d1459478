import type { Redis } from 'ioredis';
import type { Overrides } from '../../../schemas/policy.ts';
import { type Change, Refusal } from '../../engine/commit/operation.ts';
import { changePolicy, type PolicyChange } from '../../engine/policy/policies.ts';
import type { PolicyGate } from '../../engine/policy/policy-gate.ts';
import { type PolicyVersion, policyVersions } from '../../engine/policy/policy-history.ts';
import { rewriteStoredModes } from '../../engine/policy/stored-modes.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

const FEWEST_CHARACTERS = 4;

/** The version that a rollback brings back: the one named by its first characters, else the one before that in force. */
export async function rollbackTarget(
  redis: Redis,
  portfolio: Portfolio,
  gate: string,
  to: string | undefined,
): Promise<PolicyVersion> {
  const versions = await policyVersions(redis, portfolio, gate);
  if (to !== undefined) return named(versions, gate, to);
  const changes = versions.filter(({ action }) => action !== 'rehearsal');
  const newest = changes.at(-1);
  const origin = newest?.restores || newest?.version;
  const at = changes.findIndex(({ version }) => version === origin);
  const target = changes[at - 1];
  if (target === undefined) throw new Refusal(`expected an earlier version of the policy of ${gate}, got none`);
  return target;
}

function named(versions: readonly PolicyVersion[], gate: string, to: string): PolicyVersion {
  const found = to.length < FEWEST_CHARACTERS ? [] : versions.filter(({ version }) => version.startsWith(to));
  const [one, ...others] = found;
  if (one !== undefined && others.length === 0) return one;
  const got = found.length > 1 ? `${JSON.stringify(to)}, which begins several` : JSON.stringify(to);
  throw new Refusal(
    `expected a version of the policy of ${gate}, or ${FEWEST_CHARACTERS} or more of its first characters, got ${got}: portcullis policy history --gate ${gate} lists them`,
  );
}

/** Puts mode and settings of an earlier version in force again, as a new version that names it; with or without workers. */
export async function rollbackPolicy(
  redis: Redis,
  portfolio: Portfolio,
  about: PolicyGate,
  target: PolicyVersion,
  change: Change & { readonly environment: Overrides },
): Promise<PolicyChange> {
  const { mode, settings, version } = target;
  const modes = about.handlers.find((handler) => handler.modes !== undefined)?.modes;
  const problem = modes?.conflict?.(mode, change.environment);
  if (problem !== undefined) throw new Refusal(problem);
  const { actor, reason } = change;
  const how = { actor, reason, action: 'rollback', fallback: change.environment } as const;
  const made = await changePolicy(redis, portfolio, about, how, () => ({ settings, mode, restores: version }));
  if (modes !== undefined && made.mode.before !== made.mode.after) {
    await rewriteStoredModes(redis, portfolio, { gate: about.gate, modes }, made.mode.after, made.after);
  }
  return made;
}
