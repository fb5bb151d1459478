import type { Account, PriceOf } from './account.ts';
import { indicatorsAt } from './indicators.ts';
import type { Market } from './market.ts';
import { CORE_BOOK, entrySide, exitReason, killScore, quantityFor, RULES } from './strategy.ts';
import type { Entry, Exit } from './wire.ts';

/** An entry with the daily sigma that its take profit and stop loss are measured in. */
export interface SizedEntry extends Entry {
  readonly sigmaDaily: number;
}

/** The exits that the rules ask for at these prices, in the order in which the positions were opened. */
export function dueExits(account: Account, priceOf: PriceOf, hour: number): readonly Exit[] {
  return account.positions().flatMap((position) => {
    const { symbol, qty } = position;
    const price = priceOf(symbol);
    const reason = exitReason(position, price, hour);
    return reason === undefined ? [] : [{ planId: `exit-${symbol}-${hour}`, symbol, reason, qty, price }];
  });
}

/** The entries that the rule asks for in symbols without a position, in order of their names. */
export function newEntries(market: Market, account: Account, hour: number): readonly SizedEntry[] {
  const notionalUsd = RULES.entryShare * account.equityUsd((symbol) => market.close(symbol, hour));
  return market.symbols.flatMap((symbol) => {
    const now = indicatorsAt(market, symbol, hour);
    if (now === undefined || account.get(symbol) !== undefined || Object.hasOwn(CORE_BOOK, symbol)) return [];
    const side = entrySide(now, indicatorsAt(market, symbol, hour - 1));
    const price = market.close(symbol, hour);
    const qty = quantityFor(notionalUsd, price);
    if (side === undefined || qty <= 0) return [];
    const planId = `entry-${symbol}-${hour}`;
    return [{ planId, symbol, side, qty, price, killScore: killScore(now), sigmaDaily: now.sigmaDaily }];
  });
}
