import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { Overview } from '../../../schemas/api/overview.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { candidateOf } from '../../../schemas/policy.ts';
import { type PolicyNow, readInForce } from '../../engine/policy/in-force.ts';
import { modalGates } from '../../engine/policy/modal-gates.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { skippedChecks } from '../evaluate/skips.ts';
import { ledgerEntries } from '../ledger/entries.ts';

const ENTRIES_SEARCHED = 500;
/** Seals of decisions lie between them. */
const PAGES_SEARCHED = 3;
const SWITCHED: ReadonlySet<string | undefined> = new Set(['kill_on', 'kill_off']);

/** The mode of every gate that has modes, who set it, and whether what it decides has an effect. */
export async function gatesNow(
  redis: Redis,
  portfolio: Portfolio,
  handlers: readonly AnyHandler[],
): Promise<Overview['gates']> {
  const gates = modalGates(handlers);
  const policies = await Promise.all(gates.map(({ gate }) => readInForce(redis, portfolio, gate)));
  const now = gates.map(({ gate, modes }, at) => {
    const { fields, foreign } = policies[at] as PolicyNow;
    const { mode = '', actor = '', reason = '', since, candidate = '' } = fields;
    const parsed = candidate === '' ? undefined : candidateOf(candidate);
    return {
      gate,
      mode,
      enforcing: mode !== '' && !modes.silent.includes(mode),
      actor,
      reason,
      since: parseNumber(since) ?? null,
      candidate: parsed?.version ?? null,
      foreign: foreign === '' ? null : foreign,
    };
  });
  return await Promise.all(
    now.map(async (one) => ({ ...one, skips: [...(await skippedChecks(redis, portfolio, handlers, one))] })),
  );
}

/** The kill switch, and who turned it on where the newest entries of the ledger say so. */
export async function killNow(redis: Redis, portfolio: Portfolio, on: boolean): Promise<Overview['kill']> {
  const unknown = { on, actor: null, reason: null, since: null };
  if (!on) return unknown;
  const { entries } = await ledgerEntries(redis, portfolio, {
    ...{ atMost: ENTRIES_SEARCHED, mostPages: PAGES_SEARCHED },
    isLast: ({ fields }) => SWITCHED.has(fields.action),
  }).catch(() => ({ entries: [] }));
  const { action, actor = null, reason = null, timestamp } = entries.at(-1)?.fields ?? {};
  return action === 'kill_on' ? { on, actor, reason, since: parseNumber(timestamp) ?? null } : unknown;
}
