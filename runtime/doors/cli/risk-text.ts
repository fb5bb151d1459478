import { counted, percentTo } from '../../../schemas/figure-text.ts';
import type { RiskOverCandles } from '../../desk/risk/index.ts';
import type { MeasureRow } from '../../desk/risk/table.ts';
import { moment, table } from './output.ts';

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

function shown(iso: string): string {
  return `${moment(String(Date.parse(iso) / 1000)).slice(0, 16)} UTC`;
}
