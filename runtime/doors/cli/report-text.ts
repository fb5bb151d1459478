import { printable } from '../../../schemas/printable.ts';
import type { ReportPage, Section } from '../../desk/report/html/page.ts';
import { table } from './output.ts';

/** A report as text for a terminal: what the page says, without its drawings. */
export function reportText(page: ReportPage): string {
  const parts = [`${page.title}\n${printable(page.about)}\n`];
  if (page.sentences.length > 0)
    parts.push(`${page.sentences.map((sentence) => `  ${printable(sentence)}`).join('\n')}\n`);
  return [...parts, ...page.sections.flatMap(sectionText)].join('\n');
}

function sectionText({ heading, text, table: rows }: Section): readonly string[] {
  if (rows === undefined || rows.rows.length === 0) return [];
  const head = rows.head.map((name) => name.toUpperCase());
  return [`${heading}${text === '' ? '' : `: ${text}`}\n\n${table(head, rows.rows)}`];
}
