import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clearPosition } from '../../runtime/desk/positions/positions.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { GovernorRig } from '../support/governor-rig.ts';
import { until } from '../support/redis.ts';
import { entriesOf } from '../support/system.ts';

const CAPS = { GOV_SYMBOL_COOLDOWN_SECONDS: '0', GOV_MAX_OPEN_POSITIONS: '1' };
const SNAPSHOT_HASH = 'quantum:position:snapshot:ETHUSDT';
const STATE_HASH = 'quantum:state:positions:ETHUSDT';
let rig: GovernorRig;

beforeEach(async () => {
  rig = await GovernorRig.start();
});

afterEach(() => rig.stop());

const released = (plan: string) =>
  until(`no reservation of ${plan}`, async () => !(await rig.reserved()).includes(plan));

describe('a reservation', () => {
  it('stays when a snapshot merely arrives, over a restart too, and goes when the position shows it', async () => {
    await rig.account(1);
    const first = await rig.worker({ env: CAPS });
    await rig.send('p1');
    expect(await rig.verdict('p1')).toBe('permit');
    await rig.client.del('quantum:permit:p1');
    await rig.snapshot('BTCUSDT', { side: 'FLAT', position_qty: '0' });
    await first.stop();
    await rig.worker({ env: { ...CAPS, GOV_MAX_OPEN_POSITIONS: '2' }, workerName: 'second' });
    await rig.send('p2', { symbol: 'ETHUSDT' });
    expect(await rig.verdict('p2')).toBe('permit');
    expect(await rig.reserved()).toEqual(['p1', 'p2']);
    await rig.send('p3', { symbol: 'XRPUSDT' });
    expect(await rig.verdict('p3')).toBe('max_positions_reached');
    await rig.snapshot('BTCUSDT', { side: 'LONG', position_qty: '1', mark_price: '100' });
    await released('p1');
    expect(await rig.reserved()).toEqual(['p2']);
  });

  it.each([
    ['not executed', 'margin', ['p1'], []],
    ['a repeat', 'duplicate_plan', [], ['p1']],
  ])('on an answer that says %s', async (_what, error, given, left) => {
    await rig.worker({ env: CAPS });
    await rig.send('p1');
    expect(await rig.verdict('p1')).toBe('permit');
    const answer = { plan_id: 'p1', symbol: 'BTCUSDT', executed: 'False', error };
    await rig.client.xadd('quantum:stream:apply.result', '*', ...Object.entries(answer).flat());
    await until('the answer is read', async () => {
      const [group] = (await rig.client.xinfo('GROUPS', 'quantum:stream:apply.result')) as (string | number)[][];
      return group?.[group.indexOf('entries-read') + 1] === 1 && group[group.indexOf('pending') + 1] === 0;
    });
    expect(await rig.reserved()).toEqual(left);
    const withdrawn = (await rig.events('PERMIT_WITHDRAWN')).map((event) => event.plan_id);
    expect(withdrawn).toEqual(given);
  });

  it('goes with its permit at 59 s, and without it at 120 s, by the clock of its portfolio', async () => {
    const portfolio = portfolioOf('sim', { simulatedClock: true });
    const startMs = 1_700_000_000_000;
    const at = async (ms: number) => {
      await rig.client.set('sim:portcullis:clock', String(startMs + ms));
      const state = { positions_count: '0', timestamp: String((startMs + ms) / 1000) };
      await rig.client.hset('sim:state:portfolio', state);
    };
    const held = async () => (await rig.client.hkeys('sim:governor:reserved')).sort();
    await at(0);
    await rig.worker({ env: CAPS, portfolio });
    const plan = (planId: string, symbol: string) => ['plan_id', planId, 'symbol', symbol, 'qty', '1', 'price', '10'];
    await rig.client.xadd('sim:stream:apply.plan', `${startMs}-1`, ...plan('p1', 'BTCUSDT'), 'action', 'OPEN');
    await until('a permit', () => rig.client.get('sim:permit:p1'));
    await at(58_999);
    await rig.client.xadd('sim:stream:apply.plan', `${startMs + 58_999}-1`, ...plan('p2', 'ETHUSDT'), 'action', 'OPEN');
    await until('a block', () => rig.client.get('sim:governor:block:p2'));
    expect(await held()).toEqual(['p1']);
    await at(59_000);
    await until('no reservation', async () => (await held()).length === 0);
    expect(await rig.client.exists('sim:permit:p1')).toBe(0);
    const events = await entriesOf(rig.client, 'sim:stream:governor.events');
    expect(events.map((entry) => entry.fields.event)).toEqual(['PERMIT', 'BLOCK', 'PERMIT_WITHDRAWN']);
    await rig.client.xadd('sim:stream:apply.plan', `${startMs + 59_000}-1`, ...plan('p3', 'ETHUSDT'), 'action', 'OPEN');
    await until('a permit that is taken', () => rig.client.getdel('sim:permit:p3'));
    await at(178_999);
    await until('it is known as taken', async () => (await rig.client.exists('sim:governor:outstanding')) === 0);
    expect(await held()).toEqual(['p3']);
    await at(179_000);
    await until('no reservation', async () => (await held()).length === 0);
  });
});

describe('a position counts', () => {
  const hash = async (key: string, qty: string) =>
    rig.client.hset(key, { position_qty: qty, mark_price: '10', timestamp: String(await rig.now()) });

  async function opens(plan: string): Promise<boolean> {
    await rig.client.del('quantum:governor:reserved');
    await rig.send(plan);
    return (await rig.verdict(plan)) === 'permit';
  }

  beforeEach(async () => {
    await rig.account(1);
    await rig.worker({ env: CAPS });
  });

  it.each([SNAPSHOT_HASH, STATE_HASH])('by its hash alone, until %s is gone', async (key) => {
    await hash(key, '1');
    expect(await opens('p1')).toBe(false);
    await rig.client.del(key);
    expect(await opens('p2')).toBe(true);
  });

  it('by the newer of its entry and its hash', async () => {
    const entrySec = await rig.now();
    const toldAt = (sec: number) =>
      rig.client.hset(SNAPSHOT_HASH, { position_qty: '0', mark_price: '10', timestamp: String(sec) });
    await rig.snapshot('ETHUSDT', { position_qty: '1', mark_price: '10', timestamp: String(entrySec) });
    expect(await opens('p1')).toBe(false);
    await toldAt(entrySec + 1);
    expect(await opens('p2')).toBe(true);
    await toldAt(entrySec - 1);
    expect(await opens('p3')).toBe(false);
    await rig.client.hset(STATE_HASH, { position_amt: '0' });
    expect(await opens('p4')).toBe(false);
    await rig.snapshot('ETHUSDT', { side: 'FLAT' });
    expect(await opens('p5')).toBe(true);
  });

  it('not by a hash of another type', async () => {
    await rig.client.set(SNAPSHOT_HASH, 'x');
    expect(await opens('p1')).toBe(true);
  });

  it('until an operator clears it', async () => {
    await rig.snapshot('ETHUSDT', { position_qty: '1', mark_price: '10' });
    await hash(STATE_HASH, '1');
    expect(await opens('p1')).toBe(false);
    const change = { actor: 'test', reason: 'closed by hand' };
    await clearPosition(rig.client, portfolioOf('quantum'), 'ETHUSDT', change);
    expect(await opens('p2')).toBe(true);
  });
});

it('after FLUSHALL nothing is known: OPEN is refused, CLOSE passes, and it goes on once the account is told', async () => {
  await rig.worker();
  await rig.snapshot('ETHUSDT', { position_qty: '1', mark_price: '10' });
  await rig.send('p1');
  expect(await rig.verdict('p1')).toBe('permit');
  await rig.client.flushall();
  await rig.send('p2');
  await rig.send('c1', { symbol: 'ETHUSDT', action: 'FULL_CLOSE', qty: '' });
  expect([await rig.verdict('p2'), await rig.verdict('c1')]).toEqual(['caps_data_unavailable', 'permit']);
  expect((await rig.stored('c1'))?.computed_qty).toBeNull();
  await until('the loss to be over', async () => {
    await rig.account();
    return (await rig.client.exists('quantum:governor:data_lost')) === 0;
  });
  await rig.send('p1');
  expect(await rig.verdict('p1')).toBe('permit');
});
