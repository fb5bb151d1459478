import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CompareRules, Comparing, isAgreement } from '../../../runtime/desk/compare/index.ts';
import { distance, withMembers } from '../../../runtime/desk/compare/values.ts';

const RULES: CompareRules = { by: ['plan_id'], ignore: ['timestamp'], byDesign: ['mode'], tolerance: 1e-9 };
type Entry = Readonly<Record<string, string>>;

function compare(here: readonly Entry[], there: readonly Entry[], rules: Partial<CompareRules> = {}) {
  const comparing = new Comparing({ ...RULES, ...rules });
  for (const entry of here) comparing.add('here', entry);
  for (const entry of there) comparing.add('there', entry);
  return comparing.result();
}

describe('two values are the same', () => {
  it.each([
    ['a', 'a', 0],
    ['1', '1.0', 0],
    ['1', '1.000000001', 0],
    ['1', '1.0000000011', 1.1e-9],
    ['0', '0.000000001', 0],
    ['0', '0.0000000011', 1.1e-9],
    ['1000000000', '1000000001', 0],
    ['1000000000', '1000000002', 2],
    ['-1', '1', 2],
    ['a', 'b', Number.POSITIVE_INFINITY],
    ['', undefined, Number.POSITIVE_INFINITY],
    ['', '0', Number.POSITIVE_INFINITY],
    ['0x10', '16', Number.POSITIVE_INFINITY],
    ['[{"a":1}]', '[{"a":1.0000000001}]', 0],
    ['[{"a":1,"b":2}]', '[{"b":2,"a":1}]', 0],
    ['[{"a":1}]', '[{"a":2}]', Number.POSITIVE_INFINITY],
    ['[1]', '[1,2]', Number.POSITIVE_INFINITY],
    ['[]', '{}', Number.POSITIVE_INFINITY],
    ['[', '{', Number.POSITIVE_INFINITY],
  ])('%s and %s are %s apart', (a, b, apart) => {
    expect(distance(a, b, 1e-9)).toEqual(apart);
    expect(distance(b, a, 1e-9)).toEqual(apart);
  });
});

it('the members of a JSON object are fields of their own; other text stays as it is', () => {
  expect({ ...withMembers({ value: '{"reason":"x","n":1,"checks":[]}', list: '[1]', odd: '{' }) }).toEqual({
    'value.reason': 'x',
    'value.n': '1',
    'value.checks': '[]',
    list: '[1]',
    odd: '{',
  });
});

describe('comparing', () => {
  it('counts what is the same, what differs and what is alone, each field with its worst example', () => {
    const here = [
      { plan_id: 'a', heat: '0.1', action: 'X', timestamp: '1' },
      { plan_id: 'b', heat: '0.2', action: 'X' },
      { plan_id: 'c', heat: '0.3', action: 'X' },
      { plan_id: 'd' },
    ];
    const there = [
      { plan_id: 'c', heat: '0.5', action: 'Y' },
      { plan_id: 'b', heat: '0.21', action: 'X', more: '' },
      { plan_id: 'a', heat: '0.10', action: 'X', timestamp: '2' },
      { plan_id: 'e' },
    ];
    expect(compare(here, there)).toEqual({
      by_design: [],
      same: 1,
      different: 2,
      only_here: { count: 1, examples: ['d'] },
      only_there: { count: 1, examples: ['e'] },
      fields: [
        { field: 'heat', count: 2, worst: { key: 'c', here: '0.3', there: '0.5' } },
        { field: 'action', count: 1, worst: { key: 'c', here: 'X', there: 'Y' } },
        { field: 'more', count: 1, worst: { key: 'b', here: undefined, there: '' } },
      ],
    });
  });

  it('matches several entries of one key in their order, those without a key too', () => {
    const result = compare(
      [{ plan_id: 'a', n: '1' }, { plan_id: 'a', n: '2' }, { n: '3' }],
      [{ plan_id: 'a', n: '1' }, { n: '3' }],
    );
    expect(result).toMatchObject({ same: 2, different: 0, only_here: { count: 1, examples: ['a'] } });
  });

  it('leaves out members by the last part of their name', () => {
    const [here, there] = ['1', '2'].map((at) => ({ plan_id: 'a', value: `{"reason":"x","timestamp":${at}}` }));
    expect(isAgreement(compare([here as Entry], [there as Entry]))).toBe(true);
    expect(isAgreement(compare([here as Entry], [there as Entry], { ignore: [] }))).toBe(false);
  });

  it('finds nothing between the same entries, in whatever order keys come, and sees the same from both sides', () => {
    const entry = fc.dictionary(fc.constantFrom('plan_id', 'a', 'b'), fc.constantFrom('', '1', '2', 'x', '{"a":1}'));
    fc.assert(
      fc.property(fc.array(entry), fc.array(entry), (some, others) => {
        expect(isAgreement(compare(some, some))).toBe(true);
        const [forth, back] = [compare(some, others), compare(others, some)];
        expect(forth.same).toBe(back.same);
        expect(forth.only_here.examples.toSorted()).toEqual(back.only_there.examples.toSorted());
        expect(forth.same + forth.different + forth.only_here.count).toBe(some.length);
        expect(forth.same + forth.different + forth.only_there.count).toBe(others.length);
      }),
    );
  });
});

describe('fields that differ by design', () => {
  it('make no difference of an entry, and are counted apart', () => {
    const here = [
      { plan_id: 'p1', mode: 'shadow', heat: '1' },
      { plan_id: 'p2', mode: 'shadow', heat: '1' },
    ];
    const there = [
      { plan_id: 'p1', mode: 'enforce', heat: '1' },
      { plan_id: 'p2', heat: '2' },
    ];
    const result = compare(here, there);
    expect(result).toMatchObject({ same: 1, different: 1, fields: [{ field: 'heat', count: 1 }] });
    expect(result.by_design).toEqual([
      { field: 'mode', count: 2, worst: { key: 'p1', here: 'shadow', there: 'enforce' } },
    ]);
  });

  it('differ like any other where none is named', () => {
    const result = compare([{ plan_id: 'p1', mode: 'a' }], [{ plan_id: 'p1', mode: 'b' }], { byDesign: [] });
    expect(result).toMatchObject({ same: 0, different: 1, by_design: [] });
  });
});
