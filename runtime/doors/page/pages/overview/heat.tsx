import { judgedText } from '../../../../../schemas/risk-text.ts';
import { BucketBadge } from '../../parts/badges.tsx';
import { Card } from '../../parts/card.tsx';
import { Choices } from '../../parts/choices.tsx';
import { Gauge } from '../../parts/gauge.tsx';
import { HistoryPlot } from '../../parts/history.tsx';
import type { Mark } from '../../parts/marks.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import type { Loaded } from '../../state/loaded.ts';
import { zone } from '../../state/preferences.ts';
import { chosenSpan, spans } from '../../state/span.ts';
import type { HeatHistory, Overview } from '../../state/wire.ts';
import { money, ratio } from '../../text/figures.ts';
import { isBucketUnknown, lookOf } from '../../text/heat.ts';
import { dateTime, zoneName } from '../../text/moments.ts';
import { spaced } from '../../text/words.ts';

/** The heat now, its bucket, and the risk it comes from. */
export function HeatCard({ now }: { readonly now: Overview }) {
  const { heat } = now;
  const { value, bucket, heat_min: heatMin, heat_max: heatMax, cause, judged } = heat;
  const look = lookOf(heat);
  return (
    <Card title="Heat" wide="heat" aside={<BucketBadge bucket={isBucketUnknown(heat) ? 'UNKNOWN' : bucket} />}>
      <Gauge heat={value} heatMin={heatMin} heatMax={heatMax} bucket={bucket} look={look} />
      <p class={`figure ${look}`}>
        {look === 'unknown' ? (
          'UNKNOWN'
        ) : (
          <>
            {cause === null ? ratio(value, 3) : '?'} <span class="word">{bucket}</span>
          </>
        )}
      </p>
      {cause === null ? (
        <p class="muted">
          {money(heat.risk_usd)} of daily risk over {heat.positions} positions
          {heat.silent > 0 ? `, ${heat.silent} silent` : ''}
        </p>
      ) : (
        <p class="muted">
          {spaced(cause)}. {heat.meanwhile}
        </p>
      )}
      {judged?.figures.map((one) => (
        <p key={one.figure} class={one.value === null ? 'figure unknown judged' : 'muted judged'}>
          {judgedText(one, judged.decides === one.figure)}
        </p>
      ))}
      <Missing what="no volatility" symbols={heat.sigma_missing} />
      <Missing what="no notional" symbols={heat.notional_missing} />
    </Card>
  );
}

function Missing({ what, symbols }: { readonly what: string; readonly symbols: readonly string[] }) {
  if (symbols.length === 0) return null;
  const shown = symbols.slice(0, 5).join(', ');
  return (
    <p class="muted" title={symbols.join(', ')}>
      Left out, {what}: {shown}
      {symbols.length > 5 ? ` and ${symbols.length - 5} more` : ''}
    </p>
  );
}

/** The heat over the span of all charts, which is chosen here. */
export function HistoryCard({ now, loaded, marks }: HistoryProps) {
  const choice = (
    <Choices
      label="Span of all charts"
      choices={spans}
      chosen={chosenSpan.value}
      onChoose={(span) => (chosenSpan.value = span)}
    />
  );
  return (
    <Card title={`Heat over ${chosenSpan.value}`} wide="history" aside={choice}>
      <Answer loaded={loaded} what="the history">
        {(history) => <History history={history} now={now} marks={marks} />}
      </Answer>
    </Card>
  );
}

interface HistoryProps {
  readonly now: Overview;
  readonly loaded: Loaded<HeatHistory>;
  readonly marks: readonly Mark[];
}

function History({ history, now, marks }: Omit<HistoryProps, 'loaded'> & { readonly history: HeatHistory }) {
  if (history.points.length === 0) {
    return (
      <Empty
        why="Nothing recorded the heat in this span: the heat gate judged nothing then."
        command="npx portcullis status"
      />
    );
  }
  return (
    <>
      <HistoryPlot history={history} heatMin={now.heat.heat_min} heatMax={now.heat.heat_max} marks={marks} />
      <p class="muted">{historyWords(history)}</p>
    </>
  );
}

/** What the plot shows, in words. */
function historyWords({ points }: HeatHistory): string {
  const known = points.filter((point) => point.known);
  const [first, ...others] = known;
  if (first === undefined) return 'The heat was not known in this span.';
  const hottest = others.reduce((most, point) => (point.heat > most.heat ? point : most), first);
  const coolest = others.reduce((least, point) => (point.heat < least.heat ? point : least), first);
  const last = others.at(-1) ?? first;
  return (
    `Highest ${ratio(hottest.heat)} ${hottest.bucket} at ${dateTime(hottest.at * 1000, zone.value)} ${zoneName(zone.value)}, ` +
    `lowest ${ratio(coolest.heat)}, last ${ratio(last.heat)} ${last.bucket}. Points are the highest of their bin.`
  );
}
