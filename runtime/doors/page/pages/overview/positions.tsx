import { ShareBar } from '../../parts/bar.tsx';
import { Card } from '../../parts/card.tsx';
import { ActionButton } from '../../parts/guarded.tsx';
import { LongText } from '../../parts/long-text.tsx';
import { Scroll } from '../../parts/scroll.tsx';
import { Empty } from '../../parts/states.tsx';
import { figures, Head } from '../../parts/table.tsx';
import type { Action } from '../../state/actions.ts';
import type { Overview, PositionNow } from '../../state/wire.ts';
import { counted, money, ratio } from '../../text/figures.ts';

const SIGMA = { head: 'Sigma', isNumber: true, isWideOnly: true };
const COLUMNS = [
  'Symbol',
  'Side',
  ...figures('Notional'),
  SIGMA,
  ...figures('Heat'),
  'Share',
  { head: 'Closed?', isWideOnly: true },
];

/** What each position adds to the heat, most first. */
export function PositionsCard({ now }: { readonly now: Overview }) {
  const { positions, remainder } = now;
  return (
    <Card
      title="Positions by heat"
      wide="positions"
      aside={counted(positions.length + remainder.positions, 'position')}
    >
      {positions.length === 0 ? (
        <Empty
          why={
            now.positions_known ? 'No position is open.' : 'Which positions are open is not known: nobody reports any.'
          }
          command="npx portcullis positions list"
        />
      ) : (
        <Scroll name="Positions">
          <table>
            <Head columns={COLUMNS} />
            <tbody>
              {positions.map((position) => (
                <PositionLine key={position.symbol} position={position} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {remainder.positions > 0 ? (
        <p class="muted">
          {counted(remainder.positions, 'more position')} add {ratio(remainder.contribution, 3)}.
        </p>
      ) : null}
    </Card>
  );
}

/** Declaring that a position is closed of which nobody says so. */
function clearing(symbol: string): Action {
  return {
    title: `Declare the position in ${symbol} closed`,
    verb: 'Declare it closed',
    path: '/v1/positions/clear',
    body: { symbol },
    preview: { action: 'clear', symbol },
    isDangerous: true,
  };
}

function PositionLine({ position }: { readonly position: PositionNow }) {
  const { symbol, side, notional_usd, sigma, contribution, share } = position;
  return (
    <tr>
      <th scope="row">
        <LongText text={symbol} />
      </th>
      <td class="side">{side === null ? '–' : side === 'LONG' ? '↑ long' : '↓ short'}</td>
      <td class="number">{money(notional_usd)}</td>
      <td class="number wide-only">{ratio(sigma, 3)}</td>
      <td class="number">{ratio(contribution, 3)}</td>
      <td>
        <ShareBar share={share} />
      </td>
      <td class="wide-only">
        <ActionButton action={clearing(symbol)} kind="link short">
          Clear …
        </ActionButton>
      </td>
    </tr>
  );
}
