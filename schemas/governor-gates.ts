import type { GovernorSettings } from './governor.ts';
import { lossLimits } from './loss-limits.ts';

/** A gate as it is declared: one that `setBy` settings is in force where one of them is set, any other always. */
interface Declared {
  readonly gate: string;
  readonly setBy?: readonly (keyof GovernorSettings)[];
}

const declared = [
  { gate: 'kill_switch' },
  { gate: 'plan_age' },
  { gate: 'loss_limit', setBy: lossLimits.map(({ setting }) => setting) },
  { gate: 'trading_state' },
  { gate: 'allowed_symbols', setBy: ['GOV_ALLOWED_SYMBOLS'] },
  { gate: 'p28_budget' },
  { gate: 'kill_score' },
  { gate: 'symbol_cooldown' },
  { gate: 'hourly_limit' },
  { gate: 'burst_limit' },
  { gate: 'permits_per_minute', setBy: ['GOV_MAX_PERMITS_PER_MINUTE'] },
  { gate: 'duplicate_order', setBy: ['GOV_DUPLICATE_SEC'] },
  { gate: 'max_positions' },
  { gate: 'max_qty', setBy: ['GOV_MAX_QTY'] },
  { gate: 'price_collar', setBy: ['GOV_PRICE_COLLAR_PCT'] },
  { gate: 'notional_per_trade' },
  { gate: 'symbol_notional', setBy: ['GOV_MAX_SYMBOL_NOTIONAL_USDT'] },
  { gate: 'total_notional' },
  { gate: 'caps_data' },
] as const satisfies readonly Declared[];

/** Name of a gate of the governor. */
export type GovernorGate = (typeof declared)[number]['gate'];

const gates: readonly { readonly gate: GovernorGate; readonly setBy?: Declared['setBy'] }[] = declared;

/** All gates of the governor in the order in which they are judged and listed in `checks` (contract §4). */
export const governorGates: readonly GovernorGate[] = gates.map(({ gate }) => gate);

/** Those that are always in force: the `checks` of a CLOSE list no other. */
export const standingGates: readonly GovernorGate[] = gates.flatMap(({ gate, setBy }) =>
  setBy === undefined ? [gate] : [],
);

/** The gates in force under these settings, in that order; `checks` list no other. A setting that is off is undefined. */
export function gatesInForce(settings: GovernorSettings): readonly GovernorGate[] {
  return gates.flatMap(({ gate, setBy }) =>
    setBy === undefined || setBy.some((name) => settings[name] !== undefined) ? [gate] : [],
  );
}

/** The checks of a CLOSE against its position, where that is known; listed behind the gates, and never a refusal (contract §4). */
export const closeGates = ['close_size', 'close_side'] as const;
export type CloseGate = (typeof closeGates)[number];
