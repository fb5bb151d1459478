import { describe, expect, it } from 'vitest';
import { bearerToken, isLocalProgram } from '../../../../runtime/doors/http/access.ts';
import { numberInput, symbolInput } from '../../../../runtime/doors/http/input.ts';
import { boundedLabels } from '../../../../runtime/doors/http/labels.ts';

describe('a number in a query', () => {
  it.each([
    ['150000', 150_000],
    ['-5', -5],
    ['1e3', 1000],
    [' 7 ', 7],
  ])('%j is %d', (text, value) => {
    expect(numberInput('position_notional', text)).toBe(value);
  });

  it.each([
    ['abc', 'position_notional: expected a finite number, got "abc"'],
    ['NaN', 'position_notional: expected a finite number, got "NaN"'],
    ['Infinity', 'position_notional: expected a finite number, got "Infinity"'],
    ['1e400', 'position_notional: expected a finite number, got "1e400"'],
    ['0x10', 'position_notional: expected a finite number, got "0x10"'],
    ['', 'position_notional: expected a finite number, got ""'],
    [undefined, 'position_notional: expected a finite number, got nothing'],
  ])('%j is refused', (text, message) => {
    expect(() => numberInput('position_notional', text)).toThrow(expect.objectContaining({ statusCode: 400, message }));
  });

  it('given twice: the last wins', () => {
    expect(numberInput('equity_usd', ['1', '2'])).toBe(2);
  });

  it('left out has its initial value where there is one', () => {
    expect(numberInput('drawdown', undefined, 0)).toBe(0);
  });
});

describe('a symbol in a request', () => {
  it('is passed on as it is', () => {
    expect(symbolInput('BTCUSDT')).toBe('BTCUSDT');
  });

  it.each([['BTC USDT'], ['a:b'], ['{a}'], [''], ['Ä'], ['x'.repeat(129)], [undefined]])('%j is refused', (symbol) => {
    expect(() => symbolInput(symbol)).toThrow(expect.objectContaining({ statusCode: 400 }));
  });
});

describe('the token', () => {
  it.each([
    ['Bearer secret', true],
    ['bearer secret', true],
    ['Bearer  secret ', true],
    ['Bearer secre', false],
    ['Bearer secret2', false],
    ['Bearer SECRET', false],
    ['Bearer ', false],
    ['Basic secret', false],
    ['secret', false],
    ['', false],
    [undefined, false],
  ])('%j presents it: %s', (header, presented) => {
    expect(bearerToken(header) === 'secret').toBe(presented);
  });

  it('an empty token is presented by nobody', () => {
    expect(bearerToken('Bearer ')).toBeUndefined();
    expect(bearerToken(undefined)).toBeUndefined();
  });
});

describe('a program on this machine', () => {
  it.each([
    ['127.0.0.1', {}, true],
    ['127.8.9.10', {}, true],
    ['::1', {}, true],
    ['::ffff:127.0.0.1', {}, true],
    ['192.168.1.5', {}, false],
    ['::ffff:10.0.0.1', {}, false],
    ['127.0.0.1', { 'x-forwarded-for': '203.0.113.9' }, false],
    ['127.0.0.1', { origin: 'https://example.com' }, false],
    ['127.0.0.1', { forwarded: 'for=203.0.113.9' }, false],
  ])('%s with %j: %s', (remoteAddress, headers, local) => {
    const request = { headers, socket: { remoteAddress } } as unknown as Parameters<typeof isLocalProgram>[0];
    expect(isLocalProgram(request)).toBe(local);
  });
});

describe('bounded labels', () => {
  it('are themselves up to the limit, and one word beyond', () => {
    const labelOf = boundedLabels(2);
    expect(['A', 'B', 'C', 'A', 'D'].map(labelOf)).toEqual(['A', 'B', 'other', 'A', 'other']);
  });
});
