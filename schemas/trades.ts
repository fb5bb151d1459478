import { z } from 'zod';
import { DAY_SEC, HOUR_SEC } from './duration.ts';
import { parseJson, toJson } from './json.ts';
import { integerSetting, offSetting } from './setting.ts';
import type { Fields } from './wire.ts';

/** What the fills of a trade have realised so far. */
export interface TradeSoFar {
  /** US dollars, fees left out. */
  readonly usd: number;
  /** What its fills leave of the position, signed: not what is held where one was missed. */
  readonly qty: number;
  /** Whether a fill of it could not be read. */
  readonly missed: boolean;
}

/** The trades of a symbol from flat to flat: the one under way, and one that was just closed, whose last fill may not be told yet. */
export interface SymbolTrades {
  readonly open?: TradeSoFar | undefined;
  /** `closedMs`: Unix ms of the exchange at which it was seen closed. */
  readonly closing?: (TradeSoFar & { readonly closedMs: number }) | undefined;
}

/** How many trades in a row lost. */
export interface LossStreak {
  readonly losses: number;
  /** When the last of them was known, Unix ms by the clock of the portfolio. */
  readonly atMs: number;
}

/** The field of all symbols together. */
export const ALL_SYMBOLS = '*';

const So = { usd: z.number(), qty: z.number(), missed: z.boolean() };
const Trades = z.object({
  open: z.object(So).optional(),
  closing: z.object({ ...So, closed_ms: z.number() }).optional(),
});
const Streak = z.object({ losses: z.number().int().min(0), at_ms: z.number() });

/** The trades of each symbol in a hash `state:portfolio:trades`; what cannot be read was missed. */
export function parseTrades(fields: Fields | null): ReadonlyMap<string, SymbolTrades> {
  const entries = Object.entries(fields ?? {}).map(([symbol, text]): [string, SymbolTrades] => {
    const read = Trades.safeParse(parseJson(text)).data;
    if (read === undefined) return [symbol, { open: { usd: 0, qty: 0, missed: true } }];
    const { closing } = read;
    return [
      symbol,
      {
        ...(read.open !== undefined && { open: read.open }),
        ...(closing !== undefined && {
          closing: { usd: closing.usd, qty: closing.qty, missed: closing.missed, closedMs: closing.closed_ms },
        }),
      },
    ];
  });
  return new Map(entries);
}

/** The trades of a symbol as a field of that hash. */
export function formatTrades({ open, closing }: SymbolTrades): string {
  const { closedMs = 0, ...sofar } = closing ?? {};
  return toJson({
    ...(open !== undefined && { open: { ...open } }),
    ...(closing !== undefined && { closing: { ...sofar, closed_ms: closedMs } }),
  });
}

/** A streak in a field of a hash `state:portfolio:streaks`; undefined where it cannot be read. */
export function parseStreak(text: string | undefined): LossStreak | undefined {
  const read = Streak.safeParse(parseJson(text ?? '')).data;
  return read && { losses: read.losses, atMs: read.at_ms };
}

/** A streak as a field of that hash. */
export function formatStreak({ losses, atMs }: LossStreak): string {
  return toJson({ losses, at_ms: atMs });
}

/** A limit on losses in a row that was reached, and holds for a pause after the last of them. */
export interface LossPause extends LossStreak {
  readonly limit: number;
}

const Pause = Streak.extend({ limit: z.number() });

/** What a hash `governor:loss_pauses` holds; undefined where a field of it cannot be read. */
export function parsePauses(fields: Fields | null): ReadonlyMap<string, LossPause> | undefined {
  const pauses = new Map<string, LossPause>();
  for (const [symbol, text] of Object.entries(fields ?? {})) {
    const read = Pause.safeParse(parseJson(text)).data;
    if (read === undefined) return undefined;
    pauses.set(symbol, { losses: read.losses, atMs: read.at_ms, limit: read.limit });
  }
  return pauses;
}

/** A pause as a field of that hash. */
export function formatPause({ losses, atMs, limit }: LossPause): string {
  return toJson({ losses, limit, at_ms: atMs });
}

const MOST_LOSSES = 1000;

/** The limits on losses in a row, over all symbols and in one, and for how many seconds such a limit holds; off unless set. */
export const streakSettings = {
  GOV_MAX_CONSECUTIVE_LOSSES: offSetting(integerSetting(1, MOST_LOSSES, 1)),
  GOV_MAX_CONSECUTIVE_LOSSES_SYMBOL: offSetting(integerSetting(1, MOST_LOSSES, 1)),
  GOV_LOSS_PAUSE_SEC: integerSetting(1, 30 * DAY_SEC, HOUR_SEC),
} as const;

/** The names of those that limit. */
export const streakLimits = ['GOV_MAX_CONSECUTIVE_LOSSES', 'GOV_MAX_CONSECUTIVE_LOSSES_SYMBOL'] as const;

/** Parsed `streakSettings`. */
export interface StreakSettings extends Readonly<Record<(typeof streakLimits)[number], number | undefined>> {
  readonly GOV_LOSS_PAUSE_SEC: number;
}

/** Whether losses in a row are limited. */
export function hasStreakLimits(settings: Partial<StreakSettings>): boolean {
  return streakLimits.some((name) => settings[name] !== undefined);
}
