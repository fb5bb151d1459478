import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { Rehearsal } from '../../../schemas/api/activation.ts';
import { counted } from '../../../schemas/figure-text.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { type Change, operate, Refusal } from '../../engine/commit/operation.ts';
import { awaitFollowers, type Followers, workersOf } from '../../engine/policy/followers.ts';
import { policyKeys } from '../../engine/policy/policy-history.ts';
import { luaScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { activatedGate } from './gates.ts';

/** How long a rollback may take to be in force in every worker. */
export const ROLLBACK_WITHIN_MS = 1_000;
/** How long a rehearsal, or a rollback, waits for workers before it names those that are missing. */
export const WAITS_MS = 5_000;

/** The last rehearsal that is on record. */
export interface RecordedRehearsal {
  readonly atMs: number;
  readonly passed: boolean;
  readonly workers: number;
  readonly slowestMs: number;
  readonly missing: string;
}

const BUMP = luaScript('portcullisRehearse', new URL('./rehearse.lua', import.meta.url));
const RECORD = luaScript('portcullisRehearsed', new URL('./rehearsed.lua', import.meta.url));

/**
 * Rehearses a gate's rollback: puts a new version of its policy in force, with the mode and the limits it has, in the
 * way in which a rollback would, and measures when the last running worker goes by it. Recorded in the ops ledger.
 * Throws a `Refusal` where no worker of the gate is running.
 */
export async function rehearseRollback(
  redis: Redis,
  portfolio: Portfolio,
  handlers: readonly AnyHandler[],
  name: string,
  change: Change,
): Promise<Rehearsal> {
  const { gate } = activatedGate(handlers, name);
  if ((await workersOf(redis, portfolio, gate)).length === 0) {
    throw new Refusal(`expected a running worker of ${gate} to rehearse with, got none: portcullis start`);
  }
  const bumped = await operate<{ at: string }>(redis, portfolio, BUMP, change, {
    keys: policyKeys(portfolio, gate),
    args: [gate, randomUUID()],
  });
  const sinceMs = Number(bumped.at);
  const followers = await awaitFollowers(redis, portfolio, gate, { sinceMs, withinMs: WAITS_MS });
  const { workers, missing, slowest_ms } = followers;
  const passed = workers.length > 0 && missing.length === 0 && slowest_ms <= ROLLBACK_WITHIN_MS;
  const record = {
    at_ms: sinceMs,
    passed: passed ? 1 : 0,
    workers: workers.length,
    slowest_ms,
    missing: missing.join(' '),
  };
  await operate(redis, portfolio, RECORD, change, {
    keys: [portfolio.key(runtimeKeys.rehearsal(gate))],
    args: [gate, followersText(followers), ...Object.entries(record).flat().map(String)],
  });
  return { gate, at_ms: sinceMs, passed, ...followers };
}

/** Who took a change and how long that took, in words. */
export function followersText({ workers, missing, slowest_ms }: Followers): string {
  if (workers.length === 0) return 'no worker is running';
  const of = `${workers.length - missing.length} of ${counted(workers.length, 'worker')}`;
  const late = missing.length === 0 ? '' : `, not in ${missing.join(', ')}`;
  return `${of} after ${slowest_ms} ms${late}`;
}

/** The rehearsal of a gate's rollback that is on record; `undefined` without one. */
export async function lastRehearsal(
  redis: Redis,
  portfolio: Portfolio,
  gate: string,
): Promise<RecordedRehearsal | undefined> {
  const {
    at_ms,
    passed,
    workers,
    slowest_ms,
    missing = '',
  } = await redis.hgetall(portfolio.key(runtimeKeys.rehearsal(gate)));
  const atMs = parseNumber(at_ms);
  if (atMs === undefined) return undefined;
  return {
    atMs,
    passed: passed === '1',
    workers: parseNumber(workers) ?? 0,
    slowestMs: parseNumber(slowest_ms) ?? 0,
    missing,
  };
}
