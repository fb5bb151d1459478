import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import governor from '../../../handlers/governor/index.ts';
import heatGate from '../../../handlers/heat-gate/index.ts';
import type { PackedMessage } from '../../../runtime/engine/commit/request.ts';
import { runtimeMetrics } from '../../../runtime/engine/host/runtime-metrics.ts';
import { Continuity } from '../../../runtime/engine/lane/continuity.ts';
import { type FlowDeps, Processor } from '../../../runtime/engine/lane/flow.ts';
import { laneNames } from '../../../runtime/engine/lane/identity.ts';
import { judge } from '../../../runtime/engine/lane/judging.ts';
import { itemOf } from '../../../runtime/engine/lane/reader.ts';
import { SettingsInForce } from '../../../runtime/engine/policy/settings-in-force.ts';
import { Metrics, RUNTIME } from '../../../runtime/engine/status/metrics.ts';
import { Invalidations } from '../../../runtime/engine/views/invalidations.ts';
import { PortfolioViews } from '../../../runtime/engine/views/portfolio-views.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { connectTo } from '../../support/system.ts';

const NOW_MS = 1_770_000_000_000;
const portfolio = portfolioOf('p', { simulatedClock: true });
let redis: TestRedis;
let views: PortfolioViews;
const open: Redis[] = [];

beforeAll(async () => {
  redis = await startRedis();
  const [data, listener] = [connectTo(redis.url), connectTo(redis.url)] as const;
  open.push(data, listener);
  views = new PortfolioViews(portfolio, { data, invalidations: new Invalidations(listener, [portfolio]) });
  await redis.client.set('p:portcullis:clock', String(NOW_MS));
  const state = { equity_usd: '10000', positions_count: '1', timestamp: String(NOW_MS / 1000) };
  await redis.client.hset('p:state:portfolio', state);
  const snapshot = { symbol: 'ETHUSDT', position_notional_usd: '18000', sigma: '0.15', timestamp: state.timestamp };
  await redis.client.xadd('p:stream:position.snapshot', '*', ...Object.entries(snapshot).flat());
});
afterAll(async () => {
  for (const one of open) one.disconnect();
  await redis.stop();
});

/** What a lane reads and judges with; nothing is written. */
function flowDeps(handler: AnyHandler, mode: string): FlowDeps {
  const metrics = new Metrics([portfolio.prefix]);
  metrics.declare(RUNTIME, runtimeMetrics([handler], []));
  const settings = handler.settings.parse({});
  const about = { handler, environment: {}, settings, warn: () => undefined, release: () => undefined };
  return {
    ...{ redis: redis.client, portfolio, views, handler, metrics },
    ...{ inForce: new SettingsInForce(about), initialMode: mode, names: laneNames(handler, portfolio, 'w') },
    ...{ log: pino({ level: 'silent' }), obstacle: () => '', onOutbox: () => undefined, sharedFacts: undefined },
    continuity: new Continuity(redis.client, portfolio, pino({ level: 'silent' })),
  };
}

/** What a batch comes to: all that is written and counted but for what the candidate says, and what that is. */
async function judgedWith(
  handler: AnyHandler,
  mode: string,
  entries: readonly string[][],
  candidate: object | undefined,
) {
  const policy = portfolio.key(`policy:${handler.gate}`);
  await redis.client.del(policy);
  if (candidate !== undefined) await redis.client.hset(policy, 'candidate', JSON.stringify(candidate));
  const deps = flowDeps(handler, mode);
  const settings = handler.settings.parse({});
  const items = entries.map((flat, at) => itemOf({ handler, settings }, { id: `${NOW_MS + at}-0`, flat }));
  const processor = new Processor(deps, async (problem) => Promise.reject(new Error(problem)));
  const { judged, thrown } = await judge(items, await processor.read(items), deps, 'nonce');
  if (thrown !== undefined) throw thrown.error;
  const split = judged.map(({ packed, outcome }) => ({ ...without(packed), counts: countsOf(outcome.counts) }));
  return { written: split.map(({ message, counts }) => ({ message, counts })), said: split.map(({ said }) => said) };
}

function countsOf(counts: readonly { metric: string }[] = []) {
  return counts.filter(({ metric }) => metric !== 'portcullis_candidate_differs_total');
}

function without(message: PackedMessage) {
  const log = message.log ?? [];
  const at = log.indexOf('candidate');
  if (at < 0) return { message, said: undefined };
  return { message: { ...message, log: log.toSpliced(at, 2) }, said: [log[at + 1] ?? ''].flat().join('') };
}

const symbol = fc.constantFrom('ETHUSDT', 'BTCUSDT');
const plan = fc
  .record({ symbol, action: fc.constantFrom('OPEN', 'FULL_CLOSE', 'HOLD'), qty: fc.constantFrom('1', '3', '40') })
  .map((fields) => ({ ...fields, side: 'BUY', price: '60' }));
const exit = fc.record({
  symbol,
  action: fc.constantFrom('FULL_CLOSE', 'FULL_CLOSE_PROPOSED', 'PARTIAL_25', 'HOLD'),
  reason: fc.constantFrom('', 'stop_loss', 'target'),
});
const governorCandidate = fc.record({
  version: fc.constant('v1'),
  mode: fc.option(fc.constantFrom('testnet', 'production', 'dry_run'), { nil: undefined }),
  settings: fc.record({
    GOV_MAX_OPEN_POSITIONS: fc.constantFrom('0', '1', '10'),
    GOV_MAX_NOTIONAL_PER_TRADE_USDT: fc.constantFrom('0', '100', '5000'),
    GOV_POSITION_MAX_AGE_SEC: fc.constantFrom('0.001', '86400'),
  }),
});
const heatCandidate = fc.record({
  version: fc.constant('v1'),
  mode: fc.option(fc.constantFrom('shadow', 'enforce'), { nil: undefined }),
  settings: fc.record({
    HEAT_MIN: fc.constantFrom('0', '0.3'),
    HEAT_MAX: fc.constantFrom('0.31', '0.9'),
    P26_PROTECTIVE_REASONS: fc.constantFrom('', 'target'),
    P26_SNAPSHOT_MAX_AGE_SEC: fc.constantFrom('0', '1'),
  }),
});

test.each([
  {
    handler: governor as unknown as AnyHandler,
    modes: ['production', 'testnet', 'dry_run'],
    entry: plan,
    candidate: governorCandidate,
  },
  { handler: heatGate as unknown as AnyHandler, modes: ['shadow', 'enforce'], entry: exit, candidate: heatCandidate },
])('a candidate of $handler.name changes no byte of what is written, whatever it says', async (row) => {
  const batch = fc.array(row.entry as fc.Arbitrary<Record<string, string>>, { minLength: 1, maxLength: 8 });
  const candidates = row.candidate as fc.Arbitrary<object>;
  let differed = 0;
  await fc.assert(
    fc.asyncProperty(batch, candidates, fc.constantFrom(...row.modes), async (fields, candidate, mode) => {
      const entries = fields.map((own, at) => Object.entries({ plan_id: `p${at}`, ...own }).flat());
      const alone = await judgedWith(row.handler, mode, entries, undefined);
      const beside = await judgedWith(row.handler, mode, entries, candidate);
      expect(beside.written).toEqual(alone.written);
      for (const [at, said] of beside.said.entries()) {
        const log = beside.written[at]?.message.log;
        expect(said === undefined).toBe(log === undefined);
        if (said === undefined) continue;
        const { version, verdict, reason, checks } = JSON.parse(said);
        expect({ version, checks: Array.isArray(checks) }).toEqual({ version: 'v1', checks: true });
        if (verdict !== log?.[1] || reason !== log?.[3]) differed += 1;
      }
    }),
    { numRuns: 60 },
  );
  expect(differed).toBeGreaterThan(0);
});

test('a candidate that says what is in force says the same of every message', async () => {
  const entries = [['plan_id', 'p', 'symbol', 'ETHUSDT', 'action', 'FULL_CLOSE']];
  const same = { version: 'v1', settings: { HEAT_MIN: '0.25' } };
  const { said, written } = await judgedWith(heatGate as unknown as AnyHandler, 'shadow', entries, same);
  const log = written[0]?.message.log ?? [];
  const { verdict, reason, checks } = JSON.parse(said[0] ?? '');
  expect([verdict, reason, JSON.stringify(checks)]).toEqual([log[1], log[3], log[log.indexOf('checks') + 1]]);
});
