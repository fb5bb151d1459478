import { z } from 'zod';
import { parseJson } from './json.ts';
import { parseNumber } from './number.ts';
import { quoted } from './setting.ts';
import { identifierProblem } from './wire.ts';

/** A position of the exchange account. In one-way mode one of `longQty` and `shortQty` is 0; in hedge mode both may be open. */
export interface AccountPosition {
  readonly symbol: string;
  /** Signed, long less short. */
  readonly netQty: number;
  readonly longQty: number;
  readonly shortQty: number;
  /** US dollars of both sides together; undefined when nothing told it. */
  readonly grossNotionalUsd: number | undefined;
  readonly markPrice: number | undefined;
  readonly unrealizedPnlUsd: number | undefined;
  readonly leverage: number | undefined;
}

/** What an account holds of one asset, in that asset. */
export interface AccountAsset {
  readonly asset: string;
  readonly wallet: number;
}

/** Money that came into the account (`amount` above 0) or left it, as the exchange lists it; Unix ms of the exchange. */
export interface ListedTransfer {
  readonly id: string;
  readonly asset: string;
  readonly amount: number;
  readonly atMs: number;
}

/** A change of the account as its stream told it: why, in the exchange's words, and the wallets after it. */
export interface AccountChange {
  readonly reason: string;
  /** Unix ms of the exchange. */
  readonly atMs: number;
  /** `change` is what came or went other than by trading; `wallet` what is there after it. */
  readonly balances: readonly { readonly asset: string; readonly wallet: number; readonly change: number }[];
}

/** One reading of an exchange account with what the account stream told since the one before: an entry of `feed.account`. */
export interface AccountReport {
  readonly source: string;
  /** Unix ms by Redis's clock, just before the exchange was asked. */
  readonly takenMs: number;
  /** When the first request was sent and the last answer read, Unix ms of the exchange. */
  readonly sentMs: number;
  readonly readMs: number;
  /** US dollars; undefined when the exchange gave nothing usable. */
  readonly equityUsd: number | undefined;
  readonly balanceUsd: number | undefined;
  readonly availableUsd: number | undefined;
  readonly unrealizedPnlUsd: number | undefined;
  readonly assets: readonly AccountAsset[];
  /** Symbols that are not flat. */
  readonly positions: readonly AccountPosition[];
  /** Symbols whose position could not be read. */
  readonly unreadable: readonly string[];
  readonly problems: readonly string[];
  readonly changes: readonly AccountChange[];
  readonly transfers: readonly ListedTransfer[];
}

const Figure = z
  .number()
  .nullish()
  .transform((value) => value ?? undefined);
const SymbolName = z.string().refine((text) => identifierProblem(text) === undefined, 'expected a symbol');

const Position = z.object({
  symbol: SymbolName,
  netQty: z.number(),
  longQty: z.number().min(0),
  shortQty: z.number().min(0),
  grossNotionalUsd: Figure,
  markPrice: Figure,
  unrealizedPnlUsd: Figure,
  leverage: Figure,
});

const Reading = z.object({
  sentMs: z.number(),
  readMs: z.number(),
  equityUsd: Figure,
  balanceUsd: Figure,
  availableUsd: Figure,
  unrealizedPnlUsd: Figure,
  assets: z.array(z.object({ asset: z.string(), wallet: z.number() })).default([]),
  positions: z.array(Position),
  unreadableSymbols: z.array(z.string()).default([]),
  problems: z.array(z.string()).default([]),
});

const PublishedEvents = z.object({
  changes: z
    .array(
      z.object({
        reason: z.string(),
        atMs: z.number(),
        balances: z.array(z.object({ asset: z.string(), wallet: z.number(), change: z.number() })),
      }),
    )
    .default([]),
  transfers: z.array(z.object({ id: z.string(), asset: z.string(), amount: z.number(), atMs: z.number() })).default([]),
});

const TimeMs = z.string().transform((text, context) => {
  const value = parseNumber(text);
  if (value !== undefined && value >= 0) return value;
  context.addIssue({ code: 'custom', message: `expected Unix milliseconds, got ${quoted(text)}` });
  return z.NEVER;
});

/** Parses an entry of `feed.account` (contract §5): `source`, `taken_ms`, `reading` and `told` as JSON. */
export const AccountReport: z.ZodType<AccountReport> = z
  .object({
    source: z.string().min(1),
    taken_ms: TimeMs,
    reading: json(Reading),
    told: json(PublishedEvents).optional(),
  })
  .transform(({ source, taken_ms, reading, told }) => {
    const { unreadableSymbols, ...figures } = reading;
    const since = { changes: told?.changes ?? [], transfers: told?.transfers ?? [] };
    return { source, takenMs: taken_ms, ...figures, unreadable: unreadableSymbols, ...since };
  });

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
