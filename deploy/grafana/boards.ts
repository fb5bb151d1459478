import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import { declaredBoards } from './declared-boards.ts';
import { governor, heatBridge, heatGate, overview, riskGovernor } from './gate-boards.ts';
import { type Panel, panelOf } from './panels.ts';
import { feeds, runtime } from './process-boards.ts';

/** A board: the name of its file, its title, and its panels in reading order. */
export interface Board {
  readonly name: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

const DRAWN: readonly Board[] = [overview, heatGate, heatBridge, riskGovernor, governor, feeds, runtime];

/** All boards: overview, one for each gate, feeds, and the runtime itself. */
export function boardsOf(handlers: readonly AnyHandler[]): readonly Board[] {
  return [...DRAWN, ...declaredBoards(handlers, DRAWN)];
}

/** A board as Grafana imports it. The data source and the portfolio are variables. */
export function boardJson({ name, title, panels }: Board): string {
  const builder = new DashboardBuilder(title)
    .uid(`portcullis-${name}`)
    .tags(['portcullis'])
    .timezone('utc')
    .refresh('15s')
    .time({ from: 'now-3h', to: 'now' })
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .withVariable(portfolioVariable());
  for (const panel of panels) builder.withPanel(panelOf(panel));
  return `${JSON.stringify(builder.build(), null, 2)}\n`;
}

/** Where a single portfolio is served its families carry no such label: "All" means that too. */
function portfolioVariable(): QueryVariableBuilder {
  return new QueryVariableBuilder('portfolio')
    .label('Portfolio')
    .datasource({ type: 'prometheus', uid: '$datasource' })
    .query({ query: 'label_values(portcullis_lag_seconds, portfolio)', refId: 'portfolio' })
    .includeAll(true)
    .allValue('.*')
    .multi(true)
    .current({ selected: true, text: 'All', value: '$__all' });
}
