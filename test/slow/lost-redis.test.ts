import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askServer, connectTo } from '../../runtime/redis/connection/address.ts';
import { ownAddress } from '../../runtime/redis/embedded/password.ts';
import { processEnvironment } from '../../runtime/settings/environment.ts';
import { PROGRAM } from '../support/program.ts';
import { until } from '../support/redis.ts';

const WITHOUT_PORTS = { HTTP_PORT: '0', EMBEDDED_REDIS_PORT: '0', GATES: 'heat-gate' };
const PROPOSAL = ['symbol', 'ETHUSDT', 'action', 'FULL_CLOSE'];

const ANSWER_MS = 30_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-lost-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Ends a process that may have ended meanwhile. */
function killed(processId: number): void {
  try {
    process.kill(processId, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

test('a system of its own goes on when its Redis is killed, and ends with exit code 69 when it is killed for the third time', async () => {
  const argv = [PROGRAM, 'start'];
  const env = { PATH: processEnvironment().PATH, PORTCULLIS_DATA_DIR: folder, ...WITHOUT_PORTS };
  const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (chunk: Buffer) => {
      said += String(chunk);
    });
  }
  const exit = once(child, 'exit');
  const times = (words: string) => said.split(words).length - 1;
  await until('the system to run', () => said.includes('Portcullis is running.'));
  const address = ownAddress(folder);
  for (const time of [1, 2]) {
    process.kill((await askServer(address, ANSWER_MS)).processId, 'SIGKILL');
    await until('it to be back', () => times('Redis is back') === time);
    const client = connectTo(address);
    await client.xadd('quantum:stream:harvest.proposal', '*', 'plan_id', `p${time}`, ...PROPOSAL);
    const exits = async () => await client.xlen('quantum:stream:harvest.calibrated');
    await until('the proposal to be judged', async () => (await exits()) === time);
    client.disconnect();
  }
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  await until('its end, at the third time in a minute', async () => {
    const server = await askServer(address, ANSWER_MS).catch(() => undefined);
    if (server !== undefined) killed(server.processId);
    return ended;
  });
  expect(await exit).toEqual([69, null]);
  expect(times('our own Redis ended (SIGKILL): starting it again on its data')).toBeGreaterThanOrEqual(2);
  expect(said).toMatch(/expected our own Redis to stay up, got its end for the third time in a minute/);
});
