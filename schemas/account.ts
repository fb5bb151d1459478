import { z } from 'zod';
import { parseJson } from './json.ts';
import { parseNumber } from './number.ts';
import { quoted } from './setting.ts';
import { identifierProblem } from './wire.ts';

const Figure = z
  .number()
  .nullish()
  .transform((value) => value ?? undefined);
const SymbolName = z.string().refine((text) => identifierProblem(text) === undefined, 'expected a symbol');

const Position = z.object({
  symbol: SymbolName,
  /** Signed: `longQty` − `shortQty`; 0 is possible while both sides are open. */
  netQty: z.number(),
  longQty: z.number().min(0),
  shortQty: z.number().min(0),
  /** US dollars of both sides together; undefined when nothing told it. */
  grossNotionalUsd: Figure,
  /** Above 0; undefined when the exchange gave none. */
  markPrice: Figure,
  unrealizedPnlUsd: Figure,
  /** Undefined when the exchange leaves it out. */
  leverage: Figure,
  /** How far its mark is from the price at which the exchange would liquidate it, a part of the mark; 0 at that price and beyond. Undefined without such a price. */
  liquidationDistance: Figure,
});
const Asset = z.object({ asset: z.string(), wallet: z.number() });
const Balance = z.object({ asset: z.string(), wallet: z.number(), change: z.number() });

const Reading = z.object({
  /** When the first request was sent and the last answer read, Unix ms of the exchange as far as its offset is known. */
  sentMs: z.number(),
  readMs: z.number(),
  /** Wallet balance and unrealized profit together, in USD as the exchange counts it; undefined when it gave no usable one. */
  equityUsd: Figure,
  balanceUsd: Figure,
  availableUsd: Figure,
  unrealizedPnlUsd: Figure,
  /** What the exchange asks the account to be worth at least, US dollars: below that it liquidates. */
  maintenanceUsd: Figure,
  assets: z.array(Asset).default([]).readonly(),
  /** One item per symbol that is not flat. A symbol that is in neither list is flat. */
  positions: z.array(Position).readonly(),
  /** Symbols whose position could not be read: not flat, not known; what was known of them still stands. */
  unreadableSymbols: z.array(z.string()).default([]).readonly(),
  problems: z.array(z.string()).default([]).readonly(),
});

const Change = z.object({ reason: z.string(), atMs: z.number(), balances: z.array(Balance).readonly() });
const Transfer = z.object({ id: z.string(), asset: z.string(), amount: z.number(), atMs: z.number() });
const Fill = z.object({
  symbol: SymbolName,
  atMs: z.number(),
  /** Signed: below 0 was sold. */
  qty: z.number(),
  /** What it realised, US dollars without fees; undefined where it could not be read. */
  usd: Figure,
  /** The plan that its order was for, or what else names the order; only where fills count as results, of orders that may open. */
  plan: z.string().optional(),
});
const PublishedEvents = z.object({
  changes: z.array(Change).default([]).readonly(),
  transfers: z.array(Transfer).default([]).readonly(),
  fills: z.array(Fill).default([]).readonly(),
});

/**
 * A position of the exchange account. In one-way mode one of `longQty` and `shortQty` is 0. In hedge mode both may be open at
 * once: `netQty` then says what a move of the price does to the account, and the gross figures what is at risk and counts for
 * heat and caps.
 */
export type AccountPosition = Readonly<z.output<typeof Position>>;

/** What an account holds of one asset, in that asset. */
export type AccountAsset = Readonly<z.output<typeof Asset>>;

/** A wallet that changed: `change` is what came or went other than by trading profit and fees, `wallet` what is there after it. */
export type BalanceChange = Readonly<z.output<typeof Balance>>;

/** A change of the account as its stream told it: why, in the exchange's words, and the wallets after it. Unix ms of the exchange. */
export type AccountChange = Readonly<z.output<typeof Change>>;

/** Money that came into the account (`amount` above 0) or left it, in its asset, as the exchange lists it; Unix ms of the exchange. */
export type ListedTransfer = Readonly<z.output<typeof Transfer>>;

/** An order that was filled, wholly or in part, as the account's stream told it; Unix ms of the exchange. */
export type AccountFill = Readonly<z.output<typeof Fill>>;

/** One reading of an exchange account. */
export type AccountFigures = Readonly<z.output<typeof Reading>>;

const TimeMs = z.string().transform((text, context) => {
  const value = parseNumber(text);
  if (value !== undefined && value >= 0) return value;
  context.addIssue({ code: 'custom', message: `expected Unix milliseconds, got ${quoted(text)}` });
  return z.NEVER;
});

/** Parses an entry of `feed.account` (contract §5): `source`, `taken_ms`, `reading` and `told` as JSON. */
export const AccountReport = z
  .object({
    source: z.string().min(1),
    taken_ms: TimeMs,
    reading: json(Reading),
    told: json(PublishedEvents).optional(),
  })
  .transform(({ source, taken_ms, reading, told }) => {
    const { unreadableSymbols, ...figures } = reading;
    const { changes = [], transfers = [], fills = [] } = told ?? {};
    const since = { changes, transfers, fills };
    return { source, takenMs: taken_ms, ...figures, unreadable: unreadableSymbols, ...since };
  });

/**
 * One reading of an exchange account with what the account stream told since the one before: an entry of `feed.account`.
 * `takenMs` is Unix ms by Redis's clock, just before the exchange was asked.
 */
export type AccountReport = Readonly<z.output<typeof AccountReport>>;

function json<T>(schema: z.ZodType<T>) {
  return z.string().transform((text, context): T => {
    const result = schema.safeParse(parseJson(text));
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    const message = `expected JSON: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}, got ${quoted(text)}`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}
