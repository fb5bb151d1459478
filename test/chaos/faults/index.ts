import { askFaults } from './asks.ts';
import type { Fault } from './fault.ts';
import { networkFaults } from './network.ts';
import { serverFaults } from './server.ts';
import { workerFaults } from './workers.ts';

/** Everything that is tried. */
export const faults: readonly Fault[] = [...workerFaults, ...networkFaults, ...serverFaults, ...askFaults];
