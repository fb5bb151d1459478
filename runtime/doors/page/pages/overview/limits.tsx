import { Card } from '../../parts/card.tsx';
import { Empty } from '../../parts/states.tsx';
import { UseLine } from '../../parts/use-line.tsx';
import type { LimitNow, Overview } from '../../state/wire.ts';
import { count, money, ratio } from '../../text/figures.ts';

const STATES: Readonly<Record<LimitNow['state'], string>> = {
  ok: 'room',
  near: 'near',
  reached: 'reached',
  unknown: 'not known',
};

/** The limits of the governor: value, limit and headroom of each. */
export function LimitsCard({ now }: { readonly now: Overview }) {
  return (
    <Card title="Limits of the governor" wide="limits">
      {now.limits.length === 0 ? (
        <Empty why="The governor does not run in this process." command="GATES=governor npm start" />
      ) : (
        <ul class="limits">
          {now.limits.map((limit) => (
            <LimitLine key={limit.name} limit={limit} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function LimitLine({ limit }: { readonly limit: LimitNow }) {
  const { name, label, value, headroom, unit, state, applies, symbol } = limit;
  const shown = (figure: number | null) => inUnit(figure, unit);
  const shownState = applies ? state : 'skipped';
  return (
    <UseLine
      label={symbol === null ? label : `${label}, ${symbol}`}
      title={name}
      value={value === null ? 'each plan' : shown(value)}
      limit={`of ${shown(limit.limit)}`}
      drawn={value === null ? undefined : { value, limit: limit.limit }}
      state={shownState}
      room={!applies ? 'skipped in this mode' : value === null ? '' : `${STATES[state]}: ${shown(headroom)} left`}
    />
  );
}

function inUnit(figure: number | null, unit: LimitNow['unit']): string {
  if (unit === 'usd') return money(figure);
  if (unit === 'percent') return `${ratio(figure, 2)} %`;
  return unit === 'score' ? ratio(figure, 3) : count(figure);
}
