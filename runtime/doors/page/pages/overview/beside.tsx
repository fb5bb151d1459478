import { Card } from '../../parts/card.tsx';
import { figures, Head } from '../../parts/table.tsx';
import type { Overview } from '../../state/wire.ts';
import { money, ratio } from '../../text/figures.ts';

/** What the limits of a guarded demo made of its month, beside the month without them. Nothing elsewhere. */
export function BesideCard({ now: { beside } }: { readonly now: Overview }) {
  if (beside === undefined) return null;
  return (
    <Card title="With limits" wide="with-limits">
      <table>
        <Head columns={['Month', ...figures('Equity at its end', 'Largest drawdown')]} />
        <tbody>
          {(
            [
              ['without', beside.without],
              ['with', beside.with],
            ] as const
          ).map(([name, month]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="number">{money(month.end_usd)}</td>
              <td class="number">{ratio(month.max_drawdown_percent)} %</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>Cost of the limits: {money(beside.cost_usd)}</p>
      <ul class="muted">
        {beside.losses.map(({ at, event, reason }) => (
          <li key={at + event + reason}>{`${at.slice(0, 16)} ${event} ${reason}`}</li>
        ))}
      </ul>
    </Card>
  );
}
