import type { Redis } from 'ioredis';

/** A command of the server, or a subcommand as `xgroup|create`. */
export interface ServerCommand {
  readonly name: string;
  readonly categories: ReadonlySet<string>;
  /** The words of a call of it that uses `key` wherever it takes a key. */
  call(key: string): readonly string[];
  readonly hasKeys: boolean;
}

type Described = [string, number, string[], number, number, number, string[], unknown, unknown, Described[]];

/** Calls of commands whose keys are not at places that Redis can tell beforehand. */
const MOVABLE: Readonly<Record<string, (key: string) => readonly string[]>> = {
  ...numbered(['eval', 'evalsha', 'eval_ro', 'evalsha_ro', 'fcall', 'fcall_ro'], (key) => ['x', '1', key]),
  ...numbered(['zdiff', 'zinter', 'zunion', 'sintercard', 'zintercard'], (key) => ['1', key]),
  ...numbered(['zdiffstore', 'zinterstore', 'zunionstore'], (key) => [key, '1', key]),
  ...numbered(['lmpop'], (key) => ['1', key, 'LEFT']),
  ...numbered(['blmpop'], (key) => ['0', '1', key, 'LEFT']),
  ...numbered(['zmpop'], (key) => ['1', key, 'MIN']),
  ...numbered(['bzmpop'], (key) => ['0', '1', key, 'MIN']),
  ...numbered(['georadius', 'georadiusbymember'], (key) => [key, '1', '1', '1', 'm', 'STORE', key]),
  ...numbered(['sort', 'sort_ro'], (key) => [key]),
  ...numbered(['migrate'], (key) => ['h', '1', key, '0', '1']),
  xread: (key) => ['xread', 'STREAMS', key, '0'],
  xreadgroup: (key) => ['xreadgroup', 'GROUP', 'g', 'c', 'STREAMS', key, '>'],
};

function numbered(names: readonly string[], rest: (key: string) => readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, (key: string) => [name, ...rest(key)]]));
}

/** All commands of the server, subcommands one by one. */
export async function serverCommands(redis: Redis): Promise<readonly ServerCommand[]> {
  const described = (await redis.call('COMMAND')) as Described[];
  return described.flatMap((one) => (one[9].length > 0 ? one[9] : [one])).map(commandOf);
}

function commandOf([name, arity, , first, last, step, categories]: Described): ServerCommand {
  const movable = MOVABLE[name];
  const words = name.split('|');
  const call = (key: string) => {
    if (movable !== undefined) return movable(key);
    const rest = Array.from({ length: Math.abs(arity) - words.length }, () => '1');
    const all = [...words, ...rest];
    const until = last < 0 ? all.length + last : last;
    for (let at = first; first > 0 && at <= until; at += step) all[at] = key;
    return all;
  };
  const hasKeys = movable !== undefined || first > 0;
  return { name, categories: new Set(categories.map((one) => one.slice(1))), call, hasKeys };
}

/** Whether a user may make a call, by what Redis itself says; throws where the call is none. */
export async function mayCall(redis: Redis, user: string, call: readonly string[]): Promise<boolean> {
  const answer = String(await redis.call('ACL', 'DRYRUN', user, ...call));
  if (answer !== 'OK' && !/no permissions/.test(answer)) throw new Error(`${call.join(' ')}: ${answer}`);
  return answer === 'OK';
}
