import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { nothing } from '../../../../handlers/contract/effects.ts';
import { type AnyHandler, defineHandler, stream } from '../../../../handlers/contract/handler.ts';
import { buildApp } from '../../../../runtime/doors/http/app.ts';
import { gateHealth, systemHealth } from '../../../../runtime/doors/http/gate-health.ts';
import { readiness } from '../../../../runtime/doors/http/health.ts';
import { liveness } from '../../../../runtime/engine/status/liveness.ts';
import type { LaneStatus } from '../../../../runtime/engine/status/types.ts';
import { type FakeRuntime, fakeRuntime, httpContext, laneStatus } from '../../../support/http.ts';

const NOW = 1_000_000_000;
const bridge = defineHandler({
  name: 'heat-bridge',
  gate: 'heat-bridge',
  summary: 'Stands for a handler of a gate',
  on: stream('harvest.heat.decision', { group: 'heat_bridge' }),
  message: z.object({}),
  settings: z.object({}),
  settingNames: [],
  metrics: [],
  reads: () => ({}),
  handle: () => nothing,
  onFailure: () => nothing,
});

describe('liveness', () => {
  const judged = (
    lastTurnMs: number,
    more: { redisUp?: boolean; redisUpSinceMs?: number; state?: 'held' | 'running' },
  ) =>
    liveness({
      redisUp: more.redisUp ?? true,
      redisUpSinceMs: more.redisUpSinceMs ?? 0,
      lanes: [laneStatus({ lastTurnMs, state: more.state ?? 'running' })],
      nowMs: NOW,
    }).status;

  it.each([
    ['a running lane that turned just now lives', NOW, {}, 'alive'],
    ['one that turned exactly 30 s ago lives', NOW - 30_000, {}, 'alive'],
    ['one that turned a millisecond earlier is stuck', NOW - 30_001, {}, 'stuck'],
    ['Redis being down is not death', NOW - 600_000, { redisUp: false }, 'alive'],
    ['Redis back for 30 s leaves time for a turn', NOW - 600_000, { redisUpSinceMs: NOW - 30_000 }, 'alive'],
    ['Redis back for longer does not', NOW - 600_000, { redisUpSinceMs: NOW - 30_001 }, 'stuck'],
    ['a held lane is a matter of readiness', NOW - 600_000, { state: 'held' as const }, 'alive'],
  ])('%s', (_sentence, lastTurnMs, more, status) => {
    expect(judged(lastTurnMs, more)).toBe(status);
  });

  it('names the stuck lane and for how long', () => {
    const lanes = [laneStatus({ lastTurnMs: NOW - 45_000 })];
    const { problems } = liveness({ redisUp: true, redisUpSinceMs: 0, lanes, nowMs: NOW });
    expect(problems).toEqual([{ lane: 'quantum/heat-bridge', state: 'running', problem: 'no turn for 45 s' }]);
  });
});

describe('readiness', () => {
  it.each([
    ['starting', 'ready'],
    ['running', 'ready'],
    ['standby', 'ready'],
    ['held', 'not_ready'],
    ['draining', 'not_ready'],
    ['stopped', 'not_ready'],
  ] as const)('a %s lane is %s', (state, status) => {
    expect(readiness({ redisUp: true, lanes: [laneStatus({ state })] }).status).toBe(status);
  });

  it('names the held lane and why', () => {
    const lanes = [laneStatus({ state: 'held', problem: 'expected a stream, found a hash' })];
    expect(readiness({ redisUp: true, lanes }).problems).toEqual([
      { lane: 'quantum/heat-bridge', state: 'held', problem: 'expected a stream, found a hash' },
    ]);
  });

  it('names the feed that is stale and why, and is there all the same', () => {
    const feed = { portfolio: 'quantum', feed: 'account', problem: 'stale since noon: banned' } as const;
    expect(readiness({ redisUp: true, lanes: [] }, [feed])).toMatchObject({ status: 'ready', feeds: [feed] });
  });

  it('is not there while Redis is down', () => {
    expect(readiness({ redisUp: false, lanes: [] })).toMatchObject({ status: 'not_ready', redis: 'disconnected' });
  });
});

describe('the health of a gate', () => {
  const handlers = [
    { ...bridge, name: 'heat-monitor', gate: 'heat-gate' },
    { ...bridge, name: 'heat-bridge', gate: 'heat-bridge' },
  ] as unknown as AnyHandler[];
  const judged = async (lane: Partial<LaneStatus>, redisUp = true) => {
    const runtime = fakeRuntime({ redisUp: () => redisUp, handlers, lanes: [laneStatus(lane)] });
    return gateHealth(await httpContext(runtime), 'heat-gate', 'p2.6-portfolio-heat-gate');
  };

  it('is the risk governor’s shape, with what holds it', async () => {
    expect(await judged({ handler: 'heat-monitor', state: 'held', problem: 'expected a hash' })).toEqual({
      code: 503,
      body: {
        status: 'unhealthy',
        service: 'p2.6-portfolio-heat-gate',
        mode: 'shadow',
        redis: 'connected',
        problems: [{ lane: 'quantum/heat-monitor', state: 'held', problem: 'expected a hash' }],
      },
    });
  });

  it('does not depend on the lanes of other gates', async () => {
    expect((await judged({ handler: 'heat-bridge', state: 'held' })).code).toBe(200);
  });

  it('is unhealthy while Redis is down', async () => {
    expect((await judged({}, false)).body).toMatchObject({ status: 'unhealthy', redis: 'disconnected' });
  });
});

describe('health routes', () => {
  const asked = async (url: string, fake: FakeRuntime) => {
    const app = await buildApp(await httpContext(fakeRuntime(fake)));
    const response = await app.inject(url);
    await app.close();
    return { code: response.statusCode, body: response.json() };
  };

  it.each([
    ['/healthz answers 200 while Redis is down', '/healthz', { redisUp: () => false }, 200],
    ['/readyz answers 503 while Redis is down', '/readyz', { redisUp: () => false }, 503],
    ['/health answers 503 while Redis is down', '/health', { redisUp: () => false }, 503],
    ['/healthz answers 200 when all is well', '/healthz', { redisUp: () => true }, 200],
    ['/readyz answers 200 when all is well', '/readyz', { redisUp: () => true }, 200],
    [
      '/readyz answers 503 while draining',
      '/readyz',
      { redisUp: () => true, lanes: [laneStatus({ state: 'draining' })] },
      503,
    ],
    [
      '/healthz answers 200 while draining',
      '/healthz',
      { redisUp: () => true, lanes: [laneStatus({ state: 'draining' })] },
      200,
    ],
  ])('%s', async (_sentence, url, fake, code) => {
    expect((await asked(url, fake)).code).toBe(code);
  });

  it('/health on 8040 names every gate with its mode', async () => {
    const { body } = await asked('/health', { redisUp: () => true, modes: { governor: 'testnet' } });
    expect(body).toEqual({
      status: 'healthy',
      service: 'portcullis',
      worker: 'worker-1',
      gates: { 'heat-gate': 'shadow', 'heat-bridge': 'shadow', 'risk-governor': 'shadow', governor: 'testnet' },
      redis: 'connected',
      problems: [],
      feeds: [],
    });
  });

  it.each([
    ['is degraded, and serves', true, 200, 'degraded'],
    ['is unhealthy while Redis is down too', false, 503, 'unhealthy'],
  ])('/health on 8040 with a stale feed %s', async (_sentence, redisUp, code, status) => {
    const feeds = [{ portfolio: 'quantum', feed: 'account', problem: 'stale since noon: banned' }] as const;
    const context = await httpContext(fakeRuntime({ redisUp: () => redisUp }), { feedProblems: () => feeds });
    expect(await systemHealth(context)).toMatchObject({ code, body: { status, feeds } });
  });
});
