import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../support/ports.ts';
import { PROGRAM } from '../support/program.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { urlAt } from '../support/redis-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'portcullis-tls-'));
const at = (name: string) => join(folder, name);
let redis: TestRedis | undefined;
let port: number;

/** On a machine without openssl there is no certificate to try; CI installs it, and takes a test that was left out for failed. */
const CERTIFIES = spawnSync('openssl', ['version']).status === 0;

/** An authority of the test's own, and a certificate of it for `localhost`. */
beforeAll(async () => {
  if (!CERTIFIES) return;
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const key = ['-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=a test authority');
  openssl(
    'req',
    ...key,
    '-keyout',
    'redis.key',
    '-out',
    'redis.csr',
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost',
  );
  openssl(
    'x509',
    '-req',
    '-in',
    'redis.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '2',
    '-out',
    'redis.pem',
    '-copy_extensions',
    'copy',
  );
  port = await freePort();
  const files = [
    '--tls-cert-file',
    at('redis.pem'),
    '--tls-key-file',
    at('redis.key'),
    '--tls-ca-cert-file',
    at('ca.pem'),
  ];
  redis = await startRedis('--tls-port', String(port), '--tls-auth-clients', 'no', ...files);
  await until('the port of TLS', () => answers(port));
});
afterAll(async () => {
  await redis?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function answers(to: number): Promise<boolean> {
  const socket = connect(to, '127.0.0.1');
  const how = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'close').then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return how;
}

async function status(more: Readonly<Record<string, string>>): Promise<{ code: number; out: string; err: string }> {
  const args = [PROGRAM, 'status'];
  const env = {
    PATH: '/usr/bin:/bin',
    REDIS_URL: urlAt(port).replace('redis://', 'rediss://').replace('127.0.0.1', 'localhost'),
    ...more,
  };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (text) => (said.out += String(text)));
  child.stderr.on('data', (text) => (said.err += String(text)));
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...said };
}

test.skipIf(!CERTIFIES)('an authority of your own is trusted where Node is told of it', async () => {
  const { code, out } = await status({ NODE_EXTRA_CA_CERTS: at('ca.pem') });
  expect([code, out.startsWith('Portfolio quantum')]).toEqual([0, true]);
});

test.skipIf(!CERTIFIES)('and refused where it is not', async () => {
  const { code, err } = await status({});
  expect([code, err]).toEqual([
    69,
    expect.stringMatching(/unable to verify the first certificate|self-signed certificate/),
  ]);
});
