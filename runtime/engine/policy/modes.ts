import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { KEY_GONE } from '../../../handlers/common/kill-report.ts';
import { governorModes } from '../../../schemas/governor.ts';
import { dryRunConflict } from '../../settings/modes.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type Change, operate, operationScript, Refusal } from '../commit/operation.ts';
import { rewriteBudgetModes } from './budget-modes.ts';
import { POLICY_HISTORY, policyKeys } from './policy-history.ts';

/** The gates that have modes, and the modes of each (contract §1, §3 and §4). */
export const gateModes = {
  'heat-gate': ['shadow', 'enforce'],
  'risk-governor': ['shadow', 'enforce'],
  governor: governorModes,
} as const;

/** A gate that has modes. */
export type ModalGate = keyof typeof gateModes;

/** The mode of a gate before and after a change, and the number of stored budgets that were rewritten with it. */
export interface ModeChange {
  readonly gate: string;
  readonly before: string;
  readonly after: string;
  readonly budgets: number;
}

/** What the environment says of a gate's mode. */
export interface EnvironmentMode {
  readonly value: string;
  /** Whether a setting names it; otherwise it is the default. */
  readonly explicit: boolean;
}

const SET_MODE = {
  name: 'portcullisSetMode',
  text: operationScript(`${POLICY_HISTORY}
local gate, mode, version = ARGV[3], ARGV[4], ARGV[5]
local wrong = wrongType({ [policy] = 'hash', [KEYS[6]] = 'stream', [KEYS[2]] = 'stream', [KEYS[3]] = 'stream' })
if wrong then return finish({ refused = wrong }) end
local before = redis.call('HGET', policy, 'mode') or ''
first()
redis.call('HSET', policy, 'mode', mode, 'version', version, 'actor', actor, 'reason', reason, 'since', seconds)
history('mode', '')
ledger({ action = 'mode', gate = gate, before = before, after = mode })
return finish({ gate = gate, before = before, after = mode })
`),
};

const ENVIRONMENT_MODE = {
  name: 'portcullisEnvironmentMode',
  text: operationScript(`${POLICY_HISTORY}
local gate, mode, version, starting, explicit = ARGV[3], ARGV[4], ARGV[5], ARGV[6] == '1', ARGV[7] == '1'
local wrong = wrongType({ [policy] = 'hash', [KEYS[6]] = 'stream', [KEYS[2]] = 'stream' })
if wrong then return finish({ refused = wrong }) end
local was = redis.call('HMGET', policy, 'mode', 'env_mode')
local before = was[1] or ''
local same = { gate = gate, before = before, after = before }
local differs = before == '' or (starting and was[2] ~= mode)
if not differs then return unchanged(same) end
redis.call('HSET', policy, 'env_mode', mode)
local operators = before ~= '' and not was[2] and not explicit
if before == mode or operators then return unchanged(same) end
if before ~= '' then first() end
if before == '' and not starting then
  ledger({ action = 'policy_vanished', actor = 'unknown', reason = '${KEY_GONE}', gate = gate, before = ARGV[8] })
end
redis.call('HSET', policy, 'mode', mode, 'version', version, 'actor', actor, 'reason', reason, 'since', seconds)
history('environment', '')
ledger({ action = 'mode', gate = gate, before = before, after = mode })
return finish({ gate = gate, before = before, after = mode })
`),
};

/**
 * Puts a gate into a mode, in force in every worker with its next batch. For the risk governor the stored budgets
 * carry the new mode at once (contract §3). `applyMode` is the stack's `APPLY_MODE`: a dry-run governor beside an
 * executor that would trade is refused (contract §4).
 */
export async function setMode(
  redis: Redis,
  portfolio: Portfolio,
  gate: string,
  mode: string,
  change: Change,
  applyMode?: string,
): Promise<ModeChange> {
  const problem = modeProblem(gate, mode, applyMode);
  if (problem !== undefined) throw new Refusal(problem);
  const version = randomUUID();
  const changed = await operate<Omit<ModeChange, 'budgets'>>(redis, portfolio, SET_MODE, change, {
    keys: policyKeys(portfolio, gate),
    args: [gate, mode, version],
  });
  return { ...changed, budgets: await budgetsRewritten(redis, portfolio, gate, mode, version) };
}

/** Why a gate cannot be put into a mode, or `undefined` when it can. */
export function modeProblem(gate: string, mode: string, applyMode: string | undefined): string | undefined {
  if (!isModalGate(gate)) return `expected a gate of ${Object.keys(gateModes).join(', ')}, got ${JSON.stringify(gate)}`;
  const values: readonly string[] = gateModes[gate];
  if (!values.includes(mode)) {
    return `expected a mode of ${gate}, one of ${values.join(', ')}, got ${JSON.stringify(mode)}`;
  }
  if (gate === 'governor') return dryRunConflict({ GOV_MODE: mode, APPLY_MODE: applyMode });
  return undefined;
}

/**
 * Brings the stored modes in line with the environment, atomically a gate, however many workers do it at once.
 * A gate without a policy gets one. `starting`: a value that differs from the one of the last start wins and is
 * recorded in the ledger; one that has not changed leaves an operator's change standing, and so does a mere default
 * at the first start. Not `starting`, a policy that is gone is one that vanished: the ledger has that too, with `lastSeen`,
 * what it said when it was last seen. Answers what was changed.
 */
export async function ensureModes(
  redis: Redis,
  portfolio: Portfolio,
  modes: ReadonlyMap<string, EnvironmentMode>,
  options: { readonly starting: boolean; readonly lastSeen?: (gate: string) => string },
): Promise<ModeChange[]> {
  const changes: ModeChange[] = [];
  for (const [gate, { value, explicit }] of modes) {
    const version = randomUUID();
    const reason = explicit ? 'the environment says so' : 'the default: the environment names none';
    const change = await operate<Omit<ModeChange, 'budgets'>>(
      redis,
      portfolio,
      ENVIRONMENT_MODE,
      { actor: 'environment', reason },
      {
        keys: policyKeys(portfolio, gate),
        args: [gate, value, version, flag(options.starting), flag(explicit), options.lastSeen?.(gate) ?? ''],
      },
    );
    if (change.before === change.after) continue;
    changes.push({ ...change, budgets: await budgetsRewritten(redis, portfolio, gate, value, version) });
  }
  return changes;
}

function flag(on: boolean): string {
  return on ? '1' : '0';
}

function isModalGate(gate: string): gate is ModalGate {
  return Object.hasOwn(gateModes, gate);
}

/** For the risk governor, the stored budgets carry a mode at once; answers how many there were. */
export async function budgetsRewritten(
  redis: Redis,
  portfolio: Portfolio,
  gate: string,
  mode: string,
  version: string,
): Promise<number> {
  return gate === 'risk-governor' ? await rewriteBudgetModes(redis, portfolio, mode, version) : 0;
}
