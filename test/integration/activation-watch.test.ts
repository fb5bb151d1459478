import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ActivationOptions, activate } from '../../runtime/desk/activation/activate.ts';
import { activatedGate } from '../../runtime/desk/activation/gates.ts';
import { ActivationLooks } from '../../runtime/desk/activation/watch.ts';
import { moneyConditions } from '../../runtime/desk/activation/watch-money.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { lanesOf } from '../../runtime/engine/streams/lanes.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { watchConditions } from '../../schemas/activation.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import { ACTIVATION, ActivationRig } from '../support/activation-rig.ts';
import { runCli } from '../support/cli.ts';
import { PROPOSALS } from '../support/heat-rig.ts';
import { until } from '../support/redis.ts';
import { startSystem, type TestSystem } from '../support/system.ts';

const portfolio = portfolioOf('quantum');
const change = { actor: 'ada', reason: 'two days of shadow agreed' };
const ROLLBACKS = 'portcullis_activation_rollbacks_total{gate="heat-gate"}';
let rig: ActivationRig;

beforeAll(async () => {
  rig = await ActivationRig.start();
});
afterAll(async () => rig.stop());
beforeEach(async () => rig.ready());

async function activated(options: Partial<ActivationOptions> = {}): Promise<void> {
  const handlers = await loadHandlers();
  const gates = { handlers, lanes: lanesOf(handlers, portfolio) };
  await activate(rig.client, portfolio, gates, 'heat-gate', { force: false, watchMs: HOUR_MS, ...options, change });
  expect(await rig.mode()).toBe('enforce');
}

async function endOfWatch(): Promise<Readonly<Record<string, string>>> {
  return await until('the watch to end', async () => {
    const record = await rig.client.hgetall(ACTIVATION);
    return record.state === 'watching' ? undefined : record;
  });
}

test('an activation whose conditions hold is kept, and the ledger says so', async () => {
  await activated();
  await rig.heat.judged();
  await until('it to be looked at', async () => (await rig.client.hget(ACTIVATION, 'decisions')) === '1');
  await rig.client.hset(ACTIVATION, 'until_ms', String(await rig.nowMs()));
  expect(await endOfWatch()).toMatchObject({ state: 'kept', outcome: '1 decisions, and every condition held' });
  expect(await rig.mode()).toBe('enforce');
  expect((await rig.ledger()).at(-1)).toBe('activation-watch activation_kept enforce → enforce');
  expect((await runCli(rig.heat.redis.url, ['status'])).out).toContain('Activation     heat-gate kept in enforce');
});

const faults: readonly (readonly [string, string, () => Promise<unknown>])[] = [
  ['a message that is none', 'dead letters: 1, at most 0', async () => rig.heat.add(PROPOSALS, { plan_id: 'x y' })],
  ['a live hash that is no hash', 'writes that could not be made: 1, at most 0', async () => unwritable()],
  [
    'inputs that are missing',
    'decisions on inputs that were not fresh: 3 of 3, at most 5 %',
    async () => withoutState(),
  ],
];

async function unwritable(): Promise<void> {
  await rig.client.set('quantum:harvest:proposal:ETHUSDT', 'no hash');
  await rig.heat.judged();
}

async function withoutState(): Promise<void> {
  await rig.client.del('quantum:state:portfolio');
  for (let at = 0; at < 3; at += 1) await rig.heat.judged();
}

test.each(faults)('%s rolls it back by itself, with the figure', async (_what, outcome, inject) => {
  await activated();
  await inject();
  expect(await endOfWatch()).toMatchObject({ state: 'rolled_back', outcome });
  expect(await rig.mode()).toBe('shadow');
  expect((await rig.ledger()).at(-1)).toBe('activation-watch activation_rolled_back enforce → shadow');
  expect(await rig.client.hgetall('quantum:policy:heat-gate')).toMatchObject({
    actor: 'activation-watch',
    reason: outcome,
  });
  await until('the count', async () => (await rig.heat.metric(ROLLBACKS)) === 1);
  expect(rig.heat.system?.lines.join('\n')).toContain(`activation of heat-gate ROLLED BACK: ${outcome}`);
  const { out } = await runCli(rig.heat.redis.url, ['status']);
  expect(out).toMatch(/Activation {5}heat-gate ROLLED BACK to shadow, .* UTC: /);
  expect(out).toContain(outcome);
});

test('a lane that is held by a key of another type rolls it back', async () => {
  await activated({ conditions: { ...watchConditions, held_ms: 500 } });
  await rig.client.del('quantum:stream:harvest.calibrated');
  await rig.client.set('quantum:stream:harvest.calibrated', 'no stream');
  await rig.heat.add(PROPOSALS, { plan_id: 'p', symbol: 'ETHUSDT', action: 'FULL_CLOSE' });
  const ended = await endOfWatch();
  expect(ended.state).toBe('rolled_back');
  expect(ended.outcome).toMatch(/^its lane has been held for \d+ s, at most 0\.5 s: .*harvest\.calibrated/);
  expect(await rig.mode()).toBe('shadow');
});

test('a gate that stands in the way far more often than before is put back', async () => {
  await activated({ conditions: { ...watchConditions, changed_from: 5 } });
  for (let at = 0; at < 5; at += 1) await rig.heat.judged();
  const outcome = 'decisions in which it stood in the way: 5 of 5, at most 10 % (0 % before)';
  expect(await endOfWatch()).toMatchObject({ state: 'rolled_back', outcome });
});

test('kept parts that lose more than is allowed, valued at the marks of now, put it back', async () => {
  await activated({ conditions: { ...watchConditions, kept_loss_usd: 74.99 } });
  await held('1800');
  await rig.heat.judged();
  await rig.heat.stopWorker();
  await held('1700');
  expect(await lastLook()).toMatchObject({
    state: 'rolled_back',
    outcome: 'loss of the kept parts: $75.00, at most $74.99',
  });
});

test('kept parts that lose just what is allowed do not', async () => {
  await activated({ conditions: { ...watchConditions, kept_loss_usd: 75.01 } });
  await held('1800');
  await rig.heat.judged();
  await rig.heat.stopWorker();
  await held('1700');
  expect(await lastLook()).toMatchObject({ state: 'kept' });
  expect(await rig.mode()).toBe('enforce');
});

/** One ETHUSDT, long, at a price. */
async function held(price: string): Promise<void> {
  const worth = { position_qty: '1', mark_price: price, position_notional_usd: price };
  await rig.heat.snapshot({ ...worth, sigma: '0.15' });
}

/** The last look of a watch, of somebody who begins to look now: it waits until what was kept is valued. */
async function lastLook() {
  await rig.client.hset(ACTIVATION, 'until_ms', Date.now());
  const handlers = await loadHandlers();
  const about = activatedGate(handlers, 'heat-gate');
  const lanes = lanesOf(handlers, portfolio).filter(({ gate }) => gate === 'heat-gate');
  return await new ActivationLooks(rig.client, portfolio, about, { lanes, handlers }).look();
}

test('equity that fell further than is allowed puts it back', async () => {
  await activated({ conditions: { ...watchConditions, drawdown: 0.05 } });
  await rig.heat.judged();
  await rig.client.hset('quantum:state:portfolio', { equity_usd: '9499' });
  await rig.heat.judged();
  const outcome = 'fall of the equity since: 5.01 %, at most 5 %';
  expect(await endOfWatch()).toMatchObject({ state: 'rolled_back', outcome });
});

test('what may be lost is a share of the equity of the evidence; without a reading of it that is not watched, and said', async () => {
  await activated();
  const conditions = JSON.parse((await rig.client.hget(ACTIVATION, 'conditions')) ?? '{}');
  expect(conditions).toMatchObject({ blocked_closes: 0, kept_loss_usd: 20, drawdown: 0.1 });
  const handlers = await loadHandlers();
  const { judge } = activatedGate(handlers, 'heat-gate');
  const nowMs = await rig.nowMs();
  const none = await moneyConditions(rig.client, portfolio, judge, { fromMs: nowMs + 1, toMs: nowMs + 1 });
  expect(none).toMatchObject({ kept_loss_usd: null, drawdown: 0.1 });
});

test('with two workers it is rolled back once, and both are in shadow', async () => {
  const other: TestSystem = await startSystem(rig.heat.redis, {
    env: { P26_MODE: 'shadow', GATES: 'heat-gate' },
    workerName: 'second',
  });
  try {
    await activated();
    await until('both to enforce', () => inMode(other, 'enforce'));
    await unwritable();
    await endOfWatch();
    await until('both to be in shadow', () => inMode(other, 'shadow'));
    expect((await rig.ledger()).filter((line) => line.includes('rolled_back'))).toHaveLength(1);
  } finally {
    await other.stop();
  }
});

function inMode(other: TestSystem, mode: string): boolean {
  const own = rig.heat.system;
  return [own, other].every((system) => system?.runtime.mode(portfolio, 'heat-gate') === mode);
}

test('a mode that somebody sets meanwhile ends the watch and stands', async () => {
  await activated();
  const argv = ['mode', 'heat-gate', 'shadow', '--reason', 'not today'];
  expect((await runCli(rig.heat.redis.url, argv)).code).toBe(0);
  expect(await endOfWatch()).toMatchObject({ state: 'ended', outcome: 'somebody put it into shadow meanwhile' });
});
