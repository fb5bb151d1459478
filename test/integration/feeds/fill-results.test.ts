import { expect, type TestContext, test } from 'vitest';
import { TEST_KEY } from '../../support/exchange.ts';
import { type FeedsRig, hashThat, startFeedsRig } from '../../support/feeds-rig.ts';
import { until } from '../../support/redis.ts';
import { entriesOf } from '../../support/system.ts';

const SYMBOL = 'BTCUSDT';
const RESULTS = 'quantum:stream:apply.result';

/** A system that hears the events of its account, and has looked at effects for long. */
async function start({ onTestFinished }: TestContext, env: Record<string, string>): Promise<FeedsRig> {
  const rig = await startFeedsRig({ FEED_POLL_SEC: '1', FEEDS: 'account', ...env });
  onTestFinished(() => rig.stop());
  const looked = 'quantum:governor:effect_proof';
  await until('effects to be looked at', () => rig.redis.client.hexists(looked, 'since_ms').then((is) => is === 1));
  await rig.redis.client.hset(looked, 'since_ms', '0');
  await hashThat(rig, 'feed:status:account', ({ user_stream }) => user_stream === 'open');
  await hashThat(rig, 'state:portfolio:hwm', ({ hwm_usd }) => hwm_usd === '100000');
  return rig;
}

/** Fills an order of half a coin; what it is named by its client is its client order id. */
function filled(rig: FeedsRig, clientOrderId: string, more: object = {}): void {
  rig.exchange.fill({ apiKey: TEST_KEY, symbol: SYMBOL, side: 'BUY', qty: 0.5, clientOrderId, ...more });
}

const results = async ({ redis }: FeedsRig) => (await entriesOf(redis.client, RESULTS)).map(({ fields }) => fields);

async function alarms({ redis }: FeedsRig): Promise<(string | undefined)[][]> {
  const events = await entriesOf(redis.client, 'quantum:stream:governor.events');
  return events
    .filter(({ fields }) => fields.event === 'EXECUTED_WITHOUT_PERMIT')
    .map(({ fields: { plan_id, symbol, reason } }) => [plan_id, symbol, reason]);
}

/** Asks for a plan and answers once it has its permit. */
async function permitted({ redis: { client } }: FeedsRig, planId: string): Promise<void> {
  const [qty, price] = ['0.001', '40000'];
  const order = { plan_id: planId, symbol: SYMBOL, action: 'OPEN_LONG', side: 'BUY', decision: 'EXECUTE', qty, price };
  const asking = { ...order, strategy: 'trend', reply_to: 'trend:fills', timeout_ms: '10000' };
  await client.xadd('quantum:stream:apply.plan', '*', ...Object.entries(asking).flat());
  const answer = await until('the verdict', () => client.lpop('quantum:reply:trend:fills'));
  expect(JSON.parse(answer ?? '{}')).toMatchObject({ granted: true });
}

test.concurrent('an order that was never asked for is found by its fill, and one with a permit is none', async (context) => {
  const rig = await start(context, { FEED_FILL_RESULTS: 'true' });
  await permitted(rig, 'p1');
  filled(rig, 'p1', { qty: 0.001 });
  await until('its use', async () => (await rig.redis.client.get('quantum:governor:asked:p1')) === 'permit_used');
  filled(rig, 'by-hand');
  filled(rig, 'x:1/2');
  filled(rig, 'stop-1', { side: 'SELL', qty: 0.2, reduceOnly: true });
  filled(rig, 'by-hand-2');
  await until('the last fill', async () => (await alarms(rig)).some(([plan]) => plan === 'by-hand-2'));
  const found = await alarms(rig);
  expect(found.map(([plan]) => plan)).toEqual(['by-hand', expect.stringMatching(/^order-\d+$/), 'by-hand-2']);
  expect(new Set(found.map(([, ...rest]) => rest.join()))).toEqual(new Set([`${SYMBOL},no_permit`]));
  const told = await results(rig);
  expect(told.some(({ plan_id }) => plan_id === 'stop-1')).toBe(false);
  expect(told[0]).toEqual({
    plan_id: 'p1',
    symbol: SYMBOL,
    executed: 'true',
    qty: '0.001',
    source: expect.any(String),
  });
});

test.concurrent('without the setting fills are no results, and what is kept of them is as before', async (context) => {
  const rig = await start(context, {});
  filled(rig, 'by-hand');
  const readings = async () => await entriesOf(rig.redis.client, 'quantum:stream:feed.account');
  const withFill = async () => (await readings()).find(({ fields }) => !fields.told?.endsWith('"fills":[]}'));
  const { fields } = (await until('the fill', withFill)) ?? { fields: {} };
  expect(Object.keys(JSON.parse(fields.told ?? '{}').fills[0])).toEqual(['symbol', 'atMs', 'qty', 'usd']);
  await hashThat(rig, 'feed:held', (held) => held[SYMBOL] !== undefined);
  expect(await results(rig)).toEqual([]);
});
