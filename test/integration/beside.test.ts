import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { entriesOf, startSystem, type TestSystem } from '../support/system.ts';

const BESIDE = { OUTPUT_PREFIX: 'beside', GROUP_SUFFIX: '-beside', GOV_SYMBOL_COOLDOWN_SECONDS: '0' };
const PLANS = 'quantum:stream:apply.plan';
const PROPOSALS = 'quantum:stream:harvest.proposal';
const COUNT = 60;
let redis: TestRedis;
let original: Original;
let system: TestSystem | undefined;

/** What the services that Portcullis replaces do: read in a group of their own, and answer under the portfolio's prefix. */
class Original {
  readonly #connection: Redis;
  readonly #ended: Promise<void>;
  #stopped = false;

  constructor(connection: Redis) {
    this.#connection = connection;
    this.#ended = this.#run();
  }

  async #run(): Promise<void> {
    await this.#connection.xgroup('CREATE', PLANS, 'governor', '0', 'MKSTREAM');
    while (!this.#stopped) {
      const from = ['GROUP', 'governor', 'python', 'COUNT', 10, 'BLOCK', 50, 'STREAMS', PLANS, '>'];
      const reply = (await this.#connection.call('XREADGROUP', ...from)) as [string, [string, string[]][]][] | null;
      for (const [id, flat] of reply?.[0]?.[1] ?? []) {
        const planId = flat[flat.indexOf('plan_id') + 1] ?? '';
        await this.#connection.set(`quantum:permit:${planId}`, '{"granted":true}');
        await this.#connection.xack(PLANS, 'governor', id);
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ended;
    this.#connection.disconnect();
  }
}

beforeEach(async () => {
  redis = await startRedis();
  original = new Original(redis.client.duplicate());
  const now = (await redis.client.time())[0];
  await redis.client.hset('quantum:state:portfolio', {
    equity_usd: '1000000',
    positions_count: '0',
    timestamp: String(now),
  });
});

afterEach(async () => {
  await system?.stop();
  system = undefined;
  await original.stop();
  await redis.stop();
});

async function start(env: Readonly<Record<string, string>> = {}): Promise<TestSystem> {
  system = await startSystem(redis, { env: { ...BESIDE, ...env }, schedules: true });
  return system;
}

async function add(stream: string, fields: Readonly<Record<string, string>>): Promise<void> {
  await redis.client.xadd(stream, '*', ...Object.entries(fields).flat());
}

async function plan(planId: string, symbol: string): Promise<void> {
  await add(PLANS, { plan_id: planId, symbol, action: 'OPEN', side: 'BUY', qty: '1', price: '1' });
}

/** Every key under the portfolio's own prefix with the bytes that it holds, the groups of streams aside. */
async function inputs(): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const key of (await redis.client.keys('quantum:*')).sort()) {
    const type = await redis.client.type(key);
    const held = type === 'stream' ? await redis.client.xrange(key, '-', '+') : await redis.client.dumpBuffer(key);
    found.set(key, type === 'stream' ? JSON.stringify(held) : String(held));
  }
  return found;
}

describe('beside another system', () => {
  it('both answer every plan once, and neither writes under the keys of the other', async () => {
    await start({ GOV_MAX_OPEN_POSITIONS: '1000' });
    for (let i = 0; i < COUNT; i += 1) {
      await plan(`p${i}`, `S${i}USDT`);
      await add(PROPOSALS, { plan_id: `e${i}`, symbol: `S${i}USDT`, action: 'FULL_CLOSE' });
    }
    const permits = async () => (await redis.client.keys('quantum:permit:*')).length;
    const answers = async () => await redis.client.xlen('beside:stream:governor.events');
    await until('both have answered', async () => (await permits()) === COUNT && (await answers()) >= COUNT);
    await until(
      'every exit is looked up',
      async () => (await redis.client.keys('beside:harvest:heat:by_plan:*')).length === COUNT,
    );
    const events = await entriesOf(redis.client, 'beside:stream:governor.events');
    expect(new Set(events.map(({ fields }) => fields.event))).toEqual(new Set(['PERMIT']));
    const answered = events.map(({ fields }) => fields.plan_id);
    expect(answered.toSorted()).toEqual([...new Set(answered)].toSorted());
    expect(answered).toHaveLength(COUNT);
    const calibrated = await entriesOf(redis.client, 'beside:stream:harvest.calibrated');
    expect(new Set(calibrated.map(({ fields }) => fields.plan_id)).size).toBe(COUNT);
    expect(calibrated).toHaveLength(COUNT);
  });

  it('writes nothing under the prefix of the inputs, dead letters included', async () => {
    await plan('p1', 'BTCUSDT');
    await add(PLANS, { plan_id: 'no symbol' });
    await add(PROPOSALS, { plan_id: 'e1', symbol: 'BTCUSDT', action: 'FULL_CLOSE' });
    await add('quantum:stream:position.snapshot', { symbol: 'a b' });
    await add('quantum:stream:position.snapshot', {
      symbol: 'ETHUSDT',
      position_qty: '1',
      mark_price: '100',
      sigma: '0.1',
    });
    await add('quantum:stream:apply.result', { plan_id: 'p1', symbol: 'BTCUSDT', executed: 'false' });
    for (const planId of ['p1', 'no symbol']) {
      await until('the original is done', () => redis.client.get(`quantum:permit:${planId}`));
    }
    const before = await inputs();
    await start({ P26_MODE: 'enforce' });
    await until('its permit or block', async () => (await redis.client.keys('beside:*:p1')).length > 0);
    await until('the exit', async () => (await redis.client.exists('beside:harvest:proposal:BTCUSDT')) === 1);
    await until('both dead letters', async () => {
      const [plans, snapshots] = ['apply.plan', 'position.snapshot'].map((name) => `beside:stream:${name}.dlq`);
      return (await redis.client.xlen(plans ?? '')) === 1 && (await redis.client.xlen(snapshots ?? '')) === 1;
    });
    await until('a budget', async () => (await redis.client.exists('beside:portfolio:budget:ETHUSDT')) === 1);
    expect(await inputs()).toEqual(before);
  });

  it('heeds the kill switch of the inputs', async () => {
    await redis.client.set('quantum:kill', '1');
    await start();
    await plan('p1', 'BTCUSDT');
    const block = await until('a block', () => redis.client.get('beside:governor:block:p1'));
    expect(JSON.parse(block)).toMatchObject({ reason: 'kill_switch_active' });
  });

  it('reads and writes where the settings of the original name streams, events under its own prefix', async () => {
    await start({
      STREAM_PLANS: PLANS,
      STREAM_EVENTS: 'quantum:stream:governor.events',
      P27_STREAM_IN: 'quantum:stream:harvest.heat.decision',
      P27_GROUP: 'heat_bridge',
    });
    await plan('p1', 'BTCUSDT');
    await add('quantum:stream:harvest.heat.decision', { plan_id: 'h1', symbol: 'BTCUSDT' });
    await until('the event', async () => (await redis.client.xlen('beside:stream:governor.events')) > 0);
    await until('the lookup', async () => (await redis.client.exists('beside:harvest:heat:by_plan:h1')) === 1);
    expect(await redis.client.exists('quantum:stream:governor.events')).toBe(0);
    const groups = (await redis.client.xinfo('GROUPS', 'quantum:stream:harvest.heat.decision')) as string[][];
    expect(groups.map((group) => group[1])).toEqual(['heat_bridge-beside']);
  });

  it.each([
    [['positions', 'clear', 'BTCUSDT', '--reason', 'x', '--yes'], 'quantum:stream:position.snapshot'],
    [['dlq', 'replay', '5-0', '--stream', 'apply.plan', '--reason', 'x', '--yes'], PLANS],
  ])('%j is refused, because it would write an input', async (argv, key) => {
    await redis.client.xadd('beside:stream:apply.plan.dlq', '5-0', 'plan_id', 'p1');
    const { code, err } = await runCli(redis.url, argv, { environment: BESIDE });
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringContaining(`under beside: alone (OUTPUT_PREFIX), got ${key}`),
    });
    expect(await redis.client.xlen('beside:stream:apply.plan.dlq')).toBe(1);
  });

  it('is what the command line shows with the same settings, and what it does not see of other portfolios', async () => {
    await add('beside:stream:decisions', { handler: 'governor', verdict: 'BLOCK' });
    await add('other:stream:decisions', { handler: 'governor', verdict: 'PERMIT' });
    const shown = async (...more: string[]) =>
      JSON.parse((await runCli(redis.url, ['status', '--json', ...more], { environment: BESIDE })).out);
    const own = await shown();
    expect(own.decisions).toMatchObject([{ verdict: 'BLOCK' }]);
    expect(own.lanes.map(({ group }: { group: string }) => group)).toContain('governor-beside');
    expect((await shown('--portfolio', 'other')).decisions).toMatchObject([{ verdict: 'PERMIT' }]);
    expect((await shown('--portfolio', 'beside')).decisions).toMatchObject([{ verdict: 'BLOCK' }]);
  });
});
