import type { Redis } from 'ioredis';
import { SWITCHES_GATE } from '../../../handlers/common/governor-events.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { StrategyPaused } from '../../../schemas/api/strategy.ts';
import { strategyProblem } from '../../../schemas/asker.ts';
import type { GovernorSettings } from '../../../schemas/governor.ts';
import type { Overrides } from '../../../schemas/policy.ts';
import { OFF, quoted } from '../../../schemas/setting.ts';
import { type Change, Refusal } from '../../engine/commit/operation.ts';
import { changePolicy, environmentOf, readPolicy, type StoredPolicy } from '../../engine/policy/policies.ts';
import { type PolicyGate, policyGate, policyProblems, settingsUnder } from '../../engine/policy/policy-gate.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

const PAUSED = 'GOV_STRATEGY_PAUSED' satisfies keyof GovernorSettings;

/** The portfolio whose strategies are meant, and what is known of its gates. */
export interface StrategyDeps {
  readonly redis: Redis;
  readonly portfolio: Portfolio;
  readonly handlers: readonly AnyHandler[];
  /** The environment's texts, to reckon with where no worker has started yet. */
  readonly environment: Overrides;
}

/**
 * Pauses a strategy, or lets it open again: a limit of the governor like any other, in the ledger and among the versions of
 * its policy, in force in every worker with its next batch. One that is so already stays so, and nothing is written.
 */
export async function setPaused(
  { redis, portfolio, handlers, environment: fallback }: StrategyDeps,
  strategy: string,
  isPaused: boolean,
  change: Change,
): Promise<StrategyPaused> {
  requireStrategy(strategy);
  const about = policyGate(handlers, SWITCHES_GATE);
  let before = false;
  const made = await changePolicy(redis, portfolio, about, { ...change, action: 'set', fallback }, (stored) => {
    const environment = environmentOf(about, stored, fallback);
    const paused = pausedIn(about, environment, stored);
    before = paused.has(strategy);
    if (before === isPaused) return { settings: stored.settings };
    const names = isPaused ? [...paused, strategy] : [...paused].filter((name) => name !== strategy);
    return { settings: withPaused(stored.settings, environment, names) };
  });
  return { strategy, before: wordOf(before), after: wordOf(isPaused), version: made.after };
}

/** The limits of the governor in force in its workers, as far as is known. */
export async function governorSettings(deps: StrategyDeps): Promise<GovernorSettings> {
  const about = policyGate(deps.handlers, SWITCHES_GATE);
  const stored = await readPolicy(deps.redis, deps.portfolio, about.gate);
  return inForce(about, environmentOf(about, stored, deps.environment), stored);
}

/** Throws a `Refusal` for what can be no strategy's name. */
export function requireStrategy(strategy: string): void {
  const problem = strategyProblem(strategy);
  if (problem !== undefined) throw new Refusal(`expected ${problem}, got ${quoted(strategy)}`);
}

function pausedIn(about: PolicyGate, environment: Overrides, stored: StoredPolicy): ReadonlySet<string> {
  return inForce(about, environment, stored)[PAUSED] ?? new Set();
}

/** A policy that cannot be used counts as none, as in the workers. */
function inForce(about: PolicyGate, environment: Overrides, { settings }: StoredPolicy): GovernorSettings {
  const usable = policyProblems(about, environment, settings).length === 0;
  return settingsUnder(about, environment, usable ? settings : {}) as GovernorSettings;
}

function withPaused(settings: Overrides, environment: Overrides, names: readonly string[]): Overrides {
  const { [PAUSED]: _, ...others } = settings;
  if (names.length > 0) return { ...others, [PAUSED]: names.join(',') };
  return environment[PAUSED] === undefined ? others : { ...others, [PAUSED]: OFF };
}

function wordOf(isPaused: boolean): StrategyPaused['after'] {
  return isPaused ? 'paused' : 'active';
}
