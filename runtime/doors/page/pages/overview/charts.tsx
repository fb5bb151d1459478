import { useMemo } from 'preact/hooks';
import { Card } from '../../parts/card.tsx';
import { drawMarks, looksOf, type Mark, MarkList } from '../../parts/marks.tsx';
import { Plot, type Plotted } from '../../parts/plot.tsx';
import { Answer } from '../../parts/states.tsx';
import type { Loaded } from '../../state/loaded.ts';
import { zone } from '../../state/preferences.ts';
import type { Span } from '../../state/span.ts';
import type { Activity, HeatHistory } from '../../state/wire.ts';
import { count, money, ratio } from '../../text/figures.ts';
import { dateTime, zoneName } from '../../text/moments.ts';
import { drawdowns } from '../../text/series.ts';

const HEIGHT_PX = 120;

interface ChartsProps {
  readonly span: Span;
  readonly history: Loaded<HeatHistory>;
  readonly activity: Loaded<Activity>;
  readonly marks: readonly Mark[];
}

/** Equity, drawdown, gross notional, permits and blocks over the span of all charts. */
export function ChartsCard({ span, history, activity, marks }: ChartsProps) {
  return (
    <Card
      title={`Equity, drawdown, gross notional, permits and blocks over ${span}`}
      wide="charts"
      aside={<MarkList marks={marks} />}
    >
      <div class="charts">
        <Answer loaded={history} what="equity and notional">
          {(told) => <EquityCharts history={told} marks={marks} />}
        </Answer>
        <Answer loaded={activity} what="the decisions">
          {(told) => <CountCharts activity={told} marks={marks} />}
        </Answer>
      </div>
    </Card>
  );
}

function EquityCharts({ history, marks }: { readonly history: HeatHistory; readonly marks: readonly Mark[] }) {
  const [equity, drawdown, gross] = useMemo((): readonly [Plotted, Plotted, Plotted] => {
    const { since, until } = history;
    const points = history.points.map(({ at, equity_usd: usd }) => [at, usd] as const);
    return [
      { since, until, points },
      { since, until, points: drawdowns(points) },
      { since, until, points: history.points.map(({ at, gross_notional_usd: usd }) => [at, usd] as const) },
    ];
  }, [history]);
  return (
    <>
      <Chart name="Equity" plotted={equity} text={money} marks={marks} />
      <Chart
        name="Drawdown from the highest equity shown"
        plotted={drawdown}
        text={(percent) => `${ratio(percent, 1)} %`}
        marks={marks}
        isFromZero
      />
      <Chart name="Gross notional" plotted={gross} text={money} marks={marks} isFromZero />
    </>
  );
}

function CountCharts({ activity, marks }: { readonly activity: Activity; readonly marks: readonly Mark[] }) {
  const each = `each ${Math.round(activity.bin_sec / 60)} min`;
  const [permits, blocks] = useMemo(() => {
    const { since, until, bins, bin_sec: binSec } = activity;
    const of = (name: 'permits' | 'blocks'): Plotted => {
      return { since, until, points: bins.map((bin) => [bin.at + binSec / 2, bin[name]] as const) };
    };
    return [of('permits'), of('blocks')] as const;
  }, [activity]);
  return (
    <>
      <Chart name={`Permits ${each}`} plotted={permits} text={count} marks={marks} isFromZero isBars />
      <Chart name={`Blocks ${each}`} plotted={blocks} text={count} marks={marks} isFromZero isBars />
    </>
  );
}

interface ChartProps {
  readonly name: string;
  readonly plotted: Plotted;
  readonly text: (value: number) => string;
  readonly marks: readonly Mark[];
  readonly isFromZero?: boolean;
  readonly isBars?: boolean;
}

function Chart({ name, plotted, text, marks, isFromZero = false, isBars = false }: ChartProps) {
  return (
    <figure>
      <figcaption>
        <strong>{name}</strong> <span class="muted">{chartWords(plotted, text, isBars)}</span>
      </figcaption>
      <Plot
        plotted={plotted}
        heightPx={HEIGHT_PX}
        tickText={text}
        rangeOf={(least, greatest) => (isFromZero ? [0, greatest * 1.1 || 1] : around(least, greatest))}
        isBars={isBars}
        looks={looksOf(marks)}
        behind={(plot, colour) => drawMarks(plot, colour, marks)}
      />
    </figure>
  );
}

function around(least: number, greatest: number): readonly [number, number] {
  const room = (greatest - least) * 0.1 || Math.abs(greatest) * 0.1 || 1;
  return [least - room, greatest + room];
}

/** What a chart shows, in words. */
function chartWords({ points }: Plotted, text: (value: number) => string, isCounted: boolean): string {
  const known = points.filter((point): point is readonly [number, number] => point[1] !== null);
  if (isCounted) {
    const most = Math.max(0, ...known.map(([, value]) => value));
    return `${text(known.reduce((sum, [, value]) => sum + value, 0))} in all, at most ${text(most)}.`;
  }
  const last = known.at(-1);
  if (last === undefined) return 'not known in this span.';
  const by = (wanted: (one: number, other: number) => boolean) =>
    known.reduce((best, point) => (wanted(point[1], best[1]) ? point : best), last);
  const highest = by((one, other) => one > other);
  const lowest = by((one, other) => one < other);
  const when = `${dateTime(highest[0] * 1000, zone.value)} ${zoneName(zone.value)}`;
  return `last ${text(last[1])}, highest ${text(highest[1])} at ${when}, lowest ${text(lowest[1])}.`;
}
