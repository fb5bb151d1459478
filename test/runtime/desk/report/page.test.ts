import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlanReport } from '../../../../runtime/desk/report/gate-report.ts';
import type { GateReport } from '../../../../runtime/desk/report/index.ts';
import { runCli } from '../../../support/cli.ts';
import { Files, MONTH, may2021Csv, reportCli, reportFrom } from '../../../support/month-report.ts';

let files: Files;
let candles: string;
beforeAll(async () => {
  files = await Files.make();
  candles = await files.write('candles.csv', may2021Csv());
});
afterAll(() => files.remove());

describe('the page', () => {
  it.each(['heat-gate', 'risk-governor', 'governor'])('of %s is one file that needs nothing else', async (gate) => {
    const path = files.path(`${gate}.html`);
    const { code, err } = await reportCli(gate, '--file', MONTH, '--candles', candles, '--html', path);
    expect({ code, err }).toEqual({ code: 0, err: `Written: ${path}\n` });
    const html = await readFile(path, 'utf8');
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).not.toMatch(/<script|<link|<img|src=|href=|url\(|https?:|@import|NaN|undefined|Infinity/);
    expect(html.match(/<svg /g)?.length).toBeGreaterThan(2);
  });

  it('says first what a trader wants to know', async () => {
    const { out } = await reportCli('heat-gate', '--file', MONTH, '--candles', candles);
    expect(out).toContain('Over 28.5 days the gate would have softened 55 of 78 full closes (70.5 %).');
    expect(out).toContain(
      'Keeping those parts would have lost $18,759.13 against the original exits (direct, horizon 24 h):',
    );
    expect(out).toContain('55 of 55 kept parts could be valued (100 %), by candles of the file (55).');
    expect(out).toContain('None of 20 protective exits was touched.');
  });

  it('says of how many parts it speaks where not all can be valued', async () => {
    const { out } = await reportCli('heat-gate', '--file', MONTH);
    const [, valued] = /Keeping the (\d+) parts that can be valued would have/.exec(out) ?? [];
    expect(out).toContain(`${valued} of 55 kept parts could be valued`);
    expect(out).toContain(`with those ${valued} kept parts.`);
    expect(out).toContain('Not valued: no mark at its decision or at its end (');
  });

  it('says that it was done where it was enforced', async () => {
    const text = gunzipSync(await readFile(MONTH))
      .toString('utf8')
      .replaceAll('"mode":"shadow"', '"mode":"enforce"');
    const path = await files.write('enforced.jsonl', text);
    const { out } = await reportCli('heat-gate', '--file', path, '--candles', candles, '--horizon', '6h');
    expect(out).toContain('the gate softened 55 of 78 full closes');
    expect(out).toMatch(/Keeping those parts (lost|earned) \$/);
    expect(out).not.toContain('would have softened');
  });

  it('escapes what comes from the wire', async () => {
    const text = gunzipSync(await readFile(MONTH))
      .toString('utf8')
      .replaceAll('exit-AAVEUSDT', "<b onload=x>&'");
    const path = await files.write('hostile.jsonl', text);
    const html = files.path('hostile.html');
    await reportCli('heat-gate', '--file', path, '--candles', candles, '--html', html);
    const page = await readFile(html, 'utf8');
    expect(page).not.toContain('<b onload');
    expect(page).toContain('&lt;b onload=x&gt;&amp;&#39;');
  });
});

describe('a report that cannot be made', () => {
  it.each([
    [
      'of another gate',
      ['heat-bridge', '--file', MONTH],
      /expected a gate of .*heat-gate, risk-governor or governor, got "heat-bridge"/,
    ],
    [
      'of a file that is not there',
      ['governor', '--file', '/none.jsonl'],
      /--file \/none\.jsonl: no such file or directory\n/,
    ],
    [
      'by candles that are not there',
      ['heat-gate', '--file', MONTH, '--candles', '/none.csv'],
      /--candles \/none\.csv: no such file or directory\n/,
    ],
    [
      'by a file that is none of candles',
      ['heat-gate', '--file', MONTH, '--candles', MONTH],
      /--candles .*: expected columns symbol, ts_ms \(or open_time\), open, high, low, close, volume, got/,
    ],
    [
      'with a horizon of nothing',
      ['heat-gate', '--horizon', '0h'],
      /expected a span such as 30m, 24h or 7d, above 0, got "0h"/,
    ],
    ['with a negative fee', ['heat-gate', '--fee-bps', '-1'], /expected a number from 0 to 1000, got "-1"/],
    [
      'from after its end',
      ['heat-gate', '--file', MONTH, '--since', '2021-06-01', '--until', '2021-05-01'],
      /expected --since before --until/,
    ],
  ])('%s', async (_name, argv, message) => {
    const { code, err } = await reportCli(...argv);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  it('of several portfolios at once, unless one is named', async () => {
    const one = gunzipSync(await readFile(MONTH)).toString('utf8');
    const path = await files.write('two.jsonl', `${one}${one.replaceAll('"portfolio":"demo"', '"portfolio":"other"')}`);
    const { code, err } = await reportCli('governor', '--file', path);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('expected decisions of one portfolio, got demo and other'),
    ]);
    const named = await reportFrom<PlanReport & GateReport>('governor', '--file', path, '--portfolio', 'other');
    expect(named).toMatchObject({ portfolio: 'other', looked_at: 1125 });
  });

  it('by a candle without a price names the line', async () => {
    const path = await files.write(
      'broken.csv',
      'symbol,ts_ms,open,high,low,close,volume\nX,1000,1,1,1,1,\nX,2000,1,1,1,0,\n',
    );
    const { err } = await reportCli('heat-gate', '--file', MONTH, '--candles', path);
    expect(err).toContain(
      `--candles ${path}, line 3: expected a candle (Unix ms, open, high, low, close above 0, no low above and no high below another, volume), got "X,2000,`,
    );
  });

  it('by one candle: how long it is cannot be told', async () => {
    const path = await files.write('one.csv', 'symbol,ts_ms,open,high,low,close,volume\nX,1000,1,1,1,1,\n');
    const { err } = await reportCli('heat-gate', '--file', MONTH, '--candles', path);
    expect(err).toContain('expected two candles of one symbol at least');
  });
});

describe('a report on nothing', () => {
  it.each(['heat-gate', 'risk-governor', 'governor'])('says so for %s', async (gate) => {
    const path = await files.write('empty.jsonl', '');
    const html = files.path('empty.html');
    const { code, out } = await reportCli(gate, '--file', path, '--html', html);
    expect(code).toBe(0);
    expect(out).toContain('No decisions in that time.');
    expect(await readFile(html, 'utf8')).toContain('No decisions in that time.');
  });
});

it('a report that is ended early says that it is not all', async () => {
  const ended = AbortSignal.abort();
  const { out } = await runCli('redis://127.0.0.1:1', ['report', 'governor', '--file', MONTH], { ended });
  expect(out).toContain('Stopped before the end: this is not all.');
});
