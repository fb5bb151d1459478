import { Card } from '../../parts/card.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Answer } from '../../parts/states.tsx';
import { linkTo } from '../../state/address.ts';
import type { Loaded } from '../../state/loaded.ts';
import type { Activity } from '../../state/wire.ts';
import { count } from '../../text/figures.ts';
import { onLine, sparkline } from '../../text/series.ts';
import { spaced } from '../../text/words.ts';

const WIDTH = 96;
const HEIGHT = 22;
const PARTS = 48;
/** Reasons that are named. */
const REASONS = 4;

type Sum = Activity['day'];
type Counted = 'permits' | 'blocks' | 'softened' | 'taken' | 'not_taken' | 'executed_without_permit';

interface Shown {
  readonly name: Counted;
  readonly label: string;
  /** Filters under which the tape shows them; without, the tape does not know. */
  readonly tape?: Readonly<Record<string, string>>;
  readonly isBad?: true;
}

/** The whole log of the last day, as the figures beside the way there. */
const LAST_DAY = { since: '24h', log: 'all' };

const SHOWN: readonly Shown[] = [
  { name: 'permits', label: 'Permits', tape: { verdict: 'PERMIT' } },
  { name: 'blocks', label: 'Blocks', tape: { verdict: 'BLOCK' } },
  { name: 'softened', label: 'Exits softened', tape: { verdict: 'DOWNGRADE' } },
  { name: 'taken', label: 'Permits taken' },
  { name: 'not_taken', label: 'Not taken', isBad: true },
  { name: 'executed_without_permit', label: 'Without a permit', isBad: true },
];

/** What the gates did in the last hour and day, with the way to it on the tape. */
export function ActivityCard({ loaded }: { readonly loaded: Loaded<Activity> }) {
  return (
    <Card title="What the gates did" wide="activity">
      <Answer loaded={loaded} what="the decisions">
        {(told) => (
          <>
            <dl class="strip">
              {SHOWN.map((shown) => (
                <Figure key={shown.name} shown={shown} told={told} />
              ))}
            </dl>
            <Reasons day={told.day} />
            <CountedFrom told={told} />
          </>
        )}
      </Answer>
    </Card>
  );
}

function Figure({ shown: { name, label, tape, isBad }, told }: { readonly shown: Shown; readonly told: Activity }) {
  const { hour, day } = told;
  const figures = (
    <>
      <span class="figure">{figure(hour[name])}</span> last hour, {figure(day[name])} last day
    </>
  );
  return (
    <div class={isBad === true && (day[name] ?? 0) > 0 ? 'bad' : ''}>
      <dt>{label}</dt>
      <dd>
        {tape === undefined ? figures : <a href={linkTo('decisions', { ...tape, ...LAST_DAY })}>{figures}</a>}
        {name === 'permits' || name === 'blocks' || name === 'softened' ? <Spark told={told} name={name} /> : null}
      </dd>
    </div>
  );
}

function figure(value: number | null): string {
  return value === null ? 'unknown' : count(value);
}

/** How the counts went over the span of the charts; the figures beside it say the rest. */
function Spark({ told, name }: { readonly told: Activity; readonly name: 'permits' | 'blocks' | 'softened' }) {
  const line = onLine(
    told.bins.map((bin) => ({ at: bin.at, count: bin[name] })),
    { since: told.since, until: told.until, many: PARTS },
  );
  return (
    <svg class="spark" viewBox={`0 -1 ${WIDTH} ${HEIGHT + 2}`} aria-hidden="true" focusable="false">
      <polyline points={sparkline(line, WIDTH, HEIGHT)} />
    </svg>
  );
}

function Reasons({ day }: { readonly day: Sum }) {
  if (day.reasons.length === 0) return null;
  const named = day.reasons.slice(0, REASONS);
  const others = day.blocks - named.reduce((sum, one) => sum + one.count, 0);
  return (
    <p>
      Blocked in the last day:{' '}
      {named.map(({ reason, count: many }, at) => (
        <span key={reason}>
          {at === 0 ? '' : ', '}
          <a href={linkTo('decisions', { verdict: 'BLOCK', reason, ...LAST_DAY })}>
            {count(many)} × {spaced(reason)}
          </a>
        </span>
      ))}
      {others > 0 ? `, ${count(others)} for other reasons` : ''}
    </p>
  );
}

function CountedFrom({ told: { counted_from: from, is_reading: isReading } }: { readonly told: Activity }) {
  if (from === null && !isReading) return null;
  return (
    <p class="muted">
      Counted from <Moment at={from} /> on
      {isReading ? '; the log before that is still being read.' : ', where the log begins.'}
    </p>
  );
}
