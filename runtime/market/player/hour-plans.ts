import type { Strategy } from '../../../schemas/strategy.ts';
import type { Account, PriceOf } from './account.ts';
import { indicatorsAt } from './indicators.ts';
import type { Market } from './market.ts';
import { entrySide, exitReason, killScore, quantityFor } from './strategy.ts';
import type { Entry, ExecutedExit, Exit } from './wire.ts';

/** An entry with the daily sigma that its take profit and stop loss are measured in. */
export interface SizedEntry extends Entry {
  readonly sigmaDaily: number;
}

/** The exits that the rules ask for at these prices, in the order in which the positions were opened. */
export function dueExits(strategy: Strategy, account: Account, priceOf: PriceOf, hour: number): readonly Exit[] {
  return account.positions().flatMap((position) => {
    const { symbol, qty } = position;
    const price = priceOf(symbol);
    const reason = exitReason(strategy, position, price, hour);
    return reason === undefined ? [] : [{ planId: `exit-${symbol}-${hour}`, symbol, reason, qty, price }];
  });
}

/** The entries that the rule asks for in symbols without a position, in order of their names; none in the core book's. */
export function newEntries(strategy: Strategy, market: Market, account: Account, hour: number): readonly SizedEntry[] {
  const notionalUsd = strategy.entry_share * account.equityUsd((symbol) => market.close(symbol, hour));
  if (notionalUsd < strategy.least_order_usd) return [];
  return market.symbols.flatMap((symbol) => {
    if (!isEntered(strategy, symbol) || account.get(symbol) !== undefined) return [];
    const now = indicatorsAt(market, symbol, hour, strategy);
    if (now === undefined) return [];
    const side = entrySide(strategy, now, indicatorsAt(market, symbol, hour - 1, strategy));
    const price = market.close(symbol, hour);
    const qty = quantityFor(notionalUsd, price);
    if (side === undefined || qty <= 0) return [];
    const planId = `entry-${symbol}-${hour}`;
    return [{ planId, symbol, side, qty, price, killScore: killScore(strategy, now), sigmaDaily: now.sigmaDaily }];
  });
}

function isEntered({ symbols, core_shares }: Strategy, symbol: string): boolean {
  return !Object.hasOwn(core_shares, symbol) && (symbols.length === 0 || symbols.includes(symbol));
}

/** An exit past the heat gate as it is executed, an order that reduces; undefined for one that the gate judges. */
export function straightExit(exit: Exit): ExecutedExit | undefined {
  const { straightQty, qty } = exit;
  if (straightQty === undefined) return undefined;
  return { ...exit, action: qty > 0 ? 'SELL' : 'BUY', closedQty: Math.min(straightQty, Math.abs(qty)) };
}
