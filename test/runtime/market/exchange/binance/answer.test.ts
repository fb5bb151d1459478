import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../../../../runtime/market/exchange/binance/answer.ts';
import errors from '../../../../fixtures/binance/errors.json' with { type: 'json' };

function read(status: number, text: string, retryAfter?: string) {
  return readAnswer({ status, text, retryAfter }, 'testnet');
}

describe('an answer of the exchange', () => {
  it.each([
    ['an object', '{"serverTime":1}'],
    ['a list, empty too', '[]'],
    ['success with a code of its own', '{"code":200,"msg":"success"}'],
  ])('%s is taken as it is', (_what, text) => {
    expect(read(200, text)).toEqual({ kind: 'ok', body: JSON.parse(text) });
  });

  it.each([
    [-2019, { kind: 'rejected', code: -2019, status: 400 }],
    [-1021, { kind: 'clock' }],
    [-2015, { kind: 'pause', reason: 'auth', code: -2015 }],
    [-1003, { kind: 'pause', reason: 'banned', untilExchangeMs: 1659761931230, waitMs: undefined }],
  ])('the recorded refusal %i is understood', (code, expected) => {
    const recorded = errors.find((error) => error.body.code === code);
    expect(read(recorded?.status ?? 0, JSON.stringify(recorded?.body))).toMatchObject(expected);
  });

  it.each([
    ['a rate limit', 429, '{"code":-1003,"msg":"Too many requests"}', '7', { reason: 'rate_limited', waitMs: 7000 }],
    ['a rate limit in a web page', 429, '<html></html>', '2', { reason: 'rate_limited', waitMs: 2000 }],
    ['a rate limit without a time', 429, '{}', undefined, { reason: 'rate_limited', waitMs: undefined }],
    ['a ban with a time', 418, '{}', '120', { reason: 'banned', waitMs: 120_000 }],
    ['a ban with an unreadable time', 418, '{}', 'soon', { reason: 'banned', waitMs: undefined }],
    ['a limit named by its code alone', 400, '{"code":-1003,"msg":"x"}', undefined, { reason: 'banned' }],
    ['the firewall', 403, '<h1>Forbidden</h1>', undefined, { reason: 'banned' }],
    ['a closed country', 451, '<h1>Restricted</h1>', undefined, { reason: 'banned' }],
    ['a bad signature', 400, '{"code":-1022,"msg":"x"}', undefined, { reason: 'auth', code: -1022 }],
    ['a bad form of key', 401, '{"code":-2014,"msg":"x"}', undefined, { reason: 'auth', code: -2014 }],
    ['a refusal without words', 401, '', undefined, { reason: 'auth', code: undefined }],
  ])('%s stops requests', (_what, status, text, retryAfter, expected) => {
    expect(read(status, text, retryAfter)).toMatchObject({ kind: 'pause', ...expected });
  });

  it.each([
    ['a web page instead of JSON', 200, '<html><h1>Under maintenance</h1></html>', 'answer', 'Under maintenance'],
    ['half a JSON text', 200, '{"assets":[{"asset":"USD', 'answer', 'no JSON'],
    ['nothing', 200, '', 'answer', 'an empty body'],
    ['a redirection', 302, '', 'answer', 'HTTP 302'],
    ['an overloaded exchange', 503, '{"code":-1008,"msg":"Server is overloaded"}', 'unavailable', 'overloaded'],
    ['a gateway page', 502, '<html><h1>Bad Gateway</h1></html>', 'unavailable', 'Bad Gateway'],
    ['a timeout behind the exchange', 408, '{"code":-1007,"msg":"Timeout"}', 'unavailable', '-1007'],
  ])('%s may be asked for again', (_what, status, text, error, word) => {
    expect(read(status, text)).toMatchObject({ kind: 'again', error, message: expect.stringContaining(word) });
  });

  it.each([
    [-2015, 'testnet', /BINANCE_TESTNET_API_KEY is a key of the testnet.*read futures.*address/],
    [-2015, 'production', /BINANCE_API_KEY is a key of the production/],
    [-1022, 'testnet', /BINANCE_TESTNET_API_SECRET .*without blanks or quotes/],
    [-2014, 'production', /BINANCE_API_KEY .*without blanks or quotes/],
  ] as const)('for %i on %s it says what to do', (code, environment, expected) => {
    const text = JSON.stringify({ code, msg: 'refused' });
    expect(readAnswer({ status: 401, retryAfter: undefined, text }, environment)).toMatchObject({
      message: expect.stringMatching(expected),
    });
  });
});
