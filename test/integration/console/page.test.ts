import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Queue } from 'bullmq';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HttpOptions } from '../../../runtime/doors/http/context.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { type ServedConsole, serveConsole, signIn, VIEWER } from '../../support/console.ts';
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

describe('what a browser is told', () => {
  it.each([['/console/'], ['/console/session'], ['/v1/status'], ['/healthz'], ['/metrics'], ['/nothing']])(
    '%s allows nothing from elsewhere, and nothing inside a page',
    async (path) => {
      const { headers } = await served.ask(path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy.split('; ').sort()).toEqual([
        "base-uri 'none'",
        "default-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "img-src 'self' data:",
        "object-src 'none'",
      ]);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
    },
  );

  it('an answer with data is kept by no browser', async () => {
    const { cookie } = await signIn(served, VIEWER);
    const response = await served.ask('/v1/status', { headers: { cookie } });
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});

describe('the job dashboard', () => {
  let queue: Queue;
  beforeEach(async () => {
    queue = new Queue('budgets', { connection: { url: redis.url }, prefix: '{quantum}:bull' });
    await queue.waitUntilReady();
    await restart({ queues: [{ portfolio: portfolioOf('quantum'), queue }] });
  });
  afterEach(() => queue.close());

  it('asks no foreign host for anything, and may have styles inside but no scripts', async () => {
    const response = await served.ask('/queues');
    const html = await response.text();
    expect(html).toContain('static/js/main');
    expect(html.match(/(?:href|src)="https?:/g)).toBeNull();
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("style-src 'self' 'unsafe-inline'");
    expect(policy).not.toContain('http');
    expect(policy).not.toMatch(/script-src|unsafe-eval/);
  });

  it.each([
    ['an operator', TOKEN, {}, {}, 200],
    ['an operator, of another origin', TOKEN, {}, { origin: 'http://evil.example' }, 403],
    ['an operator, read-only', TOKEN, { consoleReadOnly: true }, {}, 403],
    ['a viewer', VIEWER, {}, {}, 403],
  ])('%s pauses a queue: %s', async (_who, token, options, different, status) => {
    await restart({ queues: [{ portfolio: portfolioOf('quantum'), queue }], ...options });
    const { cookie } = await signIn(served, token);
    const headers = { cookie, origin: served.base, ...different };
    const response = await served.ask('/queues/api/queues/budgets/pause', { method: 'PUT', headers });
    expect(response.status).toBe(status);
    expect(await queue.isPaused()).toBe(status === 200);
  });

  it.each([
    ['an operator', TOKEN, false],
    ['a viewer', VIEWER, true],
  ])('%s is offered what they may do', async (_who, token, readOnlyMode) => {
    const { cookie } = await signIn(served, token);
    const listed = await served.ask('/queues/api/queues', { headers: { cookie } });
    expect(await listed.json()).toMatchObject({ queues: [{ name: 'budgets', readOnlyMode }] });
  });
});

describe('the page', () => {
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'portcullis-page-'));
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>');
    writeFileSync(join(folder, 'assets', 'main-abc123.js'), 'export {};');
    writeFileSync(join(folder, 'assets', 'main-abc123.js.gz'), gzipSync('export {};'));
    await restart({ pageFolder: folder });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is led to from /console', async () => {
    const { status, headers } = await served.ask('/console');
    expect([status, headers.get('location')]).toEqual([302, '/console/']);
  });

  it.each([
    ['/console/', 200, 'no-cache', 'text/html'],
    ['/console/decisions', 200, 'no-cache', 'text/html'],
    ['/console/decisions?gate=governor', 200, 'no-cache', 'text/html'],
    ['/console/index.html', 200, 'no-cache', 'text/html'],
    ['/console/assets/main-abc123.js', 200, 'public, max-age=31536000, immutable', 'javascript'],
    ['/console/assets/main-other.js', 404, null, 'application/json'],
    ['/console/../package.json', 404, null, 'application/json'],
    ['/console/%2e%2e/package.json', 404, null, 'application/json'],
  ])('%s: %d', async (path, status, caching, type) => {
    const response = await served.ask(path);
    expect(response.status).toBe(status);
    expect(response.headers.get('cache-control')).toBe(caching);
    expect(response.headers.get('content-type')).toContain(type);
  });

  it('comes compressed where the build has done that', async () => {
    const response = await served.ask('/console/assets/main-abc123.js', { headers: { 'accept-encoding': 'gzip' } });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await response.text()).toBe('export {};');
  });

  it('that is not built is 503 with what to do', async () => {
    await restart({ pageFolder: join(folder, 'nowhere') });
    const response = await served.ask('/console/');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ message: expect.stringContaining('npm run build') });
  });
});
