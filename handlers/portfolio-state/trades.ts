import type { AccountFill, AccountPosition, AccountReport } from '../../schemas/account.ts';
import { keys } from '../../schemas/keys.ts';
import { formatNumber, round10 } from '../../schemas/number.ts';
import type { WrittenPosition } from '../../schemas/portfolio-state.ts';
import {
  ALL_SYMBOLS,
  formatStreak,
  formatTrades,
  type LossStreak,
  parseStreak,
  parseTrades,
  type SymbolTrades,
  type TradeSoFar,
} from '../../schemas/trades.ts';
import type { Fields } from '../../schemas/wire.ts';
import type { tradeResults } from '../common/feed-metrics.ts';
import type { Effect, Outcome } from '../contract/effects.ts';
import type { HashFact } from '../contract/reads.ts';
import { feedEvent } from './outcome.ts';
import { netQty } from './positions.ts';

type TradeResult = (typeof tradeResults)[number];

/** What trades are counted on. */
export interface TradeFacts {
  readonly trades: HashFact;
  readonly streaks: HashFact;
}

interface ClosedTrade {
  readonly symbol: string;
  readonly result: TradeResult;
  /** US dollars without fees; undefined where it is not known. */
  readonly usd: number | undefined;
  readonly closedMs: number;
}

/** The clock that fills are told by may be so much ahead of the one that readings are taken by, ms. */
const CLOCKS_APART_MS = 1_000;
const NOTHING_YET: TradeSoFar = { usd: 0, qty: 0, missed: false };
const EPSILON = 1e-8;

/** Counts the fills that were told; of a reading that is not believed, nothing else. */
export function fillsTold(report: AccountReport, facts: TradeFacts): Outcome {
  const before = parseTrades(facts.trades.fields);
  return { effects: tradeEffects(before, withFills(before, report)) };
}

/**
 * Trades from flat to flat (contract §5): fills count to the trade of their time, and a position that is gone, or has
 * changed its side, is a closed trade. It is counted with the next reading, when its last fill has been told too.
 */
export function tradesOf(
  report: AccountReport,
  held: ReadonlyMap<string, WrittenPosition>,
  facts: TradeFacts,
  nowMs: number,
): Outcome {
  const before = parseTrades(facts.trades.fields);
  const filled = withFills(before, report);
  const closed = [...filled].flatMap(([symbol, { closing }]) => (closing ? [closedTrade(symbol, closing)] : []));
  const now = new Map(report.positions.map((one) => [one.symbol, one]));
  const after = new Map<string, SymbolTrades>();
  for (const symbol of new Set([...filled.keys(), ...held.keys()])) {
    const open = filled.get(symbol)?.open;
    const [was, is] = [held.get(symbol), now.get(symbol)];
    const next = report.unreadable.includes(symbol) ? { open } : turned(open, was, is, report.readMs);
    if (next.open !== undefined || next.closing !== undefined) after.set(symbol, next);
  }
  const streaks = streaksAfter(closed, facts.streaks, nowMs);
  return { ...streaks, effects: [...tradeEffects(before, after), ...streaks.effects] };
}

/** A fill belongs to the trade that was seen closed after it, else to the one under way. */
function withFills(before: ReadonlyMap<string, SymbolTrades>, { fills }: AccountReport): Map<string, SymbolTrades> {
  const after = new Map(before);
  for (const { symbol, atMs, ...fill } of fills) {
    const { open, closing } = after.get(symbol) ?? {};
    if (closing !== undefined && atMs <= closing.closedMs + CLOCKS_APART_MS) {
      after.set(symbol, { open, closing: { ...closing, ...plus(closing, fill) } });
    } else {
      after.set(symbol, { open: plus(open ?? NOTHING_YET, fill), closing });
    }
  }
  return after;
}

function plus({ usd, qty, missed }: TradeSoFar, fill: Pick<AccountFill, 'qty' | 'usd'>): TradeSoFar {
  return {
    usd: round10(usd + (fill.usd ?? 0)),
    qty: round10(qty + fill.qty),
    missed: missed || fill.usd === undefined,
  };
}

/** A trade that is over waits for its last fill; what is held on the other side then is the next trade. */
function turned(
  open: TradeSoFar | undefined,
  before: WrittenPosition | undefined,
  now: AccountPosition | undefined,
  readMs: number,
): SymbolTrades {
  const netNow = now?.netQty ?? 0;
  if (before === undefined && (now !== undefined || open === undefined)) return { open };
  if (before !== undefined && !isOver(before, now)) {
    const isStill = now !== undefined && netQty(before) === netNow;
    return { open: open ?? (isStill ? { ...NOTHING_YET, qty: netNow } : undefined) };
  }
  const over = open ?? { ...NOTHING_YET, missed: true };
  return {
    closing: { ...over, qty: round10(over.qty - netNow), closedMs: readMs },
    open: now === undefined ? undefined : { ...NOTHING_YET, qty: netNow },
  };
}

/** Whether all that was held is closed, whatever is held on the other side. */
function isOver(before: WrittenPosition, now: AccountPosition | undefined): boolean {
  const { longQty = 0, shortQty = 0 } = now ?? {};
  return (before.longQty === 0 || longQty === 0) && (before.shortQty === 0 || shortQty === 0);
}

function closedTrade(
  symbol: string,
  { usd, qty, missed, closedMs }: NonNullable<SymbolTrades['closing']>,
): ClosedTrade {
  if (missed || Math.abs(qty) > EPSILON) return { symbol, result: 'unknown', usd: undefined, closedMs };
  const result = usd === 0 ? 'even' : usd < 0 ? 'loss' : 'gain';
  return { symbol, result, usd, closedMs };
}

function tradeEffects(before: ReadonlyMap<string, SymbolTrades>, after: ReadonlyMap<string, SymbolTrades>): Effect[] {
  const changed = [...after]
    .map(([symbol, trades]) => [symbol, formatTrades(trades)] as const)
    .filter(([symbol, text]) => text !== formatTrades(before.get(symbol) ?? {}));
  const gone = [...before.keys()].filter((symbol) => !after.has(symbol));
  return [
    ...(changed.length === 0
      ? []
      : [{ do: 'hset', scope: 'shared', key: keys.trades, fields: Object.fromEntries(changed) } as const]),
    ...(gone.length === 0 ? [] : [{ do: 'hdel', scope: 'shared', key: keys.trades, fields: gone } as const]),
  ];
}

/** The streaks after these trades, in the order in which they were closed. Their hash is there from the first reading on. */
function streaksAfter(closed: readonly ClosedTrade[], { fields }: HashFact, nowMs: number): Outcome {
  const before = fields ?? {};
  const after = new Map<string, LossStreak>();
  if (parseStreak(before[ALL_SYMBOLS]) === undefined) after.set(ALL_SYMBOLS, { losses: 0, atMs: nowMs });
  const told = closed
    .toSorted((one, other) => one.closedMs - other.closedMs)
    .map((trade) => {
      for (const name of [ALL_SYMBOLS, trade.symbol]) {
        const streak = after.get(name) ?? streakIn(before, name, nowMs);
        if (trade.result !== 'even') after.set(name, trade.result === 'gain' ? none(nowMs) : longer(streak, nowMs));
      }
      const inARow = (after.get(ALL_SYMBOLS) ?? streakIn(before, ALL_SYMBOLS, nowMs)).losses;
      const worth = trade.usd === undefined ? 'not known' : `${formatNumber(trade.usd)} USD`;
      return { ...trade, detail: `${worth}, losses in a row: ${inARow}` };
    });
  const kept = [...after].filter(([name, { losses }]) => name === ALL_SYMBOLS || losses > 0);
  const over = [...after.keys()].filter((name) => before[name] !== undefined && !kept.some(([one]) => one === name));
  const written = Object.fromEntries(kept.map(([name, streak]) => [name, formatStreak(streak)]));
  return {
    effects: [
      ...(kept.length === 0 ? [] : [{ do: 'hset', scope: 'shared', key: keys.lossStreaks, fields: written } as const]),
      ...(over.length === 0 ? [] : [{ do: 'hdel', scope: 'shared', key: keys.lossStreaks, fields: over } as const]),
      ...told.map(({ symbol, result, detail }) => feedEvent('TRADE_CLOSED', { symbol, reason: result, detail }, nowMs)),
    ],
    counts: told.map(({ result }) => ({ metric: 'feed_trades_total', labels: { result } })),
  };
}

function streakIn(fields: Fields, name: string, nowMs: number): LossStreak {
  return parseStreak(fields[name]) ?? none(nowMs);
}

function none(atMs: number): LossStreak {
  return { losses: 0, atMs };
}

function longer({ losses }: LossStreak, atMs: number): LossStreak {
  return { losses: losses + 1, atMs };
}
