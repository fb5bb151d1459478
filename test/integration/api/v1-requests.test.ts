import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildApp } from '../../../runtime/doors/http/app.ts';
import { fakeRuntime, httpContext } from '../../support/http.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { inOrder, named, recordedGates, short } from '../../support/v1-requests.ts';

let redis: TestRedis;
let app: FastifyInstance;

beforeAll(async () => {
  redis = await startRedis();
  const { client } = redis;
  const known = await recordedGates();
  const { handlers } = known;
  const settingsOf = (name: string) => handlers.find((handler) => handler.name === name)?.settings.parse({});
  const runtime = { ...fakeRuntime({ redis: client, handlers }), settingsOf };
  app = await buildApp(await httpContext(runtime, { known }));
  const entry = ['plan_id', 'plan-1', 'symbol', 'BTCUSDT', 'action', 'OPEN'];
  await client.xadd('quantum:stream:apply.plan', '1717000000000-0', ...entry);
  await client.xadd('quantum:stream:apply.plan.dlq', '1717000000000-0', ...entry, '_reason', 'a test');
  await client.hset('quantum:portfolio:budget:BTCUSDT', { symbol: 'BTCUSDT', budget_usd: '1348.50' });
  await client.hset('quantum:position:snapshot:BTCUSDT', { position_qty: '1', position_notional_usd: '900' });
});
afterAll(async () => {
  await app.close();
  await redis.stop();
});

/** What differs from one time to another: moments, and names made of them or at random. */
function still(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '(time)')
    .replaceAll(/\b1[78]\d{11}(?:\.\d+)?(?:-\d+)?\b/g, (id) => (id.startsWith('1717000000000') ? id : '(ms)'))
    .replaceAll(/\b1[78]\d{8}(?:\.\d+)?\b/g, '(sec)')
    .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '(version)')
    .replaceAll(/\b[0-9a-f]{40}\b/g, '(hash)');
}

it('what /v1 answers over a Redis is, to the byte but for moments, versions and hashes, what is on record', async () => {
  const lines: string[] = [];
  for (const request of inOrder()) {
    const { statusCode, headers, payload } = await app.inject({ ...request });
    const body = payload.startsWith('{"openapi"') ? '(openapi.json)' : still(payload);
    lines.push(named(request), `  ${statusCode} ${String(headers['content-type'] ?? '')} ${short(body)}`.trimEnd());
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../../fixtures/http/v1-served.txt');
});
