import { afterEach, describe, expect, it } from 'vitest';
import { binanceExchange } from '../../../runtime/market/exchange/binance/index.ts';
import type { ExchangePort } from '../../../runtime/market/exchange/port.ts';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import accountV2 from '../../fixtures/binance/account-v2.json' with { type: 'json' };
import riskV2 from '../../fixtures/binance/position-risk-v2.json' with { type: 'json' };
import { type Script, ScriptedAnswer, type ScriptedExchange, startScriptedExchange } from './scripted-exchange.ts';

const FIRST_MS = 1_620_000_000_000;
const KEYS = { apiKey: 'shape-key', apiSecret: 'shape-secret' };

let server: ScriptedExchange | undefined;
let port: ExchangePort | undefined;

afterEach(async () => {
  await port?.close();
  await server?.stop();
});

async function connect(script: Script): Promise<ExchangePort> {
  server = await startScriptedExchange(script);
  port = binanceExchange({ environment: 'testnet', ...KEYS, baseUrl: server.url, timings: { retryMs: 1 } });
  return port;
}

/** Minute candles from `FIRST_MS` on, of which those of some minutes are not there. */
function minutes(count: number, isHole: (minute: number) => boolean): Script {
  return (_path, query) => {
    const startMs = Number(query.get('startTime') ?? 0);
    const limit = Number(query.get('limit'));
    const all = Array.from({ length: count }, (_, minute) => minute).filter((minute) => !isHole(minute));
    const rows = all.map((minute) => FIRST_MS + minute * MINUTE_MS).filter((openMs) => openMs >= startMs);
    const page = query.has('startTime') ? rows.slice(0, limit) : rows.slice(-limit);
    return page.map((openMs) => [openMs, '1', '2', '0.5', '1.5', '9', openMs + MINUTE_MS - 1]);
  };
}

describe('candles of many pages', () => {
  it('are read whole over a hole of hours, each once', async () => {
    const isHole = (minute: number) => minute >= 900 && minute < 1_500;
    const reading = await (await connect(minutes(3_400, isHole))).candles('BTCUSDT', '1m', { startMs: FIRST_MS });
    const opens = reading.candles.map((candle) => (candle.openMs - FIRST_MS) / MINUTE_MS);
    expect(opens).toEqual(Array.from({ length: 3_400 }, (_, minute) => minute).filter((minute) => !isHole(minute)));
    expect(server?.asked.filter((line) => line.includes('klines'))).toHaveLength(3);
  });

  it.each([
    [{ limit: 24 }, 24, 3_376],
    [{ startMs: FIRST_MS + 10 * MINUTE_MS, limit: 1_200 }, 1_200, 10],
    [{ startMs: FIRST_MS, endMs: FIRST_MS + 3_399 * MINUTE_MS, limit: 5_000 }, 3_400, 0],
  ])('are as many as were asked for: %j', async (range, count, first) => {
    const { candles } = await (await connect(minutes(3_400, () => false))).candles('BTCUSDT', '1m', range);
    expect(candles).toHaveLength(count);
    expect(candles[0]?.openMs).toBe(FIRST_MS + first * MINUTE_MS);
  });

  it('of which a whole page cannot be read go on with the next', async () => {
    const good = minutes(1_200, () => false);
    const reading = await (
      await connect((path, query, method) => {
        const rows = good(path, query, method) as readonly (readonly unknown[])[];
        return Number(query.get('startTime')) === FIRST_MS ? rows.map(([openMs]) => [openMs]) : rows;
      })
    ).candles('BTCUSDT', '1m', { startMs: FIRST_MS });
    expect(reading.candles).toHaveLength(200);
    expect(reading.problems.at(-1)).toMatch(/^and \d+ more$/);
  });
});

describe('an exchange that knows version 2 of the account alone', () => {
  it('is asked for version 3 once', async () => {
    const exchange = await connect((path) => {
      if (path.startsWith('/fapi/v3/')) return new ScriptedAnswer(404, '<html><body>Not found</body></html>');
      return path.endsWith('account') ? accountV2 : riskV2;
    });
    await exchange.account();
    expect((await exchange.account()).equityUsd).toBe(126.72469206);
    expect(server?.asked.filter((line) => line.includes('/v3/'))).toHaveLength(1);
    expect(server?.asked.filter((line) => line.includes('/v2/'))).toHaveLength(4);
  });
});

describe('answers that are no answers', () => {
  it.each([
    ['a list for an account', '/account', []],
    ['words for positions', '/positionRisk', '"none"'],
    ['an object for candles', '/klines', {}],
  ])('%s are named in the error and in health', async (_what, path, body) => {
    const exchange = await connect((asked) => (asked.endsWith(path) ? body : accountV2));
    const call = path === '/klines' ? exchange.candles('BTCUSDT', '1h') : exchange.account();
    await expect(call).rejects.toMatchObject({ kind: 'answer', message: expect.stringContaining('expected') });
    expect(exchange.health().lastError?.message).toContain('expected');
  });

  it('a redirection is not followed: a key goes to no other host', async () => {
    const exchange = await connect(() => new ScriptedAnswer(302, '', { location: 'http://127.0.0.1:1/' }));
    await expect(exchange.account()).rejects.toMatchObject({ message: expect.stringContaining('HTTP 302') });
  });

  it('a refusal that repeats the request is told without its signature and keys', async () => {
    const exchange = await connect((_path, query) => {
      return new ScriptedAnswer(400, { code: -1100, msg: `Illegal characters in ${query} from ${KEYS.apiKey}` });
    });
    await expect(exchange.account()).rejects.toMatchObject({
      kind: 'rejected',
      message: expect.stringMatching(/signature=\*\*\* from \*\*\*$/),
    });
  });

  it('a server without the time is no exchange', async () => {
    server = await startScriptedExchange(() => ({}));
    port = binanceExchange({ environment: 'testnet', ...KEYS, baseUrl: `${server.url}/elsewhere` });
    await expect(port.account()).rejects.toMatchObject({ message: expect.stringContaining('serverTime') });
  });
});
