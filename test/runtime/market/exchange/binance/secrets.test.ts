import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secrets } from '../../../../../runtime/market/exchange/binance/secrets.ts';
import { endpointsOf } from '../../../../../runtime/settings/binance-endpoints.ts';

const KEY = 'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A';
const SECRET = 'NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j';

describe('keys', () => {
  it("sign a query as in the exchange's own worked example", () => {
    const query =
      'symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559';
    expect(new Secrets(KEY, SECRET).sign(query)).toBe(
      `${query}&signature=c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71`,
    );
  });

  it('are printed nowhere', () => {
    const secrets = new Secrets(KEY, SECRET);
    secrets.hide('listen-key-1');
    const printed = [inspect(secrets, { depth: 5 }), JSON.stringify(secrets), String(secrets)].join();
    expect(printed).not.toMatch(new RegExp(`${KEY}|${SECRET}`));
    const text = `GET /x?a=1&signature=deadbeef&listenKey=zzz ${KEY} ${SECRET} listen-key-1`;
    expect(secrets.redact(text)).toBe('GET /x?a=1&signature=***&listenKey=*** *** *** ***');
  });

  it.each([
    ['a blank', 'abc def'],
    ['a line end', `${KEY}\n`],
  ])('with %s are refused without being shown', (_what, key) => {
    const make = () => new Secrets(key, SECRET);
    expect(make).toThrow(/API key: expected/);
    expect(make).not.toThrow(new RegExp(key.trim()));
  });

  it.each([
    [KEY, SECRET, true],
    [KEY, '', false],
    ['', SECRET, false],
  ])('are usable only in pairs', (key, secret, usable) => {
    expect(new Secrets(key, secret).usable).toBe(usable);
  });
});

describe('addresses', () => {
  it.each([
    ['testnet', 'https://demo-fapi.binance.com', 'wss://fstream.binancefuture.com'],
    ['production', 'https://fapi.binance.com', 'wss://fstream.binance.com'],
  ] as const)('of %s are its own', (environment, restUrl, streamUrl) => {
    expect(endpointsOf(environment)).toEqual({ restUrl, streamUrl });
  });

  it.each([
    ['http://127.0.0.1:9000/', 'ws://localhost:9000', 'http://127.0.0.1:9000', 'ws://localhost:9000'],
    ['https://proxy.example/usdm', 'wss://proxy.example', 'https://proxy.example/usdm', 'wss://proxy.example'],
    ['http://[::1]:9000', 'ws://[::1]:9000', 'http://[::1]:9000', 'ws://[::1]:9000'],
  ])('may be replaced: %s and %s', (baseUrl, wsUrl, restUrl, streamUrl) => {
    expect(endpointsOf('testnet', baseUrl, wsUrl)).toEqual({ restUrl, streamUrl });
  });

  it.each([
    ['clear text to another machine', 'http://10.0.0.1', /must not travel in clear text/],
    ['a name that only begins like loopback', 'http://127.0.0.1.example', /clear text/],
    ['no address', 'fapi.binance.com', /expected an address such as https/],
    ['another protocol', 'ftp://127.0.0.1', /expected an address/],
    ['a user', 'https://me:secret@host', /without user/],
    ['a query', 'https://host?a=1', /without user, query/],
  ])('with %s are refused', (_what, baseUrl, expected) => {
    expect(() => endpointsOf('testnet', baseUrl)).toThrow(expected);
    expect(() => endpointsOf('testnet', baseUrl)).not.toThrow(/secret@/);
  });
});
