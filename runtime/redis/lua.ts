import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

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

/** Runs a script by its digest, sending the text once to a server that does not know it. */
export async function runScript(
  redis: Redis,
  { name, text }: LuaScript,
  keys: readonly string[],
  args: readonly (string | Buffer | number)[],
): Promise<unknown> {
  const scripted = redis as unknown as Record<
    string,
    ((...all: (string | Buffer | number)[]) => Promise<unknown>) | undefined
  >;
  if (scripted[name] === undefined) redis.defineCommand(name, { lua: text });
  const run = scripted[name];
  if (run === undefined) throw new Error(`expected the script ${name} to be defined`);
  return await run.call(redis, keys.length, ...keys, ...args);
}
