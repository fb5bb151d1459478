import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decisionsOfPlan } from '../../runtime/desk/explain/plan-index.ts';
import { entriesOfPlan } from '../../runtime/desk/explain/search.ts';
import { trimBeside } from '../../runtime/engine/streams/trim.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import { GovernorRig } from '../support/governor-rig.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { entriesOf } from '../support/system.ts';

const LOG = 'quantum:stream:decisions';
const INDEX = 'quantum:portcullis:plan_index';
const IN = { log: LOG, index: INDEX };

function range(oldest = '-') {
  return { newest: '+', oldest, deadlineMs: performance.now() + 10_000, anHourIsEnough: true };
}

describe('the index of plans', () => {
  let rig: GovernorRig;
  beforeAll(async () => {
    rig = await GovernorRig.start();
    await rig.worker({ env: { GOV_SYMBOL_COOLDOWN_SECONDS: '0', GOV_MAX_OPEN_POSITIONS: '1000' } });
  });
  afterAll(() => rig.stop());

  it('knows every decision of the log, of commits of one plan and of many', async () => {
    await rig.send('first');
    await until('the first verdict', () => rig.stored('first'));
    const plans = Array.from({ length: 300 }, (_, at) => `p${at}`);
    for (const plan of plans) await rig.client.xadd('quantum:stream:apply.plan', '*', ...fieldsOfClose(plan));
    await until('all decisions', async () => (await rig.client.xlen(LOG)) === 301);
    const index = await entriesOf(rig.client, INDEX);
    const covered = index.reduce((sum, { fields }) => sum + Number(fields.decisions), 0);
    expect([covered, index.length < 301]).toEqual([301, true]);
    for (const { id, fields } of await entriesOf(rig.client, LOG)) {
      const { entries } = await decisionsOfPlan(rig.client, IN, fields.plan_id ?? '', range());
      expect(entries).toEqual([{ id, fields }]);
    }
    const none = await decisionsOfPlan(rig.client, IN, 'p', range());
    expect(none).toMatchObject({ entries: [], searched: { entries: 301, finished: true } });
  });
});

function fieldsOfClose(plan: string): string[] {
  return ['plan_id', plan, 'symbol', 'ETHUSDT', 'action', 'FULL_CLOSE'];
}

describe('a search', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());
  beforeEach(() => redis.client.flushall());

  const log = (atMs: number, plan: string) => redis.client.xadd(LOG, `${atMs}-0`, 'verdict', 'BLOCK', 'plan_id', plan);
  async function indexed(atMs: number, plan: string): Promise<void> {
    await log(atMs, plan);
    const id = `${atMs}-0`;
    await redis.client.xadd(INDEX, id, 'from', id, 'to', id, 'decisions', '1', 'plans', ` ${plan} `);
  }

  it.each([
    ['+', 1],
    ['1051-0', 1],
    ['1001', 1],
    ['1001-0', 1],
    ['(1001-1', 1],
    ['(1001-0', 0],
    ['1000-7', 0],
    ['999', 0],
  ])('from %s back never asks for what lies before the first entry', async (newest, asked) => {
    for (let at = 1; at <= 50; at += 1) await log(1_000 + at, at === 1 ? 'first' : 'other');
    await redis.client.config('RESETSTAT');
    const found = await entriesOfPlan(redis.client, LOG, 'first', { ...range(), newest });
    expect([found.entries.length, found.searched.finished]).toEqual([asked, true]);
    const calls = /cmdstat_xrevrange:calls=(\d+)/.exec(await redis.client.info('commandstats'))?.[1] ?? '0';
    expect(Number(calls)).toBe(asked);
  });
  const found = async (plan: string, oldest = '-') => {
    const { entries, searched } = await decisionsOfPlan(redis.client, IN, plan, range(oldest));
    return { ids: entries.map(({ id }) => id), looked: searched.entries };
  };

  it('goes on in the log where that begins before the index', async () => {
    for (let at = 1; at <= 120; at += 1) await log(at, `p${at}`);
    for (let at = 121; at <= 620; at += 1) await indexed(at, `p${at}`);
    expect(await found('p600')).toEqual({ ids: ['600-0'], looked: 620 });
    expect(await found('p7')).toEqual({ ids: ['7-0'], looked: 620 });
    expect(await found('p7', '8')).toEqual({ ids: [], looked: 613 });
    expect(await found('p121', '121')).toEqual({ ids: ['121-0'], looked: 500 });
  });

  it('ends an hour before what it found', async () => {
    await indexed(1, 'again');
    await indexed(2, 'again');
    for (let at = 3; at < 203; at += 1) await indexed(HOUR_MS + at, 'other');
    await indexed(HOUR_MS + 2 + 300, 'again');
    expect(await found('again')).toEqual({ ids: [`${HOUR_MS + 302}-0`], looked: 201 });
    await redis.client.flushall();
    for (const at of [1, 2, 302]) await indexed(at, 'again');
    for (let at = 3; at < 203; at += 1) await indexed(HOUR_MS + at, 'other');
    await indexed(HOUR_MS + 302, 'again');
    expect(await found('again')).toEqual({ ids: ['302-0', `${HOUR_MS + 302}-0`], looked: 202 });
  });

  it('finds a plan of the log alone where there is no index, or a key of another type', async () => {
    await log(5, 'p1');
    expect((await found('p1')).ids).toEqual(['5-0']);
    await redis.client.set(INDEX, 'x');
    expect((await found('p1')).ids).toEqual(['5-0']);
  });

  it('takes no plan for another whose id contains its own', async () => {
    await indexed(5, 'plan-10');
    expect((await found('plan-1')).ids).toEqual([]);
  });

  it('is over an index that is trimmed a minute behind its log', async () => {
    for (const at of [1, 60_001, 60_002]) await indexed(at, 'p1');
    await redis.client.xtrim(LOG, 'MINID', '60001');
    await trimBeside(redis.client, INDEX, LOG);
    expect(await redis.client.xlen(INDEX)).toBe(3);
    await redis.client.xtrim(LOG, 'MINID', '60002');
    await trimBeside(redis.client, INDEX, LOG);
    expect((await entriesOf(redis.client, INDEX)).map(({ id }) => id)).toEqual(['60001-0', '60002-0']);
    expect((await found('p1')).ids).toEqual(['60002-0']);
  });
});
