import { activationCompanion } from '../desk/activation/activation-watch.ts';
import { upTimeCompanion } from '../desk/activation/up-time.ts';
import { ALERT_METRICS } from '../desk/alerts/webhook.ts';
import { ASKS_METRIC } from '../doors/http/asks-metric.ts';
import { REFUSED_METRIC } from '../doors/http/wrong-tokens.ts';
import type { Companion } from '../engine/host/companion.ts';
import { COLLECTOR_METRICS } from '../market/feeds/metrics.ts';

/** What runs, and is measured, beside the lanes of a process that is started for operators. */
export const COMPANIONS: readonly Companion[] = [
  activationCompanion,
  upTimeCompanion,
  { metrics: [REFUSED_METRIC, ASKS_METRIC] },
  { metrics: COLLECTOR_METRICS },
  { metrics: ALERT_METRICS },
];
