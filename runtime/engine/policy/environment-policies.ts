import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { KEY_GONE } from '../../../handlers/common/kill-report.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { keys, streams } from '../../../schemas/keys.ts';
import { overridesOf } from '../../../schemas/policy.ts';
import type { Ask, LookAnswer } from '../../redis/looks.ts';
import type { LoadedSettings } from '../../settings/load.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { Metrics } from '../status/metrics.ts';
import { reportForeign } from './foreign.ts';
import { modalGates } from './modal-gates.ts';
import { ensureModes } from './modes.ts';
import { ensurePolicy } from './policies.ts';
import { policyGate, policyGates } from './policy-gate.ts';
import { VANISHED } from './switch-watch.ts';

/** What brings stored policies in line with the environment. */
export interface EnvironmentPoliciesDeps {
  readonly redis: Redis;
  readonly portfolio: Portfolio;
  readonly settings: LoadedSettings;
  readonly handlers: readonly AnyHandler[];
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** What tells whether stored policies say all that they said at the start. */
export interface PoliciesLook {
  readonly asks: readonly Ask[];
  /** Whether nothing is gone and every key is of its type: then `ensureEnvironment`, not starting, has nothing to do. */
  readonly isWhole: (answers: readonly LookAnswer[]) => boolean;
}

/** Looks at the policies of the gates that run here. */
export function policiesLook({
  portfolio,
  settings,
  handlers,
}: Pick<EnvironmentPoliciesDeps, 'portfolio' | 'settings' | 'handlers'>): PoliciesLook {
  const modal = modalGates(handlers).flatMap(({ gate }) => (settings.modes.has(gate) ? [gate] : []));
  const limited = policyGates(handlers);
  const gates = [...new Set([...modal, ...limited])];
  const asksOf = (gate: string): Ask[] => [
    ['HMGET', portfolio.key(keys.policy(gate)), 'mode', 'env_settings'],
    ['XLEN', portfolio.key(keys.policyHistory(gate))],
  ];
  const says = (gate: string, [mode, environment]: readonly (string | null)[]) =>
    (!modal.includes(gate) || Boolean(mode)) &&
    (!limited.includes(gate) || (Boolean(environment) && overridesOf(environment ?? undefined) !== undefined));
  return {
    asks: [...gates.flatMap(asksOf), ['XLEN', portfolio.streamKey(streams.ledger)]],
    isWhole: (answers) =>
      answers.every(({ problem }) => problem === '') &&
      gates.every((gate, at) => says(gate, answers[2 * at]?.value as readonly (string | null)[])),
  };
}

/** Brings modes and policies of the gates that run here in line with the environment: another process's says in which mode its gates are. */
export async function ensureEnvironment(
  deps: EnvironmentPoliciesDeps,
  options: { readonly starting: boolean; readonly lastSeen?: (gate: string) => string },
): Promise<void> {
  const { redis, portfolio, settings, handlers, metrics, log } = deps;
  const gates = modalGates(handlers).flatMap((one) => {
    const said = settings.modes.get(one.gate);
    return said === undefined ? [] : [{ ...one, said }];
  });
  if (options.starting) await reportForeign(deps, [...new Set(modalGates(handlers).map(({ gate }) => gate))]);
  for (const change of await ensureModes(redis, portfolio, gates, options)) {
    if (change.before === '' && !options.starting) {
      metrics.apply([{ metric: VANISHED.name, labels: { what: 'policy' } }], portfolio.prefix);
      log.error(`${portfolio.key(keys.policy(change.gate))}: ${KEY_GONE}`);
    }
    log.info(`mode of ${change.gate}: ${change.before === '' ? 'none yet' : change.before} → ${change.after}`);
  }
  for (const gate of policyGates(handlers)) {
    const change = await ensurePolicy(redis, portfolio, policyGate(handlers, gate), settings.texts, options);
    for (const [name, { before, after }] of Object.entries(change?.changed ?? {})) {
      log.info(`${name} of ${gate}: ${before} → ${after}, as the environment says`);
    }
  }
}
