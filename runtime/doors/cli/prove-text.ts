import type { ProofCheck, ProofVerdict } from '../../desk/prove/checklist.ts';
import type { ProofResult } from '../../desk/prove/index.ts';
import { printable } from './output.ts';
import { stated } from './style.ts';

const WORDS: Readonly<Record<ProofVerdict, string>> = { pass: 'PASS', fail: 'FAIL', skipped: 'SKIP' };

/** Makes the lines of one check after the other, under the title of each section. */
export function checkLines(): (check: ProofCheck) => string {
  let section = '';
  return (check) => {
    const title = check.section === section ? '' : `\n${check.section}\n`;
    section = check.section;
    return `${title}${lineOf(check)}`;
  };
}

function lineOf({ name, expected, got, verdict, ms }: ProofCheck): string {
  const word = stated(WORDS[verdict]);
  if (verdict === 'pass') return `  ${word}  ${name}  →  ${printable(shortened(got))}  (${ms} ms)\n`;
  if (verdict === 'skipped') return `  ${word}  ${name}: ${printable(got)}\n`;
  return `  ${word}  ${name}  (${ms} ms)\n          expected  ${printable(expected)}\n          got       ${printable(got)}\n`;
}

/** The end of the checklist: how many passed, what failed, and what is left. */
export function summaryOf(result: ProofResult, kept: boolean): string {
  const failed = result.checks.filter(({ verdict }) => verdict === 'fail');
  const names = failed.map(({ section, name }) => `  ${section}: ${name}\n`);
  const nobody =
    result.workers.length === 0 && !result.interrupted
      ? `No running worker took part: is the system of ${result.portfolio} started, on this Redis, by this version?\n`
      : '';
  return [
    '\n',
    ...(names.length === 0 ? [] : ['Failed:\n', ...names, '\n']),
    nobody,
    result.interrupted ? 'Interrupted: the rest was not looked at.\n' : '',
    `${countsOf(result)}. ${leftOf(result, kept)}\n`,
  ].join('');
}

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

function rowOf({ name, expected, got, verdict, ms }: ProofCheck): string {
  return `| ${[WORDS[verdict], name, expected, got, String(ms)].map(cellOf).join(' | ')} |`;
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

function shortened(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 97)}...`;
}
