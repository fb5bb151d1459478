import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HttpOptions } from '../../../runtime/doors/http/context.ts';
import { Session } from '../../../schemas/api/session.ts';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { cookieOf, type ServedConsole, serveConsole, signIn, VIEWER } from '../../support/console.ts';
import { TOKEN } from '../../support/http.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

let redis: TestRedis;
let served: ServedConsole;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  await redis.client.flushall();
  served = await serveConsole(redis);
});
afterEach(() => served.http.close());

async function restart(options: Partial<HttpOptions> = {}): Promise<void> {
  await served.http.close();
  served = await serveConsole(redis, options);
}

async function sessionKey(): Promise<string> {
  const [key = ''] = await redis.client.keys('quantum:portcullis:session:*');
  return key;
}

async function statusWith(cookie: string): Promise<number> {
  return (await served.ask('/console/session', { headers: { cookie } })).status;
}

async function post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return await served.ask('/console/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

describe('signing in', () => {
  it.each([
    ['the admin token', TOKEN, 'operator'],
    ['the viewer token', VIEWER, 'viewer'],
  ])('with %s gives a session of that role', async (_sentence, token, role) => {
    const response = await post({ token, name: ' ann ' });
    expect(response.status).toBe(200);
    const session = Session.parse(await response.json());
    expect(session).toMatchObject({ role, name: 'ann', read_only: false, portfolios: ['quantum'] });
    expect(session.version).toMatch(/^\d+\.\d+\.\d+/);
    const looked = await served.ask('/console/session', { headers: { cookie: cookieOf(response) } });
    expect(await looked.json()).toEqual(session);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('without a name is under the name of the role', async () => {
    expect((await signIn(served, VIEWER)).session.name).toBe('viewer');
    expect((await signIn(served, TOKEN, '  ')).session.name).toBe('operator');
  });

  it.each([
    ['another token', { token: 'another' }, 401],
    ['an empty token', { token: '' }, 401],
    ['no token', {}, 400],
    ['a token that is a number', { token: 1 }, 400],
    ['a role that it names itself', { token: VIEWER, role: 'operator' }, 400],
    ['a name of 101 characters', { token: TOKEN, name: 'x'.repeat(101) }, 400],
  ])('with %s is refused', async (_sentence, body, status) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(await sessionKey()).toBe('');
  });

  it('by a page of another address is refused', async () => {
    expect((await post({ token: TOKEN }, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await post({ token: TOKEN }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  });

  it('is refused with 429 and Retry-After after ten times in a minute, with the right token too', async () => {
    for (let time = 0; time < 10; time += 1) expect((await post({ token: 'another' })).status).toBe(401);
    const refused = await post({ token: TOKEN });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toEqual({
      error: 'too_many_requests',
      message: expect.stringMatching(/^expected at most 10 /),
    });
  });

  it('does not slow down who is signed in', async () => {
    const { cookie } = await signIn(served, TOKEN);
    for (let time = 0; time < 40; time += 1) expect(await statusWith(cookie)).toBe(200);
  });
});

describe('the cookie', () => {
  const flags = async (headers: Record<string, string> = {}) => {
    const cookie = (await post({ token: TOKEN }, headers)).headers.get('set-cookie') ?? '';
    return cookie.split('; ').slice(1).sort();
  };

  it('is for this host alone, not for scripts, and not sent from elsewhere', async () => {
    expect(await flags()).toEqual(['HttpOnly', 'Max-Age=43200', 'Path=/', 'SameSite=Strict']);
  });

  it('is Secure behind https', async () => {
    expect(await flags({ 'x-forwarded-proto': 'https' })).toContain('Secure');
    expect(await flags({ 'x-forwarded-proto': 'http' })).not.toContain('Secure');
  });

  it('is another one at every sign-in, and in Redis there is neither it nor a token', async () => {
    const cookies = new Set([await signIn(served, TOKEN), await signIn(served, TOKEN)].map(({ cookie }) => cookie));
    expect(cookies.size).toBe(2);
    for (const key of await redis.client.keys('*')) {
      const isText = (await redis.client.type(key)) === 'string';
      const stored = JSON.stringify([key, await (isText ? redis.client.get(key) : redis.client.hgetall(key))]);
      for (const cookie of cookies) expect(stored).not.toContain(cookie.split('=')[1]);
      expect(stored).not.toContain(TOKEN);
    }
  });
});

describe('a session ends', () => {
  it('when its page signs out, and no other with it', async () => {
    const [ann, bob] = [await signIn(served, TOKEN, 'ann'), await signIn(served, TOKEN, 'bob')];
    const out = await served.ask('/console/session', { method: 'DELETE', headers: ann.headers, body: '{}' });
    expect(out.status).toBe(204);
    expect(out.headers.get('set-cookie')).toContain('Max-Age=0');
    expect(await statusWith(ann.cookie)).toBe(401);
    expect(await statusWith(bob.cookie)).toBe(200);
  });

  it('not by a page of another address', async () => {
    const { headers, cookie } = await signIn(served, VIEWER);
    const { 'x-csrf-token': _, ...without } = headers;
    expect((await served.ask('/console/session', { method: 'DELETE', headers: without, body: '{}' })).status).toBe(403);
    expect(await statusWith(cookie)).toBe(200);
  });

  it.each([
    ['an hour after its last use', 'used_ms', HOUR_MS],
    ['twelve hours after it began, however it is used', 'ends_ms', 12 * HOUR_MS],
  ])('%s, by the server’s clock', async (_sentence, field, lifeMs) => {
    const { cookie } = await signIn(served, TOKEN);
    const key = await sessionKey();
    const atMs = Number(await redis.client.hget(key, field));
    const back = async (ms: number) => redis.client.hset(key, field, String(atMs - ms));
    await back(lifeMs - 60_000);
    expect(await statusWith(cookie)).toBe(200);
    await back(lifeMs);
    expect(await statusWith(cookie)).toBe(401);
    expect(await redis.client.exists(key)).toBe(0);
  });

  it('not while it is used: each use begins its hour anew, and its key never outlives it', async () => {
    const { cookie } = await signIn(served, TOKEN);
    const key = await sessionKey();
    const began = Number(await redis.client.hget(key, 'used_ms'));
    await redis.client.hset(key, 'used_ms', String(began - HOUR_MS / 2));
    await redis.client.pexpire(key, 60_000);
    expect(await statusWith(cookie)).toBe(200);
    expect(Number(await redis.client.hget(key, 'used_ms'))).toBeGreaterThanOrEqual(began);
    expect(await redis.client.pttl(key)).toBeGreaterThan(HOUR_MS - 60_000);
    await redis.client.hset(key, { ends_ms: String(began + 600_000), used_ms: String(began - HOUR_MS / 2) });
    expect(await statusWith(cookie)).toBe(200);
    expect(await redis.client.pttl(key)).toBeLessThanOrEqual(600_000);
  });

  it('when the token it was begun with is exchanged, and not by a restart', async () => {
    const [operator, viewer] = [await signIn(served, TOKEN), await signIn(served, VIEWER)];
    await restart();
    expect([await statusWith(operator.cookie), await statusWith(viewer.cookie)]).toEqual([200, 200]);
    await restart({ adminToken: 'exchanged' });
    expect([await statusWith(operator.cookie), await statusWith(viewer.cookie)]).toEqual([401, 200]);
    await restart({ viewerToken: undefined });
    expect(await statusWith(viewer.cookie)).toBe(401);
  });

  it('not by a restart that makes another token', async () => {
    await restart({ adminToken: 'made-first', adminTokenMade: true });
    const { cookie } = await signIn(served, 'made-first');
    await restart({ adminToken: 'made-second', adminTokenMade: true });
    expect(await statusWith(cookie)).toBe(200);
    await restart({ adminToken: 'set-by-the-operator' });
    expect(await statusWith(cookie)).toBe(401);
  });
});

describe('while Redis is down', () => {
  it('a session is not refused but unavailable, and the token is known all the same', async () => {
    const { cookie } = await signIn(served, TOKEN);
    await served.http.close();
    served = await serveConsole(redis, {}, { redisUp: () => false });
    expect(await statusWith(cookie)).toBe(503);
    expect((await post({ token: TOKEN })).status).toBe(503);
  });

  it('out of memory: signing in works', async () => {
    await redis.client.config('SET', 'maxmemory', '1');
    try {
      expect(await statusWith((await signIn(served, TOKEN)).cookie)).toBe(200);
    } finally {
      await redis.client.config('SET', 'maxmemory', '0');
    }
  });
});
