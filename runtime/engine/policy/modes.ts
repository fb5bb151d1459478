import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { KEY_GONE } from '../../../handlers/common/kill-report.ts';
import { luaScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type Change, operate, Refusal } from '../commit/operation.ts';
import type { ModalGate } from './modal-gates.ts';
import { policyKeys } from './policy-history.ts';
import { rewriteStoredModes } from './stored-modes.ts';

/** The mode of a gate before and after a change, and the number of stored hashes (the risk governor's budgets) that were rewritten with it. */
export interface ModeChange {
  readonly gate: string;
  readonly before: string;
  readonly after: string;
  readonly budgets: number;
}

/** The environment's texts that a gate may refuse a mode for. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says of a gate's mode. */
export interface EnvironmentMode {
  readonly value: string;
  /** Whether a setting names it; otherwise it is the default. */
  readonly explicit: boolean;
}

const SET_MODE = luaScript('portcullisSetMode', new URL('./set-mode.lua', import.meta.url));
const ENVIRONMENT_MODE = luaScript('portcullisEnvironmentMode', new URL('./environment-mode.lua', import.meta.url));

/**
 * Puts a gate into a mode, in force in every worker with its next batch; what is stored with its mode carries the new one
 * at once (contract §3). `environment` is what the gate may refuse a mode for (contract §4).
 */
export async function setMode(
  redis: Redis,
  portfolio: Portfolio,
  gate: ModalGate,
  mode: string,
  change: Change,
  environment: Environment = {},
): Promise<ModeChange> {
  const problem = modeProblem(gate, mode, environment);
  if (problem !== undefined) throw new Refusal(problem);
  const version = randomUUID();
  const changed = await operate<Omit<ModeChange, 'budgets'>>(redis, portfolio, SET_MODE, change, {
    keys: policyKeys(portfolio, gate.gate),
    args: [gate.gate, mode, version],
  });
  return { ...changed, budgets: await rewriteStoredModes(redis, portfolio, gate, mode, version) };
}

/** Why a gate cannot be put into a mode, or `undefined` when it can. */
export function modeProblem({ gate, modes }: ModalGate, mode: string, environment: Environment): string | undefined {
  if (!modes.values.includes(mode)) {
    return `expected a mode of ${gate}, one of ${modes.values.join(', ')}, got ${JSON.stringify(mode)}`;
  }
  return modes.conflict?.(mode, environment);
}

/**
 * Brings the stored modes of these gates in line with the environment, atomically a gate, however many workers do it at
 * once. A gate without a policy gets one. `starting`: a value that differs from the one of the last start wins and is
 * recorded in the ledger; one that has not changed leaves an operator's change standing, and so does a mere default
 * at the first start. Not `starting`, a policy that is gone is one that vanished: the ledger has that too, with `lastSeen`,
 * what it said when it was last seen. Where that is not followed (contract §6), the last version of its history
 * is in force again. Answers what was changed.
 */
export async function ensureModes(
  redis: Redis,
  portfolio: Portfolio,
  gates: readonly (ModalGate & { readonly said: EnvironmentMode })[],
  options: { readonly starting: boolean; readonly lastSeen?: (gate: string) => string },
): Promise<ModeChange[]> {
  const changes: ModeChange[] = [];
  for (const about of gates) {
    const { gate, said } = about;
    const version = randomUUID();
    const reason = said.explicit ? 'the environment says so' : 'the default: the environment names none';
    const change = await operate<Omit<ModeChange, 'budgets'>>(
      redis,
      portfolio,
      ENVIRONMENT_MODE,
      { actor: 'environment', reason },
      {
        keys: policyKeys(portfolio, gate),
        args: [
          ...[gate, said.value, version, flag(options.starting), flag(said.explicit)],
          options.lastSeen?.(gate) ?? '',
          KEY_GONE,
          portfolio.policyForeign,
        ],
      },
    );
    if (change.before === change.after) continue;
    changes.push({ ...change, budgets: await rewriteStoredModes(redis, portfolio, about, said.value, version) });
  }
  return changes;
}

function flag(on: boolean): string {
  return on ? '1' : '0';
}
