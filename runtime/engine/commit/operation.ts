import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { SWITCHES_GATE } from '../../../handlers/common/governor-events.ts';
import { keys, runtimeKeys, streams } from '../../../schemas/keys.ts';
import { type LuaScript, runScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { howKnown } from './actor-known.ts';

/** Who changes something, and why: both go to the ops ledger. */
export interface Change {
  readonly actor: string;
  readonly reason: string;
}

/** A change that was not made, in words an operator can act on. Nothing was written. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** Throws a `Refusal` when a change would write under a key that belongs to the system beside this one (contract §6). */
export function requireOwnKey({ prefix, outputPrefix }: Portfolio, key: string): void {
  if (outputPrefix === prefix || key.startsWith(`${outputPrefix}:`)) return;
  throw new Refusal(
    `expected to write under ${outputPrefix}: alone (OUTPUT_PREFIX), got ${key}, which the system beside this one reads ` +
      'too: nothing was changed. Without OUTPUT_PREFIX and GROUP_SUFFIX the command changes it for both',
  );
}

/**
 * Runs an operation: all of it or, when it is refused, nothing. Its script includes `operation-head.lua`; `more` are its
 * own keys (KEYS[5] on) and arguments (ARGV[3] on). Throws a `Refusal` when the script says why it did nothing.
 */
export async function operate<T>(
  redis: Redis,
  portfolio: Portfolio,
  script: LuaScript,
  change: Change,
  more: { readonly keys: readonly string[]; readonly args: readonly string[] },
): Promise<T> {
  const common = [
    portfolio.key(runtimeKeys.operation(randomUUID())),
    portfolio.streamKey(streams.ledger),
    portfolio.streamKey(streams.governorEvents),
    portfolio.key(keys.policy(SWITCHES_GATE)),
  ];
  const args = [`${change.actor}\0${howKnown()}`, change.reason, ...more.args];
  const text = await runScript(redis, script, [...common, ...more.keys], args);
  const reply = JSON.parse(String(text)) as T & { readonly refused?: string };
  if (reply.refused !== undefined) throw new Refusal(reply.refused);
  return reply;
}
