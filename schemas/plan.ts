import { z } from 'zod';
import { type ActionKind, actionKind } from './action.ts';
import { type Ask, parseAsk } from './ask.ts';
import { type Asker, parseAsker } from './asker.ts';
import { Identifier } from './identifier.ts';
import { magnitude, parseNumber } from './number.ts';
import { parsePositive } from './position.ts';
import { parseResize, type Resize } from './resize.ts';
import { parseBoolean } from './wire.ts';

/** Which way an order moves a position; `undefined` in a plan means that it does not say. */
export type PlanSide = 'BUY' | 'SELL';

/** An order plan (contract §4). Figures are undefined where the entry has no usable one. */
export interface Plan extends Asker {
  readonly planId: string;
  readonly symbol: string;
  /** As spelled on the wire, `_PROPOSED` included. */
  readonly action: string;
  readonly kind: ActionKind;
  /** Whether the plan is to be executed at all: an absent decision counts as EXECUTE. */
  readonly executable: boolean;
  /** 0 when absent, undefined when unreadable. */
  readonly killScore: number | undefined;
  readonly side: PlanSide | undefined;
  /** |qty|. */
  readonly qty: number | undefined;
  /** `close_qty` above 0. */
  readonly closeQty: number | undefined;
  /** The larger of `price` and `mark_price`, above 0, US dollars. */
  readonly price: number | undefined;
  /** `price`, above 0, US dollars. */
  readonly limitPrice: number | undefined;
  /** The price it asks for: `price`, failing that `mark_price`, above 0, US dollars. */
  readonly ownPrice: number | undefined;
  /** |notional_usd|, US dollars. */
  readonly notionalUsd: number | undefined;
  readonly reduceOnly: boolean;
  /** Whether less than it asks for is of use; `undefined` where it is not. */
  readonly resize: Resize | undefined;
  /** Where the plan asks for its verdict, and until when; `undefined` where it does not ask. */
  readonly ask: Ask | undefined;
}

const text = z.string().optional();

const PlanEntry = z.object({
  plan_id: Identifier,
  symbol: Identifier,
  action: Identifier,
  decision: text,
  kill_score: text,
  side: text,
  qty: text,
  close_qty: text,
  price: text,
  mark_price: text,
  notional_usd: text,
  reduceOnly: text,
  strategy: text,
  resize: text,
  min_qty: text,
  reply_to: text,
  timeout_ms: text,
});

/** Parses an entry of `apply.plan`: only `plan_id`, `symbol` and `action` must be readable, whatever else it says. */
export const Plan: z.ZodType<Plan> = PlanEntry.transform((entry): Plan => {
  const reduceOnly = parseBoolean(entry.reduceOnly) ?? false;
  const price = parsePositive(entry.price);
  const markPrice = parsePositive(entry.mark_price);
  return {
    planId: entry.plan_id,
    symbol: entry.symbol,
    action: entry.action,
    kind: actionKind(entry.action, reduceOnly),
    executable: entry.decision === undefined || entry.decision.trim() === 'EXECUTE',
    killScore: entry.kill_score === undefined ? 0 : parseNumber(entry.kill_score),
    side: orderSide(entry.side),
    qty: magnitude(entry.qty),
    closeQty: parsePositive(entry.close_qty),
    price: larger(price, markPrice),
    limitPrice: price,
    ownPrice: price ?? markPrice,
    notionalUsd: magnitude(entry.notional_usd),
    reduceOnly,
    resize: parseResize(entry.resize, entry.min_qty),
    ...parseAsker(entry.strategy),
    ask: parseAsk(entry.reply_to, entry.timeout_ms),
  };
});

/** The larger of two figures, or the one that is there, or `undefined` without any. */
export function larger(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.max(a, b);
}

function orderSide(side: string | undefined): PlanSide | undefined {
  switch (side?.trim().toUpperCase()) {
    case 'BUY':
    case 'LONG':
      return 'BUY';
    case 'SELL':
    case 'SHORT':
      return 'SELL';
    default:
      return undefined;
  }
}
