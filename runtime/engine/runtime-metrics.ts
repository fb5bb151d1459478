import type { AnyHandler, MetricSpec } from '../../handlers/common/handler.ts';
import { COLLECTOR_METRICS } from '../feeds/metrics.ts';
import { LAG_METRICS } from '../lag.ts';
import { ACTIVATION_METRICS } from './activation-watch.ts';

const RESULTS = ['done', 'duplicate', 'gone', 'trimmed', 'conflict', 'refused', 'torn', 'nogroup'];

/** The runtime's own families, series of every handler at 0 from the start. */
export function runtimeMetrics(handlers: readonly AnyHandler[]): MetricSpec[] {
  const byHandler = handlers.map(({ name }) => ({ handler: name }));
  return [
    {
      name: 'portcullis_messages_total',
      type: 'counter',
      help: 'Commit results of messages: done, duplicate, gone (finished before), trimmed, conflict (judged again), refused, torn, nogroup',
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
      name: 'portcullis_loop_age_seconds',
      type: 'gauge',
      help: 'Time since the last loop turn of a lane',
      labels: ['handler'],
    },
    { name: 'portcullis_lane_held', type: 'gauge', help: '1 while a lane is held by a problem', labels: ['handler'] },
    {
      name: 'portcullis_candidate_differs_total',
      type: 'counter',
      help: 'Decisions on which the candidate policy of the gate says something else',
      labels: ['gate'],
      initial: [...new Set(handlers.filter(({ rejudge }) => rejudge !== undefined).map(({ gate }) => gate))].map(
        (gate) => ({ gate }),
      ),
    },
    ...ACTIVATION_METRICS,
    ...LAG_METRICS,
    ...COLLECTOR_METRICS,
  ];
}
