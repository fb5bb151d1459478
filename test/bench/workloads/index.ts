import { governorWorkload } from './governor.ts';
import { heatBridgeWorkload } from './heat-bridge.ts';
import { heatGateWorkload } from './heat-gate.ts';
import { riskGovernorWorkload } from './risk-governor.ts';
import type { GateName, Workload } from './workload.ts';

/** The gates that are measured, in the order of the table. */
export const gateNames: readonly GateName[] = ['heat-gate', 'heat-bridge', 'governor', 'risk-governor'];

/** The workload of a gate over a book of this many positions (the risk governor's ticks carry 200 symbols each). */
export function workloadOf(gate: GateName, positions: number): Workload {
  switch (gate) {
    case 'heat-gate':
      return heatGateWorkload(positions);
    case 'heat-bridge':
      return heatBridgeWorkload();
    case 'governor':
      return governorWorkload(positions);
    case 'risk-governor':
      return riskGovernorWorkload();
  }
}
