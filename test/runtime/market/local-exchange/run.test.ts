import { describe, expect, it } from 'vitest';
import { runExchange } from '../../../../runtime/market/local-exchange/run.ts';
import { until } from '../../../support/redis.ts';

describe('an exchange by itself', () => {
  it('prints how to point the gates at it, answers, and ends when told to', async () => {
    const controller = new AbortController();
    let printed = '';
    const out = { write: (text: string) => (printed += text) };
    const running = runExchange({ port: 0, pace: '1m', out, signal: controller.signal });
    await until('its first lines', () => printed.includes('Ctrl-C'));
    const url = /BINANCE_BASE_URL=(\S+)/.exec(printed)?.[1] ?? '';
    expect(printed).toContain(`BINANCE_WS_URL=${url.replace('http', 'ws')} MARKET_INTERVAL=1m npm start`);
    const candles = await fetch(`${url}/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=400`);
    expect(await candles.json()).toHaveLength(400);
    const port = Number(new URL(url).port);
    await expect(runExchange({ port, pace: '1m', out })).rejects.toThrow(
      `expected port ${port} of 127.0.0.1 to be free`,
    );
    controller.abort();
    expect(await running).toBe(0);
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });
});
