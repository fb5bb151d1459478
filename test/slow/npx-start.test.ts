import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { askServer } from '../../runtime/redis/connection/address.ts';
import { ownAddress } from '../../runtime/redis/embedded/password.ts';
import { processEnvironment } from '../../runtime/settings/environment.ts';
import { freePort } from '../support/ports.ts';
import { until } from '../support/redis.ts';

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
  const clean = Object.entries(processEnvironment()).filter(([name]) => !/^npm_|^REDIS_/.test(name));
  npx = spawn('npx', ['portcullis', ...argv], {
    cwd: folder,
    env: { ...Object.fromEntries(clean), ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const output of [npx.stdout, npx.stderr]) {
    output?.on('data', (chunk: Buffer) => {
      said += String(chunk);
    });
  }
  return until(`${words} in ${said}`, () => said.includes(words));
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

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
