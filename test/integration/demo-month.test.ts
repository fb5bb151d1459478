import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoMonth } from '../../runtime/doors/cli/demo-month.ts';
import { runDemo } from '../../runtime/doors/demo/index.ts';
import type { Month } from '../../runtime/doors/demo/play.ts';
import { loadMay2021 } from '../../runtime/market/player/market.ts';
import type { Summary } from '../../runtime/market/player/summary.ts';
import { runCli } from '../support/cli.ts';
import { Files, may2021Csv } from '../support/month-report.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const HOURS = 48;
const TIMEOUT_MS = 300_000;
const NO_REDIS = 'redis://127.0.0.1:1';

let files: Files;
let redis: TestRedis;
beforeAll(async () => {
  files = await Files.make();
  redis = await startRedis();
});
afterAll(async () => {
  await redis.stop();
  await files.remove();
});

async function demo(options: { month?: Month; json: boolean; exchange?: boolean }) {
  let printed = '';
  const write = (text: string) => {
    printed += text;
  };
  const quiet = { write: () => true };
  const code = await runDemo({ hours: HOURS, redisUrl: redis.url, out: { write }, err: quiet, ...options });
  expect(code).toBe(0);
  return printed;
}

/** The hours of some symbols of May 2021, by the clock of another month. */
function csv(symbols: readonly string[], laterMs = 0, hours = HOURS): string {
  const market = loadMay2021();
  const lines = symbols.flatMap((symbol) =>
    Array.from({ length: hours }, (_, hour) => {
      const close = market.close(symbol, hour);
      return [symbol, market.closedAtMs(hour - 1) + laterMs, close, close, close, close, 1].join(',');
    }),
  );
  return ['symbol,ts_ms,open,high,low,close,volume', ...lines, ''].join('\n');
}

describe('a month of the user', () => {
  it(
    'is played as May 2021 is, where it is May 2021',
    async () => {
      const own = await demoMonth(await files.write('may.csv', may2021Csv()));
      expect(JSON.parse(await demo({ month: own, json: true }))).toEqual(JSON.parse(await demo({ json: true })));
    },
    TIMEOUT_MS,
  );

  it(
    'has its own time, and of the core book what it has candles of, on paper and on the exchange',
    async () => {
      const yearMs = Date.UTC(2022, 4, 1) - Date.UTC(2021, 4, 1);
      const path = await files.write('own.csv', csv(['BTCUSDT', 'LTCUSDT', 'SOLUSDT', 'ADAUSDT'], yearMs));
      const month = await demoMonth(path);
      for (const exchange of [false, true]) {
        const summary = JSON.parse(await demo({ month, json: true, exchange })) as Summary;
        expect(summary.month).toBe('2022-05');
        expect(summary.symbols).toEqual(['ADAUSDT', 'BTCUSDT', 'LTCUSDT', 'SOLUSDT']);
        expect(summary.rules.core_book).toMatch(/^long BTCUSDT, short LTCUSDT, 50 % of the starting equity each/);
        expect(summary.budgets.worst_hour.at.slice(0, 7)).toBe('2022-05');
        expect(summary.plans.entries).toBeGreaterThan(0);
      }
      expect(await demo({ month, json: false })).toContain('Portcullis demo: 2022-05, 4 symbols, hour by hour');
    },
    TIMEOUT_MS,
  );

  it.each([
    ['that is not there', undefined, 'portcullis: --month'],
    ['of something else', 'id,amount\n1,2\n', 'expected columns symbol, ts_ms (or open_time), open, high'],
    ['too short for a volatility', csv(['BTCUSDT'], 0, 24), '--month: expected 25 hours at least, got 24'],
    ['with a broken line', `${csv(['BTCUSDT'])}BTCUSDT,soon,1,1,1,1,1\n`, 'line 50: expected a candle'],
  ])('%s is refused before anything is played', async (name, content, message) => {
    const path = content === undefined ? files.path('none.csv') : await files.write(`${name}.csv`, content);
    const { code, out, err } = await runCli(NO_REDIS, ['demo', '--month', path]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });
});
