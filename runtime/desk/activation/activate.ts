import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { WATCH_SEC, type WatchConditions } from '../../../schemas/activation.ts';
import type { Activated, ActivationView, ChecklistLine } from '../../../schemas/api/activation.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { type Change, operate, Refusal } from '../../engine/commit/operation.ts';
import { policyKeys } from '../../engine/policy/policy-history.ts';
import { rewriteStoredModes } from '../../engine/policy/stored-modes.ts';
import { loosened } from '../../settings/activation-settings.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { checklistOf } from './checklist.ts';
import { type GatheredEvidence, gatherEvidence } from './evidence.ts';
import { activatedGate, type Gates } from './gates.ts';
import { readActivation } from './record.ts';
import { ACTIVATE } from './scripts.ts';
import { moneyConditions } from './watch-money.ts';

/** How long an activation is watched where nothing else is said, ms. */
export const WATCH_MS = WATCH_SEC * 1000;

/** How an activation is made; `watchMs` is how long it is watched. */
export interface ActivationOptions {
  readonly force: boolean;
  readonly watchMs: number;
  readonly conditions?: WatchConditions;
  /** Told how much of the decision log is read, 0 … 1. */
  readonly onPage?: (share: number) => void;
}

/** An activation that was refused; `lines` is the checklist, and the message names every line that is not as it should be. */
export class NotReady extends Refusal {
  readonly lines: readonly ChecklistLine[];

  constructor(gate: string, lines: readonly ChecklistLine[]) {
    const reasons = unmet(lines).map(
      ({ item, found, wanted }) => `${item.replaceAll('_', ' ')}: expected ${wanted}, got ${found}`,
    );
    super(`${gate} is not ready: ${reasons.join('; ')}`);
    this.lines = lines;
  }
}

/** The checklist of a gate with its figures, and its last activation; changes nothing. */
export async function viewActivation(
  redis: Redis,
  portfolio: Portfolio,
  gates: Gates,
  gate: string,
  onPage?: (share: number) => void,
): Promise<ActivationView> {
  const evidence = await gatherEvidence(redis, portfolio, gates, gate, onPage);
  const lines = checklistOf(evidence);
  const { nowMs: at_ms, mode, resting, enforcing } = evidence;
  const last = (await readActivation(redis, portfolio, gate)) ?? null;
  return { gate, at_ms, mode, resting, enforcing, ready: unmet(lines).length === 0, lines, last };
}

/**
 * Puts a gate into its enforcing mode, in force in every worker with its next batch, and under watch. Throws `NotReady`
 * where a line of the checklist is not as it should be, unless it is forced; that is recorded. Another `Refusal` where
 * the gate enforces already, or the policy changed while the evidence was gathered.
 */
export async function activate(
  redis: Redis,
  portfolio: Portfolio,
  gates: Gates,
  name: string,
  options: ActivationOptions & { readonly change: Change },
): Promise<Activated> {
  const about = activatedGate(gates.handlers, name);
  const { gate, enforcing } = about;
  const evidence = await gatherEvidence(redis, portfolio, gates, gate, options.onPage);
  if (evidence.mode === enforcing)
    throw new Refusal(`${gate} is in ${enforcing} already: there is nothing to activate`);
  const lines = checklistOf(evidence);
  const missing = unmet(lines);
  if (missing.length > 0 && !options.force) throw new NotReady(gate, lines);
  const forced = missing.map(({ item }) => item);
  const range = { fromMs: evidence.sinceMs ?? evidence.nowMs, toMs: evidence.nowMs };
  const conditions = options.conditions ?? (await moneyConditions(redis, portfolio, about.judge, range, gates.limits));
  const version = await switched(redis, portfolio, gate, evidence, { ...options, conditions, forced });
  const budgets = await rewriteStoredModes(redis, portfolio, about, enforcing, version);
  const watch = await readActivation(redis, portfolio, gate);
  if (watch === undefined) throw new Error(`expected the activation of ${gate} on record, got none`);
  return { gate, before: evidence.mode, after: enforcing, forced, lines, watch, budgets };
}

async function switched(
  redis: Redis,
  portfolio: Portfolio,
  gate: string,
  evidence: GatheredEvidence,
  options: ActivationOptions & {
    readonly change: Change;
    readonly conditions: WatchConditions;
    readonly forced: readonly string[];
  },
): Promise<string> {
  const version = randomUUID();
  const { mode, enforcing, log } = evidence;
  const conditions = JSON.stringify(options.conditions);
  const share = String(log.figures.changed_share ?? 0);
  const reply = await operate<{ moved: boolean }>(redis, portfolio, ACTIVATE, options.change, {
    keys: [...policyKeys(portfolio, gate), portfolio.key(runtimeKeys.activation(gate))],
    args: [
      ...[gate, evidence.version, mode, enforcing, version, String(options.watchMs), options.forced.join(',')],
      loosened(evidence.limits).join(' '),
      ...['conditions', conditions, 'changed_share', share],
    ],
  });
  if (reply.moved) throw new Refusal(`the policy of ${gate} changed while its evidence was gathered: try again`);
  return version;
}

function unmet(lines: readonly ChecklistLine[]): readonly ChecklistLine[] {
  return lines.filter(({ ok }) => !ok);
}
