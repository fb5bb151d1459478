import { MappingType, ThresholdsConfigBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

const SOURCE = { type: 'prometheus', uid: '$datasource' };

/** A query, with what its series are called in the legend. */
export interface Query {
  readonly expr: string;
  readonly legend: string;
}

/** A panel of a board: a line over time, or the figure of now with its words and colours. */
export interface Panel {
  readonly title: string;
  /** What it says, and when to worry. */
  readonly about: string;
  /** Grafana's name of the unit. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Figures of now: value → word. Without it the panel is a line over time. */
  readonly words?: Readonly<Record<string, { readonly text: string; readonly color: string }>>;
  /** Where the line gets a colour: amber, then red. */
  readonly limits?: readonly [number, number];
}

/** A panel in a third of the width. */
export function panelOf(panel: Panel): StatBuilder | TimeseriesBuilder {
  const builder = panel.words === undefined ? timeseries(panel) : stat(panel.words);
  builder.title(panel.title).description(panel.about).unit(panel.unit).datasource(SOURCE).span(8).height(7);
  for (const { expr, legend } of panel.queries) {
    builder.withTarget(new DataqueryBuilder().expr(expr).legendFormat(legend).datasource(SOURCE));
  }
  return builder;
}

function timeseries({ limits }: Panel): TimeseriesBuilder {
  const builder = new TimeseriesBuilder().min(0);
  if (limits === undefined) return builder;
  const [amber, red] = limits;
  const steps = [
    { value: null, color: 'green' },
    { value: amber, color: 'orange' },
    { value: red, color: 'red' },
  ];
  return builder.thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps));
}

function stat(words: NonNullable<Panel['words']>): StatBuilder {
  const options = Object.entries(words).map(([value, { text, color }], index) => [value, { text, color, index }]);
  return new StatBuilder().mappings([{ type: MappingType.ValueToText, options: Object.fromEntries(options) }]);
}
