import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { Session } from '../../../schemas/api/session.ts';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import { runCli } from '../../support/cli.ts';
import { cookieOf, enterBy, type ServedConsole, serveConsole } from '../../support/console.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

const LINK_LIFE_MS = 10 * MINUTE_MS;
const portfolios = [portfolioOf('first'), portfolioOf('second')];

let redis: TestRedis;
let served: ServedConsole;

beforeEach(async () => {
  redis = await startRedis();
  served = await serveConsole(redis, {}, { portfolios });
});
afterEach(async () => {
  await served.http.close();
  await redis.stop();
});

async function made(...more: string[]): Promise<string> {
  const { code, out, err } = await runCli(redis.url, ['console', '--json', ...more]);
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out).link;
}

async function opened(link: string): Promise<Session | number> {
  const answer = await enterBy(served, link);
  if (answer.status !== 200) return answer.status;
  const looked = await served.ask('/console/session', { headers: { cookie: cookieOf(answer) } });
  return Session.parse(await looked.json());
}

const linkKeys = () => redis.client.keys('*:portcullis:link:*');

describe('a link that portcullis console prints', () => {
  it('opens the console once, for an operator of the name that was given', async () => {
    const link = await made('--portfolio', 'first', '--actor', 'anna');
    expect(await opened(link)).toMatchObject({ role: 'operator', name: 'anna' });
    expect(await opened(link)).toBe(401);
    expect(await linkKeys()).toEqual([]);
  });

  it('is for the user logged in where no name was given, and is another one each time', async () => {
    const [one, other] = [await made('--portfolio', 'first'), await made('--portfolio', 'first')];
    expect(one).not.toBe(other);
    expect(await opened(other)).toMatchObject({ name: 'tester' });
    expect(await opened(one)).toMatchObject({ name: 'tester' });
  });

  it('opens whichever of the portfolios served it was made beside', async () => {
    expect(await opened(await made('--portfolio', 'second'))).toMatchObject({ role: 'operator' });
  });

  it('opens at most ten minutes long, and Redis holds no code', async () => {
    const link = await made('--portfolio', 'first');
    const [key = ''] = await linkKeys();
    expect(link).not.toContain(key.split(':').at(-1));
    const leftMs = await redis.client.pttl(key);
    expect(leftMs).toBeGreaterThan(LINK_LIFE_MS - MINUTE_MS);
    expect(leftMs).toBeLessThanOrEqual(LINK_LIFE_MS);
    await redis.client.pexpire(key, 0);
    expect(await opened(link)).toBe(401);
  });

  it('can be made on a server that is out of memory', async () => {
    await redis.client.config('SET', 'maxmemory', '1');
    try {
      expect(await opened(await made('--portfolio', 'first'))).toMatchObject({ role: 'operator' });
    } finally {
      await redis.client.config('SET', 'maxmemory', '0');
    }
  });

  it('is said with how long it opens and for whom', async () => {
    const { out } = await runCli(redis.url, ['console', '--portfolio', 'first', '--actor', 'anna']);
    expect(out).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/console\/enter\?link=[\w-]{32}\nOpens once, within 10 minutes, as the operator anna\.\n$/,
    );
  });
});

it('where nothing serves the console, there is no link', async () => {
  const { code, err } = await runCli(redis.url, ['console']);
  expect([code, err]).toEqual([
    1,
    'portcullis: expected a running process that serves the console over portfolio quantum, got none: npm start, with an HTTP_PORT other than 0\n',
  ]);
  expect(await linkKeys()).toEqual([]);
});

describe('the link that the start prints', () => {
  const printed = async () => (await served.http.consoleLink()) ?? '';
  const pathOf = (link: string) => link.slice(served.base.length);

  it('opens the console for an operator, once', async () => {
    const link = await printed();
    const first = await enterBy(served, link);
    expect(await first.json()).toMatchObject({ role: 'operator', name: 'operator' });
    const looked = await served.ask('/console/session', { headers: { cookie: cookieOf(first) } });
    expect(await looked.json()).toMatchObject({ role: 'operator', name: 'operator' });
    const second = await enterBy(served, link);
    expect(second.status).toBe(401);
    expect(second.headers.get('set-cookie')).toBeNull();
    expect(await second.json()).toMatchObject({
      message: expect.stringContaining('Sign in with a token at /console/'),
    });
  });

  it('is not used up by whoever only looks at it', async () => {
    const link = await printed();
    for (const method of ['HEAD', 'GET', 'GET']) {
      const looked = await served.ask(pathOf(link), { method });
      expect([looked.status, looked.headers.get('set-cookie')]).toEqual([303, null]);
      const code = new URL(link).searchParams.get('link');
      expect(looked.headers.get('location')).toBe(`/console/#/enter?link=${code}`);
    }
    expect((await enterBy(served, link)).status).toBe(200);
  });

  it('is not taken from the page of another address', async () => {
    const link = await printed();
    const there = await enterBy({ ...served, base: 'http://evil.example' }, link);
    expect([there.status, there.headers.get('set-cookie')]).toEqual([403, null]);
    expect((await enterBy(served, link)).status).toBe(200);
  });

  it.each([
    ['', '/console/'],
    ['?link=', '/console/'],
    ['?link=%26x%3D1%23', '/console/#/enter?link=%26x%3D1%23'],
    ['?link=a&link=b', '/console/#/enter?link=b'],
  ])('/console/enter%s leads to %s', async (query, to) => {
    expect((await served.ask(`/console/enter${query}`)).headers.get('location')).toBe(to);
  });

  it.each([
    [{ link: 'guess' }, 401],
    [{ link: '' }, 400],
    [{}, 400],
    [{ link: 'x'.repeat(201) }, 400],
  ])('a code such as %o is refused with %i', async (body, status) => {
    const answer = await served.ask('/console/enter', {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: served.base },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(status);
  });
});
