import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { Overrides } from '../../../schemas/policy.ts';
import { environmentOf, readPolicy } from '../../engine/policy/policies.ts';
import { policyGate, policyGates, policyProblems } from '../../engine/policy/policy-gate.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { broken, type Finding, ok } from './findings.ts';

/** Whether the limits that are stored for each gate can be in force; those that nobody set are not named. */
export async function policyFindings(
  redis: Redis,
  portfolio: Portfolio,
  handlers: readonly AnyHandler[],
  texts: Overrides,
): Promise<Finding[]> {
  const found = policyGates(handlers).map(async (gate) => {
    const about = policyGate(handlers, gate);
    const stored = await readPolicy(redis, portfolio, gate).catch(() => undefined);
    if (stored === undefined) return [];
    const environment = environmentOf(about, stored, texts);
    const problems = [stored.problem, ...policyProblems(about, environment, stored.settings)].filter(Boolean);
    const todo = `portcullis policy rollback --gate ${gate} --reason …`;
    if (problems.length > 0) return [broken(`limits ${gate}`, `not in force: ${problems.join('; ')}`, todo)];
    if (stored.foreign !== '') {
      const over = `portcullis mode ${gate} ${stored.mode || 'MODE'} --reason … writes over it`;
      return [broken(`policy ${gate}`, `${stored.foreign} was written past Portcullis, and is not in force`, over)];
    }
    const set = Object.entries(stored.settings).map(([name, value]) => `${name}=${value}`);
    return set.length === 0 ? [] : [ok(`limits ${gate}`, `set by an operator: ${set.join(' ')}`)];
  });
  return (await Promise.all(found)).flat();
}
