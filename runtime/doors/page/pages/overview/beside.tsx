import { Card } from '../../parts/card.tsx';
import { figures, Head } from '../../parts/table.tsx';
import type { Overview } from '../../state/wire.ts';
import { count, money, ratio } from '../../text/figures.ts';

/** What the limits of a guarded demo made of its month, beside the month without them. Nothing elsewhere. */
export function BesideCard({ now: { beside } }: { readonly now: Overview }) {
  if (beside === undefined) return null;
  const { without, with: guarded, settings, losses, cost_usd: cost, drawdown_spared_percent: spared } = beside;
  const reached = losses.filter(({ event }) => event === 'LOSS_LIMIT');
  const rows = [
    ['Equity at the end', money(without.end_usd), money(guarded.end_usd)],
    ['Lowest equity', money(without.lowest_usd), money(guarded.lowest_usd)],
    ['Largest drawdown', `${ratio(without.max_drawdown_percent)} %`, `${ratio(guarded.max_drawdown_percent)} %`],
    ['Permits to entries', count(without.entry_permits), count(guarded.entry_permits)],
    ['Loss limits reached', '–', count(reached.length)],
  ];
  return (
    <Card title="With limits, beside the month without" wide="beside">
      <table>
        <Head columns={['', ...figures('Without', 'With')]} />
        <tbody>
          {rows.map(([name, one, other]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="number">{one}</td>
              <td class="number">{other}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>
        They {cost < 0 ? 'saved' : 'cost'} {money(Math.abs(cost))} of equity at the end, and made the largest drawdown{' '}
        {ratio(Math.abs(spared))} points {spared < 0 ? 'larger' : 'smaller'}.
      </p>
      <ul class="muted">
        {losses.map(({ at, event, reason }) => (
          <li key={`${at} ${event} ${reason}`}>
            {at.slice(0, 16).replace('T', ' ')} {event} {reason}
          </li>
        ))}
      </ul>
      <p class="muted">
        {Object.entries(settings)
          .map(([name, value]) => `${name}=${value}`)
          .join(' ')}
      </p>
    </Card>
  );
}
