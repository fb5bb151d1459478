import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { errorText, RedisProblem } from './problem.ts';

/** A script of Redis: the name a connection knows it by, and its Lua. */
export interface LuaScript {
  readonly name: string;
  readonly text: string;
}

const INCLUDE = /^--@include (\S+)\n/gm;

/** The script in a `.lua` file, such as `luaScript('portcullisTick', new URL('./tick.lua', import.meta.url))`. */
export function luaScript(name: string, file: URL): LuaScript {
  return { name, text: luaText(file) };
}

/**
 * The Lua in a file, with what a line such as `--@include ./part.lua` names in the place of that line: by its path from
 * the file that has the line, and once, wherever it is named first. Throws where files include each other.
 */
export function luaText(file: URL): string {
  return joined(file, new Set(), []);
}

function joined(file: URL, done: Set<string>, within: readonly string[]): string {
  if (within.includes(file.href)) {
    const circle = [...within.slice(within.indexOf(file.href)), file.href].map((href) => href.split('/').at(-1));
    throw new Error(`expected Lua files that do not include each other, got ${circle.join(' > ')}`);
  }
  if (done.has(file.href)) return '';
  const text = readFileSync(file, 'utf8').replace(INCLUDE, (_line, path: string) =>
    joined(new URL(path, file), done, [...within, file.href]),
  );
  done.add(file.href);
  return text;
}

/**
 * Runs a script by its digest, sending the text once to a server that does not know it. One that only reads is sent as
 * `EVAL_RO` for a user who may run no other: its name says so where it may not run that either.
 */
export function runScript(
  redis: Redis,
  script: LuaScript,
  keys: readonly string[],
  args: readonly (string | Buffer | number)[],
): Promise<unknown> {
  return run(redis, script, { keys, args, reply: '' });
}

/** The same, answered to the byte. */
export function runScriptBuffer(
  redis: Redis,
  script: LuaScript,
  keys: readonly string[],
  args: readonly (string | Buffer | number)[],
): Promise<unknown> {
  return run(redis, script, { keys, args, reply: 'Buffer' });
}

interface Asked {
  readonly keys: readonly string[];
  readonly args: readonly (string | Buffer | number)[];
  readonly reply: '' | 'Buffer';
}

const READS_ALONE = '#!lua flags=no-writes';
/** Connections of users who may run read-only scripts alone. */
const readers = new WeakSet<Redis>();

function run(redis: Redis, script: LuaScript, asked: Asked): Promise<unknown> {
  const { name, text } = script;
  const readsAlone = text.startsWith(READS_ALONE);
  if (readsAlone && readers.has(redis)) return runReading(redis, script, asked);
  const scripted = redis as unknown as Record<
    string,
    ((...all: (string | Buffer | number)[]) => Promise<unknown>) | undefined
  >;
  if (scripted[name] === undefined) redis.defineCommand(name, { lua: text });
  const call = scripted[`${name}${asked.reply}`];
  if (call === undefined) throw new Error(`expected the script ${name} to be defined`);
  const reply = call.call(redis, asked.keys.length, ...asked.keys, ...asked.args);
  return readsAlone
    ? reply.catch((error: unknown) =>
        isRefusedScript(error) ? runReading(redis, script, asked) : Promise.reject(error),
      )
    : reply;
}

async function runReading(redis: Redis, { text }: LuaScript, { keys, args, reply }: Asked): Promise<unknown> {
  const all = [text, keys.length, ...keys, ...args];
  try {
    const answer = await (reply === '' ? redis.call('EVAL_RO', ...all) : redis.callBuffer('EVAL_RO', ...all));
    readers.add(redis);
    return answer;
  } catch (error) {
    if (!isRefusedScript(error)) throw error;
    throw new RedisProblem(
      `expected a Redis user who may run scripts that only read (+eval_ro, as monitor in deploy/redis/users.acl), got ${errorText(error)}`,
    );
  }
}

function isRefusedScript(error: unknown): boolean {
  return error instanceof Error && /^NOPERM\b.*'eval/i.test(error.message);
}
