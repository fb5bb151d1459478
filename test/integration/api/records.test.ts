import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DeadLetterCounts, DeadLetterPage, DropAnswer, ReplayAnswer } from '../../../schemas/api/dead-letter.ts';
import { LedgerPage, LedgerVerdict } from '../../../schemas/api/ledger.ts';
import { until } from '../../support/redis.ts';
import { ServedRig } from '../../support/served.ts';

const PLANS = 'quantum:stream:apply.plan';
let rig: ServedRig;

beforeAll(async () => {
  rig = await ServedRig.start();
});
afterAll(() => rig.stop());

async function page(query = ''): Promise<DeadLetterPage> {
  const { code, body } = await rig.get(`/dead-letters/apply.plan${query}`);
  expect(code).toBe(200);
  expect(DeadLetterPage.parse(body)).toEqual(body);
  return body as unknown as DeadLetterPage;
}

/** Plans that nobody can understand, and their dead letters, oldest first. */
async function badPlans(count: number): Promise<string[]> {
  for (let i = 0; i < count; i += 1)
    await rig.add('apply.plan', { plan_id: `bad-${i}`, symbol: 'BTC USDT', action: 'OPEN' });
  await until('the dead letters', async () => (await rig.client.xlen(`${PLANS}.dlq`)) === count);
  return (await page('?limit=200')).entries.map(({ id }) => id).reverse();
}

beforeEach(async () => {
  await rig.client.del(`${PLANS}.dlq`);
});

describe('dead letters', () => {
  it('are counted by stream, with the gates that read it', async () => {
    const counts = async () => {
      const { body } = await rig.get('/dead-letters');
      expect(DeadLetterCounts.parse(body)).toEqual(body);
      return body as unknown as DeadLetterCounts;
    };
    const plans = async () => (await counts()).streams.find(({ stream }) => stream === 'apply.plan');
    expect(await plans()).toEqual({ stream: 'apply.plan', gates: ['governor'], count: 0, newest: null });
    const ids = await badPlans(2);
    expect(await plans()).toMatchObject({ count: 2, newest: ids.at(-1) });
    expect((await counts()).streams.map(({ stream }) => stream)).toContain('position.snapshot');
  });

  it('are listed newest first with what was in them, a page at a time', async () => {
    expect(await page()).toEqual({ stream: 'apply.plan', entries: [], next: null });
    const ids = await badPlans(3);
    const first = await page('?limit=2');
    expect(first.entries).toMatchObject([
      {
        id: ids[2],
        group: 'governor',
        attempts: expect.any(Number),
        fields: expect.arrayContaining([['plan_id', 'bad-2']]),
      },
      { id: ids[1], reason: expect.stringContaining('symbol') },
    ]);
    expect(first.next).toBe(ids[1]);
    expect((await page(`?limit=2&before=${first.next}`)).entries.map(({ id }) => id)).toEqual([ids[0]]);
    expect((await page('?limit=3')).next).toBeNull();
  });

  it('are put back once', async () => {
    const [first = '', second = ''] = await badPlans(2);
    const body = { ids: [first, first, '1-1'], actor: 'ann', reason: 'producer mended' };
    const again = await rig.post('/dead-letters/apply.plan/replay', body);
    expect(again.code).toBe(200);
    expect(ReplayAnswer.parse(again.body)).toEqual(again.body);
    expect(again.body).toMatchObject({ replayed: [{ id: first }], missing: ['1-1'], too_large: [] });
    await until('it to be set aside again', async () => (await page()).entries.length === 2);
    expect((await page()).entries.at(-1)?.id).toBe(second);
    expect((await rig.post('/dead-letters/apply.plan/replay', body)).body).toMatchObject({ replayed: [] });
  });

  it('are dropped for good, and the ledger says who did', async () => {
    const [first = '', second = ''] = await badPlans(2);
    const body = { ids: [first, first, '1-1'], actor: 'ann', reason: 'nobody needs it' };
    const dropped = await rig.post('/dead-letters/apply.plan/drop', body);
    expect(DropAnswer.parse(dropped.body)).toEqual(dropped.body);
    expect(dropped.body).toEqual({ stream: 'apply.plan', dropped: [first], missing: ['1-1'] });
    expect((await page()).entries.map(({ id }) => id)).toEqual([second]);
    const entries = (await rig.ledger()).filter(({ fields }) => fields.action === 'dlq_drop');
    expect(entries.map(({ fields }) => fields)).toMatchObject([
      { actor: 'ann', reason: 'nobody needs it', gate: 'apply.plan', before: first, after: '' },
    ]);
    expect((await rig.post('/dead-letters/apply.plan/drop', body)).body).toMatchObject({
      dropped: [],
      missing: [first, '1-1'],
    });
  });

  it.each([
    ['an unknown stream', 'nosuch', { ids: ['1-1'], reason: 'x' }, 404, 'stream: expected '],
    ['no id', 'apply.plan', { ids: [], reason: 'x' }, 400, 'ids: '],
    ['what is no id', 'apply.plan', { ids: ['x'], reason: 'x' }, 400, 'ids.0: expected the id of an entry'],
    ['no reason', 'apply.plan', { ids: ['1-1'] }, 400, 'reason: expected a reason in words'],
    ['a field that is not known', 'apply.plan', { ids: ['1-1'], reason: 'x', all: true }, 400, 'all'],
  ])('a change with %s is refused', async (_what, stream, body, code, message) => {
    for (const change of ['replay', 'drop']) {
      const refused = await rig.post(`/dead-letters/${stream}/${change}`, body);
      expect({ code: refused.code, message: refused.body.message }).toEqual({
        code,
        message: expect.stringContaining(message),
      });
    }
  });

  it('in a key of another type are none, and a change of them is refused', async () => {
    await rig.client.set(`${PLANS}.dlq`, 'x');
    expect((await page()).entries).toEqual([]);
    expect((await rig.post('/dead-letters/apply.plan/drop', { ids: ['1-1'], reason: 'x' })).code).toBe(409);
  });
});

describe('the ledger', () => {
  it('is listed newest first, a page at a time, and can be verified', async () => {
    for (const reason of ['one', 'two', 'three']) await rig.post('/disarm', { actor: 'ann', reason });
    const ledger = async (query: string) => {
      const { body } = await rig.get(`/ledger${query}`);
      expect(LedgerPage.parse(body)).toEqual(body);
      return body as unknown as LedgerPage;
    };
    const first = await ledger('?limit=2');
    expect(first.entries).toMatchObject([
      { action: 'disarm', actor: 'ann', reason: 'three', before: '0', after: '0', at: expect.any(Number) },
      { reason: 'two' },
    ]);
    const second = await ledger(`?limit=2&before=${first.next}`);
    expect(second.entries[0]).toMatchObject({ reason: 'one', before: '1' });
    const all = await ledger('?limit=200');
    expect(all.entries).toHaveLength((await rig.ledger()).length);
    expect(all.next).toBeNull();
    const { body } = await rig.get('/ledger/verify');
    expect(LedgerVerdict.parse(body)).toEqual(body);
    expect(body).toMatchObject({ whole: true, entries: all.entries.length, head: all.entries[0]?.hash, problems: [] });
  });

  it.each(['limit=0', 'limit=201', 'limit=abc', 'before=garbage'])('?%s is a 400', async (query) => {
    expect((await rig.get(`/ledger?${query}`)).code).toBe(400);
    expect((await rig.get(`/dead-letters/apply.plan?${query}`)).code).toBe(400);
  });
});
