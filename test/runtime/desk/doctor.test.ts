import { createServer, type Server } from 'node:net';
import { expect, test } from 'vitest';
import { portFindings } from '../../../runtime/desk/doctor/ports.ts';
import {
  clockDifferenceFinding,
  evictionFinding,
  memoryFinding,
  persistenceFinding,
  versionFinding,
} from '../../../runtime/desk/doctor/redis.ts';
import { loadHandlers } from '../../../runtime/engine/host/load-handlers.ts';
import { freePort } from '../../support/ports.ts';

const handlers = await loadHandlers();
const OFF = { http: 0, p26: 0, p27Metrics: 0, p27Health: 0, p28: 0, governor: 0 };

test.each([
  ['7.0.0', 'ok'],
  ['8.2.1', 'ok'],
  ['6.2.14', 'broken'],
  ['', 'broken'],
])('Redis %j is %s', (version, verdict) => {
  expect(versionFinding(version).verdict).toBe(verdict);
});

test.each([
  ['noeviction', 0, 'ok'],
  ['noeviction', 1_000, 'ok'],
  ['allkeys-lru', 0, 'warn'],
  ['volatile-ttl', 1, 'broken'],
])('maxmemory-policy %s with maxmemory %d is %s', (policy, limit, verdict) => {
  expect(evictionFinding(policy, limit).verdict).toBe(verdict);
});

test.each([
  [89, 100, 'ok'],
  [90, 100, 'warn'],
  [1_000, 0, 'ok'],
])('%d bytes used of %d is %s', (used, limit, verdict) => {
  expect(memoryFinding(used, limit).verdict).toBe(verdict);
});

test.each([
  ['1', 'ok', 'ok'],
  ['0', 'ok', 'warn'],
  ['1', 'err', 'broken'],
])('appendonly %s whose last write was %s is %s', (enabled, lastWrite, verdict) => {
  expect(persistenceFinding(enabled, lastWrite).verdict).toBe(verdict);
});

test.each([
  [1_000, 'ok'],
  [-1_000, 'ok'],
  [1_001, 'warn'],
  [-5_000, 'warn'],
  [5_001, 'broken'],
])('a clock %d ms ahead is %s', (differenceMs, verdict) => {
  expect(clockDifferenceFinding(differenceMs).verdict).toBe(verdict);
});

test('whatever is not well comes with what to do', () => {
  const findings = [versionFinding('6.0'), evictionFinding('allkeys-lru', 1), persistenceFinding('0', 'ok')];
  for (const { todo } of findings) expect(todo).not.toBe('');
});

test('a free port is well, one that is off too', async () => {
  const port = await freePort();
  const findings = await portFindings('127.0.0.1', { ...OFF, http: port }, handlers);
  expect(findings[0]).toMatchObject({ check: 'port HTTP_PORT', verdict: 'ok', found: `${port} is free` });
  expect(findings[1]).toMatchObject({ check: 'port P26_METRICS_PORT', verdict: 'ok', found: 'off' });
});

test.each([
  { body: '# HELP quantum_govern_allow_total', verdict: 'ok' },
  { body: 'another program', verdict: 'broken' },
])('a taken port that answers "$body" is $verdict', async ({ body, verdict }) => {
  const server = await answering(body);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
  const findings = await portFindings('127.0.0.1', { ...OFF, governor: address.port }, handlers);
  server.close();
  expect(findings.find(({ check }) => check === 'port GOV_METRICS_PORT')).toMatchObject({ verdict });
});

async function answering(body: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.once('data', () =>
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
