import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fundingFile } from '../../../../runtime/desk/report/funding-file.ts';
import { HOUR_MS } from '../../../../schemas/duration.ts';
import { Files } from '../../../support/month-report.ts';

let files: Files;
beforeAll(async () => {
  files = await Files.make();
});
afterAll(() => files.remove());

describe('a file of funding rates', () => {
  const of = async (name: string, ...lines: readonly string[]) => {
    const source = await fundingFile(await files.write(name, `${lines.join('\n')}\n`));
    return (await source.of(new Set(['BTCUSDT']))).get('BTCUSDT');
  };
  const T = 1_620_000_000_000 - (1_620_000_000_000 % (8 * HOUR_MS));

  it('as Binance gives it has the symbol in its name, and is whole between payments eight hours apart', async () => {
    const late = T + 16 * HOUR_MS + 60_001;
    const found = await of(
      ...(['BTCUSDT-fundingRate-2021-05.csv', 'calc_time,funding_interval_hours,last_funding_rate'] as const),
      ...[`${T + 8 * HOUR_MS},8,-0.0002`, `${T},8,0.0001`, `${late},8,0.0003`],
    );
    expect(found?.rates.map(({ atMs, rate }) => [atMs, rate])).toEqual([
      [T, 0.0001],
      [T + 8 * HOUR_MS, -0.0002],
      [late, 0.0003],
    ]);
    expect(found?.whole).toEqual([
      [T, T + 8 * HOUR_MS],
      [late, late],
    ]);
  });

  it('has marks where there is a column of them, and nothing of another symbol', async () => {
    const found = await of(
      'rates.csv',
      'time,symbol,rate,mark_price',
      `${T},BTCUSDT,0.0001,50000`,
      `${T},ETHUSDT,1e-5,`,
    );
    expect(found?.rates).toEqual([{ atMs: T, rate: 0.0001, mark: 50_000 }]);
  });

  it.each([
    ['no head', ['1620000000000,BTCUSDT,0.0001']],
    ['a rate that is none', ['time,symbol,rate', `${T},BTCUSDT,x`]],
    ['a rate of all', ['time,symbol,rate', `${T},BTCUSDT,1`]],
    ['seconds', ['time,symbol,rate', '1620000000,BTCUSDT,0.0001']],
    ['a mark that is none', ['time,symbol,rate,mark_price', `${T},BTCUSDT,0.0001,0`]],
    ['no symbol', ['time,symbol,rate', `${T},,0.0001`]],
  ])('with %s is refused', async (_what, lines) => {
    await expect(of('rates.csv', ...lines)).rejects.toThrow(/expected (a funding rate|columns)/);
  });
});
