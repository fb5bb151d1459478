import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWanted, NO_FILTERS } from '../../../../runtime/doors/page/state/filters.ts';
import { csvOf, sorted } from '../../../../runtime/doors/page/text/export.ts';
import { differenceWords } from '../../../../runtime/doors/page/text/ledger-words.ts';
import { drawdowns, onLine, sparkline } from '../../../../runtime/doors/page/text/series.ts';
import type { DecisionRow } from '../../../../schemas/api/decision.ts';

const ROW: DecisionRow = {
  ...{ id: '1-0', at: 1_000, gate: 'governor', handler: 'governor', verdict: 'BLOCK', reason: 'kill_switch' },
  ...{
    symbol: 'BTCUSDT',
    plan_id: 'p',
    action: 'OPEN',
    mode: 'testnet',
    source_id: '1-0',
    summary: 'why',
    tick: false,
  },
};

describe('a time range', () => {
  const at = (atSec: number, different: object) =>
    isWanted({ ...ROW, at: atSec }, { ...NO_FILTERS, ...different }, 3_600_000);

  it.each([
    [0, { since: '1h' }, true],
    [-0.001, { since: '1h' }, false],
    [1_800, { until: '30m' }, true],
    [1_800.001, { until: '30m' }, false],
    [5, { since: '1970-01-01T00:00:05', until: '1970-01-01T00:00:05Z' }, true],
    [4.999, { since: '1970-01-01T00:00:05' }, false],
    [-1e9, { since: 'no moment' }, true],
  ])('has %d in %j: %s', (atSec, different, isIn) => expect(at(atSec, different)).toBe(isIn));
});

describe('decisions as CSV', () => {
  it('have a line of names, quotes where they are needed, and no formula', () => {
    const [names, line] = csvOf([{ ...ROW, plan_id: '=1+1', summary: 'a "b", c', symbol: '-X' }]).split('\r\n');
    expect(names).toBe('id,at,gate,handler,verdict,reason,summary,symbol,plan_id,action,mode,source_id,strategy');
    expect(line).toBe(`1-0,1000,governor,governor,BLOCK,kill_switch,"a ""b"", c",'-X,'=1+1,OPEN,testnet,1-0,`);
  });

  it('hold every text in one cell, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const csv = csvOf([{ ...ROW, summary: text }]);
        const quotes = [...csv].filter((letter) => letter === '"').length;
        expect(quotes % 2).toBe(0);
        expect(csv.replaceAll(/"(?:[^"]|"")*"/g, 'X').split('\r\n')).toHaveLength(3);
      }),
    );
  });
});

describe('sorting', () => {
  const rows = [3, 1, 2].map((at) => ({ ...ROW, at, symbol: `S${at % 2}` }));
  it.each([
    ['Time', [1, 2, 3]],
    ['-Time', [3, 2, 1]],
    ['Symbol', [2, 3, 1]],
    ['-Symbol', [3, 1, 2]],
    ['', [3, 1, 2]],
    ['toString', [3, 1, 2]],
  ])('by %s keeps equal ones in their order', (by, order) => {
    expect(sorted(rows, by).map(({ at }) => at)).toEqual(order);
  });
});

describe('series', () => {
  it('fall from the highest known value so far', () => {
    const values = [100, 90, null, 120, 60].map((value, at) => [at, value] as const);
    expect(drawdowns(values).map(([, value]) => value)).toEqual([0, 10, null, 0, 50]);
    expect(drawdowns([[0, -5]])).toEqual([[0, null]]);
  });

  it('are put on a line without losing a count', () => {
    const bins = fc.array(fc.record({ at: fc.integer({ min: 0, max: 999 }), count: fc.nat(50) }), { maxLength: 40 });
    fc.assert(
      fc.property(bins, fc.integer({ min: 1, max: 60 }), (some, many) => {
        const line = onLine(some, { since: 0, until: 1_000, many });
        expect(line).toHaveLength(many);
        expect(line.reduce((sum, one) => sum + one, 0)).toBe(some.reduce((sum, { count }) => sum + count, 0));
      }),
    );
  });

  it('are drawn within their box', () => {
    expect(sparkline([0, 2, 4], 10, 4)).toBe('0,4 5,2 10,0');
    expect(sparkline([0], 10, 4)).toBe('0,4');
  });
});

describe('a difference of the ledger in words', () => {
  it.each([
    ['disarm', '1', '0', ['armed → disarmed']],
    ['mode', 'shadow', 'enforce', ['shadow → enforce']],
    ['policy_set', '{"HEAT_MAX":"0.6","A":"1"}', '{"HEAT_MAX":"0.7","A":"1"}', ['HEAT_MAX 0.6 → 0.7']],
    ['policy_set', '', '{"HEAT_MAX":"0.7"}', ['HEAT_MAX set to 0.7']],
    ['policy_set', '{"s":{"X":"1"}}', '{}', ['s X no longer 1']],
    ['policy_set', '{}', '{}', ['nothing is different']],
    ['x', '{broken', '', ['{broken → –']],
    ['kill_on', '', '', []],
  ])('%s of %s to %s', (action, before, after, words) => {
    expect(differenceWords(action, before, after)).toEqual(words);
  });
});
