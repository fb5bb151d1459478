import { grouped, span } from '../../../schemas/amount-text.ts';
import { counted } from '../../../schemas/figure-text.ts';
import type { MonthsReplay, PlayedMonth } from '../../desk/candles/months.ts';
import type { Measure, WalkForward } from '../../desk/candles/walk-forward.ts';
import { table } from './output.ts';
import { fundingLines, strategyText } from './replay-candles-text.ts';

const MEASURED: Readonly<Record<Measure, string>> = {
  gain: 'the gain of all months before, USD',
  drawdown: 'the smallest of the deepest drawdowns of all months before, %',
  ratio: 'the gain of all months before over their deepest drawdown, USD for each %',
};

/** What months came to, for a reader. */
export function monthsText(found: MonthsReplay): string {
  const parts = [
    heading(found),
    found.stopped ? 'Stopped before the end: the months that were whole by then follow.\n' : '',
    ...found.months.map(monthText),
    totals(found),
    found.walk_forward === null ? nothingChosen(found) : walkText(found.walk_forward),
    strategyText(found),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function heading({ months, totals: limits, took_ms }: MonthsReplay): string {
  const all = `${counted(months.length, 'month')}, each by itself, under ${counted(limits.length, 'set')} of limits`;
  return `${all}, played in ${span(took_ms / 1000)}.\n`;
}

function monthText({ month, hours, symbols, plays }: PlayedMonth): string {
  const rows = plays.map(({ name, gain_usd, max_drawdown_percent, result: { equity, plans, exits, violations } }) => [
    name,
    grouped(equity.end_usd),
    signedText(gain_usd),
    grouped(max_drawdown_percent),
    `${plans.entry_permits} of ${plans.entries}`,
    `${exits.softened} of ${exits.proposed}`,
    String(violations),
  ]);
  const head = [
    'LIMITS',
    'END, USD',
    'GAINED, USD',
    'DRAWDOWN, %',
    'ENTRIES PERMITTED',
    'EXITS SOFTENED',
    'VIOLATIONS',
  ];
  return `${month}, ${hours} hours of ${counted(symbols.length, 'symbol')}\n${table(head, rows)}${fundingLines(plays.map(({ name, result }) => [name, result] as const))}${leftOutText(plays)}`;
}

/** What of the proposals of the user's own strategy came to no plan. */
function leftOutText(plays: PlayedMonth['plays']): string {
  const lines = plays.flatMap(({ name, result: { proposals } }) => {
    const words = Object.entries(proposals?.left_out ?? {}).map(([why, count]) => `${why} ${count}`);
    return words.length === 0 ? [] : [`Left out of ${proposals?.made} proposals, ${name}: ${words.join(', ')}\n`];
  });
  return lines.join('');
}

function totals({ months, totals: all }: MonthsReplay): string {
  if (months.length < 2) return '';
  const rows = all.map(({ name, gain, drawdown, ratio }) => [
    name,
    signedText(gain),
    grouped(drawdown),
    signedText(ratio),
  ]);
  return `All months\n${table(['LIMITS', 'GAINED, USD', 'DEEPEST DRAWDOWN, %', 'USD FOR EACH %'], rows)}`;
}

function walkText({ measure, steps, gain_usd, in_force_gain_usd, best_gain_usd }: WalkForward): string {
  const rows = steps.map((step) => [
    step.month,
    counted(step.chosen_on.length, 'month'),
    step.chosen,
    grouped(step.measured),
    signedText(step.gain_usd),
    grouped(step.max_drawdown_percent),
    signedText(step.in_force_gain_usd),
    `${step.best} ${signedText(step.best_gain_usd)}`,
  ]);
  const head = ['MONTH', 'CHOSEN ON', 'CHOSEN', 'BY', 'GAINED, USD', 'DRAWDOWN, %', 'IN FORCE, USD', 'BEST AFTERWARDS'];
  return (
    `Walk-forward: limits chosen by ${MEASURED[measure]}; judged on the next month\n${table(head, rows)}` +
    `Out of sample, over ${counted(steps.length, 'month')}: ${signedText(gain_usd)} USD as chosen, ` +
    `${signedText(in_force_gain_usd)} with the limits in force, ${signedText(best_gain_usd)} had one known the best.\n`
  );
}

function nothingChosen({ months, totals: all }: MonthsReplay): string {
  if (all.length < 2) return 'No limits were chosen: there is nothing to choose from without --policy.\n';
  return `No limits were chosen: it takes two months, there ${months.length === 1 ? 'is 1' : `are ${months.length}`}.\n`;
}

function signedText(usd: number): string {
  return `${usd > 0 ? '+' : ''}${grouped(usd)}`;
}
