import type { Comparison, FieldDifference } from '../../desk/compare/index.ts';
import { table } from './output.ts';

const WIDEST = 40;

/** A comparison, and what was compared. */
export interface CompareReport extends Comparison {
  /** Name of the stream, or pattern of the keys, without the prefix. */
  readonly name: string;
  readonly here: string;
  readonly there: string;
  readonly by: readonly string[];
  readonly ignored: readonly string[];
}

/** A comparison in plain text: counts, then each field that differs with its worst example. */
export function compareText(report: CompareReport): string {
  const { here, there } = report;
  const counts = table(
    ['', 'COUNT', 'SUCH AS'],
    [
      ['same', String(report.same), ''],
      ['different', String(report.different), ''],
      [`only ${here}`, String(report.only_here.count), report.only_here.examples.join(', ')],
      [`only ${there}`, String(report.only_there.count), report.only_there.examples.join(', ')],
    ],
  );
  const left = report.ignored.length === 0 ? '' : `Not compared: ${report.ignored.join(', ')}\n`;
  const title = `${report.name} of ${here} and ${there}, matched by ${report.by.join(', ') || 'order'}\n\n`;
  return `${title}${counts}${fieldsText(report, report.fields)}${byDesignText(report)}\n${verdictOf(report)}${left}`;
}

function fieldsText({ here, there }: CompareReport, fields: readonly FieldDifference[]): string {
  if (fields.length === 0) return '';
  const rows = fields.map(({ field, count, worst }) => [
    field,
    String(count),
    shown(worst.key),
    shown(worst.here),
    shown(worst.there),
  ]);
  return `\n${table(['FIELD', 'DIFFERENT', 'WORST AT', here, there], rows)}`;
}

function byDesignText({ by_design: fields }: CompareReport): string {
  if (fields.length === 0) return '';
  return `\nDifferent by design, counted as the same: ${fields.map(({ field, count }) => `${field} (${count})`).join(', ')}\n`;
}

function verdictOf(report: CompareReport): string {
  const { same, different, only_here: here, only_there: there } = report;
  const all = same + different + here.count + there.count;
  if (all === 0) return `Nothing to compare: expected entries of ${report.here} and ${report.there}, got none.\n`;
  if (all !== same) return '';
  return report.by_design.length === 0 ? 'Nothing differs.\n' : 'Nothing else differs.\n';
}

function shown(text: string | undefined): string {
  if (text === undefined) return '(none)';
  return text.length > WIDEST ? `${text.slice(0, WIDEST)}…` : text;
}
