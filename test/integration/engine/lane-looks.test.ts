import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { LaneLooks } from '../../../runtime/engine/host/lane-looks.ts';
import { FOREIGN_METRIC } from '../../../runtime/engine/host/workers.ts';
import { laneNames } from '../../../runtime/engine/lane/identity.ts';
import { LAG_METRICS, lagGauges, measureLag } from '../../../runtime/engine/status/lag.ts';
import { Metrics, RUNTIME } from '../../../runtime/engine/status/metrics.ts';
import { streamPositions } from '../../../runtime/engine/streams/positions.ts';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import { bellGate } from '../../support/gates.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

const PORTFOLIO = portfolioOf('quantum');
const NAMES = laneNames(bellGate(), PORTFOLIO, 'w1', {});
const FOREIGN = /portcullis_foreign_consumers\{handler="bell"\} (\d+)/;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(() => redis.client.flushall());
afterEach(() => vi.restoreAllMocks());
afterAll(() => redis.stop());

function metricsOf(): Metrics {
  const metrics = new Metrics(['quantum']);
  metrics.declare(RUNTIME, [...LAG_METRICS, FOREIGN_METRIC]);
  return metrics;
}

function looksOf(metrics: Metrics, log = pino({ level: 'silent' })): LaneLooks {
  const lanes = [{ handler: 'bell', names: NAMES }];
  return new LaneLooks({ redis: redis.client, portfolio: PORTFOLIO, metrics, log, lanes });
}

async function positions() {
  const streams = [NAMES.stream, NAMES.deadLetters].map((key) => ({ name: key, key }));
  return new Map((await streamPositions(redis.client, streams)).map((position) => [position.key, position]));
}

/** How many commands Redis was sent while something was done. */
async function commandsIn(work: () => Promise<unknown>): Promise<number> {
  const count = async () => Number(/total_commands_processed:(\d+)/.exec(await redis.client.info('stats'))?.[1]);
  const before = await count();
  await work();
  return (await count()) - before - 1;
}

const steps: Readonly<Record<string, () => Promise<unknown>>> = {
  add: () => redis.client.xadd(NAMES.stream, '*', 'n', '1'),
  group: () => redis.client.xgroup('CREATE', NAMES.stream, NAMES.group, '0', 'MKSTREAM'),
  read: () => redis.client.xreadgroup('GROUP', NAMES.group, 'w1', 'COUNT', 1, 'STREAMS', NAMES.stream, '>'),
  ack: async () => {
    const [entry] = (await redis.client.xpending(NAMES.stream, NAMES.group, '-', '+', 1)) as [string][];
    if (entry !== undefined) await redis.client.xack(NAMES.stream, NAMES.group, entry[0]);
  },
  back: () => redis.client.xgroup('SETID', NAMES.stream, NAMES.group, '0'),
  trim: () => redis.client.xtrim(NAMES.stream, 'MAXLEN', 0),
  'dead letter': () => redis.client.xadd(NAMES.deadLetters, '*', 'n', '1'),
  delete: () => redis.client.del(NAMES.stream),
  text: () => redis.client.set(NAMES.stream, 'in the way'),
};

test('whatever happened to a lane, its gauges say what a measurement of its own says', async () => {
  const happened = fc.array(fc.constantFrom(...Object.keys(steps)), { maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(happened, async (names) => {
      await redis.client.flushall();
      for (const name of ['group', ...names]) await steps[name]?.().catch(() => undefined);
      const [looked, measured] = [metricsOf(), metricsOf()];
      await looksOf(looked).lag(await positions());
      measured.apply(lagGauges('bell', await measureLag(redis.client, NAMES)), 'quantum');
      const counts = async (metrics: Metrics) =>
        (await metrics.exposition(RUNTIME))
          .split('\n')
          .filter((line) => line.includes('{') && !line.includes('seconds'));
      expect(await counts(looked)).toEqual(await counts(measured));
    }),
    { numRuns: 150 },
  );
});

test('of a lane that has nothing waiting and nothing pending nothing is asked; one that has is measured', async () => {
  const looks = looksOf(metricsOf());
  await steps.group?.();
  await steps.add?.();
  await steps.read?.();
  const atWork = await positions();
  expect(await commandsIn(() => looks.lag(atWork))).toBeGreaterThan(0);
  await steps.ack?.();
  const atRest = await positions();
  expect(await commandsIn(() => looks.lag(atRest))).toBe(0);
});

test('one that joins, takes an entry, or only waits for a minute is seen with a group of ours', async () => {
  const errors: string[] = [];
  const log = pino({ level: 'error' }, { write: (line: string) => void errors.push(JSON.parse(line).msg) });
  const metrics = metricsOf();
  const looks = looksOf(metrics, log);
  const look = async () => {
    await looks.foreign(await positions());
    return Number(FOREIGN.exec(await metrics.exposition(RUNTIME))?.[1]);
  };
  const readAs = (consumer: string) =>
    redis.client.xreadgroup('GROUP', NAMES.group, consumer, 'COUNT', 1, 'NOACK', 'STREAMS', NAMES.stream, '>');
  await steps.group?.();
  await redis.client.xgroup('CREATECONSUMER', NAMES.stream, NAMES.group, NAMES.consumer);
  expect(await look()).toBe(0);
  const still = await positions();
  expect(await commandsIn(() => looks.foreign(still))).toBe(0);
  await redis.client.xgroup('CREATECONSUMER', NAMES.stream, NAMES.group, 'other');
  expect(await look()).toBe(1);
  await redis.client.sadd(NAMES.consumers, 'other');
  expect(await look()).toBe(0);
  await redis.client.srem(NAMES.consumers, 'other');
  expect(await look()).toBe(0);
  await steps.add?.();
  await readAs('other');
  expect(await look()).toBe(1);
  await redis.client.sadd(NAMES.consumers, 'other');
  expect(await look()).toBe(0);
  await redis.client.srem(NAMES.consumers, 'other');
  const nowMs = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs + MINUTE_MS);
  expect(await look()).toBe(1);
  expect(errors).toEqual([expect.stringMatching(/^consumer other in group bell .* is not ours/)]);
});

test('after FLUSHALL this worker says again that its consumer is ours', async () => {
  const looks = looksOf(metricsOf());
  await steps.group?.();
  await looks.foreign(await positions());
  await redis.client.flushall();
  await steps.group?.();
  await redis.client.xgroup('CREATECONSUMER', NAMES.stream, NAMES.group, NAMES.consumer);
  await looks.foreign(await positions());
  expect(await redis.client.smembers(NAMES.consumers)).toEqual([NAMES.consumer]);
});
