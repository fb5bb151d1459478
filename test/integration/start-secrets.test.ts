import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../support/ports.ts';
import { PROGRAM } from '../support/program.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';

const ARGV = [PROGRAM, 'start'];
const PASSWORD = 'a-password-of-redis';
const OTHERS = {
  P26_METRICS_PORT: '0',
  P27_METRICS_PORT: '0',
  P27_HEALTH_PORT: '0',
  P28_PORT: '0',
  GOV_METRICS_PORT: '0',
};
/** Runs the program on a terminal of its own, and passes what it says. */
const ON_TERMINAL = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';

let redis: TestRedis;
let folder: string;
let port: number;
beforeAll(async () => {
  redis = await startRedis();
  await redis.client.acl('SETUSER', 'gates', 'on', `>${PASSWORD}`, '~*', '&*', '+@all');
});
afterAll(() => redis.stop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-secrets-'));
  port = await freePort();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What a start says until it runs and has answered `probe`, on both outputs. */
async function start(command: readonly string[], more: Record<string, string>, probe: () => Promise<void>) {
  const url = `redis://gates:${PASSWORD}@127.0.0.1:${redis.port}`;
  const env = { PATH: '/usr/bin:/bin', REDIS_URL: url, HTTP_PORT: `${port}`, PORTCULLIS_DATA_DIR: folder };
  const [program = '', ...args] = command;
  const child = spawn(program, args, { env: { ...env, ...OTHERS, ...more }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (chunk: Buffer) => {
      said += String(chunk);
    });
  }
  const exit = once(child, 'exit');
  try {
    await until('the system to run', () => said.includes('Ctrl-C stops everything.'));
    await probe();
  } finally {
    child.kill('SIGTERM');
    await exit;
  }
  return said;
}

const statusWith = async (token: string) => {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`http://127.0.0.1:${port}/v1/status`, { headers })).status;
};

describe('a start whose output goes to a log', () => {
  const piped = [process.execPath, ...ARGV];

  it('says neither the token it made nor a link, and keeps the token in a file of its own', async () => {
    const path = join(folder, `admin-token-${port}`);
    const elsewhere = join(folder, 'elsewhere');
    await writeFile(elsewhere, 'untouched', { mode: 0o644 });
    await symlink(elsewhere, path);
    let token = '';
    const said = await start(piped, {}, async () => {
      token = (await readFile(path, 'utf8')).trim();
      expect(await statusWith(token)).toBe(200);
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect(await redis.client.keys('*portcullis:link:*')).toEqual([]);
    });
    expect(token.length).toBeGreaterThanOrEqual(24);
    expect(await readFile(elsewhere, 'utf8')).toBe('untouched');
    expect(said).toContain(`  token     in ${path}`);
    expect(said).toContain('npx portcullis console');
    expect(said).not.toContain(token);
    expect(said).not.toContain('?link=');
    expect(said).not.toContain(PASSWORD);
  });

  it('says nothing of a token that was set, and makes no file', async () => {
    const said = await start(piped, { ADMIN_TOKEN: 'the-token-that-was-set' }, async () => {
      expect(await statusWith('the-token-that-was-set')).toBe(200);
    });
    expect(said).not.toContain('the-token-that-was-set');
    expect(said).not.toContain('?link=');
    await expect(stat(join(folder, `admin-token-${port}`))).rejects.toThrow('ENOENT');
  });
});

describe('a start at a terminal', () => {
  it('prints the token and a link, and makes no file', async () => {
    const program = ['python3', '-c', ON_TERMINAL, process.execPath, ...ARGV];
    const said = await start(program, {}, async () => undefined);
    expect(said).toMatch(/ {2}token {5}[\w-]{24} /);
    expect(said).toContain('/console/enter?link=');
    expect(said).not.toContain(PASSWORD);
    await expect(stat(join(folder, `admin-token-${port}`))).rejects.toThrow('ENOENT');
  });
});
