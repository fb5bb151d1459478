import type { ToldCandidate } from './api/plan.ts';

const SHORT = 8;

/** What a candidate policy said of a decision, in a sentence. */
export function candidateText({ version, verdict, reason, words, differs }: ToldCandidate): string {
  const who = `Candidate ${version.slice(0, SHORT)}`;
  if (verdict === 'FAILED') return `${who} failed on it: ${reason}.`;
  if (!differs) return `${who} said the same.`;
  const why = reason === '' || reason === 'ok' ? '' : `: ${words === reason ? reason : `${words} (${reason})`}`;
  return `${who} would have said ${verdict}${why}.`;
}
