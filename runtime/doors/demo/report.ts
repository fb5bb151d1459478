import { dollars, grouped } from '../../../schemas/amount-text.ts';
import { fundingText } from '../../../schemas/funding-text.ts';
import { BUCKETS, type Counts, type HourRecord, type Summary } from '../../market/player/summary.ts';
import type { DemoSummary } from './guarded.ts';
import { guardedSection } from './guarded-report.ts';
import { readingLines } from './readings.ts';
import { row } from './row.ts';

/** The summary as a person reads it: sections of plain lines, with a line feed at the end. */
export function reportOf(summary: DemoSummary): string {
  const sections = [
    heading(summary),
    hours(summary),
    equity(summary),
    exits(summary),
    plans(summary),
    budgets(summary),
    softening(summary),
    ...(summary.readings === undefined ? [] : [readingLines(summary.readings)]),
    ...exchange(summary),
    ...guardedSection(summary),
    rules(summary),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function heading({ symbols, modes, settings, month }: Summary): string[] {
  const running = Object.entries(modes).map(([gate, mode]) => `${gate} ${mode.toUpperCase()}`);
  return [
    `Portcullis demo: ${month === '2021-05' ? 'May 2021' : (month ?? 'a market')}, ${symbols.length} symbols, hour by hour, through the running gates`,
    `Modes: ${running.join(', ')}`,
    `Settings: ${Object.entries(settings)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')}`,
  ];
}

function rules({ rules: stated }: Summary): string[] {
  return ['Rules', ...Object.entries(stated).map(([name, text]) => `  ${name.replaceAll('_', ' ')}: ${text}`)];
}

function hours({ hours: counted }: Summary): string[] {
  const judged = counted.played - counted.warm_up;
  return [
    `Hours per bucket (${counted.played} played, the first ${counted.warm_up} without a volatility)`,
    ...BUCKETS.map((bucket) => {
      const count = counted.by_bucket[bucket];
      return row(bucket, `${count}`.padStart(5), `${((100 * count) / judged).toFixed(1)} %`.padStart(8));
    }),
  ];
}

function equity({ equity: of, funding }: Summary): string[] {
  const paid = fundingText(funding, funding.positions, 'position');
  return [
    'Equity of the book',
    row('start', money(of.start_usd)),
    row('end', money(of.end_usd)),
    row('lowest', money(of.lowest_usd)),
    row('highest', money(of.highest_usd)),
    row('largest drawdown', `${of.max_drawdown_percent.toFixed(2)} %`.padStart(14)),
    ...(paid === '' ? [] : [`  the end is ${dollars(of.end_usd)}${paid}`]),
  ];
}

function exits({ exits: of }: Summary): string[] {
  return [
    `Exits proposed: ${of.proposed}, softened: ${of.softened}`,
    ...rows(of.softened_to, 'FULL_CLOSE to '),
    '  by rule',
    ...rows(of.by_rule, '  '),
    "  by the heat gate's reason",
    ...rows(of.by_reason, '  '),
  ];
}

function plans({ plans: of }: Summary): string[] {
  return [
    `Plans: ${of.entries} entries, ${of.exits} exits`,
    row('permits to entries', `${of.entry_permits}`.padStart(5)),
    row('permits to exits', `${of.exit_permits}`.padStart(5)),
    row('blocks', `${of.blocks}`.padStart(5)),
    ...rows(of.blocks_by_reason, '  '),
  ];
}

function budgets({ budgets: of }: Summary): string[] {
  const { calmest_hour: calmest, worst_hour: worst } = of;
  const symbols = [...new Set([calmest, worst].flatMap((hour) => Object.keys(hour.budgets_usd)))].sort();
  return [
    `Budgets (${of.violations} violations over the month)`,
    row('', 'calmest hour'.padStart(16), 'worst hour'.padStart(16)),
    row('at', shortTime(calmest).padStart(16), shortTime(worst).padStart(16)),
    row('heat', heat(calmest), heat(worst)),
    row('equity', money(calmest.equity_usd, 16), money(worst.equity_usd, 16)),
    ...symbols.map((symbol) => row(symbol, budget(calmest, symbol), budget(worst, symbol))),
  ];
}

function softening({ softening: of }: Summary): string[] {
  const verdict = of.net_usd < 0 ? 'would have cost' : 'would have saved';
  return [
    `Softening ${verdict} $${grouped(Math.abs(of.net_usd))} against the original exits (direct, horizon ${of.horizon_hours} h)${fundingText(of.funding, of.exits)}`,
    row(`kept parts of ${of.exits} exits, gains`, money(of.saved_usd)),
    row('losses', money(-of.cost_usd)),
  ];
}

/** No section where the month was played on paper. */
function exchange({ exchange: of }: Summary): string[][] {
  if (of === undefined) return [];
  const { hours: checked, equity_usd: usd, positions, heat: ofHeat } = of.largest_differences;
  return [
    [
      `Local exchange (${of.name}), read by the feeds`,
      row('orders filled', `${of.orders_filled}`.padStart(5)),
      ...rows(of.orders_refused, 'refused: '),
      row('readings of the account', `${of.account_readings}`.padStart(5)),
      `  largest difference from the strategy's own book over ${checked} hours`,
      row('  equity', money(usd)),
      row('  positions', `${positions}`.padStart(14)),
      row('  heat', ofHeat.toFixed(8).padStart(14)),
    ],
  ];
}

function rows(counts: Counts, prefix: string): string[] {
  return Object.entries(counts).map(([name, count]) => row(`${prefix}${name}`, `${count}`.padStart(5)));
}

function heat(hour: HourRecord): string {
  return `${hour.heat.toFixed(4)} ${hour.bucket}`.padStart(16);
}

function budget(hour: HourRecord, symbol: string): string {
  const usd = hour.budgets_usd[symbol];
  return usd === undefined ? '-'.padStart(16) : money(usd, 16);
}

function shortTime(hour: HourRecord): string {
  return hour.at.slice(0, 16).replace('T', ' ');
}

function money(usd: number, width = 14): string {
  return dollars(usd).padStart(width);
}
