import { dollars } from '../../../../../schemas/amount-text.ts';
import { figure } from '../../../../../schemas/check-words.ts';
import { judgedText } from '../../../../../schemas/risk-text.ts';
import type { HeatBasis, Step } from '../../../../desk/explain/explanation.ts';
import { VerdictBadge } from '../../parts/badges.tsx';
import { Scroll } from '../../parts/scroll.tsx';
import { figures, Head } from '../../parts/table.tsx';

const SHOWN = 10;

/** Why the heat gate decided as it did, what the heat was made of, and what would have cooled it. */
export function HeatStation({ step }: { readonly step: Extract<Step, { step: 'heat' }> }) {
  const { verdict, reason, words, mode, basis, facts_problem: problem } = step;
  return (
    <>
      <p>
        <VerdictBadge verdict={verdict} /> {words} ({reason})
      </p>
      {verdict === 'DOWNGRADE' && mode === 'shadow' ? (
        <p>Shadow: the softened exit was published, and the original one left as it was.</p>
      ) : null}
      {problem === undefined ? null : <p>The book it was judged on is not known: {problem}.</p>}
      {basis === null ? null : <Basis basis={basis} />}
    </>
  );
}

function Basis({ basis }: { readonly basis: HeatBasis }) {
  const { heat, bucket, equity_usd: equity, risk_usd: risk, cooler, hotter, judged } = basis;
  return (
    <>
      {equity === null || basis.cause !== null ? null : (
        <p>
          Heat {figure(heat)} {judged?.decides == null ? `(${bucket}) ` : ''}= {dollars(risk)} of risk /{' '}
          {dollars(equity)} of equity. COLD under {figure(basis.heat_min)}, HOT from {figure(basis.heat_max)}.
        </p>
      )}
      {judged?.figures.map((one) => (
        <p key={one.figure}>{judgedText(one, judged.decides === one.figure)}</p>
      ))}
      <PositionsTable basis={basis} />
      {hotter === null ? null : (
        <p>
          {hotter.bucket} begins at {figure(hotter.heat_from)}: with another {dollars(hotter.risk_usd)} of risk.
        </p>
      )}
      {cooler === null ? null : (
        <p>
          To be {cooler.bucket} (heat under {figure(cooler.heat_below)}): cut{' '}
          {cooler.cuts
            .slice(0, SHOWN)
            .map(({ symbol, cut_usd }) => `${symbol} by ${dollars(cut_usd)}`)
            .join(', ')}
          {cooler.enough ? '.' : '; even that is not enough.'}
        </p>
      )}
    </>
  );
}

function PositionsTable({ basis }: { readonly basis: HeatBasis }) {
  if (basis.positions.length === 0) return null;
  return (
    <Scroll name="Positions">
      <table>
        <Head columns={['Position', ...figures('Notional', 'Sigma', 'Risk', 'Heat')]} />
        <tbody>
          {basis.positions.slice(0, SHOWN).map(({ symbol, notional_usd, sigma, risk_usd, heat }) => (
            <tr key={symbol}>
              <th scope="row">{symbol}</th>
              <td class="number">{dollars(notional_usd)}</td>
              <td class="number">{figure(sigma)}</td>
              <td class="number">{dollars(risk_usd)}</td>
              <td class="number">{figure(heat)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
