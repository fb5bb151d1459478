import { dollars, span } from '../../../schemas/amount-text.ts';
import type { RiskAnswer } from '../../../schemas/api/risk.ts';
import { riskSettingOf } from '../../../schemas/book-risk.ts';
import { counted, percentTo } from '../../../schemas/figure-text.ts';
import { atWorst, figureWords } from '../../../schemas/risk-text.ts';
import type { RiskOverCandles } from '../../desk/risk/index.ts';
import type { MeasureRow } from '../../desk/risk/table.ts';
import { moment, table } from './output.ts';

/** Positions that are named. */
const CUT_FIRST = 5;
const HEAD = ['MEASURE', 'HOURS', 'LOSS ÷ FIGURE', 'WORST AT', 'FIGURE', 'LOSS', 'LIMIT FOR 30 %'];

/** What measures would have said over candles, for a reader. */
export function riskText(found: RiskOverCandles): string {
  const { symbols, hours, from, to, stopped } = found;
  const heading =
    `${counted(symbols.length, 'symbol')}, ${counted(hours, 'hour')} from ${shown(from)} to ${shown(to)}: an equal-weight ` +
    'long book\nof its equity’s size, bought at each hour, and the worst close of the next 24 hours.\n';
  const parts = [
    heading,
    ...(stopped ? ['Stopped before the end: what follows is not all.\n'] : []),
    table(HEAD, found.measures.map(row)),
    heldText(found),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function row({ measure, hours, worst }: MeasureRow): readonly string[] {
  const name = measure.replaceAll('_', ' ');
  if (worst === null) return [name, String(hours), 'not enough data', '', '', '', ''];
  const { at, figure, loss, loss_per_figure, limit } = worst;
  const limited = limit === null ? 'none' : (Math.floor(limit * 10_000) / 10_000).toFixed(4);
  return [name, String(hours), loss_per_figure.toFixed(2), shown(at), figure.toFixed(4), percentTo(1, loss), limited];
}

function heldText({ held }: RiskOverCandles): string {
  if (held.length === 0) return '';
  const rows = held.map(({ limits, loss, at, leverage }) => {
    const below = Object.entries(limits).map(([name, limit]) => `${name.replaceAll('_', ' ')} ${limit}`);
    return [below.join(', '), percentTo(1, loss), shown(at), leverage.toFixed(2)];
  });
  return table(['HELD AT', 'WORST LOSS IN 24 H', 'FROM', 'LEVERAGE'], rows);
}

/** The figures of the book that is held, for a reader. */
export function riskNowText({ state, at, age_sec, equity_usd, positions, figures }: RiskAnswer): string {
  if (state === 'unreadable') return 'What is kept of the risk of the book cannot be read: its key is no hash.\n';
  if (state === 'none') {
    return (
      `No figures: none is set to report (${Object.values(riskSettingOf).join(', ')}), ` +
      'or the feeds market and cluster do not run.\n'
    );
  }
  const known =
    equity_usd === null ? 'The book is not known.' : `${positions ?? '?'} positions, equity ${dollars(equity_usd)}.`;
  const when = at === null || age_sec === null ? 'nobody knows when' : `${moment(String(at))}, ${span(age_sec)} ago`;
  const rows = figures.map(({ figure, value, reason, scenario, liquidation, components }) => [
    figureWords(figure),
    value === null ? `not known: ${reason}` : percentTo(1, value),
    atWorst({ scenario, liquidation }),
    components
      .slice(0, CUT_FIRST)
      .map((one) => `${one.symbol} ${percentTo(1, one.value)}`)
      .join(', '),
  ]);
  return `${known} Computed: ${when}.\n\n${table(['FIGURE', 'OF EQUITY', 'AT WORST', 'WHAT ADDS MOST'], rows)}`;
}

function shown(iso: string): string {
  return `${moment(String(Date.parse(iso) / 1000)).slice(0, 16)} UTC`;
}
