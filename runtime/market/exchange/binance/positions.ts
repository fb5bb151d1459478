import { round10 } from '../../../../schemas/number.ts';
import type { ExchangePosition } from '../port.ts';
import { excerptOf, figureOf, type Item, itemOf, Problems, priceOf, symbolOf, timeMsOf } from './items.ts';
import { isPricedInUsd } from './usd.ts';

/** The open positions of an account, and what could not be read of them. */
export interface PositionsReading {
  readonly positions: readonly ExchangePosition[];
  readonly unreadableSymbols: readonly string[];
  readonly problems: readonly string[];
}

interface Side {
  readonly longQty: number;
  readonly shortQty: number;
  readonly notional: number | undefined;
  readonly markPrice: number | undefined;
  readonly unrealizedPnlUsd: number | undefined;
  readonly leverage: number | undefined;
  readonly liquidationDistance: number | undefined;
  readonly updatedMs: number | undefined;
}

/**
 * The positions of a `positionRisk` answer (v2 and v3), both sides of a symbol merged; flat ones are left out. A symbol that the account
 * answer shows as held and this one does not mention at all is unreadable, not flat.
 */
export function readPositions(list: readonly unknown[], account: Item): PositionsReading {
  const problems = new Problems();
  const unreadable = new Set<string>();
  const seen = new Set<string>();
  const sides = new Map<string, Map<string, Side>>();
  for (const value of list) {
    const item = itemOf(value);
    const symbol = symbolOf(item?.symbol);
    if (item === undefined || symbol === undefined) {
      problems.add(`a position has no usable symbol: ${excerptOf(value)}`);
      continue;
    }
    seen.add(symbol);
    const name = item.positionSide ?? 'BOTH';
    const side = heldOn(name, item);
    if (side === undefined) {
      unreadable.add(symbol);
      problems.add(`${symbol}: expected a side and an amount, got ${excerptOf([name, item.positionAmt])}`);
    } else {
      sides.set(symbol, (sides.get(symbol) ?? new Map()).set(String(name), side));
    }
  }
  for (const symbol of heldIn(account)) {
    if (seen.has(symbol)) continue;
    unreadable.add(symbol);
    problems.add(`${symbol}: the account holds it, the list of positions does not name it`);
  }
  const positions = [...sides].flatMap(([symbol, both]) =>
    unreadable.has(symbol) ? [] : merged(symbol, [...both.values()], problems),
  );
  return { positions, unreadableSymbols: [...unreadable], problems: problems.list() };
}

function heldOn(name: unknown, item: Item): Side | undefined {
  const amount = figureOf(item.positionAmt);
  if (amount === undefined) return undefined;
  const size = Math.abs(amount);
  const isLong = name === 'LONG' || (name === 'BOTH' && amount > 0);
  if (!isLong && name !== 'SHORT' && name !== 'BOTH') return undefined;
  const notional = figureOf(item.notional);
  return {
    longQty: isLong ? size : 0,
    shortQty: isLong ? 0 : size,
    notional: notional === undefined || (notional === 0 && size > 0) ? undefined : Math.abs(notional),
    markPrice: priceOf(item.markPrice),
    unrealizedPnlUsd: figureOf(item.unRealizedProfit ?? item.unrealizedProfit),
    leverage: priceOf(item.leverage),
    liquidationDistance: size === 0 ? undefined : distanceOf(item, isLong),
    updatedMs: timeMsOf(item.updateTime),
  };
}

/** A price of 0 says that no price liquidates it. */
function distanceOf(item: Item, isLong: boolean): number | undefined {
  const [mark, price] = [priceOf(item.markPrice), priceOf(item.liquidationPrice)];
  if (mark === undefined || price === undefined) return undefined;
  return Math.max(0, round10((isLong ? mark - price : price - mark) / mark));
}

function merged(symbol: string, sides: readonly Side[], problems: Problems): readonly ExchangePosition[] {
  const open = sides.filter((side) => side.longQty > 0 || side.shortQty > 0);
  if (open.length === 0) return [];
  const longQty = sum(open.map((side) => side.longQty));
  const shortQty = sum(open.map((side) => side.shortQty));
  const updated = open.flatMap((side) => side.updatedMs ?? []);
  const distances = open.flatMap((side) => side.liquidationDistance ?? []);
  const position = {
    symbol,
    netQty: round10(longQty - shortQty),
    longQty,
    shortQty,
    unrealizedPnlUsd: sumIfAll(open.map((side) => side.unrealizedPnlUsd)),
    leverage: open.find((side) => side.leverage !== undefined)?.leverage,
    liquidationDistance: distances.length === 0 ? undefined : Math.min(...distances),
    updatedMs: updated.length === 0 ? undefined : Math.max(...updated),
  };
  return [{ ...position, ...priced(symbol, longQty + shortQty, sides, open, problems) }];
}

/** A price in another unit than dollars must not be taken for one: such a position has none. */
function priced(
  symbol: string,
  grossQty: number,
  sides: readonly Side[],
  open: readonly Side[],
  problems: Problems,
): Pick<ExchangePosition, 'markPrice' | 'grossNotionalUsd'> {
  if (!isPricedInUsd(symbol)) {
    problems.add(`${symbol}: not priced in USD, so that its notional is not known`);
    return { markPrice: undefined, grossNotionalUsd: undefined };
  }
  const markPrice = sides.find((side) => side.markPrice !== undefined)?.markPrice;
  if (markPrice !== undefined) return { markPrice, grossNotionalUsd: round10(grossQty * markPrice) };
  const notional = sumIfAll(open.map((side) => side.notional));
  if (notional === undefined) {
    problems.add(`${symbol}: expected a mark price or a notional, got neither`);
    return { markPrice: undefined, grossNotionalUsd: undefined };
  }
  return { markPrice: round10(notional / grossQty), grossNotionalUsd: notional };
}

function heldIn(account: Item): readonly string[] {
  const positions = Array.isArray(account.positions) ? account.positions : [];
  return positions.flatMap((value) => {
    const item = itemOf(value);
    const amount = figureOf(item?.positionAmt);
    const symbol = symbolOf(item?.symbol);
    return symbol !== undefined && amount !== undefined && amount !== 0 ? [symbol] : [];
  });
}

function sum(figures: readonly number[]): number {
  return round10(figures.reduce((total, figure) => total + figure, 0));
}

function sumIfAll(figures: readonly (number | undefined)[]): number | undefined {
  const known = figures.filter((figure) => figure !== undefined);
  return known.length === figures.length ? sum(known) : undefined;
}
