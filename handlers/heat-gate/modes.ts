import { heatModes } from '../../schemas/heat-gate.ts';
import type { ModeSpec } from '../contract/handler.ts';

/** The modes of the heat gate (contract §1). */
export const heatModeSpec: ModeSpec = {
  settings: ['P26_MODE'],
  values: heatModes,
  initial: 'shadow',
  resting: 'shadow',
  enforcing: 'enforce',
  silent: ['shadow'],
  touches: 'open_positions',
  words: {
    enforce: 'From the next proposal on, the exit that executors read is the softened one.',
    shadow: 'From the next proposal on, exits stay as they are proposed; what it would do is still published.',
  },
};
