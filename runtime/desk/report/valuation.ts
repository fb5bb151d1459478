import { setImmediate } from 'node:timers/promises';
import type { EquityReading } from '../../../handlers/common/kept-exits.ts';
import { type KeptEnd, keptEndOf, type SoftenedExit } from '../../../handlers/common/kept-exits.ts';
import { type MarkSource, type MarkSourceName, Quotes } from './marks.ts';

/** Kept parts of one turn of the event loop: each is held against a path of hours. */
const TURN = 200;

/** By what kept parts are valued: times in ms, the fee in hundredths of a per cent of what is closed. */
export interface ValuationRules {
  readonly horizonMs: number;
  /** Unix ms at which the report ends: nothing after it is looked at. */
  readonly endMs: number;
  readonly feeBps: number;
}

/** What a kept part came to. */
export interface Value {
  readonly source: MarkSourceName;
  readonly endMs: number;
  readonly end: KeptEnd;
  /** Marks at the decision and at the end, US dollars. */
  readonly fromPrice: number;
  readonly toPrice: number;
  /** Notional of the kept part at the decision, and what it earned until the end, US dollars. */
  readonly keptUsd: number;
  readonly pnlUsd: number;
}

/** Why a kept part could not be valued; of several, the first in this order. */
export type NotValued = 'no_position' | 'no_side' | 'no_mark';

/** A softened exit with what its kept part came to, or why that is not known. */
export interface ValuedExit {
  readonly exit: SoftenedExit;
  readonly value: Value | NotValued;
}

/** A moment of the equity's path: the reading, and what kept parts had earned by then, in US dollars. */
export interface PathPoint extends EquityReading {
  /** Of exits that were softened, and of exits that would have been. */
  enforcedUsd: number;
  shadowUsd: number;
}

/** All softened exits with their values, and the path of the equity with what they earned. */
export interface Valuation {
  readonly exits: readonly ValuedExit[];
  readonly path: readonly PathPoint[];
}

/** A part that can be valued once marks are found. */
interface KeptPart {
  readonly exit: SoftenedExit;
  readonly keptUsd: number;
  readonly side: 1 | -1;
  readonly endMs: number;
  readonly end: KeptEnd;
}

/** A source that has marks at the decision and at the end of a part. */
interface Fit {
  readonly source: MarkSourceName;
  readonly quotes: Quotes;
  readonly fromPrice: number;
  readonly toPrice: number;
}

/**
 * Values the kept part of every softened exit, each by the first source that has a mark at its decision, at its end and
 * at every reading of the equity between; where none has, by the first that has one at both ends. `equity` are readings
 * in order of time; the path has a point for each, and one at the end of the report.
 */
export async function valued(
  exits: readonly SoftenedExit[],
  sources: readonly MarkSource[],
  equity: readonly EquityReading[],
  rules: ValuationRules,
): Promise<Valuation> {
  const values = new Map<SoftenedExit, Value | NotValued>();
  const path = pathOf(equity, rules.endMs);
  let left: KeptPart[] = [];
  for (const exit of exits) {
    const part = keptPart(exit, rules);
    if (typeof part === 'string') values.set(exit, part);
    else left.push(part);
  }
  const withHoles = new Map<KeptPart, Fit>();
  for (const source of sources) {
    if (left.length === 0) break;
    const quotes = await quotesOf(source, left, path);
    const without: KeptPart[] = [];
    for (const [at, part] of left.entries()) {
      if (at % TURN === TURN - 1) await setImmediate();
      const fit = fitOf(source.name, quotes.get(part.exit.symbol), part);
      if (fit !== undefined && isWhole(fit, part, path)) {
        valueBy(fit, part);
        continue;
      }
      without.push(part);
      if (fit !== undefined && !withHoles.has(part)) withHoles.set(part, fit);
    }
    left = without;
  }
  for (const [part, fit] of withHoles) if (!values.has(part.exit)) valueBy(fit, part);
  return { exits: exits.map((exit) => ({ exit, value: values.get(exit) ?? 'no_mark' })), path };

  function valueBy({ source, quotes, fromPrice, toPrice }: Fit, part: KeptPart): void {
    const { endMs, end, keptUsd } = part;
    const pnlAt = (price: number) => keptPnl(part, price / fromPrice, rules.feeBps);
    const pnlUsd = pnlAt(toPrice);
    values.set(part.exit, { source, endMs, end, fromPrice, toPrice, keptUsd, pnlUsd });
    follow(path, part, (atMs) => {
      if (atMs >= endMs) return pnlUsd;
      const price = quotes.at(atMs);
      return price === undefined ? undefined : pnlAt(price);
    });
  }
}

function fitOf(source: MarkSourceName, quotes: Quotes | undefined, part: KeptPart): Fit | undefined {
  const fromPrice = quotes?.at(part.exit.atMs);
  const toPrice = quotes?.at(part.endMs);
  if (quotes === undefined || fromPrice === undefined || toPrice === undefined) return undefined;
  return { source, quotes, fromPrice, toPrice };
}

/** Without a hole the path is that of the marks, and its deepest drawdown theirs. */
function isWhole({ quotes }: Fit, { exit, endMs }: KeptPart, path: readonly PathPoint[]): boolean {
  return path.every(({ atMs }) => atMs <= exit.atMs || atMs >= endMs || quotes.at(atMs) !== undefined);
}

/**
 * What a kept part has earned against closing it at its decision, US dollars, when the price is `ratio` times what it
 * was. Both ways close it once, so of the fees only the difference counts: on what it is worth more or less by then.
 */
function keptPnl(part: { keptUsd: number; side: 1 | -1 }, ratio: number, feeBps: number): number {
  return part.keptUsd * (part.side - feeBps / 10_000) * (ratio - 1);
}

function keptPart(exit: SoftenedExit, rules: ValuationRules): KeptPart | NotValued {
  const { notionalUsd, side, keptShare } = exit;
  if (notionalUsd === undefined || notionalUsd === 0) return 'no_position';
  if (side === undefined) return 'no_side';
  const { atMs: endMs, end } = keptEndOf(exit, rules.horizonMs, rules.endMs);
  return { exit, side, endMs, end, keptUsd: notionalUsd * keptShare };
}

function pathOf(equity: readonly EquityReading[], endMs: number): PathPoint[] {
  const path = equity.map((reading) => ({ ...reading, enforcedUsd: 0, shadowUsd: 0 }));
  const last = path.at(-1);
  if (last !== undefined && last.atMs < endMs) path.push({ ...last, atMs: endMs });
  return path;
}

async function quotesOf(
  source: MarkSource,
  parts: readonly KeptPart[],
  path: readonly PathPoint[],
): Promise<ReadonlyMap<string, Quotes>> {
  const times = new Map<string, Set<number>>();
  let [fromMs, toMs] = [Infinity, 0];
  for (const [at, { exit, endMs }] of parts.entries()) {
    if (at % TURN === TURN - 1) await setImmediate();
    const wanted = times.get(exit.symbol) ?? new Set();
    times.set(exit.symbol, wanted.add(exit.atMs).add(endMs));
    for (const { atMs } of path) if (atMs > exit.atMs && atMs < endMs) wanted.add(atMs);
    fromMs = Math.min(fromMs, exit.atMs);
    toMs = Math.max(toMs, endMs);
  }
  const quotes = new Map([...times].map(([symbol, wanted]) => [symbol, new Quotes(wanted)]));
  for await (const page of source.pages(new Set(quotes.keys()), { fromMs, toMs })) {
    for (const mark of page) quotes.get(mark.symbol)?.take(mark);
  }
  for (const one of quotes.values()) one.finish();
  return quotes;
}

/** Adds to each point of the path what the part had earned by then; where no mark says, what it had at the point before. */
function follow(path: readonly PathPoint[], { exit }: KeptPart, pnlAt: (atMs: number) => number | undefined): void {
  let known = 0;
  for (const point of path) {
    if (point.atMs <= exit.atMs) continue;
    known = pnlAt(point.atMs) ?? known;
    if (exit.enforced) point.enforcedUsd += known;
    else point.shadowUsd += known;
  }
}
