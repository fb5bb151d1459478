import { printable } from '../../../schemas/printable.ts';
import type { ProofCheck, ProofVerdict } from './checklist.ts';
import type { ProofResult } from './index.ts';

/** What each verdict is called. */
export const VERDICT_WORDS: Readonly<Record<ProofVerdict, string>> = { pass: 'PASS', fail: 'FAIL', skipped: 'SKIP' };

/** The checklist as a Markdown page. */
export function markdownOf(result: ProofResult): string {
  const sections = [...new Set(result.checks.map(({ section }) => section))];
  const head = [
    `# Proof of ${result.portfolio}`,
    '',
    `${result.at}, on the scratch portfolio \`${result.scratch}\`: ${countsOf(result)}${result.interrupted ? ', interrupted' : ''}.`,
    '',
    ...result.workers.map((worker) => `- ${worker}`),
  ];
  const tables = sections.flatMap((section) => [
    '',
    `## ${section}`,
    '',
    '| verdict | check | expected | got | ms |',
    '|---|---|---|---|---|',
    ...result.checks.filter((check) => check.section === section).map(rowOf),
  ]);
  return `${[...head, ...tables].join('\n')}\n`;
}

/** What came of it in a few sentences. */
export function proofWords(result: ProofResult, kept: boolean): string {
  const nobody =
    result.workers.length === 0 && !result.interrupted
      ? `No running worker took part: is the system of ${result.portfolio} started, on this Redis, by this version?`
      : '';
  const early = result.interrupted ? 'Interrupted: the rest was not looked at.' : '';
  return [nobody, early, `${countsOf(result)}. ${leftOf(result, kept)}`].filter((text) => text !== '').join('\n');
}

function rowOf({ name, expected, got, verdict, ms }: ProofCheck): string {
  return `| ${[VERDICT_WORDS[verdict], name, expected, got, String(ms)].map(cellOf).join(' | ')} |`;
}

function cellOf(text: string): string {
  return printable(text).replaceAll('|', '\\|');
}

function countsOf({ passed, failed, skipped }: ProofResult): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

function leftOf({ scratch, keys_left }: ProofResult, kept: boolean): string {
  if (kept) return `Kept: ${keys_left} keys of ${scratch}.`;
  return keys_left === 0 ? `Nothing is left of ${scratch}.` : `${keys_left} keys of ${scratch} are left.`;
}
