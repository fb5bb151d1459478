import { expect, it } from 'vitest';
import governor from '../../../../handlers/governor/index.ts';
import { type GateReport, report } from '../../../../runtime/desk/report/index.ts';
import { shadowReport } from '../../../../runtime/desk/report/shadow-report.ts';
import { HOUR_MS } from '../../../../schemas/duration.ts';
import { fieldsOf } from '../../../../schemas/wire.ts';

const DECISIONS = 1_000;

/** A log of blocked plans, one an hour, of so many symbols in turn. */
function logged(symbols: number) {
  return Array.from({ length: DECISIONS }, (_, at) => ({
    id: `${(at + 1) * HOUR_MS}-0`,
    fields: fieldsOf(['handler', 'governor', 'verdict', 'BLOCK', 'symbol', `S${at % symbols}USDT`, 'action', 'OPEN']),
  }));
}

async function reportOn(symbols: number): Promise<GateReport> {
  return await report({
    ...{
      judge: governor,
      portfolio: undefined,
      endsAtLast: true,
      horizonMs: 0,
      feeBps: 0,
      sources: [],
      played: { reason: 'none' },
    },
    range: { fromMs: 0, toMs: Infinity },
    signal: new AbortController().signal,
    log: async function* () {
      yield { decisions: logged(symbols), share: 1 };
    },
  });
}

it.each([
  [50, 50, 0],
  [51, 50, 1],
])('%d symbols are %d rows and %d more', async (symbols, rows, more) => {
  const shown = shadowReport(await reportOn(symbols), 'quantum');
  expect(shown.symbols).toHaveLength(rows);
  expect(shown.more_symbols).toBe(more);
});

it('shows the newest 744 hours', async () => {
  const { hours } = shadowReport(await reportOn(1), 'quantum');
  expect(hours).toHaveLength(744);
  expect(hours.at(-1)?.at).toBe((DECISIONS * HOUR_MS) / 1000);
});

it('lets others of the process go on meanwhile, also within one page of the log', async () => {
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await reportOn(1);
  isOver = true;
  expect(turns).toBeGreaterThanOrEqual(DECISIONS / 50);
});
