import { otherSymbols } from '../../common/otherwise/dollars.ts';
import type { SeenOf } from '../../common/otherwise/look.ts';
import type { OrderBook } from '../../common/otherwise/orders.ts';
import { carriedPart } from '../../contract/carried.ts';

/** Whoever ordered before the first decision that is known of: strategies have names. */
const SOMEBODY = '';

/** Which strategies traded in a symbol since it was last seen flat. */
type StrategiesIn = ReadonlyMap<string, ReadonlySet<string>>;

/** The part of what is carried that tells of it. */
export const strategiesIn = carriedPart<StrategiesIn>('governor strategies', new Map());

/** What is known of it after a plan of a strategy was let through, in the log or here; flat symbols are forgotten. */
export function afterTrade(
  before: StrategiesIn,
  { symbol, strategy }: { readonly symbol: string; readonly strategy: string },
  seenOf: SeenOf,
  book: OrderBook,
): StrategiesIn {
  const isFlat = (name: string) => isFlatIn(name, seenOf, book);
  const found = new Map([...before].filter(([name]) => !isFlat(name)));
  const there = found.get(symbol) ?? (isFlat(symbol) ? [] : [SOMEBODY]);
  return found.set(symbol, new Set([...there, strategy]));
}

function isFlatIn(symbol: string, seenOf: SeenOf, { orders, positions }: OrderBook): boolean {
  return seenOf(symbol)?.qty === 0 && !positions.has(symbol) && !orders.some((order) => order.symbol === symbol);
}

/** Whether a strategy may hold a part of something that would be otherwise and that others hold too. */
export function sharesOther(strategies: StrategiesIn, strategy: string, book: OrderBook): boolean {
  return [...otherSymbols(book)].some((symbol) => {
    const own = strategies.get(symbol) ?? new Set([SOMEBODY]);
    return own.size > 1 && (own.has(strategy) || own.has(SOMEBODY));
  });
}
