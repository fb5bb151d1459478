import { describe, expect, it } from 'vitest';
import { TEST_BALANCE_USD } from '../../support/exchange.ts';
import { until } from '../../support/redis.ts';
import { exchangeRig } from './rig.ts';

const ACCOUNT = '/fapi/v3/account';
const FAULTS = [
  { kind: 'status', status: 500 },
  { kind: 'html', status: 200 },
  { kind: 'half_json' },
  { kind: 'reset' },
  { kind: 'hang', ms: 100 },
  { kind: 'rate_limited', retryAfterSec: 0.001 },
] as const;

const rig = exchangeRig();

describe('when the exchange fails', () => {
  it.each([
    ['an error of its own', { kind: 'status', status: 500 }],
    ['a web page', { kind: 'html', status: 502 }],
    ['a web page as if it were right', { kind: 'html', status: 200 }],
    ['half a JSON text', { kind: 'half_json' }],
  ] as const)('twice with %s, a reading is tried again and succeeds', async (_what, fault) => {
    const port = rig.connect();
    rig.exchange.control({ do: 'fail', with: fault, path: ACCOUNT, times: 2 });
    expect((await port.account()).equityUsd).toBe(TEST_BALANCE_USD);
    expect(rig.asked(ACCOUNT)).toBe(3);
    expect(port.health().lastError).toBeUndefined();
  });

  it.each([
    ['cutting the connection', { kind: 'reset' }],
    ['not answering', { kind: 'hang', ms: 20_000 }],
  ] as const)('twice by %s, a reading is tried again and succeeds', async (_what, fault) => {
    const port = rig.connect({ timings: { answerMs: 2_000 } });
    rig.exchange.control({ do: 'fail', with: fault, path: ACCOUNT, times: 2 });
    expect((await port.account()).equityUsd).toBe(TEST_BALANCE_USD);
  });

  it('for long, each call is tried once more only until it answers again', async () => {
    const port = rig.connect();
    rig.exchange.control({ do: 'fail', with: { kind: 'status', status: 503 }, path: ACCOUNT });
    const failed = { kind: 'unavailable', message: expect.stringContaining('HTTP 503') };
    await expect(port.account()).rejects.toMatchObject(failed);
    await expect(port.account()).rejects.toMatchObject(failed);
    await expect(port.account()).rejects.toMatchObject(failed);
    expect(rig.asked(ACCOUNT)).toBe(3 + 1 + 1);
    expect(port.health().lastError?.message).toContain('HTTP 503');
    rig.exchange.control({ do: 'heal' });
    expect((await port.account()).equityUsd).toBe(TEST_BALANCE_USD);
  });

  it('by not answering, the wait has an end', async () => {
    const port = rig.connect({ timings: { answerMs: 50 } });
    rig.exchange.control({ do: 'fail', with: { kind: 'hang', ms: 400 }, path: ACCOUNT });
    await expect(port.account()).rejects.toMatchObject({ message: expect.stringContaining('no answer within 50 ms') });
  });

  it('by being away, the address is named and nothing hangs', async () => {
    const port = rig.connect();
    await rig.exchange.stop();
    await expect(port.account()).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining(`ECONNREFUSED 127.0.0.1:${rig.exchange.port}`),
    });
    await rig.restart({ port: rig.exchange.port });
    expect((await port.account()).equityUsd).toBe(TEST_BALANCE_USD);
  });

  it('to know a symbol, the symbol is named and it is not asked again', async () => {
    const port = rig.connect();
    await expect(port.candles('NONEUSDT', '1h')).rejects.toMatchObject({
      kind: 'rejected',
      code: -1121,
      message: expect.stringContaining('klines of NONEUSDT'),
    });
    expect(rig.asked('/fapi/v1/klines')).toBe(1);
  });

  it('on one path, the others go on', async () => {
    const port = rig.connect();
    rig.exchange.control({ do: 'fail', with: { kind: 'status', status: 500 }, path: '/fapi/v1/klines' });
    await expect(port.candles('BTCUSDT', '1h')).rejects.toMatchObject({ kind: 'unavailable' });
    expect((await port.marks(['BTCUSDT'])).marks).toHaveLength(1);
  });
});

describe('when the exchange wants fewer requests', () => {
  it('with 429 and Retry-After, nothing is sent until then', async () => {
    const port = rig.connect();
    rig.exchange.control({ do: 'fail', with: { kind: 'rate_limited', retryAfterSec: 3_600 }, path: ACCOUNT, times: 1 });
    await expect(port.account()).rejects.toMatchObject({ kind: 'rate_limited' });
    const sent = rig.exchange.requests().length;
    await expect(port.account()).rejects.toMatchObject({ kind: 'rate_limited' });
    await expect(port.marks()).rejects.toMatchObject({ kind: 'rate_limited' });
    expect(rig.exchange.requests()).toHaveLength(sent);
  });

  it('with 429 and Retry-After, it is asked again then', async () => {
    const port = rig.connect();
    rig.exchange.control({ do: 'fail', with: { kind: 'rate_limited', retryAfterSec: 1 }, path: ACCOUNT, times: 1 });
    await expect(port.account()).rejects.toMatchObject({ kind: 'rate_limited' });
    const untilMs = port.health().pausedUntilMs ?? Date.now();
    await new Promise((resolve) => setTimeout(resolve, untilMs - Date.now() + 1));
    expect((await port.account()).equityUsd).toBe(TEST_BALANCE_USD);
    expect(port.health().pauseReason).toBeUndefined();
  });

  it.each([0, 5_000])('with a ban until a time, nothing is sent until then by our clock (offset %i ms)', async (ms) => {
    rig.exchange.control({ do: 'clock_offset', ms });
    const port = rig.connect();
    await port.marks();
    rig.exchange.control({ do: 'fail', with: { kind: 'banned', forMs: 3_600_000 }, path: ACCOUNT });
    const fromMs = Date.now();
    await expect(port.account()).rejects.toMatchObject({ kind: 'banned', code: -1003 });
    const bannedMs = (port.health().pausedUntilMs ?? 0) - 3_600_000;
    expect(bannedMs).toBeGreaterThan(fromMs - 1_000);
    expect(bannedMs).toBeLessThan(Date.now() + 1_000);
    const sent = rig.exchange.requests().length;
    for (let i = 0; i < 20; i += 1) await expect(port.marks()).rejects.toMatchObject({ kind: 'banned' });
    expect(rig.exchange.requests()).toHaveLength(sent);
    expect(port.health()).toMatchObject({ pauseReason: 'banned' });
  });

  it('by its weight limit, we stop before it has to say so', async () => {
    await rig.restart({ weightLimit: 100 });
    const port = rig.connect();
    await port.symbols();
    const readings = await Promise.allSettled(Array.from({ length: 40 }, () => port.account()));
    expect(readings.some((reading) => reading.status === 'rejected')).toBe(true);
    expect(rig.exchange.requests().filter((request) => request.status !== 200)).toEqual([]);
    expect(port.health()).toMatchObject({ weightLimit: 100, pauseReason: undefined });
    expect(port.health().usedWeight).toBeLessThanOrEqual(80);
  });
});

describe('when the key is refused', () => {
  it.each([
    ['key', { apiKey: 'another-key' }, -2015, 'BINANCE_TESTNET_API_KEY'],
    ['secret', { apiSecret: 'another-secret' }, -1022, 'BINANCE_TESTNET_API_SECRET'],
  ])('for its %s, it is asked once, and the market still', async (_what, options, code, setting) => {
    const port = rig.connect(options);
    const fromMs = Date.now();
    for (let i = 0; i < 10; i += 1) {
      await expect(port.account()).rejects.toMatchObject({
        name: 'ExchangeAuthError',
        code,
        message: expect.stringContaining(setting),
      });
    }
    expect(rig.asked(ACCOUNT)).toBe(1);
    expect((await port.marks(['BTCUSDT'])).marks).toHaveLength(1);
    const { pauseReason, pausedUntilMs = Number.NaN } = port.health();
    expect(pauseReason).toBe('auth');
    expect(pausedUntilMs).toBeGreaterThanOrEqual(fromMs + 20_000);
    expect(pausedUntilMs).toBeLessThanOrEqual(Date.now() + 20_000);
  });

  it('it is asked again soon after the first refusal, which may have been a stray one, and late after the next', async () => {
    const port = rig.connect({ apiKey: 'another-key', timings: { authRetryMs: 1, authPauseMs: 60_000 } });
    for (const asked of [1, 2, 2]) {
      await expect(port.account()).rejects.toMatchObject({ kind: 'auth' });
      expect(rig.asked(ACCOUNT)).toBe(asked);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(port.health().pausedUntilMs).toBeGreaterThan(Date.now() + 50_000);
  });

  it('one stray refusal is forgotten with the next answer', async () => {
    const port = rig.connect({ timings: { authRetryMs: 1, authPauseMs: 60_000 } });
    for (let strays = 0; strays < 3; strays += 1) {
      rig.exchange.control({ do: 'fail', with: { kind: 'status', status: 400, code: -1022 }, path: ACCOUNT, times: 1 });
      await expect(port.account()).rejects.toMatchObject({ kind: 'auth' });
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect((await port.account()).assets).not.toEqual([]);
    }
  });

  it('because there is none, nothing is sent and the settings are named', async () => {
    const port = rig.connect({ apiKey: undefined, apiSecret: undefined });
    await expect(port.account()).rejects.toMatchObject({
      kind: 'auth',
      message: expect.stringContaining('set BINANCE_TESTNET_API_KEY and BINANCE_TESTNET_API_SECRET'),
    });
    expect(rig.exchange.requests()).toEqual([]);
  });
});

describe('keys', () => {
  it('are in no error and in no health, whatever goes wrong', async () => {
    const told: string[] = [];
    for (const wrong of [{}, { apiKey: 'another-key' }, { apiSecret: 'another-secret' }]) {
      const port = rig.connect({ ...wrong, timings: { answerMs: 50 } });
      for (const fault of FAULTS) {
        rig.exchange.control({ do: 'fail', with: fault, path: ACCOUNT, times: 3 });
        const error = await port.account().catch((caught: unknown) => caught);
        told.push(String(error), JSON.stringify(error), JSON.stringify(port.health()), (error as Error).stack ?? '');
        rig.exchange.control({ do: 'heal' });
      }
    }
    expect(told.join('\n')).not.toMatch(/test-key|test-secret|another-key|another-secret|signature=/);
  });
});

describe('closing', () => {
  it('ends what is under way, and later calls', async () => {
    const port = rig.connect();
    rig.exchange.control({ do: 'fail', with: { kind: 'hang', ms: 5_000 }, path: ACCOUNT });
    const reading = port.account().catch((caught: unknown) => caught);
    await until('the time to be asked for, which comes before', () => rig.asked('/fapi/v1/time') > 0);
    await port.close();
    expect(await reading).toMatchObject({ kind: 'closed' });
    await expect(port.marks()).rejects.toMatchObject({ kind: 'closed' });
  });
});
