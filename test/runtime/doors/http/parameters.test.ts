import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isLocalProgram } from '../../../../runtime/doors/http/access.ts';
import { boundedLabels } from '../../../../runtime/doors/http/labels.ts';
import { moment, number, Page, symbol } from '../../../../runtime/doors/http/parameters.ts';
import { bearerToken } from '../../../../runtime/doors/http/tokens.ts';
import { validatorCompiler } from '../../../../runtime/doors/http/validation.ts';
import { Questions } from '../../../../schemas/evaluation.ts';

/** What a route reads of a query or a body: the value, or the error. */
function read(schema: z.ZodType, given: unknown, httpPart = 'querystring') {
  return validatorCompiler({ schema, httpPart, method: 'GET', url: '/' })(given);
}

function refusal(message: string) {
  return { error: expect.objectContaining({ statusCode: 400, message }) };
}

describe('a number in a query', () => {
  const Check = z.looseObject({ position_notional: number() });

  it.each([
    ['150000', 150_000],
    ['-5', -5],
    ['1e3', 1000],
    [' 7 ', 7],
    [['1', '2'], 2],
  ])('%j is %d', (given, position_notional) => {
    expect(read(Check, { position_notional: given })).toEqual({ value: { position_notional } });
  });

  it.each([
    ['abc', 'position_notional: expected a finite number, got "abc"'],
    ['NaN', 'position_notional: expected a finite number, got "NaN"'],
    ['Infinity', 'position_notional: expected a finite number, got "Infinity"'],
    ['1e400', 'position_notional: expected a finite number, got "1e400"'],
    ['0x10', 'position_notional: expected a finite number, got "0x10"'],
    ['', 'position_notional: expected a finite number, got ""'],
    [undefined, 'position_notional: expected a finite number, got nothing'],
  ])('%j is refused', (position_notional, message) => {
    expect(read(Check, position_notional === undefined ? {} : { position_notional })).toEqual(refusal(message));
  });

  it('left out has its initial value where there is one', () => {
    expect(read(z.looseObject({ drawdown: number(0) }), {})).toEqual({ value: { drawdown: 0 } });
  });
});

describe('a symbol in a request', () => {
  const OfSymbol = z.object({ symbol });

  it('is passed on as it is', () => {
    expect(read(OfSymbol, { symbol: 'BTCUSDT' })).toEqual({ value: { symbol: 'BTCUSDT' } });
  });

  it.each([['BTC USDT'], ['a:b'], ['{a}'], [''], ['Ä'], ['x'.repeat(129)], [undefined]])('%j is refused', (given) => {
    expect(read(OfSymbol, { symbol: given })).toEqual({ error: expect.objectContaining({ statusCode: 400 }) });
  });
});

describe('a query', () => {
  it('keeps the parameters that its schema does not name', () => {
    const value = { limit: 100, portfolio: ['a', 'b'] };
    expect(read(Page, { portfolio: ['a', 'b'] })).toEqual({ value });
  });

  it('is refused for the first that is wrong, in the order of its schema', () => {
    const message = 'limit: expected a whole number from 1 to 200, got "x"';
    expect(read(Page, { before: 'y', limit: 'x' })).toEqual(refusal(message));
  });

  it('says a moment as a function of now', () => {
    const { value } = read(z.looseObject({ since: moment('From when on') }), { since: '1h' }) as {
      value: { since: (nowMs: number) => number };
    };
    expect(value.since(3_600_000)).toBe(0);
  });
});

describe('a body', () => {
  it('is refused for all that is wrong', () => {
    const message = 'a: expected string, received number; b: expected string, received undefined';
    expect(read(z.object({ a: z.string(), b: z.string() }), { a: 1 }, 'body')).toEqual(refusal(message));
  });

  it('counts as empty where there is none', () => {
    expect(read(z.object({ a: z.string().default('x') }), null, 'body')).toEqual({ value: { a: 'x' } });
  });

  it.each([
    [{}, 'entry: expected record, received undefined'],
    [[{}], '0.entry: expected record, received undefined'],
    [[], 'Too small: expected array to have >=1 items'],
    ['text', 'expected object, received string'],
  ])('of a question or a list of them is refused by what it is like: %j', (given, message) => {
    expect(read(Questions, given, 'body')).toEqual(refusal(message));
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
