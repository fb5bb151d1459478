import { describe, expect, it } from 'vitest';
import type { ShadowReport } from '../../../../runtime/doors/page/state/wire.ts';
import { shadowSentences } from '../../../../runtime/doors/page/text/shadow-words.ts';
import { conditionWords, followed, watchWords } from '../../../../runtime/doors/page/text/watch.ts';
import { watchConditions } from '../../../../schemas/activation.ts';

const watched = {
  ...{ gate: 'heat-gate', id: '1', state: 'watching' as const, from: 'shadow', to: 'enforce', started_ms: 0 },
  ...{
    until_ms: 3_600_000,
    actor: 'ann',
    reason: 'agreed',
    forced: '',
    conditions: watchConditions,
    changed_share: 0.2,
  },
  ...{ decisions: 0, looked_ms: 0, ended_ms: null, outcome: '' },
};

describe('a watch', () => {
  it.each([
    [{}, 0, 'Under watch for another 60 min', 'changed'],
    [{}, 3_700_000, 'Under watch for another 0 s', 'changed'],
    [
      { state: 'rolled_back', outcome: 'dead letters: 1, at most 0' } as const,
      0,
      'Rolled back: dead letters: 1, at most 0',
      'stopped',
    ],
    [{ state: 'kept' } as const, 0, 'Watched to its end, and kept in enforce', 'passed'],
    [{ state: 'ended', outcome: 'another mode' } as const, 0, 'The watch was ended: another mode', 'noted'],
  ])('%o at %d ms', (different, atMs, text, tone) => {
    expect(watchWords({ ...watched, ...different }, atMs)).toEqual({ text, tone });
  });

  it.each([
    [0.2, 'at most 40.0 %, from 20 decisions on'],
    [0.01, 'at most 10.0 %, from 20 decisions on'],
    [0.9, 'at most 95.0 %, from 171 decisions on'],
    [0.9999, 'at most 99.9 %, from 179,991 decisions on'],
    [1, 'no limit: it did each time before'],
  ])('after a share of %d may stand in the way %s', (changed_share, most) => {
    expect(new Map(conditionWords({ ...watched, changed_share })).get('Stood in the way')).toBe(most);
  });

  it('names what is watched in money, and what is not', () => {
    const conditions = { ...watchConditions, kept_loss_usd: 200, drawdown: null };
    const words = new Map(conditionWords({ ...watched, conditions }));
    expect(words.get('Other gates blocked closes')).toBe('at most 0');
    expect(words.get('Kept parts lost')).toBe('at most $200.00');
    expect(words.get('Equity fell')).toBe('not watched');
  });

  it.each([
    [['a'], 210, [], 'Done: 1 worker, the slowest after 210 ms', true],
    [[], 0, [], 'Done; no worker runs', true],
    [['a', 'b'], 9, ['b'], 'Done, but not noticed within 5 s by b', false],
  ])('%j after %d ms, without %j: %s', (workers, slowest_ms, missing, text, isWell) => {
    expect(followed('Done', { workers, slowest_ms, missing })).toEqual({ text, isWell });
  });
});

type HeatReport = Extract<ShadowReport, { gate: 'heat-gate' }>;
type Given = Pick<HeatReport, 'softened' | 'full_closes' | 'drawdown'> & { money: Partial<HeatReport['money']> };

const BASIS = { exits: 55, days: 31, blocks: 15, block_days: 2 };
const SURE =
  'Direct, horizon 24 h: 95 % interval -$9.00 to $4.00 (55 exits on 31 days, 15 blocks of 2 days): not distinguishable from 0.';

const heat = (given: Partial<Given>) =>
  shadowSentences({
    gate: 'heat-gate',
    full_closes: 58,
    softened: { exits: 55, share: 55 / 58, done: 0, would_be: 55 },
    money: {
      ...{ horizon_sec: 86_400, softened: 55, valued: 55, pnl_usd: -67_699.58 },
      ...{ gained: { exits: 20, usd: 36_271.47 }, lost: { exits: 35, usd: -103_971.05 } },
    },
    uncertainty: { direct: { ...BASIS, interval_usd: { low: -9, high: 4 }, distinguishable: false } },
    drawdown: null,
    ...given,
  } as HeatReport);

describe('the difference that the heat gate makes', () => {
  it('is said in counts and dollars', () => {
    expect(heat({})).toEqual([
      '55 of 58 full closes would have been softened (95 %).',
      'The kept parts would have lost $67,700 against the original exits (direct, horizon 24 h): 20 earned $36,271, 35 lost $103,971.',
      SURE,
    ]);
  });

  it('is said as done where it was enforced, and with its drawdown', () => {
    const softened = { exits: 1, share: 1, done: 1, would_be: 0 };
    const money = {
      horizon_sec: 604_800,
      softened: 1,
      valued: 1,
      pnl_usd: 12,
      gained: { exits: 1, usd: 12 },
      lost: { exits: 0, usd: 0 },
    };
    const drawdown = { max_drawdown_with: 0.1, max_drawdown_without: 0.2 } as HeatReport['drawdown'];
    expect(heat({ full_closes: 1, softened, money, drawdown })).toEqual([
      '1 of 1 full close was softened (100 %).',
      'The kept parts earned $12.00 against the original exits (direct, horizon 7 days): 1 earned $12.00, 0 lost $0.00.',
      SURE.replace('24 h', '7 days'),
      'Largest drawdown with the kept parts 10.0 %, without 20.0 %.',
    ]);
  });

  it.each([
    [{ softened: 3, valued: 0 }, 'What the kept parts came to is not known: there are no prices to value them by.'],
    [{ softened: 0, valued: 0 }, undefined],
  ])('is not made up where nothing could be valued', (money, sentence) => {
    expect(heat({ money })[1]).toBe(sentence);
  });

  it('names those that could not be valued', () => {
    const lost = { exits: 1, usd: -2 };
    expect(heat({ money: { softened: 3, valued: 1, pnl_usd: -2, gained: { exits: 0, usd: 0 }, lost } })[2]).toBe(
      '2 of them could not be valued.',
    );
  });
});

/** So many plans that were stopped, of which so many could be valued. */
function blocked(plans: number, valued: number) {
  const direct = { ...BASIS, pnl_usd: -1_234, interval_usd: { low: -9, high: 4 }, distinguishable: false };
  return { plans, valued, horizon_sec: 86_400, direct } as unknown as Extract<
    ShadowReport,
    { readonly plan_money: unknown }
  >['plan_money'];
}

describe('the difference that the others make', () => {
  it('is said in plans and dollars', () => {
    const governor = {
      gate: 'governor',
      opens: { plans: 225, blocked: 140, would_block: 3 },
      closes: { plans: 78, blocked: 0 },
      ...{ permitted_usd: 900.5, refused_usd: 5_000, plan_money: blocked(143, 140) },
    } as ShadowReport;
    expect(shadowSentences(governor)).toEqual([
      '143 of 225 plans that open a position were refused (3 would have been), worth $5,000; $900.50 were permitted.',
      '0 of 78 plans that close one were refused.',
      'The refused plans would have lost $1,234 (direct, horizon 24 h); 3 could not be valued: 95 % interval -$9.00 to $4.00 (55 plans on 31 days, 15 blocks of 2 days): not distinguishable from 0.',
    ]);
    const budgets = {
      gate: 'risk-governor',
      violations: { spells: 1, of_one_cycle: 0 },
      plans: { judged: 16, over_budget: 3, blocked: 2, would_block: 1 },
      plan_money: blocked(3, 0),
    } as ShadowReport;
    expect(shadowSentences(budgets)).toEqual([
      'Positions went over their budget 1 time; 0 of these lasted one cycle only.',
      '3 of 16 plans were over budget: 2 blocked, 1 would have been.',
      'What the plans over budget would have come to is not known: there are no prices.',
    ]);
  });
});

it('says of a gate of your own how often it stood in the way', () => {
  const row = (name: string, changed: number) => ({ name, decisions: 5, changed, changed_share: changed / 5 });
  const words = (changed: number) =>
    shadowSentences({
      gate: 'drawdown-gate',
      figures: { decisions: 10, changed, changed_share: changed / 10 },
      by_reason: [row('drawdown_exceeded', changed), row('ok', 0)],
    } as unknown as ShadowReport);
  expect(words(4)).toEqual([
    'drawdown-gate stood in the way, or would have, in 4 of 10 decisions (40.0 %).',
    'Most often: drawdown exceeded.',
  ]);
  expect(words(0)).toEqual(['drawdown-gate stood in the way, or would have, in 0 of 10 decisions (0.0 %).']);
});
