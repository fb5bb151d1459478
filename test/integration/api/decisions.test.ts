import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DecisionPage } from '../../../schemas/api/decision.ts';
import { ServedRig } from '../../support/served.ts';

let rig: ServedRig;

beforeAll(async () => {
  rig = await ServedRig.start({ GOV_MODE: 'production' });
  await rig.account();
  await rig.position('ETHUSDT', 1, 1800, '0.15');
  await rig.exit('exit-1', 'ETHUSDT');
  await rig.exit('exit-2', 'BTCUSDT', 'PARTIAL_50');
  await rig.plan('plan-1', 'BTCUSDT', { qty: '10' });
  await rig.plan('plan-2', 'SOLUSDT', { kill_score: '0.9' });
});
afterAll(() => rig.stop());

async function decisions(query = ''): Promise<DecisionPage> {
  const { code, body } = await rig.get(`/decisions${query}`);
  expect(code).toBe(200);
  expect(DecisionPage.parse(body)).toEqual(body);
  return body as unknown as DecisionPage;
}

const plansOf = ({ entries }: DecisionPage) => entries.map(({ plan_id }) => plan_id).filter((id) => id !== '');

describe('decisions', () => {
  it('are listed newest first, each with its reason in words', async () => {
    const page = await decisions();
    expect(plansOf(page).filter((id, at, all) => all.indexOf(id) === at)).toEqual([
      'plan-2',
      'plan-1',
      'exit-2',
      'exit-1',
    ]);
    expect(page.entries.find(({ plan_id, gate }) => plan_id === 'exit-1' && gate === 'heat-gate')).toMatchObject({
      handler: 'heat-gate',
      verdict: 'DOWNGRADE',
      reason: 'portfolio_heat_cold',
      symbol: 'ETHUSDT',
      action: 'FULL_CLOSE',
      mode: 'shadow',
      summary: 'the portfolio was COLD',
    });
    expect(page.entries[0]).toMatchObject({
      gate: 'governor',
      verdict: 'BLOCK',
      summary: 'its kill score was 0.9; from 0.8 on nothing is opened',
    });
    expect(page.next).toBeNull();
    expect(page.searched_to).toBe(page.entries.at(-1)?.id);
  });

  it.each<[string, readonly string[]]>([
    ['?gate=governor', ['plan-2', 'plan-1']],
    ['?gate=heat-gate', ['exit-2', 'exit-1']],
    ['?gate=governor&symbol=btcusdt', ['plan-1']],
    ['?verdict=block', ['plan-2', 'plan-1']],
    ['?reason=kill_score_critical', ['plan-2']],
    ['?gate=heat-gate&text=COLD', ['exit-1']],
    ['?gate=governor&text=sol', ['plan-2']],
    ['?symbol=NOSUCH', []],
    ['?gate=governor&text=%20', ['plan-2', 'plan-1']],
    ['?gate=!heat-gate&verdict=block', ['plan-2', 'plan-1']],
    ['?gate=!governor&verdict=!pass', ['exit-1']],
    ['?gate=governor&symbol=!BTCusdt', ['plan-2']],
    ['?gate=governor&reason=!kill_score_critical', ['plan-1']],
  ])('%s', async (query, plans) => {
    expect(plansOf(await decisions(query))).toEqual(plans);
  });

  it('come a page at a time, none missing and none twice, filtered or not', async () => {
    for (const filter of ['', '&gate=governor', '&verdict=pass']) {
      const all = (await decisions(`?limit=200${filter}`)).entries;
      const paged: unknown[] = [];
      let before = '';
      for (let turns = 0; turns <= all.length; turns += 1) {
        const page = await decisions(`?limit=1${filter}${before}`);
        expect(page.entries.length).toBeLessThanOrEqual(1);
        paged.push(...page.entries);
        if (page.next === null) break;
        before = `&before=${page.next}`;
      }
      expect(paged).toEqual(all);
    }
  });

  it.each([
    ['?limit=0', 'limit: expected a whole number from 1 to 200, got "0"'],
    ['?limit=201', 'limit: expected a whole number from 1 to 200, got "201"'],
    ['?limit=abc', 'limit: expected a whole number from 1 to 200, got "abc"'],
    ['?limit=1.5', 'limit: expected a whole number from 1 to 200, got "1.5"'],
    ['?before=yesterday', 'before: expected the id of an entry such as 1717000000000-0, got "yesterday"'],
    ['?before=18446744073709551616-0', 'before: expected the id of an entry'],
    ['?before=', 'before: expected the id of an entry'],
    ['?gate=nosuch', 'gate: expected '],
    ['?gate=!nosuch', 'gate: expected '],
    ['?ticks=no', 'ticks: expected true or false, got "no"'],
    [`?text=${'x'.repeat(201)}`, 'text: expected up to 200 characters, got 201'],
    ['?portfolio=other', 'portfolio: expected quantum, got "other"'],
  ])('%s is a 400', async (query, message) => {
    const { code, body } = await rig.get(`/decisions${query}`);
    expect({ code, message: body.message }).toEqual({ code: 400, message: expect.stringContaining(message) });
  });

  it.each([
    '?limit=1',
    '?limit=200',
    '?before=0-0',
    '?before=000-00',
    '?before=18446744073709551615-18446744073709551615',
  ])('%s is answered', async (query) => {
    await decisions(query);
  });

  it('leave out what schedules decide where no ticks are wanted, and say which they are', async () => {
    const tick = { handler: 'risk-governor', verdict: 'BUDGETS', reason: 'fresh_state', timestamp: '1' };
    await rig.redis.client.xadd('quantum:stream:decisions', '*', ...Object.entries(tick).flat());
    const all = (await decisions('?limit=200')).entries;
    expect(all[0]).toMatchObject({ verdict: 'BUDGETS', tick: true });
    expect((await decisions('?limit=200&ticks=true')).entries).toEqual(all);
    const others = (await decisions('?limit=200&ticks=false')).entries;
    expect(others).toEqual(all.filter(({ tick: isTick }) => !isTick));
    expect(others.length).toBeLessThan(all.length);
    expect(plansOf(await decisions('?ticks=false&gate=!heat-gate&verdict=block'))).toEqual(['plan-2', 'plan-1']);
  });

  it('an empty log has no page', async () => {
    await rig.client.rename('quantum:stream:decisions', 'quantum:kept');
    expect(await decisions()).toEqual({ entries: [], next: null, searched_to: null });
    await rig.client.rename('quantum:kept', 'quantum:stream:decisions');
  });
});

describe('a long search', () => {
  beforeEach(async () => {
    const pipeline = rig.client.pipeline();
    for (let i = 0; i < 3_000; i += 1)
      pipeline.xadd('quantum:stream:decisions', '*', 'handler', 'governor', 'verdict', 'PERMIT');
    await pipeline.exec();
  });

  it('finds what is behind thousands of others', async () => {
    const { entries } = await decisions('?reason=kill_score_critical');
    expect(entries).toHaveLength(1);
  });
});
