import { alertsCompanion, type OverviewOf } from '../desk/alerts/alerts.ts';
import { overviewsOf } from '../desk/overview/index.ts';
import type { Companion } from '../engine/host/companion.ts';
import type { AlertSettings } from '../settings/alert-settings.ts';
import { knownOf, type Served } from './serve.ts';

/** What tells a webhook of problems; it looks at a system that runs once `begin` has named it. */
export function alertsOf(settings: AlertSettings | undefined): {
  readonly companion: Companion;
  readonly begin: (served: Pick<Served, 'runtime' | 'settings' | 'found'>) => void;
} {
  let overviewOf: OverviewOf = () => undefined;
  return {
    companion: alertsCompanion(settings, (portfolio) => overviewOf(portfolio)),
    begin: (served) => {
      overviewOf = overviewsOf(served.runtime, knownOf(served));
    },
  };
}
