import type { Count } from '../../../handlers/contract/effects.ts';
import type { AnyHandler, MetricSpec } from '../../../handlers/contract/handler.ts';
import { COMMIT, VERSION } from '../../settings/project-files.ts';
import { foreignPolicyMetric } from '../policy/foreign.ts';
import { VANISHED } from '../policy/switch-watch.ts';
import { faceMetric } from '../status/faces.ts';
import { LAG_METRICS } from '../status/lag.ts';
import { STREAM_METRICS } from '../streams/stream-watch.ts';
import type { Companion } from './companion.ts';
import { PROCESS_METRICS } from './server-watch.ts';
import { FOREIGN_METRIC } from './workers.ts';

const RESULTS = ['done', 'duplicate', 'gone', 'trimmed', 'conflict', 'refused', 'full', 'torn', 'nogroup'];

const BUILD_INFO: MetricSpec = {
  name: 'portcullis_build_info',
  type: 'gauge',
  kept: true,
  perProcess: true,
  help: 'Always 1, with what runs here: its version, the commit it was built from, and the version of Node',
  labels: ['version', 'commit', 'node'],
};

/** What runs here. */
export const BUILD: Count = {
  metric: BUILD_INFO.name,
  labels: { version: VERSION, commit: COMMIT, node: process.versions.node },
  set: 1,
};

/** The runtime's own families and those of its companions, series of every handler at 0 from the start. */
export function runtimeMetrics(handlers: readonly AnyHandler[], companions: readonly Companion[]): MetricSpec[] {
  const byHandler = handlers.map(({ name }) => ({ handler: name }));
  return [
    {
      name: 'portcullis_messages_total',
      type: 'counter',
      help: 'Commit results of messages: done, duplicate, gone (finished before), trimmed, conflict (judged again), refused, full (an output stream takes no more), torn, nogroup',
      labels: ['handler', 'result'],
      initial: byHandler.flatMap((labels) => RESULTS.map((result) => ({ ...labels, result }))),
    },
    {
      name: 'portcullis_dead_letters_total',
      type: 'counter',
      help: 'Entries that went to a dead-letter stream',
      labels: ['handler'],
      initial: byHandler,
    },
    {
      name: 'portcullis_ticks_missed_total',
      type: 'counter',
      help: 'Ticks of a schedule that never came',
      labels: ['handler'],
      initial: byHandler,
    },
    {
      name: 'portcullis_candidate_differs_total',
      type: 'counter',
      help: 'Decisions on which the candidate policy of the gate says something else',
      labels: ['gate'],
      initial: [...new Set(handlers.filter(({ rejudge }) => rejudge !== undefined).map(({ gate }) => gate))].map(
        (gate) => ({ gate }),
      ),
    },
    faceMetric(handlers),
    BUILD_INFO,
    ...PROCESS_METRICS,
    VANISHED,
    foreignPolicyMetric(handlers),
    FOREIGN_METRIC,
    ...LAG_METRICS,
    ...STREAM_METRICS,
    ...companions.flatMap(({ metrics }) => metrics),
  ];
}
