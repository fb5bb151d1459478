import { z } from 'zod';
import { strategyProblem } from './asker.ts';
import { issuesText } from './issues.ts';
import { quoted, shown } from './setting.ts';
import { parseTimeMs } from './time.ts';
import { identifierProblem } from './wire.ts';

const id = (what: string) =>
  z
    .string({ error: ({ input }) => `expected ${what}, got ${shown(input)}` })
    .refine((text) => identifierProblem(text) === undefined, {
      error: ({ input }) =>
        `expected ${what} of printable ASCII without blanks, colons and braces, got ${shown(input)}`,
    });
const above0 = z.custom<number>((value) => typeof value === 'number' && Number.isFinite(value) && value > 0, {
  error: ({ input }) => `expected a number above 0, got ${shown(input)}`,
});
const score = z.custom<number>((value) => typeof value === 'number' && value >= 0 && value <= 1, {
  error: ({ input }) => `expected a number from 0 to 1, got ${shown(input)}`,
});

/** Shares of a position that an exit may close. */
export const closeShares = [1, 0.75, 0.5, 0.25] as const;

/** By which name it asks, where limits of a strategy count. */
const asker = z
  .string({ error: ({ input }) => `expected the name of a strategy, got ${shown(input)}` })
  .refine((name) => strategyProblem(name) === undefined, {
    error: ({ input }) => `expected ${strategyProblem(String(input))}, got ${shown(input)}`,
  })
  .optional();

const Open = z
  .strictObject({
    /** The symbol to be entered. */
    open: id('a symbol'),
    side: z.enum(['BUY', 'SELL'], { error: ({ input }) => `expected BUY or SELL, got ${shown(input)}` }),
    /** How much of it, or its worth in US dollars at the close of the hour: one of the two. */
    qty: above0.optional(),
    notional_usd: above0.optional(),
    /** How dangerous the moment is, 0 to 1. */
    kill_score: score.default(0),
    plan_id: id('a plan id').optional(),
    strategy: asker,
  })
  .refine(({ qty, notional_usd }) => (qty === undefined) !== (notional_usd === undefined), {
    error: 'expected qty or notional_usd, one of the two',
  });

const Close = z
  .strictObject({
    /** The symbol whose position is to be closed: all of it, or this share. */
    close: id('a symbol'),
    share: z
      .literal(closeShares, { error: ({ input }) => `expected 1, 0.75, 0.5 or 0.25, got ${shown(input)}` })
      .optional(),
    /** Why; reasons of the heat gate's list protect. */
    reason: id('a reason').default('strategy_exit'),
    /** The same as a comma list of codes. */
    reason_codes: z.string({ error: ({ input }) => `expected codes, got ${shown(input)}` }).optional(),
    /** To the governor alone, past the heat gate; then at most `qty` of it, where that is said. */
    straight: z.boolean({ error: ({ input }) => `expected true or false, got ${shown(input)}` }).optional(),
    qty: above0.optional(),
    plan_id: id('a plan id').optional(),
    strategy: asker,
  })
  .refine(({ straight, qty }) => straight === true || qty === undefined, {
    error: 'expected share, got qty: the heat gate judges shares of a position, and straight is not said',
  });

/** What a strategy proposes over candles: to open a position, or to close one. */
export type CandleProposal = z.input<typeof Open> | z.input<typeof Close>;

/** The same with what it left out. */
export type ReadProposal = z.output<typeof Open> | z.output<typeof Close>;

/** A position as a strategy sees it. `qty` is positive when long, negative when short; prices in US dollars. */
export interface CandlePosition {
  readonly symbol: string;
  readonly qty: number;
  readonly entry_price: number;
  /** Hours for which it has been held. */
  readonly held_hours: number;
}

/** What a strategy is told once an hour has closed. Nothing of a later hour is in it. */
export interface CandleHour {
  /** ISO 8601, the close of the hour; and its number, the first hour of the candles being 0. */
  readonly at: string;
  readonly hour: number;
  readonly symbols: readonly string[];
  /** Closes of this hour by symbol, US dollars. */
  readonly prices: Readonly<Record<string, number>>;
  /** The last closes of a symbol, oldest first, this hour's the last: so many, or as many as there are. */
  closes(symbol: string, count: number): readonly number[];
  readonly equity_usd: number;
  readonly positions: readonly CandlePosition[];
}

/** A strategy over candles, asked once an hour (docs/evidence.md, A strategy of your own). */
export interface CandleStrategy {
  propose(hour: CandleHour): readonly CandleProposal[] | Promise<readonly CandleProposal[]>;
}

/** Makes a strategy anew for each play: what one remembers, no other play knows. */
export type MakeCandleStrategy = () => CandleStrategy;

/** A proposal that is none: says what was expected and what came. */
export class ProposalError extends Error {}

/** Reads a proposal; throws a `ProposalError` for anything else. */
export function proposalOf(value: unknown): ReadProposal {
  if (typeof value !== 'object' || value === null || !('open' in value || 'close' in value)) {
    throw new ProposalError(`expected a proposal with open or close, got ${shown(value)}`);
  }
  const parsed = 'close' in value ? Close.safeParse(value) : Open.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ProposalError(`${issuesText(parsed.error)} in ${quoted(JSON.stringify(value))}`);
}

/** A proposal with the moment at which it was made, Unix ms. */
export interface TimedProposal {
  readonly atMs: number;
  readonly proposal: ReadProposal;
}

/** Reads a proposal with its `at`: ISO 8601 with a zone, Unix seconds or milliseconds. Throws a `ProposalError` for anything else. */
export function timedProposal(value: unknown): TimedProposal {
  const { at, ...proposal } = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const atMs = typeof at === 'number' ? parseTimeMs(String(at)) : momentOf(at);
  if (atMs !== undefined) return { atMs, proposal: proposalOf(proposal) };
  throw new ProposalError(
    `expected at, a time such as 2021-05-04T13:00:00Z, Unix seconds or milliseconds, got ${shown(at)}`,
  );
}

function momentOf(at: unknown): number | undefined {
  if (typeof at !== 'string' || !/^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:\d\d)$/.test(at)) return undefined;
  const ms = Date.parse(at);
  return Number.isNaN(ms) ? undefined : ms;
}
