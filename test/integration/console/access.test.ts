import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fieldsOf } from '../../../schemas/wire.ts';
import { type ServedConsole, serveConsole, signIn, VIEWER } from '../../support/console.ts';
import { TOKEN, WITH_TOKEN } from '../../support/http.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

const JSON_BODY = { 'content-type': 'application/json' };
const CHANGES = ['kill', 'arm', 'disarm', 'state', 'mode', 'positions/clear'];

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

/** Who makes a request: what they send along. */
const people = {
  nobody: async () => ({}),
  'another token': async () => ({ authorization: 'Bearer another' }),
  'an empty token': async () => ({ authorization: 'Bearer ' }),
  'the admin token': async () => ({ ...WITH_TOKEN }),
  'the viewer token': async () => ({ authorization: `Bearer ${VIEWER}` }),
  'an operator': async () => ({ ...(await signIn(served, TOKEN, 'ann')).headers }),
  'a viewer': async () => ({ ...(await signIn(served, VIEWER)).headers }),
  'an operator with another token beside': async () => ({
    ...(await signIn(served, TOKEN)).headers,
    authorization: 'Bearer another',
  }),
  'a cookie of nobody': async () => ({ cookie: `portcullis_session=${'x'.repeat(43)}`, origin: served.base }),
  'a cookie that is none': async () => ({ cookie: 'portcullis_session=../../kill', origin: served.base }),
} satisfies Record<string, () => Promise<Record<string, string>>>;

type Who = keyof typeof people;

async function statusOf(who: Who, method: string, path: string, body?: unknown): Promise<number> {
  const headers = { ...JSON_BODY, ...(await people[who]()) };
  const response = await served.ask(path, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  await response.arrayBuffer();
  return response.status;
}

describe('who may look', () => {
  it.each<[Who, number]>([
    ['nobody', 401],
    ['another token', 401],
    ['an empty token', 401],
    ['the admin token', 200],
    ['the viewer token', 200],
    ['an operator', 200],
    ['a viewer', 200],
    ['an operator with another token beside', 401],
    ['a cookie of nobody', 401],
    ['a cookie that is none', 401],
  ])('%s: %d', async (who, status) => {
    expect(await statusOf(who, 'GET', '/v1/status')).toBe(status);
    expect(await statusOf(who, 'HEAD', '/v1/status')).toBe(status);
    expect(await statusOf(who, 'GET', '/v1/plans/p1')).toBe(status === 200 ? 404 : status);
  });

  it.each<[Who, number]>([
    ['nobody', 401],
    ['the viewer token', 400],
    ['a viewer', 400],
    ['an operator', 400],
  ])('%s asks what a gate would say: %d', async (who, status) => {
    expect(await statusOf(who, 'POST', '/v1/evaluate', {})).toBe(status);
  });
});

describe('who may change', () => {
  it.each<[Who, number]>([
    ['nobody', 401],
    ['another token', 401],
    ['an empty token', 401],
    ['the viewer token', 403],
    ['a viewer', 403],
    ['an operator with another token beside', 401],
    ['a cookie of nobody', 401],
  ])('%s: %d on every route, and nothing is written', async (who, status) => {
    for (const route of CHANGES) {
      expect([route, await statusOf(who, 'POST', `/v1/${route}`, { state: 'on', reason: 'r' })]).toEqual([
        route,
        status,
      ]);
    }
    expect(await redis.client.exists('quantum:kill', 'quantum:stream:ops.ledger')).toBe(0);
  });

  it.each<[Who]>([['the admin token'], ['an operator']])('%s: 200', async (who) => {
    expect(await statusOf(who, 'POST', '/v1/kill', { state: 'on', reason: 'r' })).toBe(200);
    expect(await redis.client.get('quantum:kill')).toBe('1');
  });

  it('with CONSOLE_READ_ONLY: nobody by session, and the admin token all the same', async () => {
    await served.http.close();
    served = await serveConsole(redis, { consoleReadOnly: true });
    const operator = await signIn(served, TOKEN);
    expect(operator.session).toMatchObject({ role: 'operator', read_only: true });
    const response = await served.ask('/v1/arm', { method: 'POST', headers: operator.headers, body: '{"reason":"r"}' });
    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({
      error: 'forbidden',
      message: expect.stringContaining('CONSOLE_READ_ONLY'),
    });
    expect(await statusOf('the admin token', 'POST', '/v1/arm', { reason: 'r' })).toBe(200);
  });
});

describe('a change by session', () => {
  const change = async (different: Record<string, string | undefined>) => {
    const operator = await signIn(served, TOKEN);
    const all: Record<string, string | undefined> = { ...operator.headers, ...different };
    const headers = Object.fromEntries(
      Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined),
    );
    const response = await served.ask('/v1/disarm', { method: 'POST', headers, body: '{"reason":"r"}' });
    return { status: response.status, ...((await response.json()) as { message?: string }) };
  };

  it.each<[string, Record<string, string | undefined>, number]>([
    ['as the page makes it', {}, 200],
    ['without a CSRF token', { 'x-csrf-token': undefined }, 403],
    ['with another CSRF token', { 'x-csrf-token': 'another' }, 403],
    ['with an empty CSRF token', { 'x-csrf-token': '' }, 403],
    ['of another origin', { origin: 'http://evil.example' }, 403],
    ['of the same host on another port', { origin: 'http://127.0.0.1:1' }, 403],
    ['of no origin', { origin: undefined }, 403],
    ['of an opaque origin', { origin: 'null' }, 403],
    ['of another site, by the browser', { 'sec-fetch-site': 'cross-site' }, 403],
    ['of a neighbour, by the browser', { 'sec-fetch-site': 'same-site' }, 403],
    ['of nobody, by the browser', { 'sec-fetch-site': 'none' }, 403],
    [
      'of this page, by the browser, through a proxy',
      { 'sec-fetch-site': 'same-origin', origin: 'https://far.example' },
      200,
    ],
  ])('%s: %j', async (_sentence, different, status) => {
    const answer = await change(different);
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.message).toMatch(/^expected .* got /);
    expect(await redis.client.exists('quantum:stream:ops.ledger')).toBe(status === 200 ? 1 : 0);
  });

  it('with the CSRF token of somebody else is refused', async () => {
    const other = await signIn(served, TOKEN);
    expect((await change({ 'x-csrf-token': other.session.csrf })).status).toBe(403);
  });

  it('is in the ledger under the session’s name, whatever the body says', async () => {
    const { headers } = await signIn(served, TOKEN, 'ann');
    const body = JSON.stringify({ reason: 'r', actor: 'somebody else' });
    expect((await served.ask('/v1/disarm', { method: 'POST', headers, body })).status).toBe(200);
    const [entry] = await redis.client.xrange('quantum:stream:ops.ledger', '-', '+');
    expect(entry?.[1].slice(2, 4)).toEqual(['actor', 'ann']);
    expect(fieldsOf(entry?.[1] ?? []).actor_known).toBe('session:ann');
  });

  it('by token is under the name that the body gives', async () => {
    const body = JSON.stringify({ reason: 'r', actor: 'bob' });
    await served.ask('/v1/disarm', { method: 'POST', headers: { ...WITH_TOKEN, ...JSON_BODY }, body });
    const [entry] = await redis.client.xrange('quantum:stream:ops.ledger', '-', '+');
    expect(entry?.[1].slice(2, 4)).toEqual(['actor', 'bob']);
    expect(fieldsOf(entry?.[1] ?? []).actor_known).toBe('token');
  });
});
