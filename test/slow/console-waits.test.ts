import { afterEach, beforeEach, expect, it } from 'vitest';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { type ServedConsole, serveConsole, signIn, watch } from '../support/console.ts';
import { TOKEN } from '../support/http.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';

let redis: TestRedis;
let served: ServedConsole;

beforeEach(async () => {
  redis = await startRedis();
  served = await serveConsole(redis, {}, { portfolios: [portfolioOf('first')] });
});
afterEach(async () => {
  await served.http.close();
  await redis.stop();
});

it('where the console is, is said for half a minute at a time, and said again', async () => {
  const key = 'first:portcullis:console';
  await redis.client.del(key);
  await until('the address is said again', async () => (await redis.client.get(key)) === served.base);
  expect(await redis.client.pttl(key)).toBeLessThanOrEqual(30_000);
});

it('a live stream ends with the session it was opened by', async () => {
  const { cookie, headers } = await signIn(served, TOKEN);
  const watching = await watch(served.base, { cookie });
  await until('the first event', () => watching.events.length > 0);
  await served.ask('/console/session', { method: 'DELETE', headers, body: '{}' });
  expect(await watching.ended).toBe('ended');
});
