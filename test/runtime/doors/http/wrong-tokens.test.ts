import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Writable } from 'node:stream';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { buildApp } from '../../../../runtime/doors/http/app.ts';
import type { HttpOptions } from '../../../../runtime/doors/http/context.ts';
import { WrongTokens } from '../../../../runtime/doors/http/wrong-tokens.ts';
import { fakeRuntime, httpContext, TOKEN, WITH_TOKEN } from '../../../support/http.ts';

const WRONG = { authorization: 'Bearer a-guess-of-somebody' };
const VIEWER = 'a-viewer-of-this-test';
let app: FastifyInstance | undefined;
let lines: string[] = [];

afterEach(async () => {
  await app?.close();
  app = undefined;
  lines = [];
});

async function served(options: Partial<HttpOptions> = {}): Promise<FastifyInstance> {
  const write = (chunk: unknown, _encoding: string, done: () => void) => {
    lines.push(String(chunk));
    done();
  };
  const log = pino(new Writable({ write }));
  const runtime = { ...fakeRuntime({ redisUp: () => false }), log };
  const context = await httpContext(runtime, { viewerToken: VIEWER, p28TestMode: true, ...options });
  app = await buildApp(context);
  return app;
}

const get = (headers: Record<string, string>, from = '192.0.2.1'): InjectOptions => ({
  method: 'GET',
  url: '/v1/ledger',
  headers,
  remoteAddress: from,
});
const kill = (payload: object, headers: Record<string, string>, query = ''): InjectOptions => ({
  ...get(headers),
  method: 'POST',
  url: `/v1/kill${query}`,
  payload,
});
const statusOf = async (request: InjectOptions) => (await app?.inject(request))?.statusCode;
const guessTen = async (from?: string) => {
  for (let time = 0; time < 10; time += 1) expect(await statusOf(get(WRONG, from))).toBe(401);
};

describe('wrong bearer tokens', () => {
  it('are ten a minute from one address: then no token is compared, the right one neither', async () => {
    await served();
    await guessTen();
    for (const headers of [WRONG, WITH_TOKEN, { authorization: `Bearer ${VIEWER}` }]) {
      const refused = await app?.inject(get(headers));
      expect(refused?.statusCode).toBe(429);
      expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(0);
      expect(refused?.json()).toMatchObject({ error: 'too_many_requests' });
    }
    expect(await statusOf(get({}))).toBe(401);
    expect(await statusOf(get(WITH_TOKEN, '192.0.2.2'))).toBe(503);
  });

  it.each([
    ['GET', '/v1/status'],
    ['GET', '/v1/events'],
    ['POST', '/v1/arm'],
    ['POST', '/v1/mode'],
    ['PUT', '/queues/api/queues/pause'],
    ['POST', '/test/inject_portfolio_state?equity_usd=1'],
  ] as const)('hold %s %s from that address too, and count there', async (method, url) => {
    await served();
    const request = (headers: Record<string, string>): InjectOptions => ({ ...get(headers), method, url });
    for (let time = 0; time < 10; time += 1) expect(await statusOf(request(WRONG))).toBe(401);
    const refused = await app?.inject(request(WITH_TOKEN));
    expect(refused?.statusCode).toBe(429);
    expect(refused?.json()).toMatchObject({ error: 'too_many_requests' });
    expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(0);
    expect(await statusOf(get(WITH_TOKEN))).toBe(429);
  });

  it('show no operator’s board of the queues to who sends the right one', async () => {
    await served();
    await guessTen();
    const page = await app?.inject({ ...get(WITH_TOKEN), url: '/queues' });
    expect(page?.statusCode).toBe(200);
    expect(page?.body).toContain('(read-only)');
  });

  it('count for the address that a trusted proxy names, and for no other’s word', async () => {
    await served({ trustedProxies: ['192.0.2.1'] });
    const by = (address: string, headers: Record<string, string>) => get({ ...headers, 'x-forwarded-for': address });
    for (let time = 0; time < 10; time += 1) expect(await statusOf(by('203.0.113.7', WRONG))).toBe(401);
    expect(await statusOf(by('203.0.113.7', WITH_TOKEN))).toBe(429);
    expect(await statusOf(by('203.0.113.8', WITH_TOKEN))).toBe(503);
    await app?.close();
    await served();
    for (let time = 0; time < 10; time += 1) expect(await statusOf(by(`203.0.113.${time}`, WRONG))).toBe(401);
    expect(await statusOf(by('203.0.113.99', WITH_TOKEN))).toBe(429);
  });

  it('are a line each in the log, without the token, and a metric', async () => {
    await served();
    await guessTen();
    await statusOf(get(WITH_TOKEN));
    expect(lines.map((line) => JSON.parse(line).reason)).toEqual([...Array(10).fill('wrong_token'), 'too_many']);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ address: '192.0.2.1', method: 'GET', path: '/v1/ledger' });
    expect(lines.join('')).not.toContain('guess');
    expect(lines.join('')).not.toContain(TOKEN);
    const metrics = (await app?.inject('/metrics'))?.body;
    expect(metrics).toContain('portcullis_http_refused_total{reason="wrong_token"} 10');
    expect(metrics).toContain('portcullis_http_refused_total{reason="too_many"} 1');
  });
});

describe('the kill switch from an address that must wait', () => {
  it('is turned on with the right token, and with no other', async () => {
    await served();
    await guessTen();
    expect(await statusOf(kill({ state: 'on' }, WITH_TOKEN))).toBe(503);
    expect(await statusOf(kill({ state: 'on' }, WRONG))).toBe(401);
    expect(await statusOf(kill({ state: 'on' }, { authorization: `Bearer ${VIEWER}` }))).toBe(401);
    expect(await statusOf(kill({ state: 'on' }, {}))).toBe(401);
  });

  it.each([
    ['it is turned off', { state: 'off', reason: 'r' }, '', 429],
    ['the body cannot be used', { state: 'on', surprise: 1 }, '', 400],
    ['the body says nothing', {}, '', 400],
    ['the portfolio is not served', { state: 'on' }, '?portfolio=nobody', 400],
  ])('tells nobody whether a token is the right one where %s', async (_sentence, payload, query, status) => {
    await served();
    await guessTen();
    const answers = [];
    for (const headers of [WITH_TOKEN, { authorization: `Bearer ${VIEWER}` }, WRONG]) {
      const answer = await app?.inject(kill(payload, headers, query));
      expect(answer?.statusCode).toBe(status);
      answers.push(answer?.body.replace(/in \d+ s/, ''));
    }
    expect(new Set(answers).size).toBe(1);
  });
});

describe('the minute', () => {
  const request = (address: string) => {
    const socket = new Socket();
    Object.defineProperty(socket, 'remoteAddress', { value: address });
    return new IncomingMessage(socket);
  };

  it('ends sixty seconds after the first wrong token, not before', () => {
    let nowMs = 1_000;
    const tokens = new WrongTokens(fakeRuntime(), [], () => nowMs);
    const from = request('192.0.2.1');
    for (let time = 0; time < 9; time += 1) tokens.count(from);
    expect(tokens.waitMs(from)).toBe(0);
    nowMs = 31_000;
    tokens.count(from);
    expect(tokens.waitMs(from)).toBe(30_000);
    nowMs = 60_999;
    expect(() => tokens.requireRoom(from)).toThrow('try again in 1 s');
    nowMs = 61_000;
    expect(tokens.waitMs(from)).toBe(0);
    for (let time = 0; time < 9; time += 1) tokens.count(from);
    expect(tokens.waitMs(from)).toBe(0);
  });

  it('is one for a whole IPv6 network, and another for each IPv4 address', () => {
    const tokens = new WrongTokens(fakeRuntime(), []);
    for (let time = 0; time < 10; time += 1) tokens.count(request(`2001:db8:1:2::${time}`));
    expect(tokens.waitMs(request('2001:db8:1:2:ffff::1'))).toBeGreaterThan(0);
    expect(tokens.waitMs(request('2001:db8:1:3::1'))).toBe(0);
    for (let time = 0; time < 10; time += 1) tokens.count(request('::ffff:192.0.2.1'));
    expect(tokens.waitMs(request('192.0.2.1'))).toBeGreaterThan(0);
    expect(tokens.waitMs(request('192.0.2.2'))).toBe(0);
  });

  it('is kept for the newest 5,000 addresses', () => {
    const tokens = new WrongTokens(fakeRuntime(), []);
    for (let time = 0; time < 10; time += 1) tokens.count(request('192.0.2.1'));
    for (let one = 0; one < 4_999; one += 1) tokens.count(request(`10.0.${one >> 8}.${one & 255}`));
    expect(tokens.waitMs(request('192.0.2.1'))).toBeGreaterThan(0);
    tokens.count(request('10.1.0.0'));
    expect(tokens.waitMs(request('192.0.2.1'))).toBe(0);
  });
});
