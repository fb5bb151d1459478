import { keys } from '../../schemas/keys.ts';
import { budgetModes } from '../../schemas/risk-governor.ts';
import type { ModeSpec } from '../contract/handler.ts';

/** The modes of the risk governor: stored budgets carry a new one at once (contract §3). */
export const budgetModeSpec: ModeSpec = {
  settings: ['P28_MODE'],
  values: budgetModes,
  initial: 'shadow',
  resting: 'shadow',
  enforcing: 'enforce',
  silent: ['shadow'],
  touches: 'stored_budgets',
  words: {
    enforce: 'The governor refuses what would go over a budget, from its next plan on.',
    shadow: 'Budgets refuse nothing any more, at once; what is over them is still reported.',
  },
  storedIn: keys.budget(''),
};
