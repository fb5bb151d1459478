import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { AnyHandler, MetricSpec } from '../../../handlers/contract/handler.ts';
import { keys } from '../../../schemas/keys.ts';
import { luaScript } from '../../redis/lua.ts';
import type { PolicyForeign, Portfolio } from '../../settings/portfolio.ts';
import { operate, Refusal } from '../commit/operation.ts';
import type { Metrics } from '../status/metrics.ts';
import { modalGates } from './modal-gates.ts';
import { policyKeys } from './policy-history.ts';

const REPORT = luaScript('portcullisForeignPolicy', new URL('./foreign.lua', import.meta.url));

const OUTSIDE = 'set by somebody outside: the key was written past Portcullis';
const REASONS: Readonly<Record<PolicyForeign, string>> = {
  follow: OUTSIDE,
  hold: `${OUTSIDE}; the last version stays in force`,
  revert: `${OUTSIDE}; the last version was written back`,
};

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

/** Reports a mode or limits of these gates that were written past Portcullis: once, however many workers see it. What becomes of them, the portfolio says. */
export async function reportForeign(
  { redis, portfolio, metrics, log }: ForeignDeps,
  gates: readonly string[],
): Promise<void> {
  const rule = portfolio.policyForeign;
  const change = { actor: 'unknown', reason: REASONS[rule] };
  for (const gate of gates) {
    const more = { keys: policyKeys(portfolio, gate), args: [gate, randomUUID(), rule] };
    const found = await operate<{ foreign: boolean }>(redis, portfolio, REPORT, change, more).catch(unlessRefused);
    if (!found.foreign) continue;
    metrics.apply([{ metric: NAME, labels: { gate } }], portfolio.prefix);
    log.error(`${portfolio.key(keys.policy(gate))}: ${change.reason}`);
  }
}

/** A key of another type in the way is told by whoever judges on it. */
function unlessRefused(error: unknown): { readonly foreign: boolean } {
  if (error instanceof Refusal) return { foreign: false };
  throw error;
}
