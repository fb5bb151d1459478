import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { AnyHandler } from '../../handlers/common/handler.ts';
import { ensureModes } from '../ops/modes.ts';
import { ensurePolicy } from '../ops/policies.ts';
import { policyGate, policyGates } from '../ops/policy-gate.ts';
import type { Portfolio } from '../portfolio.ts';
import type { LoadedSettings } from '../settings/load.ts';

/** What brings stored policies in line with the environment. */
export interface EnvironmentPoliciesDeps {
  readonly redis: Redis;
  readonly portfolio: Portfolio;
  readonly settings: LoadedSettings;
  readonly handlers: readonly AnyHandler[];
  readonly log: Logger;
}

/** Brings modes and policies of the gates that run here in line with the environment: another process's says in which mode its gates are. */
export async function ensureEnvironment(deps: EnvironmentPoliciesDeps, starting: boolean): Promise<void> {
  const { redis, portfolio, settings, handlers, log } = deps;
  const own = new Set(handlers.map(({ gate }) => gate));
  const modes = new Map([...settings.modes].filter(([gate]) => own.has(gate)));
  for (const change of await ensureModes(redis, portfolio, modes, { starting })) {
    log.info(`mode of ${change.gate}: ${change.before === '' ? 'none yet' : change.before} → ${change.after}`);
  }
  for (const gate of policyGates(handlers)) {
    const change = await ensurePolicy(redis, portfolio, policyGate(handlers, gate), settings.texts, { starting });
    for (const [name, { before, after }] of Object.entries(change?.changed ?? {})) {
      log.info(`${name} of ${gate}: ${before} → ${after}, as the environment says`);
    }
  }
}
