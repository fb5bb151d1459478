import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matches } from '../../../../runtime/desk/decisions/decisions.ts';
import {
  type Filters,
  filterNames,
  filtersOf,
  isFiltered,
  isWanted,
  NO_FILTERS,
  paramsOf,
  queryOf,
  rowsFor,
} from '../../../../runtime/doors/page/state/filters.ts';
import { addressOf, hashOf, isBare, pages } from '../../../../runtime/doors/page/state/hash.ts';
import { TICK_ROWS } from '../../../../runtime/doors/page/state/tape.ts';

const row = {
  id: '1-0',
  at: 1,
  gate: 'governor',
  handler: 'governor',
  verdict: 'BLOCK',
  reason: 'total_notional_exceeded',
  symbol: 'SOLUSDT',
  plan_id: 'entry-SOLUSDT-623',
  action: 'BUY',
  mode: 'production',
  source_id: '1-0',
  summary: 'all positions with this plan would be worth $353,049.03',
  tick: false,
};

describe('the address', () => {
  it.each([
    ['', true],
    ['#', true],
    ['#/', true],
    ['#/overview', false],
    ['#/?portfolio=a', false],
    ['#/enter?link=x', true],
    ['#/enter?link=', false],
  ])('%s names no page: %s', (hash, bare) => {
    expect(isBare(hash)).toBe(bare);
  });

  it.each([
    ['', 'overview', ''],
    ['#/', 'overview', ''],
    ['#/decisions?gate=governor', 'decisions', 'gate=governor'],
    ['#/nosuch?x=1', 'overview', 'x=1'],
    ['#/operations?portfolio=%7Bfund-a%7D', 'operations', 'portfolio=%7Bfund-a%7D'],
  ])('%s is the page %s with %s', (hash, page, query) => {
    expect(addressOf(hash)).toMatchObject({ page });
    expect(addressOf(hash).params.toString()).toBe(query);
  });

  it('comes back from its hash as it was, whatever the filters say', () => {
    const texts = fc.string({ maxLength: 20 }).map((text) => text.trim());
    const filters = fc.record(Object.fromEntries(filterNames.map((name) => [name, texts])));
    fc.assert(
      fc.property(fc.constantFrom(...pages), filters, (page, chosen) => {
        const address = addressOf(hashOf(page, paramsOf(chosen as unknown as Filters)));
        expect(address.page).toBe(page);
        expect(filtersOf(address.params)).toEqual(chosen);
      }),
    );
  });

  it('leaves out what says nothing', () => {
    expect(hashOf('decisions', { gate: '', symbol: undefined })).toBe('#/decisions');
    expect(isFiltered(NO_FILTERS)).toBe(false);
    expect(isFiltered({ ...NO_FILTERS, text: 'x' })).toBe(true);
  });
});

describe('a filter', () => {
  it.each([
    [{}, true],
    [{ gate: 'governor' }, true],
    [{ gate: 'GOVERNOR', verdict: 'block' }, true],
    [{ gate: 'govern' }, false],
    [{ symbol: 'solusdt' }, true],
    [{ symbol: 'SOL' }, false],
    [{ reason: 'total_notional_exceeded' }, true],
    [{ reason: 'total' }, false],
    [{ text: '353,049' }, true],
    [{ text: 'SOLUSDT-623' }, true],
    [{ text: 'nothing of it' }, false],
    [{ gate: 'governor', text: 'nothing of it' }, false],
    [{ gate: '!governor' }, false],
    [{ gate: '!heat-gate', verdict: '!PERMIT' }, true],
    [{ symbol: '!solusdt' }, false],
    [{ reason: '!ok' }, true],
  ])('%o wants the row: %s', (filters, wanted) => {
    expect(isWanted(row, { ...NO_FILTERS, ...filters })).toBe(wanted);
  });

  it('is what the server takes it for', () => {
    const word = fc.constantFrom('', 'governor', '!governor', 'BLOCK', '!BLOCK', 'SOLUSDT', '!solusdt', '!x', '!');
    const server = (wanted: string) => (wanted === '' ? undefined : wanted);
    fc.assert(
      fc.property(word, word, word, (symbol, verdict, reason) => {
        const asked = { symbol: server(symbol), verdict: server(verdict), reason: server(reason) };
        const filter = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
        expect(isWanted(row, { ...NO_FILTERS, symbol, verdict, reason })).toBe(
          matches(filter, { id: row.id, fields: row as unknown as Record<string, string> }),
        );
      }),
    );
  });
});

describe('ticks', () => {
  const rows = [
    { ...row, id: '5-0' },
    { ...row, id: '4-0', tick: true, verdict: 'BUDGETS' },
    { ...row, id: '3-0' },
  ];
  const idsWith = (filters: Partial<Filters>) => rowsFor(rows, { ...NO_FILTERS, ...filters }).map(({ id }) => id);

  it.each([
    [{}, ['5-0', '3-0']],
    [{ verdict: '!PERMIT' }, ['5-0', '3-0']],
    [{ ticks: 'shown' }, ['5-0', '4-0', '3-0']],
    [{ verdict: 'BUDGETS' }, ['5-0', '4-0', '3-0']],
    [{ gate: 'risk-governor' }, ['5-0', '4-0', '3-0']],
  ])('%o looks at %j', (filters, ids) => {
    expect(idsWith(filters)).toEqual(ids);
  });

  it('are asked of the server as they are shown', () => {
    expect(queryOf({ ...NO_FILTERS, symbol: 'X' })).toEqual({ symbol: 'X', ticks: 'false' });
    expect(queryOf({ ...NO_FILTERS, symbol: 'X', ticks: 'shown' })).toEqual({ symbol: 'X' });
  });

  it('are shown no further back than all of them are known', () => {
    const many = Array.from({ length: TICK_ROWS + 1 }, (_, at) => ({ ...row, id: `${1000 - at}-0`, tick: at > 0 }));
    const older = [...many, { ...row, id: '1-0' }];
    expect(rowsFor(older, { ...NO_FILTERS, ticks: 'shown' }).at(-1)?.id).toBe(`${1000 - TICK_ROWS}-0`);
  });
});
