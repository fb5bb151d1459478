import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import type { Command } from 'commander';
import type { RedisAddress } from '../../redis/connection/address.ts';
import { findProgram } from '../../redis/embedded/executable.ts';
import { findRedis } from '../../redis/embedded/index.ts';
import type { Environment } from '../../settings/environment.ts';
import { DEFAULT_PREFIX } from '../../settings/portfolio.ts';
import { exitCodes, usageError } from './errors.ts';
import type { Io } from './io.ts';
import type { ExitStatus } from './main.ts';
import { replyBytes, wordsOf } from './redis-text.ts';
import { connected, connectionSettings } from './session.ts';

/** Commands whose replies go on and on, or that turn the connection into another kind of one. */
const NEED_REDIS_CLI = new Set([
  'MONITOR',
  'SUBSCRIBE',
  'PSUBSCRIBE',
  'SSUBSCRIBE',
  'SYNC',
  'PSYNC',
  'HELLO',
  'CLIENT REPLY',
]);

/** How redis-cli reaches a server: its arguments, which everybody may read, and the password, which nobody may. */
interface Reach {
  readonly args: readonly string[];
  readonly password: string | undefined;
}

/** `redis-cli`: the program of that name on the Redis of the system, else a client of our own that answers alike. */
export function redisCliCommand(program: Command, io: Io, outcome: ExitStatus): void {
  program
    .command('redis-cli')
    .description('redis-cli on the Redis of this system, logged in; without the program, a client of our own')
    .argument('[args...]', 'a command of Redis, or what redis-cli takes; none: lines of standard input')
    .helpOption('--help', 'show this')
    .allowUnknownOption()
    .passThroughOptions()
    .addHelpText(
      'after',
      '\nThe password is never an argument of a program. A client of our own knows commands, no options.\n\nExamples:' +
        '\n  $ portcullis redis-cli HGETALL quantum:state:portfolio' +
        '\n  $ portcullis redis-cli GETDEL quantum:permit:p1' +
        '\n  $ portcullis redis-cli < commands.txt',
    )
    .action(async (args: readonly string[]) => {
      const { redis: settings, portfolios } = connectionSettings(io.environment);
      const { address, description } = await findRedis(settings);
      const path = findProgram('redis-cli', (io.environment.PATH ?? '').split(delimiter));
      const reach = reachOf(address);
      if (path !== undefined && reach !== undefined) {
        outcome.code = await runProgram(path, [...reach.args, ...args], { ...io.environment, ...login(reach) });
        return;
      }
      const redis = await connected(address, description, portfolios[0] ?? DEFAULT_PREFIX, { stringNumbers: true });
      try {
        await answerAll(io, args, async (words) => await redis.callBuffer(...words));
      } finally {
        redis.disconnect();
      }
    });
}

/** How redis-cli reaches this address; `undefined` where it would have to be told more than a host and a port. */
function reachOf(address: RedisAddress): Reach | undefined {
  if ('path' in address) {
    const { path, username, password } = address;
    return { args: ['-s', path, ...(username === undefined ? [] : ['--user', username])], password };
  }
  if (!('url' in address) || !address.url.startsWith('redis://')) return undefined;
  const { hostname, port, username, password, pathname, search } = new URL(address.url);
  if (search !== '') return undefined;
  const database = pathname.slice(1);
  const args = [
    ...['-h', hostname.replace(/^\[(.*)\]$/, '$1') || '127.0.0.1', '-p', port || '6379'],
    ...(database === '' ? [] : ['-n', database]),
    ...(username === '' ? [] : ['--user', decodeURIComponent(username)]),
  ];
  return { args, password: password === '' ? undefined : decodeURIComponent(password) };
}

function login({ password }: Reach): Environment {
  return password === undefined ? {} : { REDISCLI_AUTH: password };
}

/** Ctrl-C reaches the program by itself: here it only must not end the one that waits for it. */
async function runProgram(path: string, args: readonly string[], env: Environment): Promise<number> {
  const child = spawn(path, args, { env, stdio: 'inherit' });
  const ignore = () => undefined;
  const pass = () => void child.kill('SIGTERM');
  process.on('SIGINT', ignore).on('SIGTERM', pass);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(code ?? exitCodes.failed));
    });
  } finally {
    process.off('SIGINT', ignore).off('SIGTERM', pass);
  }
}

/** What Redis refuses is its answer; anything else ends the command. */
function replyError(error: Error): Error {
  if (error.name === 'ReplyError') return error;
  throw error;
}

/** The one command of the arguments, else each line of standard input, until `quit`. */
async function answerAll(io: Io, args: readonly string[], call: (words: [string, ...string[]]) => Promise<unknown>) {
  const answer = async (words: readonly string[]) => {
    const [name = '', ...rest] = words;
    if (NEED_REDIS_CLI.has(name.toUpperCase()) || NEED_REDIS_CLI.has(words.slice(0, 2).join(' ').toUpperCase())) {
      throw usageError(`${name.toUpperCase()}: expected redis-cli itself on the PATH, got a machine without it`);
    }
    io.output.write(replyBytes(await call([name.toUpperCase(), ...rest]).catch(replyError)));
  };
  if (args[0]?.startsWith('-')) {
    throw usageError(`expected a command, got ${args[0]}: options need redis-cli itself on the PATH`);
  }
  if (args.length > 0) return await answer(args);
  for await (const line of io.lines('redis> ')) {
    const words = wordsOf(line);
    if (words === undefined) io.output.write('Invalid argument(s)\n');
    else if (/^(?:quit|exit)$/i.test(words[0] ?? '')) return;
    else if (words.length > 0) await answer(words);
  }
}
