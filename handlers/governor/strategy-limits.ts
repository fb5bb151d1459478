import type { GovernorGate } from '../../schemas/governor-gates.ts';
import { judged } from './gate-result.ts';
import type { GateOf } from './gates.ts';

/** How the limits of strategies judge. */
export const strategyGates = {
  strategy_paused({ strategy }, { settings }) {
    const paused = settings.GOV_STRATEGY_PAUSED;
    const about = { value: strategy, limit: paused?.size ?? null };
    return judged('strategy_paused', about, paused?.has(strategy) === true ? 'strategy_paused' : undefined);
  },
} as const satisfies Partial<Record<GovernorGate, GateOf>>;
