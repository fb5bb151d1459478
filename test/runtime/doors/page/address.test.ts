import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Filters,
  filterNames,
  filtersOf,
  isFiltered,
  isWanted,
  NO_FILTERS,
  paramsOf,
} from '../../../../runtime/doors/page/state/filters.ts';
import { addressOf, hashOf, isBare, pages } from '../../../../runtime/doors/page/state/hash.ts';

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
};

describe('the address', () => {
  it.each([
    ['', true],
    ['#', true],
    ['#/', true],
    ['#/overview', false],
    ['#/?portfolio=a', false],
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
  ])('%o wants the row: %s', (filters, wanted) => {
    expect(isWanted(row, { ...NO_FILTERS, ...filters })).toBe(wanted);
  });
});
