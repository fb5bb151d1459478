import type { GovernorSettings } from './governor.ts';
import { lossLimits } from './loss-limits.ts';
import { streakLimits } from './trades.ts';

/**
 * A gate as it is declared: one that is `setBy` settings is in force where one of them is set, any other always; one with
 * `inTestnet` is not judged there, or only tells, unless GOV_TESTNET_STRICT says so.
 */
interface Declared {
  readonly gate: string;
  readonly inTestnet?: 'skipped' | 'would_refuse';
  readonly setBy?: readonly (keyof GovernorSettings)[];
  /** Set where it refuses in no mode: it says what the exchange will. */
  readonly reportsOnly?: true;
}

const declared = [
  { gate: 'kill_switch' },
  { gate: 'plan_age' },
  { gate: 'loss_limit', setBy: lossLimits.map(({ setting }) => setting) },
  { gate: 'consecutive_losses', setBy: [...streakLimits] },
  { gate: 'trading_state' },
  { gate: 'strategy_paused', setBy: ['GOV_STRATEGY_PAUSED'] },
  { gate: 'allowed_symbols', setBy: ['GOV_ALLOWED_SYMBOLS'] },
  { gate: 'p28_budget', inTestnet: 'would_refuse' },
  { gate: 'kill_score', inTestnet: 'skipped' },
  { gate: 'symbol_cooldown' },
  { gate: 'hourly_limit', inTestnet: 'skipped' },
  { gate: 'burst_limit', inTestnet: 'skipped' },
  { gate: 'permits_per_minute', setBy: ['GOV_MAX_PERMITS_PER_MINUTE'] },
  { gate: 'strategy_permits', setBy: ['GOV_STRATEGY_MAX_PERMITS_PER_HOUR'] },
  { gate: 'duplicate_order', setBy: ['GOV_DUPLICATE_SEC'] },
  { gate: 'max_positions' },
  { gate: 'strategy_positions', setBy: ['GOV_STRATEGY_MAX_POSITIONS'] },
  { gate: 'max_qty', setBy: ['GOV_MAX_QTY'] },
  { gate: 'price_collar', setBy: ['GOV_PRICE_COLLAR_PCT'] },
  { gate: 'notional_per_trade' },
  { gate: 'symbol_notional', setBy: ['GOV_MAX_SYMBOL_NOTIONAL_USDT'] },
  { gate: 'total_notional' },
  { gate: 'strategy_notional', setBy: ['GOV_STRATEGY_MAX_SHARE_PCT'] },
  { gate: 'leverage', setBy: ['GOV_MAX_LEVERAGE'] },
  { gate: 'shock', setBy: ['GOV_MAX_SHOCK_PCT'] },
  { gate: 'correlated_heat', setBy: ['GOV_MAX_CORRELATED_HEAT_PCT'] },
  { gate: 'margin', setBy: ['GOV_MAX_MARGIN_PCT'] },
  { gate: 'tick_size', setBy: ['GOV_EXCHANGE_FILTERS'], reportsOnly: true },
  { gate: 'step_size', setBy: ['GOV_EXCHANGE_FILTERS'], reportsOnly: true },
  { gate: 'min_notional', setBy: ['GOV_EXCHANGE_FILTERS'], reportsOnly: true },
  { gate: 'caps_data' },
] as const satisfies readonly Declared[];

/** Name of a gate of the governor. */
export type GovernorGate = (typeof declared)[number]['gate'];

const gates: readonly (Declared & { readonly gate: GovernorGate })[] = declared;

/** All gates of the governor in the order in which they are judged and listed in `checks` (contract §4). */
export const governorGates: readonly GovernorGate[] = gates.map(({ gate }) => gate);

/** Those that are always in force: the `checks` of a CLOSE list no other. */
export const standingGates: readonly GovernorGate[] = gates.flatMap(({ gate, setBy }) =>
  setBy === undefined ? [gate] : [],
);

/** Those that refuse in no mode. */
export const reportingGates: ReadonlySet<string> = new Set(
  gates.flatMap(({ gate, reportsOnly }) => (reportsOnly === true ? [gate] : [])),
);

/** Those that a testnet that is not strict leaves out, or only tells of. */
export const testnetSkips: readonly { readonly check: GovernorGate; readonly verdict: 'skipped' | 'would_refuse' }[] =
  gates.flatMap(({ gate, inTestnet }) => (inTestnet === undefined ? [] : [{ check: gate, verdict: inTestnet }]));

/** The gates in force under these settings, in that order; `checks` list no other. A setting that is off is undefined. */
export function gatesInForce(settings: GovernorSettings): readonly GovernorGate[] {
  return gates.flatMap(({ gate, setBy }) =>
    setBy === undefined || setBy.some((name) => settings[name] !== undefined) ? [gate] : [],
  );
}

/** The checks of a CLOSE against its position, where that is known; listed behind the gates, and never a refusal (contract §4). */
export const closeGates = ['close_size', 'close_side'] as const;
export type CloseGate = (typeof closeGates)[number];
