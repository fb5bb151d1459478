import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { keys, runtimeKeys, streams } from '../../../schemas/keys.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { runScript } from './commit.ts';
import { LEDGER_CHAIN } from './ledger-script.ts';

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
 * What every operation script begins with. KEYS[1] remembers the reply under the operation's own id, so that a
 * command sent twice by the client (a reply was lost) is done once; KEYS[2] is the ops ledger, KEYS[3] the governor's
 * events, KEYS[4] the governor's policy. ARGV[1] is the actor, ARGV[2] the reason.
 */
const PRELUDE = `#!lua flags=allow-oom
local prior = redis.call('GET', KEYS[1])
if prior then return prior end
local actor, reason = ARGV[1], ARGV[2]
local seconds = redis.call('TIME')[1]

local function finish(reply)
  local text = cjson.encode(reply)
  redis.call('SET', KEYS[1], text, 'EX', 600)
  return text
end

local function unchanged(reply) return cjson.encode(reply) end

local function wrongType(wanted)
  for key, want in pairs(wanted) do
    local found = redis.call('TYPE', key).ok
    if found ~= 'none' and found ~= want then
      return 'expected a ' .. want .. ' at ' .. key .. ', found a ' .. found
    end
  end
end

${LEDGER_CHAIN}
local function ledger(entry)
  local found = redis.call('TYPE', KEYS[2]).ok
  if found ~= 'none' and found ~= 'stream' then return false end
  local added = redis.pcall('XADD', KEYS[2], '*', unpack(chained(KEYS[2], { 'action', entry.action, 'actor', entry.actor or actor,
    'reason', entry.reason or reason, 'gate', entry.gate or '', 'symbol', entry.symbol or '', 'before', entry.before or '',
    'after', entry.after or '', 'timestamp', seconds })))
  return not (type(added) == 'table' and added.err)
end

local function event(name, symbol)
  local mode = redis.pcall('HGET', KEYS[4], 'mode')
  if type(mode) ~= 'string' then mode = '' end
  redis.pcall('XADD', KEYS[3], '*', 'event', name, 'plan_id', '', 'symbol', symbol or '', 'action', '',
    'reason', reason, 'mode', mode, 'checks', '[]', 'timestamp', seconds)
end
`;

/** The text of an operation script: the common beginning, then its own part. */
export function operationScript(body: string): string {
  return PRELUDE + body;
}

/**
 * Runs an operation: all of it or, when it is refused, nothing. `more` are its own keys (KEYS[5] on) and arguments
 * (ARGV[3] on). Throws a `Refusal` when the script says why it did nothing.
 */
export async function operate<T>(
  redis: Redis,
  portfolio: Portfolio,
  script: { readonly name: string; readonly text: string },
  change: Change,
  more: { readonly keys: readonly string[]; readonly args: readonly string[] },
): Promise<T> {
  const common = [
    portfolio.key(runtimeKeys.operation(randomUUID())),
    portfolio.streamKey(streams.ledger),
    portfolio.streamKey(streams.governorEvents),
    portfolio.key(keys.policy('governor')),
  ];
  const args = [change.actor, change.reason, ...more.args];
  const text = await runScript(redis, script.name, script.text, [...common, ...more.keys], args);
  const reply = JSON.parse(String(text)) as T & { readonly refused?: string };
  if (reply.refused !== undefined) throw new Refusal(reply.refused);
  return reply;
}
