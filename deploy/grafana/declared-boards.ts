import type { AnyHandler, MetricSpec } from '../../handlers/contract/handler.ts';
import type { Board } from './boards.ts';
import type { Panel, Query } from './panels.ts';

const PORTFOLIO = 'portfolio=~"$portfolio"';

/** A board for each gate that none was drawn for by hand, from what its handlers declare. */
export function declaredBoards(handlers: readonly AnyHandler[], drawn: readonly Board[]): readonly Board[] {
  const names = new Set(drawn.map(({ name }) => name));
  const gates = [...new Set(handlers.map(({ gate }) => gate))].filter((gate) => !names.has(gate));
  return gates.map((gate) => {
    const own = handlers.filter((handler) => handler.gate === gate);
    const families = [...new Map(own.flatMap(({ metrics }) => metrics).map((spec) => [spec.name, spec])).values()];
    return {
      name: gate,
      title: `Portcullis: ${gate.replaceAll('-', ' ')}`,
      panels: [...families.map(panelOfFamily), ...own.flatMap(({ name }) => waiting(name))],
    };
  });
}

function panelOfFamily(spec: MetricSpec): Panel {
  const isTime = /_(?:ms|seconds)(?:_|$)/.exec(spec.name)?.[0];
  const unit = isTime === undefined ? 'none' : isTime.startsWith('_ms') ? 'ms' : 's';
  const about = spec.type === 'counter' ? `${spec.help}, a minute.` : `${spec.help}.`;
  return { title: spec.name.replaceAll('_', ' '), about, unit, queries: queriesOf(spec) };
}

function queriesOf({ name, type, labels = [] }: MetricSpec): readonly Query[] {
  const by = labels.length === 0 ? '' : ` by (${labels.join(', ')})`;
  const legend = labels.length === 0 ? '{{portfolio}}' : labels.map((label) => `{{${label}}}`).join(' ');
  switch (type) {
    case 'counter':
      return [{ expr: `sum${by} (rate(${name}{${PORTFOLIO}}[5m])) * 60`, legend }];
    case 'gauge':
      return [{ expr: `max${by || ' by (portfolio)'} (${name}{${PORTFOLIO}})`, legend }];
    case 'histogram':
      return [0.5, 0.99].map((part) => ({
        expr: `histogram_quantile(${part}, sum by (le) (rate(${name}_bucket{${PORTFOLIO}}[5m])))`,
        legend: `${part * 100} %`,
      }));
  }
}

/** What waits for a handler, and what it could not judge. */
function waiting(handler: string): readonly Panel[] {
  const of = (family: string) => `max(${family}{handler="${handler}", ${PORTFOLIO}})`;
  return [
    {
      title: `Waiting for ${handler}`,
      about: 'Messages that nobody has begun, and that were begun and not finished.',
      unit: 'none',
      queries: [
        { expr: of('portcullis_undelivered'), legend: 'undelivered' },
        { expr: of('portcullis_pending'), legend: 'pending' },
      ],
    },
    {
      title: `Dead letters of ${handler}`,
      about: 'Messages that could not be understood or judged. Any new one is an alert.',
      unit: 'none',
      queries: [{ expr: of('portcullis_dead_letters'), legend: 'dead letters' }],
    },
  ];
}
