import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type ServedConsole, serveConsole } from '../../support/console.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

const [ANN, BEN] = ['203.0.113.7', '198.51.100.9'];

let redis: TestRedis;
let served: ServedConsole;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
afterEach(() => served.http.close());

async function statusFrom(address: string): Promise<number> {
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': address };
  const body = JSON.stringify({ token: 'another' });
  return (await served.ask('/console/session', { method: 'POST', headers, body })).status;
}

it.each([
  ['a trusted proxy slow down the address that it names, and nobody else', ['127.0.0.0/8'], 401, ANN],
  ['anybody else slow down whoever sends them, whatever they name', [], 429, '127.0.0.1'],
  ['a proxy that is none of the trusted ones count as its own', ['10.0.0.0/8'], 429, '127.0.0.1'],
])('sign-ins by way of %s', async (_sentence, trustedProxies, statusOfBen, address) => {
  served = await serveConsole(redis, { trustedProxies });
  for (let time = 0; time < 10; time += 1) expect(await statusFrom(ANN)).toBe(401);
  expect(await statusFrom(ANN)).toBe(429);
  expect(await statusFrom(BEN)).toBe(statusOfBen);
  expect(JSON.parse(served.lines[0] ?? '')).toMatchObject({ address });
});
