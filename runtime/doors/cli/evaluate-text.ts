import { dollars } from '../../../schemas/amount-text.ts';
import { formatNumber } from '../../../schemas/number.ts';
import type { Answer } from '../../desk/evaluate/index.ts';
import type { Largest } from '../../desk/evaluate/largest.ts';
import { checkCells } from '../../desk/explain/check-words.ts';
import { heatText } from './explain-heat.ts';
import { printable, table } from './output.ts';

/** What a gate would say, as text. */
export function answerText(answer: Answer): string {
  const { gate, mode, symbol, action, verdict, words, reason } = answer;
  const title = `${printable(`${action} ${symbol}`.trim())}: the ${gate} (${mode}) would say ${verdict}`;
  const why = reason === 'ok' ? '.' : `: ${printable(words)} (${reason}).`;
  const lines = gate === 'heat-gate' ? exitLines(answer) : planLines(answer);
  return [`${title}${why}`, ...lines.filter((line) => line !== '')].join('\n').concat('\n');
}

function exitLines({ calibrated_action, verdict, reason, mode, heat }: Answer): readonly string[] {
  const [, , ...told] = heatText({ verdict, reason, mode, basis: heat });
  return [`It would publish ${calibrated_action ?? 'nothing'}.`, ...told];
}

function planLines({ checks, largest, verdict }: Answer): readonly string[] {
  if (checks.length === 0) return [];
  const judged = checks.filter((check) => check.verdict !== 'skipped');
  const rows = table(['CHECK', 'VALUE', 'LIMIT', 'ROOM LEFT', 'VERDICT', 'SETTING'], judged.map(checkCells)).trimEnd();
  return [rows, largest === null ? noSize(verdict) : sizeText(largest)];
}

function noSize(verdict: string): string {
  return verdict === 'BLOCK' || verdict === 'WOULD_BLOCK' ? 'No size would pass: it is not the size that refuses.' : '';
}

function sizeText({ notional_usd, qty, price_usd }: Largest): string {
  if (notional_usd === null) return 'No size would be too large.';
  const amount =
    qty === null || price_usd === null ? '' : `, which is ${formatNumber(qty)} at ${formatNumber(price_usd)}`;
  return `The largest size that would pass now: ${dollars(notional_usd)}${amount}.`;
}
