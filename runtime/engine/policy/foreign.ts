import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { AnyHandler, MetricSpec } from '../../../handlers/contract/handler.ts';
import { keys } from '../../../schemas/keys.ts';
import { luaScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { operate, Refusal } from '../commit/operation.ts';
import type { Metrics } from '../status/metrics.ts';
import { modalGates } from './modal-gates.ts';
import { policyKeys } from './policy-history.ts';

const REPORT = luaScript('portcullisForeignPolicy', new URL('./foreign.lua', import.meta.url));

const BY_WHOM = { actor: 'unknown', reason: 'set by somebody outside: the key was written past Portcullis' };

const NAME = 'portcullis_policy_foreign_total';

/** Counted by the process that put it into the ledger. */
export function foreignPolicyMetric(handlers: readonly AnyHandler[]): MetricSpec {
  return {
    name: NAME,
    type: 'counter',
    help: 'Modes and limits that somebody wrote into a policy past Portcullis',
    labels: ['gate'],
    initial: modalGates(handlers).map(({ gate }) => ({ gate })),
  };
}

/** Where it is looked for, and told. */
export interface ForeignDeps {
  readonly redis: Redis;
  readonly portfolio: Portfolio;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Reports a mode or limits of these gates that were written past Portcullis: once, however many workers see it. They stay in force. */
export async function reportForeign(
  { redis, portfolio, metrics, log }: ForeignDeps,
  gates: readonly string[],
): Promise<void> {
  for (const gate of gates) {
    const more = { keys: policyKeys(portfolio, gate), args: [gate, randomUUID()] };
    const found = await operate<{ foreign: boolean }>(redis, portfolio, REPORT, BY_WHOM, more).catch(unlessRefused);
    if (!found.foreign) continue;
    metrics.apply([{ metric: NAME, labels: { gate } }], portfolio.prefix);
    log.error(`${portfolio.key(keys.policy(gate))}: ${BY_WHOM.reason}`);
  }
}

/** A key of another type in the way is told by whoever judges on it. */
function unlessRefused(error: unknown): { readonly foreign: boolean } {
  if (error instanceof Refusal) return { foreign: false };
  throw error;
}
