import type { Largest } from '../../../handlers/common/largest.ts';
import { judgesOf } from '../../../handlers/contract/faces.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { dollars } from '../../../schemas/amount-text.ts';
import { checkCells, toldChecks } from '../../../schemas/check-words.ts';
import { formatNumber } from '../../../schemas/number.ts';
import { printable } from '../../../schemas/printable.ts';
import type { Answer } from '../../desk/evaluate/index.ts';
import { heatText } from './explain-heat.ts';
import { table } from './output.ts';
import { stated } from './style.ts';

/** What a gate would say, as text; `handlers` are the gates that were asked. */
export function answerText(answer: Answer, handlers: readonly AnyHandler[]): string {
  const { gate, mode, symbol, action, verdict, words, reason, heat, calibrated_action } = answer;
  const about = `${action} ${symbol}`.trim() || 'this entry';
  const asked = mode === '' ? gate : `${gate} (${mode})`;
  const title = `${printable(about)}: the ${asked} would say ${stated(verdict)}`;
  const why = reason === 'ok' ? '.' : `: ${printable(words)} (${reason}).`;
  const isExit = heat !== null || calibrated_action !== null;
  const judge = judgesOf(handlers).find((one) => one.gate === gate);
  const lines = isExit ? exitLines(answer) : checkLines(answer, judge);
  return [`${title}${why}`, ...lines.filter((line) => line !== '')].join('\n').concat('\n');
}

function exitLines({ calibrated_action, verdict, reason, words, mode, heat }: Answer): readonly string[] {
  const [, , ...told] = heatText({ verdict, reason, words, mode, basis: heat });
  return [`It would publish ${calibrated_action ?? 'nothing'}.`, ...told];
}

function checkLines({ checks, largest, verdict }: Answer, judge: AnyHandler | undefined): readonly string[] {
  if (checks.length === 0) return [];
  const judged = toldChecks(checks, judge?.checks).filter((check) => check.verdict !== 'skipped');
  const rows = table(['CHECK', 'VALUE', 'LIMIT', 'ROOM LEFT', 'VERDICT', 'SETTING'], judged.map(checkCells)).trimEnd();
  if (largest !== null) return [rows, sizeText(largest)];
  return [rows, judge?.whatIf?.size === undefined ? '' : noSize(verdict)];
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
