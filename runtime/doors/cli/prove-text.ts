import { printable } from '../../../schemas/printable.ts';
import type { ProofCheck } from '../../desk/prove/checklist.ts';
import type { ProofResult } from '../../desk/prove/index.ts';
import { proofWords, VERDICT_WORDS } from '../../desk/prove/report.ts';
import { stated } from './style.ts';

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
  const word = stated(VERDICT_WORDS[verdict]);
  if (verdict === 'pass') return `  ${word}  ${name}  →  ${printable(shortened(got))}  (${ms} ms)\n`;
  if (verdict === 'skipped') return `  ${word}  ${name}: ${printable(got)}\n`;
  return `  ${word}  ${name}  (${ms} ms)\n          expected  ${printable(expected)}\n          got       ${printable(got)}\n`;
}

/** The end of the checklist: how many passed, what failed, and what is left. */
export function summaryOf(result: ProofResult, kept: boolean): string {
  const failed = result.checks.filter(({ verdict }) => verdict === 'fail');
  const names = failed.map(({ section, name }) => `  ${section}: ${name}\n`);
  return ['\n', ...(names.length === 0 ? [] : ['Failed:\n', ...names, '\n']), `${proofWords(result, kept)}\n`].join('');
}

function shortened(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 97)}...`;
}
