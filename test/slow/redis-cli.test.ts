import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findProgram } from '../../runtime/redis/embedded/executable.ts';
import { type OpenRedis, openRedis } from '../../runtime/redis/embedded/index.ts';
import { processEnvironment } from '../../runtime/settings/environment.ts';
import { loadSettings } from '../../runtime/settings/load.ts';
import { freePort } from '../support/ports.ts';
import { PROGRAM } from '../support/program.ts';
import { until } from '../support/redis.ts';

const { PATH = '' } = processEnvironment();

let folder: string;
let port: number;
let redis: OpenRedis;
let password: string;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-redis-cli-'));
  port = await freePort();
  redis = await openRedis(loadSettings({ PATH, ...where() }, []).runtime.redis, () => undefined);
  password = readFileSync(join(folder, 'redis.password'), 'utf8').trim();
  url = readFileSync(join(folder, 'redis.url'), 'utf8').trim();
});

afterAll(async () => {
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

function where(): Record<string, string> {
  return { PORTCULLIS_DATA_DIR: folder, EMBEDDED_REDIS_PORT: String(port) };
}

function started(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const argv = [PROGRAM, 'redis-cli', ...args];
  return spawn(process.execPath, argv, { env: { ...where(), ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
}

async function run(args: readonly string[], env: Readonly<Record<string, string>>, input = '') {
  const child = started(args, env);
  const ended = once(child, 'exit');
  child.stdin?.end(input);
  const [out, err] = await Promise.all([text(child.stdout as never), text(child.stderr as never)]);
  return { code: (await ended)[0], out, err };
}

const LINES = `
FLUSHDB
HSET h a 1 b "two words" c 'it''s'
HSET h a 1 b "two words" c 'it\\'s' d "line\\nbreak \\x41"
HGETALL h
GET nothing
RPUSH l 1 2 3
LRANGE l 0 -1
XADD s 1-1 plan_id p1 note "Z\u00fcrich"
XRANGE s - +
INCR l
INCRBY q 9007199254740993
MULTI
INCR q
LLEN h
EXEC
SMEMBERS nothing
NOSUCH 1
"unfinished
ping
quit
PING
`;

describe('portcullis redis-cli', () => {
  beforeEach(() => expect(findProgram('redis-cli', PATH.split(':'))).toBeDefined());

  it('answers the same with redis-cli and with a client of our own', async () => {
    const theirs = await run([], { PATH }, LINES);
    const ours = await run([], { PATH: '' }, LINES);
    expect(theirs).toMatchObject({ code: 0, err: '' });
    expect(theirs.out).toContain('two words');
    expect(ours).toEqual(theirs);
  });

  it.each([
    ['redis-cli', PATH],
    ['a client of our own', ''],
  ])('does a command of its arguments, whatever they look like: %s', async (_who, path) => {
    expect(await run(['SET', 'key', '-V'], { PATH: path })).toEqual({ code: 0, out: 'OK\n', err: '' });
    expect(await run(['get', 'key'], { PATH: path })).toEqual({ code: 0, out: '-V\n', err: '' });
    expect(await run(['-n', '0', 'get', 'key'], { PATH })).toEqual({ code: 0, out: '-V\n', err: '' });
  });

  it.each([
    ['redis-cli', PATH],
    ['a client of our own', ''],
  ])('goes to the database of REDIS_URL: %s', async (_who, path) => {
    await run(['SET', 'third', 'yes'], { PATH: path, REDIS_URL: `${url}/3` });
    expect((await run(['GET', 'third'], { PATH: path })).out).toBe('\n');
    expect((await run(['-n', '3', 'GET', 'third'], { PATH })).out).toBe('yes\n');
    await run(['DEL', 'third'], { PATH: path, REDIS_URL: `${url}/3` });
  });

  it.each([
    ['by the socket', () => ({})],
    ['by REDIS_URL', () => ({ REDIS_URL: url })],
  ])('shows the password in no argument of a process, %s', async (_how, env) => {
    const child = started(['BLPOP', 'held', '0'], { PATH, ...env() });
    const cli = await until('redis-cli to run', () => childOf(child.pid as number));
    expect(argumentsOf(cli)).toContain('BLPOP');
    expect(argumentsOf(cli)).not.toContain(password);
    expect(argumentsOf(child.pid as number)).not.toContain(password);
    const ended = once(child, 'exit');
    await run(['RPUSH', 'held', 'x'], { PATH });
    expect((await ended)[0]).toBe(0);
  });

  it('says what it takes redis-cli itself for, and where there is no Redis', async () => {
    expect(await run(['--scan'], { PATH: '' })).toMatchObject({
      code: 2,
      err: 'portcullis: expected a command, got --scan: options need redis-cli itself on the PATH\n',
    });
    expect((await run(['monitor'], { PATH: '' })).err).toContain('MONITOR: expected redis-cli itself on the PATH');
    expect((await run(['--help'], { PATH })).out).toContain('portcullis redis-cli HGETALL');
    const elsewhere = { PORTCULLIS_DATA_DIR: join(folder, 'x'), EMBEDDED_REDIS_PORT: '1' };
    expect(await run(['PING'], { PATH, ...elsewhere })).toMatchObject({ code: 69 });
  });
});

function argumentsOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
}

/** The redis-cli that a process has started. */
function childOf(parent: number): number | undefined {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const hasBegun = stat.includes('(redis-cli)') && argumentsOf(pid) !== '';
        return hasBegun && stat.slice(stat.lastIndexOf(')')).split(' ')[2] === String(parent);
      } catch {
        return false;
      }
    });
}
