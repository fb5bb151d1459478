import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Finding } from '../../runtime/desk/doctor/findings.ts';
import { runCli } from '../support/cli.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

/** No ports: another program of the machine must not decide a test. */
const QUIET = { HTTP_PORT: '0' };
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis('--maxmemory-policy', 'noeviction');
});
afterAll(async () => redis.stop());
beforeEach(async () => redis.client.flushall());

async function doctor(environment: Record<string, string> = {}): Promise<{ code: number; findings: Finding[] }> {
  const { code, out } = await runCli(redis.url, ['doctor', '--json'], { environment: { ...QUIET, ...environment } });
  return { code, findings: JSON.parse(out) as Finding[] };
}

test('on a fresh Redis nothing is broken, and what is missing is named', async () => {
  const { code, findings } = await doctor();
  expect(code).toBe(0);
  const missing = findings.filter(({ verdict }) => verdict === 'warn').map(({ check }) => check);
  expect(missing).toEqual(
    expect.arrayContaining(['redis appendonly', 'workers', 'stream apply.plan', 'mode governor', 'portfolio state']),
  );
  for (const { verdict, todo } of findings) expect(todo === '').toBe(verdict === 'ok');
});

test('a foreign consumer that was active within a minute is broken; one of ours is not', async () => {
  await redis.client.xgroup('CREATE', 'quantum:stream:apply.plan', 'governor', '0', 'MKSTREAM');
  await redis.client.xadd('quantum:stream:apply.plan', '*', 'plan_id', 'p1');
  await redis.client.xreadgroup('GROUP', 'governor', 'old-governor', 'STREAMS', 'quantum:stream:apply.plan', '>');
  const { code, findings } = await doctor();
  expect(code).toBe(1);
  expect(findings.find(({ check }) => check === 'group governor')).toMatchObject({
    verdict: 'broken',
    found: expect.stringContaining('consumer old-governor is not ours'),
  });
  await redis.client.sadd('quantum:portcullis:consumers:governor', 'old-governor');
  expect((await doctor()).code).toBe(0);
});

test.each([
  { key: 'quantum:stream:apply.plan', check: 'stream apply.plan' },
  { key: 'quantum:state:portfolio', check: 'portfolio state' },
  { key: 'quantum:stream:position.snapshot', check: 'position snapshots' },
])('$key of another type is broken', async ({ key, check }) => {
  await redis.client.set(key, 'x');
  const { code, findings } = await doctor();
  expect(code).toBe(1);
  expect(findings.find((finding) => finding.check === check)?.verdict).toBe('broken');
});

test.each([
  ['quantum:stream:decisions', 'stream'],
  ['quantum:stream:budget.violation', 'stream'],
  ['quantum:governor:state', 'hash'],
  ['quantum:policy:governor', 'hash'],
  ['quantum:governor:outstanding', 'zset'],
  ['quantum:governor:strategy_use', 'hash'],
])('%s of another type than %s is broken', async (key, type) => {
  await redis.client.set(key, 'x');
  const { code, findings } = await doctor();
  expect(code).toBe(1);
  expect(findings.filter(({ check }) => check === 'keys')).toEqual([
    expect.objectContaining({ verdict: 'broken', found: `${key} is a string, where a ${type} belongs` }),
  ]);
});

test('the kill switch, dead letters and a mode that does not exist are named', async () => {
  await redis.client.set('quantum:kill', '1');
  await redis.client.hset('quantum:policy:governor', 'mode', 'prod');
  await redis.client.xgroup('CREATE', 'quantum:stream:apply.plan', 'governor', '0', 'MKSTREAM');
  await redis.client.xadd('quantum:stream:apply.plan.dlq', '*', 'plan_id', 'p0');
  const { findings } = await doctor();
  const of = (check: string) => findings.find((finding) => finding.check === check);
  expect(of('trading')?.todo).toContain('portcullis kill off');
  expect(of('mode governor')?.verdict).toBe('broken');
  expect(of('stream apply.plan')?.todo).toBe('portcullis dlq list apply.plan');
});

test.each([
  ['118098.236432198', String(Math.floor(Date.now() / 1000) - 200_000), 'equity $118,098.24, 2 d old'],
  ['lots', '1', /^equity "lots", \d+ years old$/],
])('an equity of %s is said as people read it', async (equity, timestamp, found) => {
  await redis.client.hset('quantum:state:portfolio', { equity_usd: equity, timestamp });
  const { findings } = await doctor();
  expect(findings.find(({ check }) => check === 'portfolio state')?.found).toMatch(found);
});

test('settings that are wrong are broken, unknown ones are named with the nearest known one', async () => {
  const { code, findings } = await doctor({ HEAT_MIN: 'high', GOV_MAX_OPEN_POSITION: '5' });
  expect(code).toBe(1);
  expect(findings[0]).toMatchObject({
    check: 'settings',
    verdict: 'broken',
    found: expect.stringContaining('HEAT_MIN'),
  });
  const { findings: unknown } = await doctor({ GOV_MAX_OPEN_POSITION: '5' });
  expect(findings[1]).toMatchObject(unknown[0] ?? {});
  expect(unknown[0]).toMatchObject({ verdict: 'warn', found: expect.stringContaining('GOV_MAX_OPEN_POSITIONS') });
});

test('without Redis it says so, and ends with 1', async () => {
  const { code, out } = await runCli('redis://127.0.0.1:1', ['doctor'], { environment: QUIET });
  expect(code).toBe(1);
  expect(out).toMatch(/^broken +redis +expected a Redis at redis:\/\/127\.0\.0\.1:1/m);
  expect(out).toMatch(/1 broken, \d+ to know about, \d+ well\n$/);
});
