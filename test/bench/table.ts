import Table from 'cli-table3';
import type { Result } from './result.ts';
import { type Section, sectionsOf } from './sections.ts';

/** The result as tables for a terminal, or in Markdown. */
export function tablesOf(result: Result, form: 'table' | 'markdown'): string {
  const sections = sectionsOf(result).filter(({ rows }) => rows.length > 0);
  const write = form === 'table' ? terminal : markdown;
  return `${[headOf(result), ...sections.map(write)].join('\n\n')}\n`;
}

function headOf({ about }: Result): string {
  const { versions, cpus, cpu_model, aof, positions, rounds } = about;
  const named = Object.entries(versions as Record<string, string>).map(([name, version]) => `${name} ${version}`);
  return `${named.join(', ')}; ${cpus} CPUs (${cpu_model}); append-only file ${aof}, ${positions} positions, ${rounds} rounds: median (least–most). Delivery was checked in every round.`;
}

function terminal({ title, head, rows }: Section): string {
  const made = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
  made.push(...rows.map((row) => [...row]));
  return `${title}\n${made.toString()}`;
}

function markdown({ title, head, rows }: Section): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [`### ${title}`, '', line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
