import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HourOfRisk, hoursOfRisk } from '../../../runtime/desk/risk/hours.ts';
import { RECOMMENDED, type RiskOverCandles } from '../../../runtime/desk/risk/index.ts';
import { type MeasureName, measureNames } from '../../../runtime/desk/risk/measures.ts';
import { type Limits, TOLERATED_LOSS, tableOf, worstHeldAt } from '../../../runtime/desk/risk/table.ts';
import { type Market, marketOf } from '../../../runtime/market/player/market.ts';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { percentTo } from '../../../schemas/figure-text.ts';
import { runCli } from '../../support/cli.ts';
import { crashMonths } from '../../support/crash-months.ts';

const HEAD = 'symbol,ts_ms,open,high,low,close,volume';
const NO_REDIS = 'redis://127.0.0.1:1';
const PAGE = readFileSync(new URL('../../../docs/risk.md', import.meta.url), 'utf8');
const months = Object.entries(crashMonths).map(([name, load]) => ({ name, market: load() }));
const hoursOf = new Map<string, readonly HourOfRisk[]>();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-risk-'));
  for (const { name, market } of months) hoursOf.set(name, await hoursOfRisk(market));
});
afterAll(async () => rm(folder, { recursive: true }));

/** The closes of a market as candles that did not move. */
function linesOf(market: Market): readonly string[] {
  return market.symbols.flatMap((symbol) =>
    Array.from({ length: market.hours }, (_, hour) => {
      const close = market.close(symbol, hour);
      return [symbol, market.closedAtMs(hour) - HOUR_MS, close, close, close, close, 1].join(',');
    }),
  );
}

async function file(lines: readonly string[]): Promise<string> {
  const path = join(folder, 'candles.csv');
  await writeFile(path, [HEAD, ...lines, ''].join('\n'));
  return path;
}

async function riskCli(path: string, argv: readonly string[] = [], ended?: AbortSignal) {
  return await runCli(NO_REDIS, ['risk', '--candles', path, ...argv], ended === undefined ? {} : { ended });
}

function firstOf<T>(items: readonly T[]): T {
  const [first] = items;
  if (first === undefined) throw new Error('expected one at least, got none');
  return first;
}

const may = firstOf(months);

describe('the measures over three crash seasons', () => {
  // Computed with numpy from the candles, by other code: worst loss of the book, worst loss ÷ heat.
  test.each([
    { name: 'May 2021', loss: 0.37706009162623655, overHeat: 3.8342094150672077 },
    { name: 'June 2022', loss: 0.19521484002090672, overHeat: 3.4645704509491053 },
    { name: 'July and August 2023', loss: 0.11054714881707672, overHeat: 4.3242972197493215 },
  ])('are those that were computed otherwise: $name', ({ name, loss, overHeat }) => {
    const rows = new Map(tableOf(hoursOf.get(name) ?? []).map((row) => [row.measure, row.worst]));
    expect(rows.get('leverage')?.loss_per_figure).toBeCloseTo(loss, 12);
    expect(rows.get('heat')?.loss_per_figure).toBeCloseTo(overHeat, 9);
    expect(rows.get('correlated_heat')?.loss_per_figure).toBeGreaterThan(overHeat);
  });

  test.each(months)('are on the page as the command prints them: $name', async ({ market }) => {
    const { code, out, err } = await riskCli(await file(linesOf(market)));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const indented = out.split('\n').map((line) => (line === '' ? '' : `    ${line}`));
    expect(PAGE).toContain(indented.join('\n').trimEnd());
  });
});

describe('limits chosen on two of the three months', () => {
  const folds = months.map(({ name }) => ({ hidden: name, chosen: months.filter((month) => month.name !== name) }));

  /** The largest figure, in hundredths, at which the book would have lost at most 30 % in both months. */
  function fitted(measure: MeasureName, chosen: readonly { readonly name: string }[]): number {
    const ratios = chosen.map(({ name }) => {
      const row = tableOf(hoursOf.get(name) ?? []).find((one) => one.measure === measure);
      return row?.worst?.loss_per_figure ?? Number.NaN;
    });
    return Math.floor((100 * TOLERATED_LOSS) / Math.max(...ratios)) / 100;
  }

  /** The rule of the page: heat as it is; shock as the months allow it, and never above the loss that is tolerated. */
  function setOf(chosen: readonly { readonly name: string }[]): Limits {
    return { heat: RECOMMENDED.heat, shock: Math.min(TOLERATED_LOSS, fitted('shock', chosen)) };
  }

  function lossIn(hidden: string, limits: Limits): number {
    return worstHeldAt(hoursOf.get(hidden) ?? [], limits)?.loss ?? Number.NaN;
  }

  test.each(folds)('hold on the third: $hidden', ({ hidden, chosen }) => {
    const limits = setOf(chosen);
    expect(limits).toEqual(RECOMMENDED);
    expect(lossIn(hidden, limits)).toBeLessThanOrEqual(TOLERATED_LOSS);
    expect(lossIn(hidden, { heat: RECOMMENDED.heat })).toBeGreaterThan(2 * TOLERATED_LOSS);
  });

  test('are on the page, with what came of each measure alone', () => {
    const rows = measureNames.map((measure) => {
      const cells = folds.map(({ hidden, chosen }) => {
        const limit = fitted(measure, chosen);
        return `${limit.toFixed(2)}: ${percentTo(1, lossIn(hidden, { [measure]: limit }))}`;
      });
      return `| ${[measure.replaceAll('_', ' '), ...cells].join(' | ')} |`;
    });
    const set = folds.map(({ hidden, chosen }) => percentTo(1, lossIn(hidden, setOf(chosen))));
    expect(PAGE).toContain([...rows, `| **the set** | ${set.join(' | ')} |`].join('\n'));
  });
});

describe('portcullis risk', () => {
  test('says the same as JSON', async () => {
    const { code, out } = await riskCli(await file(linesOf(may.market)), ['--json']);
    const found = JSON.parse(out) as RiskOverCandles;
    expect(code).toBe(0);
    expect(found).toMatchObject({ hours: 743, stopped: false, symbols: may.market.symbols });
    expect(found.measures).toEqual(tableOf(hoursOf.get('May 2021') ?? []));
    expect(found.held.map(({ limits }) => limits)).toEqual([{ heat: 0.25 }, RECOMMENDED]);
  });

  test('looks at the time asked for, and says of a measure without data that it has none', async () => {
    const { out } = await riskCli(await file(linesOf(may.market)), ['--until', '2021-05-10']);
    expect(out).toContain('215 hours from 2021-05-01 01:00 UTC to 2021-05-10 00:00 UTC');
    expect(out).toMatch(/expected shortfall +0 +not enough data/);
  });

  test('stops where it is asked to, and says so', async () => {
    const { code, err } = await riskCli(await file(linesOf(may.market)), [], AbortSignal.abort());
    expect({ code, err }).toEqual({ code: 1, err: 'portcullis: stopped before all candles were read\n' });
    const stop = new AbortController();
    const hours = await hoursOfRisk(may.market, { signal: stop.signal, onHour: (hour) => hour === 60 && stop.abort() });
    expect(hours).toEqual((hoursOf.get('May 2021') ?? []).slice(0, 60));
  });

  const day = (symbol: string, hours: number, candle = '10,10,10,10,1') => {
    return Array.from({ length: hours }, (_, hour) => `${symbol},${hour * HOUR_MS},${candle}`);
  };
  test.each([
    [
      'a candle with its low above its high',
      ['X,0,10,9,11,10,1'],
      'line 2: expected a candle (Unix ms, open, high, low',
    ],
    ['a gap', [...day('X', 30), ...day('X', 60).slice(31)], 'got none that closes at 1970-01-02T07:00Z'],
    ['an order other than that of time', day('X', 3).reverse(), 'X: expected candles in order of time, each once'],
    ['a candle twice', [...day('X', 2), ...day('X', 2).slice(1)], 'X: expected candles in order of time, each once'],
    ['too little', day('X', 48), 'expected 49 hours at least that all symbols have, got 48'],
    [
      'a symbol with other hours',
      [...day('X', 90), ...day('Y', 30)],
      'expected 49 hours at least that all symbols have, got 30',
    ],
    ['no candle', [], 'expected candles, got none'],
    ['no number', day('X', 60, 'ten,10,10,10,1'), 'line 2: expected a candle'],
  ])('refuses %s', async (_, lines, expected) => {
    const { code, out, err } = await riskCli(await file(lines));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(expected);
    expect(err.startsWith('portcullis: --candles ')).toBe(true);
  });

  test('refuses a file that is not there, and options that do not go together', async () => {
    expect(await riskCli('/none')).toEqual({
      code: 2,
      out: '',
      err: 'portcullis: --candles /none: no such file or directory\n',
    });
    const told = async (...argv: readonly string[]) => (await runCli(NO_REDIS, ['risk', ...argv])).err;
    expect(await told('--since', '7d')).toContain('expected --candles with --since and --until');
    expect(await told('--candles', '/none', '--portfolio', 'a')).toContain(
      'expected --candles or --portfolio, got both',
    );
  });

  test('says nothing calm of prices that never moved', async () => {
    const { code, out } = await riskCli(await file(day('X', 60)));
    expect(code).toBe(0);
    expect(out).toMatch(/heat +0 +not enough data/);
    expect(out).not.toContain('HELD AT');
  });
});

describe('a book held at limits', () => {
  test('is not called COLD in an hour at which a figure is missing', async () => {
    const fallen = Array.from({ length: 60 }, (_, hour) => (hour === 0 ? 100 : 60 - (hour % 2)));
    const hours = await hoursOfRisk(marketOf(new Map([['X', fallen]]), 0));
    expect(worstHeldAt(hours, { shock: 0.3 })).toMatchObject({ at: '1970-01-01T01:00:00.000Z', loss: 0.123 });
    expect(worstHeldAt(hours, { heat: 0.25, shock: 0.3 })?.loss).toBeLessThan(0.01);
    expect(worstHeldAt(hours, { expected_shortfall: 0.3 })).toBeUndefined();
  });

  test('is as large as the strictest limit lets it be', () => {
    const hour = { atMs: 0, loss: 0.2, figures: { heat: 0.05, shock: 0.5 } };
    expect(worstHeldAt([hour], { heat: 0.25 })).toEqual({ at: '1970-01-01T00:00:00.000Z', leverage: 5, loss: 1 });
    expect(worstHeldAt([hour], RECOMMENDED)).toMatchObject({ leverage: 0.6, loss: expect.closeTo(0.12, 12) });
  });
});
