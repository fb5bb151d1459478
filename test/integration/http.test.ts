import { createServer } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HttpOptions } from '../../runtime/doors/http/context.ts';
import { type RunningHttp, startHttp } from '../../runtime/doors/http/server.ts';
import { type FakeRuntime, fakeRuntime, httpOptions, laneStatus, WITH_TOKEN } from '../support/http.ts';
import { freePort } from '../support/ports.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';

const BRIDGE = { stream: 'quantum:stream:harvest.heat.decision', group: 'heat_bridge' };

let redis: TestRedis;
let http: RunningHttp | undefined;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(() => redis.client.flushall());
afterEach(async () => {
  await http?.close();
  http = undefined;
});

async function serve(fake: FakeRuntime = {}, options: Partial<HttpOptions> = {}): Promise<RunningHttp> {
  const runtime = fakeRuntime({ redis: redis.client, lanes: [laneStatus()], ...fake });
  http = await startHttp(runtime, await httpOptions(runtime, options));
  return http;
}

async function ask(role: string, path: string, init?: RequestInit) {
  const base = http?.addresses.find((address) => address.role === role)?.url;
  if (base === undefined) throw new Error(`expected a listener for ${role}`);
  const response = await fetch(base + path, init);
  const text = await response.text();
  return { code: response.status, text, json: () => JSON.parse(text), headers: response.headers };
}

describe('listeners', () => {
  it.each([
    ['p26', ['p26_proposals_processed_total'], ['p27_', 'p28_', 'quantum_govern']],
    ['p27Metrics', ['p27_loops_total'], ['p26_', 'p28_', 'quantum_govern']],
    ['p28', ['p28_enforce_mode'], ['p26_', 'p27_', 'quantum_govern']],
    ['governor', ['quantum_govern_probe'], ['p26_', 'p27_', 'p28_']],
    ['http', ['p26_proposals_processed_total', 'p27_loops_total', 'p28_enforce_mode', 'quantum_govern_probe'], []],
  ] as const)('%s serves /metrics of its own gate alone', async (role, present, absent) => {
    await serve();
    const { code, text, headers } = await ask(role, '/metrics');
    expect(code).toBe(200);
    expect(headers.get('content-type')).toContain('text/plain; version=0.0.4');
    for (const family of present) expect(text).toContain(family);
    for (const family of absent) expect(text).not.toContain(family);
  });

  it.each([
    ['p26', '/health', 200],
    ['p26', '/budget/BTCUSDT', 404],
    ['p26', '/healthz', 404],
    ['p26', '/queues', 404],
    ['p27Metrics', '/health', 404],
    ['p27Health', '/health', 200],
    ['p27Health', '/metrics', 404],
    ['p28', '/health', 200],
    ['p28', '/budget/BTCUSDT', 200],
    ['p28', '/v1/status', 404],
    ['p28', '/nothing', 404],
    ['governor', '/health', 200],
    ['governor', '/budget/BTCUSDT', 404],
    ['http', '/budget/BTCUSDT', 200],
    ['http', '/healthz', 200],
    ['http', '/readyz', 200],
    ['http', '/health', 200],
    ['http', '/queues', 200],
  ] as const)('%s %s answers %d', async (role, path, code) => {
    await serve();
    expect((await ask(role, path)).code).toBe(code);
  });

  it.each([
    ['p28', '/health'],
    ['p26', '/health'],
    ['http', '/health'],
    ['http', '/readyz'],
  ] as const)('%s %s answers 503 while Redis is connected and silent', async (role, path) => {
    await serve();
    redis.process.kill('SIGSTOP');
    try {
      const { code, json } = await ask(role, path);
      expect(code).toBe(503);
      expect(json()).toMatchObject({ redis: 'disconnected' });
    } finally {
      redis.process.kill('SIGCONT');
    }
  });

  it('a taken port is named with its setting, and nothing stays open', async () => {
    const other = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const runtime = fakeRuntime({ redis: redis.client });
    const options = await httpOptions(runtime);
    const starting = startHttp(runtime, { ...options, ports: { ...options.ports, governor: port } });
    await expect(starting).rejects.toThrow(`GOV_METRICS_PORT=${port}: expected a free port`);
    await expect(fetch(`http://127.0.0.1:${options.ports.http}/healthz`)).rejects.toThrow();
    await new Promise((resolve) => other.close(resolve));
  });

  it('close lets every port go', async () => {
    const { addresses } = await serve();
    await Promise.all(addresses.map(({ url }) => fetch(`${url}/health`)));
    await http?.close();
    http = undefined;
    expect(addresses).toHaveLength(6);
    for (const { url } of addresses) await expect(fetch(`${url}/health`)).rejects.toThrow();
  });
});

describe('HeatBridge /health', () => {
  const health = async () => (await ask('p27Health', '/health')).json();

  it('has the shape of the seeds before the first message', async () => {
    await serve();
    expect(await health()).toEqual({ status: 'ok', last_ts_epoch: 0, last_loop_ms: 502, backlog: 0 });
  });

  it('counts pending and undelivered, and shows the time of the last delivered message', async () => {
    await redis.client.xgroup('CREATE', BRIDGE.stream, BRIDGE.group, '0', 'MKSTREAM');
    for (const epoch of [1769581930, 1769581932, 1769581934]) {
      await redis.client.xadd(BRIDGE.stream, '*', 'plan_id', `p${epoch}`, 'ts_epoch', String(epoch));
    }
    await redis.client.xreadgroup('GROUP', BRIDGE.group, 'w', 'COUNT', 2, 'STREAMS', BRIDGE.stream, '>');
    await serve();
    expect(await health()).toMatchObject({ status: 'ok', last_ts_epoch: 1769581932, backlog: 3 });
  });

  it('is degraded when the last loop failed', async () => {
    await serve({ lanes: [laneStatus({ failed: true })] });
    expect(await health()).toMatchObject({ status: 'degraded' });
  });

  it('is error while Redis is down', async () => {
    await serve({ redisUp: () => false });
    const response = await ask('p27Health', '/health');
    expect(response.code).toBe(503);
    expect(response.json()).toEqual({ status: 'error', last_ts_epoch: null, last_loop_ms: 502, backlog: null });
  });
});

describe('the operator’s routes', () => {
  const post = (path: string, body: unknown) =>
    ask('http', `/v1${path}`, {
      method: 'POST',
      headers: { ...WITH_TOKEN, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('turn the kill switch on without a reason, and off with one, in the ledger', async () => {
    await serve();
    expect((await post('/kill', { state: 'on', actor: 'ann' })).json()).toMatchObject({ before: 'off', after: 'on' });
    expect(await redis.client.get('quantum:kill')).toBe('1');
    expect((await post('/kill', { state: 'off', actor: 'ann', reason: 'all clear' })).code).toBe(200);
    expect(await redis.client.get('quantum:kill')).toBe('0');
    const ledger = await redis.client.xrange('quantum:stream:ops.ledger', '-', '+');
    expect(ledger.map(([, fields]) => fields.slice(0, 6))).toEqual([
      ['action', 'kill_on', 'actor', 'ann', 'reason', 'turned on over HTTP'],
      ['action', 'kill_off', 'actor', 'ann', 'reason', 'all clear'],
    ]);
  });

  it.each([
    ['/disarm', { reason: 'r' }, 'armed', '0'],
    ['/arm', { reason: 'r' }, 'armed', '1'],
    ['/state', { trading_state: 'REDUCING', reason: 'r' }, 'trading_state', 'REDUCING'],
  ])('%s %j sets %s to %s', async (path, body, field, value) => {
    await serve();
    expect((await post(path, body)).code).toBe(200);
    expect(await redis.client.hget('quantum:governor:state', field)).toBe(value);
  });

  it('set the mode of a gate', async () => {
    await serve();
    const response = await post('/mode', { gate: 'heat-gate', mode: 'enforce', reason: 'a week of shadow' });
    expect(response.json()).toMatchObject({ gate: 'heat-gate', after: 'enforce' });
    expect(await redis.client.hget('quantum:policy:heat-gate', 'mode')).toBe('enforce');
  });

  it.each([
    ['a gate that does not exist', { gate: 'heatgate', mode: 'enforce', reason: 'r' }],
    ['a mode the gate does not have', { gate: 'heat-gate', mode: 'production', reason: 'r' }],
  ])('refuse %s and write nothing', async (_sentence, body) => {
    await serve();
    // Where the console is, which a process says as soon as it listens.
    await until('the console to be named', async () => (await redis.client.exists('quantum:portcullis:console')) === 1);
    const response = await post('/mode', body);
    expect(response.code).toBe(409);
    expect(response.json()).toEqual({ error: 'conflict', message: expect.stringContaining('expected a') });
    expect(await redis.client.keys('*')).toEqual(['quantum:portcullis:console']);
  });

  it('clear a position', async () => {
    await redis.client.hset('quantum:position:snapshot:BTCUSDT', 'position_qty', '1');
    await serve();
    expect((await post('/positions/clear', { symbol: 'BTCUSDT', reason: 'closed by hand' })).code).toBe(200);
    expect(await redis.client.exists('quantum:position:snapshot:BTCUSDT')).toBe(0);
    expect(await redis.client.xlen('quantum:stream:position.snapshot')).toBe(1);
  });

  it('show the status', async () => {
    await serve();
    const { code, json } = await ask('http', '/v1/status', { headers: WITH_TOKEN });
    expect(code).toBe(200);
    expect(json()).toMatchObject({ portfolio: 'quantum', trading: { trading_state: 'ACTIVE', kill: 'off' } });
  });
});
