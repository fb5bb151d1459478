import type { Portfolio } from '../../../runtime/settings/portfolio.ts';
import { governorWorkload } from './governor.ts';
import { heatBridgeWorkload } from './heat-bridge.ts';
import { heatGateWorkload } from './heat-gate.ts';
import { riskGovernorWorkload } from './risk-governor.ts';
import type { GateName, Workload } from './workload.ts';

/** The gates that are measured, in the order of the table. */
export const gateNames: readonly GateName[] = ['heat-gate', 'heat-bridge', 'governor', 'risk-governor'];

/** The workload of a gate in a portfolio over a book of this many positions. */
export function workloadOf(gate: GateName, portfolio: Portfolio, positions: number): Workload {
  switch (gate) {
    case 'heat-gate':
      return heatGateWorkload(portfolio, positions);
    case 'heat-bridge':
      return heatBridgeWorkload(portfolio);
    case 'governor':
      return governorWorkload(portfolio, positions);
    case 'risk-governor':
      return riskGovernorWorkload(portfolio, positions);
  }
}
