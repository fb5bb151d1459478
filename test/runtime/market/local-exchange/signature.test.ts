import { describe, expect, it } from 'vitest';
import { requireSignature, signatureOf } from '../../../../runtime/market/local-exchange/signature.ts';

const SECRET = '2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9';
const NOW = 1_591_702_613_943;

/** The code of the refusal, or 0. */
function codeOf(query: string, body = '', apiSecret = SECRET): number {
  try {
    requireSignature({ query, body, apiSecret, nowMs: NOW });
    return 0;
  } catch (error) {
    return (error as { code: number }).code;
  }
}

function signed(parameters: string, secret = SECRET): string {
  return `${parameters}&signature=${signatureOf(parameters, secret)}`;
}

describe('a signature', () => {
  it('is the HMAC-SHA256 of the worked example in the documentation of the exchange', () => {
    const text =
      'symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943';
    expect(signatureOf(text, SECRET)).toBe('3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9');
  });

  it('is good over the query, over the body, and over both', () => {
    expect(codeOf(signed(`a=1&timestamp=${NOW}`))).toBe(0);
    expect(codeOf('', signed(`a=1&timestamp=${NOW}`))).toBe(0);
    const both = signatureOf(`a=1b=2&timestamp=${NOW}`, SECRET);
    expect(codeOf('a=1', `b=2&timestamp=${NOW}&signature=${both}`)).toBe(0);
  });

  it.each([
    ['with another secret', signed(`a=1&timestamp=${NOW}`, 'another'), -1022],
    ['over other parameters', `${signed(`a=1&timestamp=${NOW}`)}&a=2`, -1022],
    ['that is no hexadecimal', `timestamp=${NOW}&signature=zz`, -1022],
    ['that is missing', `a=1&timestamp=${NOW}`, -1102],
    ['that is empty', `a=1&timestamp=${NOW}&signature=`, -1102],
    ['without a timestamp', signed('a=1'), -1102],
    ['with a timestamp that is no number', signed('timestamp=now'), -1102],
  ])('%s is refused', (_what, query, code) => {
    expect(codeOf(query)).toBe(code);
  });

  it.each([
    ['as old as the window', NOW - 5_000, '', 0],
    ['older than the window', NOW - 5_001, '', -1021],
    ['as old as a wider window', NOW - 10_000, '&recvWindow=10000', 0],
    ['older than a narrower window', NOW - 1_001, '&recvWindow=1000', -1021],
    ['just under a second ahead', NOW + 999, '', 0],
    ['a second ahead', NOW + 1_000, '', -1021],
    ['with a window that is too wide', NOW, '&recvWindow=60001', -1131],
  ])('with a time %s', (_what, timestamp, more, code) => {
    expect(codeOf(signed(`timestamp=${timestamp}${more}`))).toBe(code);
  });
});
