import { dollars } from '../../../schemas/amount-text.ts';
import { figure } from '../../../schemas/check-words.ts';
import { judgedText } from '../../../schemas/risk-text.ts';
import type { Cooling } from '../../desk/explain/cooling.ts';
import type { HeatBasis, Step } from '../../desk/explain/explanation.ts';
import { table } from './output.ts';

const SHOWN = 10;

/** What of a heat decision is told. */
type HeatStep = Pick<
  Extract<Step, { step: 'heat' }>,
  'verdict' | 'reason' | 'words' | 'mode' | 'basis' | 'facts_problem'
>;

/** The lines that tell a heat decision: why, what the heat was made of, and what would have cooled it. */
export function heatText({ verdict, reason, words, mode, basis, facts_problem: problem }: HeatStep): readonly string[] {
  const published =
    verdict === 'DOWNGRADE' && mode === 'shadow'
      ? 'Shadow: the softened exit was published, and the original one left as it was.'
      : '';
  const why = `Reason: ${words} (${reason}).`;
  if (problem !== undefined) return [why, published, `The book it was judged on is not known: ${problem}.`];
  if (basis === null) return [why, published];
  return [
    why,
    published,
    sumText(basis),
    ...judgedTexts(basis),
    positionsText(basis),
    leftOutText(basis),
    hotterText(basis),
    coolerText(basis),
  ];
}

function sumText({ heat, bucket, cause, equity_usd, risk_usd, heat_min, heat_max, judged }: HeatBasis): string {
  const scale = `COLD under ${figure(heat_min)}, HOT from ${figure(heat_max)}`;
  if (cause !== null || equity_usd === null) return '';
  const own = judged?.decides == null ? `${bucket}; ` : '';
  return `Heat ${figure(heat)} (${own}${scale}) = ${dollars(risk_usd)} of risk / ${dollars(equity_usd)} of equity.`;
}

/** How each figure beside the heat was judged. */
function judgedTexts({ judged }: HeatBasis): readonly string[] {
  return (judged?.figures ?? []).map((one) => judgedText(one, judged?.decides === one.figure));
}

function positionsText({ positions, others_risk_usd }: HeatBasis): string {
  if (positions.length === 0) return '';
  const rows = positions
    .slice(0, SHOWN)
    .map(({ symbol, notional_usd, sigma, risk_usd, heat }) => [
      symbol,
      dollars(notional_usd),
      figure(sigma),
      dollars(risk_usd),
      figure(heat),
    ]);
  const restUsd = positions.slice(SHOWN).reduce((sum, { risk_usd }) => sum + risk_usd, others_risk_usd);
  if (restUsd > 0) rows.push(['all others', '', '', dollars(restUsd), '']);
  return table(['POSITION', 'NOTIONAL', 'SIGMA', 'RISK', 'HEAT'], rows).trimEnd();
}

function leftOutText({ sigma_missing, notional_missing, silent_positions }: HeatBasis): string {
  const parts = [
    sigma_missing.length === 0 ? '' : `without a volatility: ${sigma_missing.slice(0, SHOWN).join(', ')}`,
    notional_missing.length === 0 ? '' : `without a price: ${notional_missing.slice(0, SHOWN).join(', ')}`,
    silent_positions === 0 ? '' : `not reported for too long: ${silent_positions}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : `Left out of the heat: ${parts.join('; ')}.`;
}

function hotterText({ hotter }: HeatBasis): string {
  if (hotter === null) return '';
  return `${hotter.bucket} begins at ${figure(hotter.heat_from)}: with another ${dollars(hotter.risk_usd)} of risk.`;
}

function coolerText({ cooler }: HeatBasis): string {
  if (cooler === null) return '';
  if (cooler.cuts.length === 0)
    return `To be ${cooler.bucket} the heat has to be under ${figure(cooler.heat_below)}: no position is listed that could be cut.`;
  const cuts = cooler.cuts
    .slice(0, SHOWN)
    .map(({ symbol, cut_usd, left_usd }) =>
      left_usd === 0
        ? `${symbol} by ${dollars(cut_usd)} (all of it)`
        : `${symbol} by ${dollars(cut_usd)} (to ${dollars(left_usd)})`,
    );
  return `To be ${cooler.bucket} (heat under ${figure(cooler.heat_below)}): cut ${cuts.join(', ')}${moreText(cooler)}.`;
}

function moreText({ cuts, cut_usd, enough }: Cooling): string {
  const more = cuts.length > SHOWN ? ` and ${cuts.length - SHOWN} more, ${dollars(cut_usd)} in all` : '';
  return enough ? more : `${more}; even that is not enough: more than the listed positions carry the heat`;
}
