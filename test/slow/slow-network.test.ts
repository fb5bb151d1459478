import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { laneNames } from '../../runtime/engine/lane/identity.ts';
import { ownPending } from '../../runtime/engine/lane/recovery.ts';
import { deliverAgain, Given } from '../../runtime/engine/lane/redelivery.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { Dice } from '../chaos/random.ts';
import { counterGate, echoGate } from '../support/gates.ts';
import { feed, judgedAll, numbers } from '../support/lane.ts';
import { startProxy } from '../support/proxy.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { startSlowLink } from '../support/slow-link.ts';
import { entriesOf, startSystem, type TestSystem } from '../support/system.ts';

const PLANS = 'quantum:stream:apply.plan';
const PROPOSALS = 'quantum:stream:harvest.proposal';

let redis: TestRedis;
const systems: TestSystem[] = [];
const links: { stop(): Promise<void> }[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(() => redis.client.flushall());
afterEach(async () => {
  await Promise.all(systems.splice(0).map((system) => system.stop()));
  await Promise.all(links.splice(0).map((link) => link.stop()));
});
afterAll(() => redis.stop());

async function start(...args: Parameters<typeof startSystem>): Promise<TestSystem> {
  const system = await startSystem(...args);
  systems.push(system);
  return system;
}

/** A number of calls of a command that Redis has seen. */
async function callsOf(command: string): Promise<number> {
  const stats = await redis.client.info('commandstats');
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

async function slowLink(delayMs: number, resetShare = 0, seed = 1) {
  const dice = new Dice(seed);
  const link = await startSlowLink(redis.port, { delayMs, resetShare, dice: () => dice.fraction() });
  links.push(link);
  return link;
}

test('where the way is long, more is read at once: three reads instead of nine', async () => {
  await feed(redis.client, numbers(900));
  const link = await slowLink(60);
  const reads = link.counting('xreadgroup');
  await start({ url: link.url }, { handlers: [echoGate()] });
  expect(await judgedAll(redis.client, 900)).toEqual(numbers(900));
  expect(reads()).toBeLessThan(9);
});

test('what a lost reply had brought comes again in one piece, also where each judgment sees the one before', async () => {
  const link = await startProxy(redis.port);
  links.push(link);
  await feed(redis.client, numbers(100), 'counter');
  const lost = link.swallowReplyTo('xreadgroup');
  const claims = await callsOf('xclaim');
  await start(link, { handlers: [counterGate()] });
  await lost;
  await judgedAll(redis.client, 100, 'counter');
  expect(await redis.client.hget('quantum:counter', 'count')).toBe('100');
  expect((await callsOf('xclaim')) - claims).toBeLessThan(5);
});

test('asking again for what is pending counts it once, and not at all where this process was given it before', async () => {
  const names = laneNames(echoGate(), portfolioOf('quantum'), 'w1', {});
  const [id = ''] = await feed(redis.client, numbers(1));
  await redis.client.xgroup('CREATE', names.stream, names.group, '0');
  await redis.client.xreadgroup('GROUP', names.group, 'w1', 'STREAMS', names.stream, '>');
  const deliveries = async () => (await ownPending(redis.client, names, '0-0', 10)).map((one) => one.deliveries);
  const pending = await ownPending(redis.client, names, '0-0', 10);
  const given = new Given();
  for (let round = 0; round < 3; round += 1) {
    expect(await deliverAgain(redis.client, names, pending, given)).toEqual([{ id, flat: ['n', '0'] }]);
    expect(await deliveries()).toEqual([2]);
  }
  given.add([{ id, flat: [] }]);
  await deliverAgain(redis.client, names, await ownPending(redis.client, names, '0-0', 10), given);
  expect(await deliveries()).toEqual([2]);
  await redis.client.xdel(names.stream, id);
  expect(await deliverAgain(redis.client, names, pending, given)).toEqual([]);
});

test('two workers on a slow network that loses connections judge everything once, and nothing expires', async () => {
  const seconds = String((await redis.client.time())[0]);
  await redis.client.hset('quantum:state:portfolio', { equity_usd: '10000', positions_count: '1', timestamp: seconds });
  const link = await slowLink(50, 0.01, 7);
  const env = { GOV_STATE_MAX_AGE_SEC: '86400', GOV_MAX_TOTAL_NOTIONAL_USDT: '1e9', GOV_MAX_OPEN_POSITIONS: '1e6' };
  const handlers = await loadHandlers();
  for (const workerName of ['w1', 'w2']) await start({ url: link.url }, { handlers, env, workerName });
  const pipeline = redis.client.pipeline();
  for (let n = 0; n < 1_000; n += 1) {
    const plan = { plan_id: `p${n}`, symbol: `S${n}USDT`, action: 'OPEN', side: 'BUY', qty: '1', price: '100' };
    pipeline.xadd(PLANS, '*', ...Object.entries(plan).flat());
    pipeline.xadd(PROPOSALS, '*', 'plan_id', `h${n}`, 'symbol', 'BTCUSDT', 'action', 'FULL_CLOSE');
  }
  await pipeline.exec();
  const decisions = () => entriesOf(redis.client, 'quantum:stream:decisions');
  await until('all to be judged', async () => (await redis.client.xlen('quantum:stream:decisions')) >= 2_000);
  expect(link.resets).toBeGreaterThan(0);
  link.heal();
  await until('nothing pending', async () => {
    const heat = (await redis.client.xpending(PROPOSALS, 'p26_heat_gate')) as [number];
    return heat[0] === 0 && ((await redis.client.xpending(PLANS, 'governor')) as [number])[0] === 0;
  });
  const judged = (await decisions()).filter(({ fields }) => ['governor', 'heat-gate'].includes(fields.handler ?? ''));
  expect(new Set(judged.map(({ fields }) => `${fields.source_stream} ${fields.source_id}`)).size).toBe(2_000);
  expect(judged).toHaveLength(2_000);
  const plans = judged.filter(({ fields }) => fields.handler === 'governor');
  expect(new Set(plans.map(({ fields }) => fields.reason))).toEqual(new Set(['ok']));
  for (const stream of [PLANS, PROPOSALS]) expect(await redis.client.exists(`${stream}.dlq`)).toBe(0);
  expect(await redis.client.exists('quantum:governor:data_lost')).toBe(0);
});
