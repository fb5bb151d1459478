import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../support/redis.ts';
import { ServedRig } from '../support/served.ts';
import { countedTo, entriesOf, metricOf, startSystem, switchesSeen } from '../support/system.ts';

const GONE = 'the key is gone: deleted, evicted, or all data were lost';

let rig: ServedRig;
beforeEach(async () => {
  rig = await ServedRig.start();
  await rig.account();
  await rig.client.hset('quantum:state:portfolio', 'positions_count', '0');
});
afterEach(() => rig.stop());

/** Readiness as a supervisor sees it. */
async function readyz(): Promise<{ code: number; text: string }> {
  const response = await rig.app.inject({ url: '/readyz' });
  return { code: response.statusCode, text: response.body };
}

function configure(...settings: string[]): Promise<unknown> {
  return rig.client.call('CONFIG', 'SET', ...settings);
}

async function operate(path: string, what: object = {}): Promise<void> {
  expect(await rig.post(path, { ...what, reason: 'drill', actor: 'ops' })).toMatchObject({ code: 200 });
}

async function seen(what: string): Promise<void> {
  const series = `portcullis_state_vanished_total{what="${what}"}`;
  await until(`${series} to be 1`, async () => (await metricOf(rig.system, series)) === 1);
}

async function entriesBy(actor: string) {
  return (await rig.ledger()).map(({ fields }) => fields).filter((fields) => fields.actor === actor);
}

describe('a server that begins to evict while the gates run', () => {
  it('holds every lane that gives something, is not ready, and says so; they go on when it no longer does', async () => {
    await configure('maxmemory', '1gb', 'maxmemory-policy', 'volatile-lru');
    const held = await until('readiness to be 503', async () => {
      const answer = await readyz();
      return answer.code === 503 ? answer : undefined;
    });
    expect(held.text).toContain('expected a Redis that evicts nothing, got maxmemory 1073741824');
    await until('all lanes to be held', () =>
      rig.system.runtime.lanes().every(({ handler, state }) => state === 'held' || handler === 'governor-watch'),
    );
    expect(await metricOf(rig.system, 'portcullis_redis_evicts')).toBe(1);
    await rig.add('apply.plan', {
      plan_id: 'waits',
      symbol: 'ETHUSDT',
      action: 'OPEN',
      side: 'BUY',
      qty: '0.1',
      price: '9',
    });
    await configure('maxmemory-policy', 'noeviction');
    await until('the plan to be permitted', () => rig.client.get('quantum:permit:waits'));
    await until('it to be ready', async () => (await readyz()).code === 200);
    expect(await metricOf(rig.system, 'portcullis_redis_evicts')).toBe(0);
    expect(await entriesOf(rig.client, 'quantum:stream:apply.plan.dlq')).toEqual([]);
  });

  it('gives nothing once it has dropped the kill switch, and the ledger says that the switch is gone', async () => {
    await rig.client.set('quantum:kill', '1');
    await until('the kill to be reported', async () => (await entriesBy('unknown')).length === 1);
    await switchesSeen();
    await configure('maxmemory', '1', 'maxmemory-policy', 'allkeys-lru');
    await until('the kill switch to be evicted', async () => {
      await rig.client.set('filler', 'x'.repeat(10_000)).catch(() => undefined);
      return (await rig.client.exists('quantum:kill')) === 0;
    });
    await until('readiness to be 503', async () => (await readyz()).code === 503);
    await seen('kill_switch');
    await until('all lanes to be held', () =>
      rig.system.runtime.lanes().every(({ handler, state }) => state === 'held' || handler === 'governor-watch'),
    );
    await configure('maxmemory', '0');
    expect(rig.system.lines.join('\n')).toContain(`quantum:kill: ${GONE}`);
  });

  it('still takes permits back on a kill', async () => {
    await rig.plan('p1', 'ETHUSDT');
    expect(await rig.client.exists('quantum:permit:p1')).toBe(1);
    await configure('maxmemory', '1gb', 'maxmemory-policy', 'allkeys-lru');
    await until('readiness to be 503', async () => (await readyz()).code === 503);
    await rig.client.set('quantum:kill', '1');
    await until('the permit to be taken back', async () => (await rig.client.exists('quantum:permit:p1')) === 0);
  });
});

describe('what vanishes', () => {
  it('a kill switch that is deleted is off, and in the ledger with actor unknown', async () => {
    await operate('/kill', { state: 'on' });
    await switchesSeen();
    await rig.client.del('quantum:kill');
    await seen('kill_switch');
    const entries = await until('the entry', async () => {
      const found = await entriesBy('unknown');
      return found.length > 0 ? found : undefined;
    });
    expect(entries).toMatchObject([{ action: 'kill_off', reason: GONE, before: 'on', after: 'off' }]);
  });

  it('everything, by FLUSHALL: kill, trading state and each policy are in the ledger, once', async () => {
    await operate('/kill', { state: 'on' });
    await operate('/state', { trading_state: 'HALTED' });
    await operate('/disarm');
    await operate('/mode', { gate: 'heat-gate', mode: 'enforce' });
    await switchesSeen();
    await rig.client.flushall();
    for (const what of ['kill_switch', 'trading_state']) await seen(what);
    const told = await until('six entries', async () => {
      const found = await entriesBy('unknown');
      return found.length >= 6 ? found : undefined;
    });
    expect(told.map(({ action, gate, before, after }) => [action, gate, before, after].join(' ')).sort()).toEqual([
      'arm governor 0 1',
      'kill_off governor on off',
      'policy_vanished governor mode=testnet ',
      'policy_vanished heat-gate mode=enforce ',
      'policy_vanished risk-governor mode=shadow ',
      'trading_state governor HALTED ACTIVE',
    ]);
    expect(new Set(told.map(({ reason }) => reason))).toEqual(new Set([GONE]));
    await countedTo(rig.system, 'portcullis_state_vanished_total{what="policy"}', 3);
  });

  it('is in the ledger once, though two workers see it', async () => {
    const second = await startSystem(rig.redis, { workerName: 'second' });
    try {
      await operate('/kill', { state: 'on' });
      await operate('/state', { trading_state: 'HALTED' });
      await switchesSeen();
      await rig.client.flushall();
      const vanished = 'portcullis_state_vanished_total';
      await countedTo([rig.system, second], `${vanished}{what="kill_switch"}`, 2);
      await countedTo([rig.system, second], `${vanished}{what="trading_state"}`, 2);
      await countedTo([rig.system, second], `${vanished}{what="policy"}`, 3);
      const actions = (await entriesBy('unknown')).map(({ action }) => action).sort();
      const policies = ['policy_vanished', 'policy_vanished', 'policy_vanished'];
      expect(actions).toEqual(['kill_off', ...policies, 'trading_state']);
    } finally {
      await second.stop();
    }
  });

  it('nothing is said of a switch that is turned off, or of a state that is set', async () => {
    await operate('/kill', { state: 'on' });
    await operate('/state', { trading_state: 'REDUCING' });
    await switchesSeen();
    await operate('/kill', { state: 'off' });
    await operate('/state', { trading_state: 'ACTIVE' });
    await switchesSeen();
    for (const what of ['kill_switch', 'trading_state', 'policy']) {
      expect(await metricOf(rig.system, `portcullis_state_vanished_total{what="${what}"}`)).toBe(0);
    }
    expect(await entriesBy('unknown')).toEqual([]);
  });
});
