import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { wordsOf } from '../../../runtime/doors/cli/redis-text.ts';
import { addressOf, addressText, requireVersion } from '../../../runtime/redis/connection/address.ts';
import { prepareDataFolder, socketPathOf } from '../../../runtime/redis/embedded/data-folder.ts';
import { findProgram } from '../../../runtime/redis/embedded/executable.ts';
import { findOrInstallServer } from '../../../runtime/redis/embedded/install.ts';
import { claimFolder, ownerOf, releaseFolder } from '../../../runtime/redis/embedded/owner.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-unit-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a server of another version', () => {
  it.each([
    ['7.0.0', true],
    ['7.2.4', true],
    ['10.1.0', true],
    ['6.2.14', false],
    ['', false],
  ])('%j is usable: %j', (version, usable) => {
    const check = () => requireVersion({ version, processId: 1, mode: 'standalone' }, 'here');
    if (usable) expect(check).not.toThrow();
    else expect(check).toThrow(`expected Redis 7.0 or newer, got ${version} (here)`);
  });
});

describe('addressText', () => {
  it.each([
    [{ url: 'redis://user:secret@h:1/0' }, 'redis://***@h:1/0'],
    [{ url: 'rediss://:secret@h:1' }, 'rediss://***@h:1'],
    [{ url: 'redis://h:1/0' }, 'redis://h:1/0'],
    [{ path: '/a/redis.sock' }, '/a/redis.sock'],
  ])('%j is shown as %s', (address, text) => {
    expect(addressText(address)).toBe(text);
  });
});

describe('addressOf', () => {
  it.each([
    ['/a/redis.sock', { path: '/a/redis.sock' }],
    ['unix:///a/redis.sock', { path: '/a/redis.sock' }],
    ['unix://:p%40ss@/a/redis.sock', { path: '/a/redis.sock', password: 'p@ss' }],
    ['unix://me:pass@/a/redis.sock', { path: '/a/redis.sock', username: 'me', password: 'pass' }],
    ['redis://:pass@h:1', { url: 'redis://:pass@h:1' }],
  ])('%s is %j', (setting, address) => {
    expect(addressOf(setting)).toEqual(address);
  });
});

describe('a line for redis-cli', () => {
  it.each([
    ['', []],
    ['  GET  a ', ['GET', 'a']],
    ['SET a "b c"', ['SET', 'a', 'b c']],
    ['SET a "" \'\'', ['SET', 'a', '', '']],
    ['SET a "\\x41\\n\\"" \'it\\\'s\'', ['SET', 'a', 'A\n"', "it's"]],
    ['SET a "b', undefined],
    ['SET a "b"c', undefined],
  ])('%s is the words %j', (line, words) => {
    expect(wordsOf(line)).toEqual(words);
  });
});

describe('socketPathOf', () => {
  it('is inside the data folder up to 100 bytes, not letters', () => {
    const fits = `/${'x'.repeat(100 - '/redis.sock'.length - 1)}`;
    expect(socketPathOf(fits)).toBe(`${fits}/redis.sock`);
    expect(socketPathOf(`${fits}x`)).toContain(tmpdir());
    expect(socketPathOf(`/${'ü'.repeat(60)}`)).toContain(tmpdir());
  });

  it('is the same for the same folder and differs for others', () => {
    const long = `/${'x'.repeat(120)}`;
    expect(socketPathOf(long)).toBe(socketPathOf(long));
    expect(socketPathOf(long)).not.toBe(socketPathOf(`${long}y`));
  });
});

describe('prepareDataFolder', () => {
  it('refuses a file in its place', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(() => prepareDataFolder(file)).toThrow('Set PORTCULLIS_DATA_DIR to another folder');
  });

  it('makes it with the folders above it, for this user alone', () => {
    prepareDataFolder(join(folder, 'a', 'b', 'c'));
    for (const made of ['a', 'a/b', 'a/b/c']) expect(statSync(join(folder, made)).mode & 0o777).toBe(0o700);
  });

  it('closes a folder that others could enter', () => {
    const open = join(folder, 'open');
    mkdirSync(open);
    chmodSync(open, 0o755);
    prepareDataFolder(open);
    expect(statSync(open).mode & 0o777).toBe(0o700);
  });
});

describe('the claim of a data folder', () => {
  it('belongs to one process until it is given up', () => {
    expect(claimFolder(folder)).toBe(true);
    expect(claimFolder(folder)).toBe(false);
    expect(ownerOf(folder)).toBe(process.pid);
    releaseFolder(folder);
    expect(ownerOf(folder)).toBeUndefined();
    expect(claimFolder(folder)).toBe(true);
    releaseFolder(folder);
  });

  it.each(['4194304 1', `${process.pid} 1`, String(process.ppid), 'nonsense', ''])(
    'left by a process that is gone (%j) is taken over',
    (holder) => {
      writeFileSync(join(folder, 'owner'), holder);
      expect(claimFolder(folder)).toBe(true);
      releaseFolder(folder);
    },
  );
});

describe('findProgram', () => {
  it('takes a file that may be run, and nothing else of that name', () => {
    const name = 'portcullis-test-program';
    expect(findProgram(name, [folder])).toBeUndefined();
    mkdirSync(join(folder, 'a', name), { recursive: true });
    writeFileSync(join(folder, name), '', { mode: 0o600 });
    expect(findProgram(name, [join(folder, 'a'), folder])).toBeUndefined();
    chmodSync(join(folder, name), 0o700);
    expect(findProgram(name, [join(folder, 'a'), folder])).toBe(join(folder, name));
  });
});

describe('a machine without a server', () => {
  const says: string[] = [];
  const find = (mayInstall: boolean) =>
    findOrInstallServer({ searchPath: [folder], mayInstall }, (line) => says.push(line));
  const script = (name: string, text: string) =>
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o700 });

  beforeEach(() => {
    says.length = 0;
  });

  it('has one installed by its package manager, saying so', async () => {
    script('brew', `echo "#!/bin/sh" > ${folder}/redis-server; chmod +x ${folder}/redis-server`);
    expect(await find(true)).toEqual({ path: join(folder, 'redis-server'), argv0: 'redis-server' });
    expect(says).toEqual([
      'no redis-server on this machine: installing it with brew',
      `installed ${join(folder, 'redis-server')}`,
    ]);
  });

  it('is told the line to run when nothing may be installed', async () => {
    script('brew', `touch ${folder}/was-run`);
    const line = `Run: ${join(folder, 'brew')} install redis   or set REDIS_URL`;
    await expect(find(false)).rejects.toMatchObject({ exitCode: 69, message: expect.stringContaining(line) });
    expect(existsSync(join(folder, 'was-run'))).toBe(false);
    expect(says).toEqual([]);
  });

  it('is told what the package manager said when it fails', async () => {
    script('brew', 'echo "no such formula" >&2; exit 3');
    await expect(find(true)).rejects.toThrow(/install redis failed \(exit code 3\): no such formula\nRun: /);
  });

  it('is told where to get one when there is no package manager', async () => {
    await expect(find(true)).rejects.toThrow('install Redis 7 from https://redis.io');
  });

  it('uses the tools as a server under its name, and the server itself first', async () => {
    script('redis-check-rdb', '');
    expect(await find(false)).toEqual({ path: join(folder, 'redis-check-rdb'), argv0: 'redis-server' });
    script('valkey-server', '');
    expect(await find(false)).toEqual({ path: join(folder, 'valkey-server'), argv0: 'valkey-server' });
    script('redis-server', '');
    expect(await find(false)).toEqual({ path: join(folder, 'redis-server'), argv0: 'redis-server' });
  });
});
