import { z } from 'zod';
import { parseJson } from './json.ts';
import { remembered } from './remembered.ts';

const amount = z.number().finite();

const Stored = z.object({
  strategy: z.string().min(1),
  symbol: z.string().min(1),
  /** Of a close below 0; null where no quantity is known. */
  qty: amount.nullable(),
  notional_usd: amount,
  at_ms: amount.nonnegative(),
});

/** An execution of a strategy's permit, or what several came to (contract §4, Strategies): quantity, US dollars and Unix ms of its permit. */
export type StrategyFill = Readonly<z.output<typeof Stored>>;

const Order = z.object({
  strategy: z.string().min(1),
  symbol: z.string().min(1),
  qty: amount.nullable(),
  notional_usd: amount,
  closes: z.boolean(),
  at_ms: amount.nonnegative(),
});

/** What a permit was given for, until its execution is told: absolute quantity, US dollars, Unix ms. */
export type StrategyOrder = Readonly<z.output<typeof Order>>;

/** The field of `governor:strategy_use` that says since when it is kept, Unix ms: no plan has such an id. */
export const KEPT_SINCE = ':since';

/** The fill that another field of it holds, or `undefined` when it cannot be read. */
export const parseFill = remembered((text): StrategyFill | undefined => Stored.safeParse(parseJson(text)).data);

/** The order that `governor:strategy_order:{plan_id}` holds, or `undefined` when it cannot be read. */
export function parseStrategyOrder(text: string | null): StrategyOrder | undefined {
  return Order.safeParse(parseJson(text ?? '')).data;
}
