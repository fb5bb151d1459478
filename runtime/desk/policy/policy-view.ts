import type { LimitTexts, PolicyView } from '../../../schemas/api/policy.ts';
import type { Overrides } from '../../../schemas/policy.ts';
import { environmentOf, type StoredPolicy } from '../../engine/policy/policies.ts';
import { type PolicyGate, policyProblems, valuesUnder } from '../../engine/policy/policy-gate.ts';
import { limitWords } from './limit-words.ts';

/** What is in force of a stored policy, as the gate's workers judge by it. */
export function policyView(about: PolicyGate, stored: StoredPolicy, fallback: Overrides): PolicyView {
  const environment = environmentOf(about, stored, fallback);
  const problems = [stored.problem, ...policyProblems(about, environment, stored.settings)].filter(
    (text) => text !== '',
  );
  const settings = problems.length === 0 ? stored.settings : {};
  const plain = valuesUnder(about, environment, {});
  const inForce = valuesUnder(about, environment, settings);
  const { candidate } = stored;
  const judged = candidate !== undefined && policyProblems(about, environment, candidate.settings).length === 0;
  const proposed = judged ? valuesUnder(about, environment, candidate.settings) : undefined;
  const wordsOf = limitWords(about, environment);
  const limits = about.limits.map((name) => ({
    name,
    in_force: inForce[name] ?? '',
    from: from(name, settings, environment),
    environment: plain[name] ?? '',
    candidate: proposed?.[name] ?? null,
    ...wordsOf(name),
  }));
  const beside = candidate === undefined ? null : { version: candidate.version, mode: candidate.mode ?? stored.mode };
  const { mode, version } = stored;
  return {
    gate: about.gate,
    mode,
    modes: about.modes,
    version,
    candidate: beside,
    problem: problems.join('; '),
    limits,
  };
}

function from(name: string, settings: Overrides, environment: Overrides): PolicyView['limits'][number]['from'] {
  if (settings[name] !== undefined) return 'policy';
  return environment[name] === undefined ? 'default' : 'environment';
}

/** The overrides with those limits in them; one that is null is the environment's again. */
export function withLimits(settings: Overrides, limits: LimitTexts): Overrides {
  const said = Object.entries({ ...settings, ...limits });
  return Object.fromEntries(said.filter((limit): limit is [string, string] => limit[1] !== null));
}
