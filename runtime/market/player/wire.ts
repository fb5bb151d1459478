import type { WriteFields } from '../../../handlers/contract/effects.ts';
import { shareAction } from '../../../schemas/action.ts';
import { formatNumber } from '../../../schemas/number.ts';
import { sideOf } from '../../../schemas/position.ts';
import { toEpochSeconds } from '../../../schemas/time.ts';
import { type Account, gainUsd, type Position, type PriceOf } from './account.ts';
import type { Indicators } from './indicators.ts';
import type { EntrySide } from './strategy.ts';

const SOURCE = 'demo';
const LEVERAGE = '10';

/** A volatility with the number of returns behind it. */
export type Observed = Pick<Indicators, 'sigmaHourly' | 'sigmaDaily'> & { readonly observations: number };

/** An exit that the rule proposes. `qty` is positive when long, negative when short. */
export interface Exit {
  readonly planId: string;
  readonly symbol: string;
  /** One of the rules', or a strategy's own. */
  readonly reason: string;
  /** The same as a comma list of codes. */
  readonly reasonCodes?: string;
  readonly qty: number;
  readonly price: number;
  /** The share of it that is to be closed; all of it where it is left out. */
  readonly share?: number;
  /** Past the heat gate: so much of it, without a sign. */
  readonly straightQty?: number;
  /** By which name it asks. */
  readonly strategy?: string | undefined;
}

/** An exit as it is executed: as it was proposed, or as a gate in enforce softened it. */
export interface ExecutedExit extends Exit {
  readonly action: string;
  /** What is closed, without a sign. */
  readonly closedQty: number;
}

/** An entry that the rule plans. `qty` is positive. */
export interface Entry {
  readonly planId: string;
  readonly symbol: string;
  readonly side: EntrySide;
  readonly qty: number;
  readonly price: number;
  readonly killScore: number;
  /** By which name it asks. */
  readonly strategy?: string | undefined;
}

/** `state:market:{symbol}` (contract §5): hourly sigma and its day scale once there are any, and the close as the mark. */
export function marketFields(price: number, known: Observed | undefined, nowMs: number): WriteFields {
  const mark = { mark_price: formatNumber(price), timestamp: toEpochSeconds(nowMs) };
  if (known === undefined) return mark;
  return {
    sigma: formatNumber(known.sigmaHourly),
    sigma_horizon_sec: '3600',
    sigma_1d: formatNumber(known.sigmaDaily),
    observations: String(known.observations),
    ...mark,
  };
}

/** `state:portfolio` (contract §5). */
export function portfolioFields(account: Account, priceOf: PriceOf, nowMs: number): WriteFields {
  const positions = String(account.positions().length);
  return {
    equity_usd: formatNumber(account.equityUsd(priceOf)),
    drawdown: formatNumber(account.drawdownPercent(priceOf)),
    balance_usd: formatNumber(account.balanceUsd),
    unrealized_pnl_usd: formatNumber(account.unrealizedUsd(priceOf)),
    positions_count: positions,
    total_positions: positions,
    positions_notional_usd: formatNumber(account.grossNotionalUsd(priceOf)),
    timestamp: toEpochSeconds(nowMs),
    source: SOURCE,
  };
}

/** An entry of `position.snapshot` as live publishers write it: absolute quantity, side and mark, neither notional nor sigma. */
export function snapshotFields(
  symbol: string,
  position: Position | undefined,
  price: number,
  nowMs: number,
): WriteFields {
  const qty = position?.qty ?? 0;
  return {
    event_type: 'position.snapshot',
    symbol,
    side: sideOf(qty),
    position_qty: formatNumber(Math.abs(qty)),
    entry_price: formatNumber(position?.entryPrice ?? 0),
    mark_price: formatNumber(price),
    unrealized_pnl: formatNumber(position === undefined ? 0 : gainUsd(position, price)),
    leverage: LEVERAGE,
    timestamp: toEpochSeconds(nowMs),
    source: SOURCE,
  };
}

/** `position:snapshot:{symbol}`: a flat symbol has one too, which makes it active for the risk governor (contract §3). */
export function positionFields(
  symbol: string,
  position: Position | undefined,
  price: number,
  nowMs: number,
): WriteFields {
  const qty = position?.qty ?? 0;
  return {
    symbol,
    side: sideOf(qty),
    position_amt: formatNumber(qty),
    quantity: formatNumber(Math.abs(qty)),
    entry_price: formatNumber(position?.entryPrice ?? 0),
    mark_price: formatNumber(price),
    ts_epoch: toEpochSeconds(nowMs),
    source: SOURCE,
  };
}

function askerOf({ strategy }: Pick<Exit, 'strategy'>): WriteFields {
  return strategy === undefined ? {} : { strategy };
}

/** An entry of `harvest.proposal`: the original exit, which the heat gate judges. */
export function proposalFields(exit: Exit, nowMs: number): WriteFields {
  return {
    plan_id: exit.planId,
    symbol: exit.symbol,
    action: shareAction(exit.share ?? 1) ?? 'FULL_CLOSE',
    reason: exit.reason,
    ...(exit.reasonCodes !== undefined && { reason_codes: exit.reasonCodes }),
    ...askerOf(exit),
    timestamp: toEpochSeconds(nowMs),
    source: SOURCE,
  };
}

/** The `apply.plan` of an exit. */
export function exitPlanFields(exit: ExecutedExit, nowMs: number): WriteFields {
  return {
    plan_id: exit.planId,
    symbol: exit.symbol,
    action: exit.action,
    decision: 'EXECUTE',
    kill_score: '0',
    side: exit.qty > 0 ? 'SELL' : 'BUY',
    qty: formatNumber(exit.closedQty),
    price: formatNumber(exit.price),
    reduceOnly: 'true',
    reason_codes: exit.reason,
    ...askerOf(exit),
    timestamp: toEpochSeconds(nowMs),
  };
}

/** The `apply.plan` of an entry. */
export function entryPlanFields(entry: Entry, nowMs: number): WriteFields {
  return {
    plan_id: entry.planId,
    symbol: entry.symbol,
    action: entry.side,
    decision: 'EXECUTE',
    kill_score: formatNumber(entry.killScore),
    side: entry.side,
    qty: formatNumber(entry.qty),
    price: formatNumber(entry.price),
    reduceOnly: 'false',
    reason_codes: 'day_return_crossed_sigma',
    ...askerOf(entry),
    timestamp: toEpochSeconds(nowMs),
  };
}

/** The `apply.result` of a plan whose permit was taken; `error` is empty when it was filled. */
export function resultFields(plan: { planId: string; symbol: string }, error: string, nowMs: number): WriteFields {
  return {
    plan_id: plan.planId,
    symbol: plan.symbol,
    decision: 'EXECUTE',
    executed: error === '' ? 'True' : 'False',
    would_execute: 'True',
    error,
    timestamp: toEpochSeconds(nowMs),
  };
}
