import { percentTo } from '../../../../../schemas/figure-text.ts';
import { atWorst, figureWords } from '../../../../../schemas/risk-text.ts';
import { Card } from '../../parts/card.tsx';
import { figures, Head } from '../../parts/table.tsx';
import type { Overview } from '../../state/wire.ts';
import { span } from '../../text/moments.ts';
import { spaced } from '../../text/words.ts';

/** Positions that are named. */
const CUT_FIRST = 3;

type Risk = NonNullable<Overview['risk']>;

/** The figures of the book's risk that are kept, and what to cut first. Nothing where none is. */
export function RiskCard({ now: { risk } }: { readonly now: Overview }) {
  if (risk === undefined) return null;
  return (
    <Card title="Risk of the book" wide="risk" aside={<span class="muted">{ageWords(risk)}</span>}>
      {risk.state === 'unreadable' ? (
        <p class="figure unknown">What is kept of it cannot be read: its key is no hash.</p>
      ) : (
        <table>
          <Head columns={['Figure', ...figures('Of equity'), 'At worst', 'What to cut first']} />
          <tbody>
            {risk.figures.map((one) => (
              <tr key={one.figure}>
                <th scope="row">{figureWords(one.figure)}</th>
                <Part value={one.value} reason={one.reason} />
                <td>{spaced(atWorst(one))}</td>
                <td>{cutFirst(one.components)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

function Part({ value, reason }: Pick<Risk['figures'][number], 'value' | 'reason'>) {
  if (value === null) return <td class="number unknown">UNKNOWN: {spaced(reason)}</td>;
  return <td class="number">{percentTo(1, value)}</td>;
}

function cutFirst(components: Risk['figures'][number]['components']): string {
  return components
    .filter(({ value }) => value > 0)
    .slice(0, CUT_FIRST)
    .map(({ symbol, value }) => `${symbol} ${percentTo(1, value)}`)
    .join(', ');
}

function ageWords({ state, age_sec: ageSec }: Risk): string {
  if (state === 'unreadable') return '';
  return ageSec === null ? 'of an unknown age' : `${span(ageSec)} ago`;
}
