import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { askServer } from '../../runtime/redis/connection/address.ts';
import { ownAddress } from '../../runtime/redis/embedded/password.ts';
import { processEnvironment } from '../../runtime/settings/environment.ts';
import { freePort } from '../support/ports.ts';
import { startRedis, until } from '../support/redis.ts';

const MAIN = new URL('../../runtime/process/main.ts', import.meta.url).href;
const TSX = import.meta.resolve('tsx/esm/api');
const PROGRAM = `#!/usr/bin/env node
import { register } from '${TSX}';
register();
const { main } = await import('${MAIN}');
process.exitCode = await main(process.argv.slice(2));
`;
const ANSWER_MS = 60_000;

let folder: string;
let data: string;
let npx: ChildProcess | undefined;
let said: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-npx-'));
  data = join(folder, 'data');
  said = '';
  const bin = join(folder, 'node_modules/.bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'adopter', type: 'module', private: true }));
  writeFileSync(join(bin, 'portcullis'), PROGRAM);
  chmodSync(join(bin, 'portcullis'), 0o755);
});

afterEach(() => {
  try {
    if (npx?.pid !== undefined) process.kill(-npx.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a command of ours by npx, in a process group of its own. */
function byNpx(argv: readonly string[], env: Readonly<Record<string, string>>, words: string): Promise<unknown> {
  npx = spawn('npx', ['portcullis', ...argv], {
    cwd: folder,
    env: { ...cleanEnvironment(), ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  gathered(npx);
  return until(`${words} in ${said}`, () => said.includes(words));
}

function cleanEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(processEnvironment()).filter(([name]) => !/^npm_|^REDIS_/.test(name)));
}

function gathered({ stdout, stderr }: ChildProcess): void {
  for (const output of [stdout, stderr]) {
    output?.on('data', (chunk: Buffer) => {
      said += String(chunk);
    });
  }
}

async function started(): Promise<{ readonly node: number; readonly server: number; readonly npm: number }> {
  const env = { PORTCULLIS_DATA_DIR: data, HTTP_PORT: '0', EMBEDDED_REDIS_PORT: '0', GATES: 'heat-gate' };
  await byNpx(['start'], env, 'Portcullis is running.');
  const node = Number.parseInt(readFileSync(join(data, 'owner'), 'utf8'), 10);
  const { processId } = await askServer(ownAddress(data), ANSWER_MS);
  return { node, server: processId, npm: npx?.pid as number };
}

const times = (words: string) => said.split(words).length - 1;

it.each([
  ['SIGTERM', 'npm'],
  ['SIGKILL', 'npm'],
  ['SIGTERM', 'group'],
  ['SIGINT', 'group'],
] as const)('npx portcullis start ends with its Redis at a %s for the %s', async (signal, whom) => {
  const { node, server, npm } = await started();
  process.kill(whom === 'group' ? -npm : npm, signal);
  await until('node to end', () => !isAlive(node));
  await until('the server to end', () => !isAlive(server));
  expect([times(': stopping'), times('"stopped"')]).toEqual([1, 1]);
});

it.each(['SIGTERM', 'SIGKILL'] as const)('npx portcullis exchange ends at a %s', async (signal) => {
  const port = String(await freePort());
  await byNpx(['exchange', '--port', port], {}, 'Ctrl-C ends it');
  const answers = () => fetch(`http://127.0.0.1:${port}/fapi/v1/time`).then(Boolean, () => false);
  expect(await answers()).toBe(true);
  npx?.kill(signal);
  await until('the exchange to end', async () => !(await answers()));
});

it('npx portcullis tail | head -1 ends at once, though nothing more is written', async () => {
  const redis = await startRedis();
  try {
    for (const plan of ['p1', 'p2'])
      await redis.client.xadd(
        'quantum:stream:decisions',
        '*',
        'handler',
        'governor',
        'verdict',
        'BLOCK',
        'plan_id',
        plan,
      );
    const env = { ...cleanEnvironment(), REDIS_URL: redis.url };
    npx = spawn('bash', ['-c', 'npx portcullis tail --last 2 | head -1; echo $PIPESTATUS'], {
      ...{ cwd: folder, env, detached: true },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    gathered(npx);
    await once(npx, 'close');
    expect(said).toMatch(/^[^\n]* BLOCK [^\n]*p1[^\n]*\n0\n$/);
  } finally {
    await redis.stop();
  }
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
