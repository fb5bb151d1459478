import { z } from 'zod';
import { tradingStates } from './governor.ts';
import { lossKinds, lossLimits } from './loss-limits.ts';

/** Null on the wire is a figure that is not known. */
const figure = z
  .number()
  .nullable()
  .transform((value) => value ?? undefined);
/** The same as it is on the wire: many are read for a plan, and each transform costs more than the reading. */
const orNull = z.number().nullable();

/** What of a logged plan its judgment rests on besides the action (`input` of the decision log). */
export const RecordedPlan = z.object({
  reduce_only: z.boolean().optional(),
  kill_score: figure.optional(),
  resize: z.boolean().optional(),
});
export type RecordedPlan = z.output<typeof RecordedPlan>;

/** What decides over a logged CLOSE (`facts` of the decision log). */
export const RecordedSwitches = z.object({
  kill_on: z.boolean(),
  trading_state: z.enum(tradingStates),
  armed: z.boolean(),
  before_restore: z.boolean().optional(),
});
export type RecordedSwitches = z.output<typeof RecordedSwitches>;

const sideOrNull = z.enum(['BUY', 'SELL']).nullable();

/** What a logged CLOSE was compared with: absolute quantities; null is not known. */
export const RecordedClose = z.object({
  asked_qty: z.number().nullable(),
  size_qty: z.number(),
  side: sideOrNull,
  reducing_side: sideOrNull,
});
export type RecordedClose = z.output<typeof RecordedClose>;

/** All that decides over a logged CLOSE; without `close` its position was not known. */
export const RecordedClosing = RecordedSwitches.extend({ close: RecordedClose.optional() });
export type RecordedClosing = z.output<typeof RecordedClosing>;

/**
 * The figures of the optional gates, by gate, as the facts of an OPEN hold them: each where its gate was in force. Absolute
 * quantity, US dollars, counts, milliseconds; null is not known.
 */
const LimitFigures = z.object({
  max_qty: z.object({ qty: orNull }).optional(),
  /** The plan's own price, null where it has none, and the mark it is compared with. */
  price_collar: z.object({ price: orNull, mark: orNull }).optional(),
  /** Prices, quantities and dollars of the plan, each with what the exchange asks for. */
  tick_size: z.object({ price: orNull, tick: orNull }).optional(),
  step_size: z.object({ qty: orNull, step: orNull }).optional(),
  min_notional: z.object({ usd: orNull, least_usd: orNull }).optional(),
  permits_per_minute: z.object({ count: orNull }).optional(),
  /** How long ago the same order was permitted, null where none is known of. */
  duplicate_order: z.object({ since_ms: orNull, readable: z.boolean() }).optional(),
  /** What the plan's strategy has: OPEN permits within an hour, symbols held or reserved, and what these are worth. */
  strategy_permits: z.object({ count: orNull }).optional(),
  strategy_positions: z.object({ count: z.number(), readable: z.boolean() }).optional(),
  strategy_notional: z.object({ held_usd: z.number(), reserved_usd: z.number(), known: z.boolean() }).optional(),
  /** The position of its symbol, and what is reserved in it. */
  symbol_notional: z.object({ position_usd: orNull, reserved_usd: z.number() }).optional(),
  /** What is held, reserved and planned, gross, and what of it the worst scenario takes; null went beyond every limit. */
  leverage: z.object({ gross_usd: orNull, equity_usd: orNull }).optional(),
  shock: z.object({ loss_usd: orNull, equity_usd: orNull, days_known: z.boolean().optional() }).optional(),
  /** What is held, reserved and planned may move in a day; null is not known. */
  correlated_heat: z.object({ heat_usd: orNull, equity_usd: orNull }).optional(),
  /** Losses in a row over all symbols and in the plan's, and how long ago the last was; null where they are not known, or there was none. */
  consecutive_losses: z.object({ all: orNull, all_ago_ms: orNull, symbol: orNull, symbol_ago_ms: orNull }).optional(),
  /** What the exchange asks for what is held, what is held, and what is reserved and planned. */
  margin: z.object({ maintenance_usd: orNull, held_usd: orNull, added_usd: orNull, equity_usd: orNull }).optional(),
});
export type LimitFigures = z.output<typeof LimitFigures>;

/** The gates that have figures of their own there. */
export const figuredGates: ReadonlySet<string> = new Set(Object.keys(LimitFigures.shape));

/** Those of a logged plan. */
export const RecordedLimits = z.object({ limits: LimitFigures.optional() });

/** The losses an OPEN was judged on, by kind and by setting: percent or US dollars. */
const RecordedLoss = z.object({
  known: z.boolean(),
  tripped: z.partialRecord(z.enum(lossKinds), z.object({ setting: z.string(), value: z.number(), limit: z.number() })),
  losses: z.partialRecord(z.enum(lossLimits.map(({ setting }) => setting)), z.number()),
});

/** What decides over a logged OPEN: US dollars, milliseconds, counts; null is not known, but for a sum, which then went beyond every limit. */
export const RecordedFigures = RecordedSwitches.extend({
  age_ms: z.number(),
  positions_known: z.boolean(),
  positions: z.number(),
  gross_notional_usd: orNull,
  unpriced: z.number(),
  /** How many live reservations there were. */
  reservations: z.number().optional(),
  reserved_new: z.number(),
  reserved_usd: orNull,
  reservations_readable: z.boolean(),
  plan_notional_usd: orNull,
  execs_hour: orNull,
  execs_5min: orNull,
  since_exec_ms: orNull,
  last_exec_readable: z.boolean(),
  data_lost: z.boolean().optional(),
  equity_doubted: z.boolean().optional(),
  risk_unknown: z.boolean().optional(),
  strategy_unreadable: z.boolean().optional(),
  loss: RecordedLoss.optional(),
  budget: z.object({ mode: z.string(), budget_usd: orNull, value_usd: orNull, violated: z.boolean() }).optional(),
  limits: LimitFigures.optional(),
});

/** What a logged OPEN was worth, also where the other figures are not known. */
export const RecordedWorth = RecordedFigures.pick({ plan_notional_usd: true });

/** Parsed `RecordedFigures`. */
export type RecordedFigures = z.output<typeof RecordedFigures>;

const Held = z.object({ symbol: z.string(), qty: figure, notional_usd: figure });

/** What the facts of a logged plan say of positions and prices: of its own symbol, and (OPEN) of the largest positions of all. */
export const RecordedPositions = z.object({
  position_qty: figure.optional(),
  mark_price: figure.optional(),
  market_mark: figure.optional(),
  /** What a plan that was resized was given. */
  resized: z.object({ given_qty: figure.optional() }).optional(),
  positions_known: z.boolean().optional(),
  exposure: z.object({ positions: z.number(), largest: z.array(Held) }).optional(),
});

/** Parsed `RecordedPositions`. */
export type RecordedPositions = z.output<typeof RecordedPositions>;

/** Which way a logged plan trades (`input` of the decision log). */
export const RecordedSide = z.object({ side: z.enum(['BUY', 'SELL']).optional() });

/** What a logged plan would trade: base units and US dollars. */
export const RecordedOrder = RecordedSide.extend({
  qty: figure.optional(),
  close_qty: figure.optional(),
  price: figure.optional(),
  notional_usd: figure.optional(),
  reduce_only: z.boolean().optional(),
});
export type RecordedOrder = z.output<typeof RecordedOrder>;
