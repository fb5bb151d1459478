import { randomUUID } from 'node:crypto';
import type { CandidatePolicy } from '../../../schemas/policy.ts';
import type { Change } from '../../engine/commit/operation.ts';
import { environmentOf, readPolicy, setCandidate } from '../../engine/policy/policies.ts';
import { type PolicyGate, settingsUnder } from '../../engine/policy/policy-gate.ts';
import { portfolioNowMs } from '../../redis/clock.ts';
import { noteCandidate } from '../replay/tries.ts';
import type { PolicyDeps } from './policy-changes.ts';

/** A candidate that was put there, none where it was taken away, and why it is not counted among the policies tried. */
export interface PutCandidate {
  readonly candidate: CandidatePolicy | undefined;
  readonly uncounted: string | undefined;
}

/**
 * Puts a candidate that the gate would start with beside the policy in force, or takes it away. It counts among the
 * policies that were tried from this day on, until another takes its place.
 */
export async function putCandidate(
  { redis, portfolio, environment }: Omit<PolicyDeps, 'handlers'>,
  about: PolicyGate,
  asked: Omit<CandidatePolicy, 'version'> | undefined,
  change: Change,
): Promise<PutCandidate> {
  const stored = await readPolicy(redis, portfolio, about.gate);
  const texts = environmentOf(about, stored, environment);
  const candidate = asked === undefined ? undefined : { version: randomUUID(), ...asked };
  const rules = (asked === undefined ? [] : [{ settings: stored.settings }, asked]).map((one) => ({
    settings: settingsUnder(about, texts, one.settings),
    mode: 'mode' in one ? one.mode : undefined,
  }));
  await setCandidate(redis, portfolio, about.gate, candidate, change);
  const nowMs = await portfolioNowMs(redis, portfolio);
  return { candidate, uncounted: await noteCandidate({ redis, portfolio, nowMs }, about.gate, rules) };
}
