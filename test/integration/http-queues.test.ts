import { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningHttp, startHttp } from '../../runtime/doors/http/server.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { fakeRuntime, httpOptions, WITH_TOKEN } from '../support/http.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

let redis: TestRedis;
let queue: Queue;
let http: RunningHttp;
let base: string;

beforeAll(async () => {
  redis = await startRedis();
  queue = new Queue('budgets', { connection: { url: redis.url }, prefix: '{quantum}:bull' });
  await queue.add('tick', { n: 1 }, { jobId: 'tick-1', delay: 3_600_000 });
  const runtime = fakeRuntime({ redis: redis.client });
  http = await startHttp(
    runtime,
    await httpOptions(runtime, { queues: [{ portfolio: portfolioOf('quantum'), queue }] }),
  );
  base = http.addresses[0]?.url ?? '';
});
afterAll(async () => {
  await http.close();
  await queue.close();
  await redis.stop();
});

describe('/queues without the token', () => {
  it('shows the page and its files', async () => {
    const page = await fetch(`${base}/queues`);
    const html = await page.text();
    expect(page.status).toBe(200);
    expect(html).toContain('<base href="/queues/"');
    const script = /static\/js\/main\.[^"]+/.exec(html)?.[0];
    expect((await fetch(`${base}/queues/${script}`)).status).toBe(200);
  });

  it('lists the queues as read-only', async () => {
    const { queues } = (await (await fetch(`${base}/queues/api/queues`)).json()) as Listed;
    expect(queues).toMatchObject([{ name: 'budgets', readOnlyMode: true, counts: { delayed: 1 } }]);
  });

  it.each([
    ['PUT', '/queues/api/queues/budgets/pause'],
    ['PUT', '/queues/api/queues/pause'],
    ['PUT', '/queues/api/queues/budgets/tick-1/promote'],
    ['PUT', '/queues/api/queues/budgets/empty'],
    ['POST', '/queues/api/queues/budgets/add'],
  ])('%s %s changes nothing', async (method, path) => {
    const response = await fetch(base + path, { method });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: 'unauthorized' });
    expect(await queue.isPaused()).toBe(false);
    expect(await queue.getDelayedCount()).toBe(1);
  });
});

describe('/queues with the token', () => {
  it('offers everything', async () => {
    const { queues } = (await (await fetch(`${base}/queues/api/queues`, { headers: WITH_TOKEN })).json()) as Listed;
    expect(queues).toMatchObject([{ name: 'budgets', readOnlyMode: false }]);
    const paused = await fetch(`${base}/queues/api/queues/budgets/pause`, { method: 'PUT', headers: WITH_TOKEN });
    expect(paused.status).toBe(200);
    expect(await queue.isPaused()).toBe(true);
    await queue.resume();
  });
});

interface Listed {
  readonly queues: readonly unknown[];
}
