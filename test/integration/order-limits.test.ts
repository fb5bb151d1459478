import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Answer } from '../../runtime/desk/evaluate/index.ts';
import { explainPlan } from '../../runtime/desk/explain/index.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { runCli } from '../support/cli.ts';
import { GovernorRig } from '../support/governor-rig.ts';

const handlers = await loadHandlers();
let rig: GovernorRig;

beforeAll(async () => {
  rig = await GovernorRig.start();
});
afterAll(async () => rig.stop());
beforeEach(async () => {
  await rig.stopWorkers();
  await rig.client.flushall();
  await rig.account();
  await rig.client.hset('quantum:state:market:BTCUSDT', { mark_price: '100', timestamp: String(await rig.now()) });
});

test('a permit under a collar says its prices, in Redis and where the plan is explained', async () => {
  await rig.worker({ env: { GOV_PRICE_COLLAR_PCT: '1' } });
  await rig.send('far', { price: '101.01' });
  await rig.send('near', { price: '101' });
  expect([await rig.verdict('far'), await rig.verdict('near')]).toEqual(['price_collar_exceeded', 'permit']);
  expect(await rig.stored('near')).toMatchObject({ min_price: 99, max_price: 101 });
  const { steps } = await explainPlan(rig.client, portfolioOf('quantum'), handlers, 'near', { withinMs: 60_000 });
  expect(steps.find(({ step }) => step === 'permit')).toMatchObject({ range: { min_price: 99, max_price: 101 } });
  const { out } = await runCli(rig.redis.url, ['explain', 'near']);
  expect(out).toContain('It may be executed at 99 to 101 US dollars.');
  const { out: blocked } = await runCli(rig.redis.url, ['explain', 'far']);
  expect(blocked).toContain('Reason: its price is 1.01 % from the mark; 1 % is allowed (price_collar_exceeded).');
});

test('a limit that a policy sets is in force while it runs, and off again by the policy', async () => {
  const set = (text: string) =>
    runCli(rig.redis.url, ['policy', 'set', text, '--gate', 'governor', '--reason', 'smaller', '--yes']);
  await rig.worker({ env: { GOV_MAX_QTY: 'BTCUSDT:0.5,*:9' } });
  await rig.send('large');
  expect(await rig.verdict('large')).toBe('max_qty_exceeded');
  expect((await set('GOV_MAX_QTY=BTCUSDT:1')).code).toBe(0);
  await rig.send('within');
  expect(await rig.verdict('within')).toBe('permit');
  expect((await rig.stored('within'))?.checks.map(({ gate }) => gate)).toContain('max_qty');
  expect((await set('GOV_MAX_QTY=off')).code).toBe(0);
  await rig.send('off', { symbol: 'ETHUSDT' });
  expect(await rig.verdict('off')).toBe('permit');
  expect((await rig.stored('off'))?.checks.map(({ gate }) => gate)).not.toContain('max_qty');
});

test('a policy or a candidate with a limit that cannot be read is refused, by its name', async () => {
  await rig.worker();
  for (const [text, message] of [
    [
      'GOV_MAX_QTY=5',
      'GOV_MAX_QTY: expected off, or a symbol and a number of at least 0, as BTCUSDT:2 or *:5, got "5"',
    ],
    ['GOV_PRICE_COLLAR_PCT=101', 'GOV_PRICE_COLLAR_PCT: expected off, or a number above 0 and up to 100, got "101"'],
    ['GOV_ALLOWED_SYMBOLS=A,A', 'GOV_ALLOWED_SYMBOLS: expected off, or each symbol once, got "A"'],
    ['GOV_MAX_SYMBOL_NOTIONAL_USDT=a:1', 'GOV_MAX_SYMBOL_NOTIONAL_USDT: expected off, or a symbol in capitals'],
  ] as const) {
    const set = ['--gate', 'governor', '--reason', 'x', '--yes'];
    expect((await runCli(rig.redis.url, ['policy', 'set', text, ...set])).err).toContain(message);
    expect((await runCli(rig.redis.url, ['policy', 'candidate', text, ...set])).err).toContain(message);
  }
  expect(await rig.client.hget('quantum:policy:governor', 'candidate')).toBeNull();
});

test('the largest size that would pass heeds quantity and symbol', async () => {
  const largest = async (env: Record<string, string>) => {
    const entry = ['symbol=BTCUSDT', 'action=OPEN', 'side=BUY', 'qty=1', 'price=100'];
    const { out } = await runCli(rig.redis.url, ['evaluate', ...entry, '--json'], { environment: env });
    return (JSON.parse(out) as Answer).largest;
  };
  expect(await largest({ GOV_MAX_QTY: '*:0.5' })).toMatchObject({ qty: 0.5, notional_usd: 50 });
  expect(await largest({ GOV_MAX_SYMBOL_NOTIONAL_USDT: 'BTCUSDT:70' })).toMatchObject({ qty: 0.7, notional_usd: 70 });
  const same = `quantum:governor:last_order:BTCUSDT:BUY:1`;
  await rig.client.set(same, String(await rig.now()));
  expect(await largest({ GOV_DUPLICATE_SEC: '60', GOV_MAX_QTY: '*:0.5' })).toMatchObject({ qty: 0.5 });
  expect(await largest({ GOV_MAX_QTY: 'ETHUSDT:0.5' })).toMatchObject({ qty: 2, notional_usd: 200 });
  await rig.client.hset('quantum:state:portfolio', { equity_usd: '250' });
  expect(await largest({ GOV_MAX_LEVERAGE: '0.5' })).toMatchObject({ qty: 1.25, notional_usd: 125 });
  expect(await largest({ GOV_MAX_SHOCK_PCT: '30' })).toMatchObject({ qty: 0.75, notional_usd: 75 });
});

test('shock is held while it runs, and told in words', async () => {
  await rig.client.hset('quantum:state:portfolio', { equity_usd: '250' });
  await rig.worker({ env: { GOV_MAX_SHOCK_PCT: '30', GOV_SYMBOL_COOLDOWN_SECONDS: '0' } });
  await rig.send('large', { qty: '0.76' });
  await rig.send('within', { qty: '0.75' });
  await rig.send('more', { qty: '0.01' });
  const verdicts = await Promise.all(['large', 'within', 'more'].map((planId) => rig.verdict(planId)));
  expect(verdicts).toEqual(['shock_exceeded', 'permit', 'shock_exceeded']);
  const { out } = await runCli(rig.redis.url, ['explain', 'large']);
  expect(out).toContain(
    'with this plan the worst scenario would cost 30.4 % of equity; 30 % is allowed (shock_exceeded)',
  );
});

test('rate and repeats are held by what the commits wrote, in whichever worker', async () => {
  const env = { GOV_MAX_PERMITS_PER_MINUTE: '2', GOV_DUPLICATE_SEC: '60', GOV_SYMBOL_COOLDOWN_SECONDS: '0' };
  await rig.worker({ env });
  await rig.send('one');
  await rig.send('again');
  expect([await rig.verdict('one'), await rig.verdict('again')]).toEqual(['permit', 'duplicate_order']);
  await rig.stopWorkers();
  await rig.worker({ env, workerName: 'other' });
  await rig.send('later');
  await rig.send('two', { symbol: 'ETHUSDT' });
  await rig.send('three', { symbol: 'XRPUSDT' });
  await rig.send('exit', { action: 'FULL_CLOSE', side: 'SELL' });
  const verdicts = await Promise.all(['later', 'two', 'three', 'exit'].map((planId) => rig.verdict(planId)));
  expect(verdicts).toEqual(['duplicate_order', 'permit', 'permits_per_minute_exceeded', 'permit']);
  expect(await rig.client.zcard('quantum:governor:permit_times')).toBe(2);
  expect(await rig.client.ttl('quantum:governor:permit_times')).toBeLessThanOrEqual(60);
  const keys = await rig.client.keys('quantum:governor:last_order:*');
  expect(keys.toSorted()).toEqual(
    ['BTCUSDT:BUY:1', 'ETHUSDT:BUY:1'].map((end) => `quantum:governor:last_order:${end}`),
  );
});
