import { setImmediate } from 'node:timers/promises';
import type { EquityReading, SoftenedExit } from '../../../handlers/common/kept-exits.ts';
import type { Opening } from '../../../handlers/common/openings.ts';
import { FUNDING_BOUNDS, type HeldFunding, heldFunding, type SymbolFunding } from '../../market/player/held-funding.ts';
import { firstFrom } from './in-time.ts';
import {
  type KeptPart,
  keptPnl,
  type NotValued,
  partsOf,
  type ValuationRules,
  type Value,
  type Values,
} from './kept-parts.ts';
import { EquityPath, type PathPoint } from './kept-path.ts';
import { type MarkSource, type MarkSourceName, Quotes } from './marks.ts';

/** Kept parts of one turn of the event loop: each is held against the hours of its horizon. */
const TURN = 200;

/** What is valued besides each part up to the horizon of the report. */
export interface ValuedBesides {
  /** Permitted plans that open, in order of time: there is a mark at each, where a source has one. */
  readonly openings?: readonly Opening[];
  /** Other horizons to value every part by, ms. */
  readonly horizonsMs?: readonly number[];
}

/** A softened exit with what its kept part came to, or why that is not known. */
export interface ValuedExit {
  readonly exit: SoftenedExit;
  readonly value: Value | NotValued;
}

/** All softened exits with their values, and the path of the equity with what they earned. */
export interface Valuation {
  readonly exits: readonly ValuedExit[];
  readonly path: readonly PathPoint[];
  /** The exits by each other horizon that was asked for. */
  readonly atHorizons: ReadonlyMap<number, readonly ValuedExit[]>;
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
  { openings = [], horizonsMs = [] }: ValuedBesides = {},
): Promise<Valuation> {
  const path = new EquityPath(equity, rules.endMs);
  const main = partsOf(exits, rules, true);
  const others = horizonsMs.map((horizonMs) => ({ horizonMs, ...partsOf(exits, { ...rules, horizonMs }, false) }));
  await valueParts([...main.parts, ...others.flatMap(({ parts }) => parts)], sources, { path, openings, rules });
  const asValued = (values: Values) => exits.map((exit) => ({ exit, value: values.get(exit) ?? ('no_mark' as const) }));
  return {
    exits: asValued(main.values),
    path: path.points(),
    atHorizons: new Map(others.map(({ horizonMs, values }) => [horizonMs, asValued(values)] as const)),
  };
}

interface Surroundings {
  readonly path: EquityPath;
  readonly openings: readonly Opening[];
  readonly rules: ValuationRules;
}

async function valueParts(all: readonly KeptPart[], sources: readonly MarkSource[], around: Surroundings) {
  const { path, rules } = around;
  const withHoles = new Map<KeptPart, Fit>();
  const recorded = await (rules.funding?.source?.of(new Set(all.map(({ exit }) => exit.symbol))) ?? new Map());
  const fund: Fund = (part, fit) => fundingOf(part, fit, recorded.get(part.exit.symbol), rules);
  let left = all;
  for (const source of sources) {
    if (left.length === 0) break;
    const quotes = await quotesOf(source, left, { ...around, recorded });
    const without: KeptPart[] = [];
    for (const [at, part] of left.entries()) {
      if (at % TURN === TURN - 1) await setImmediate();
      const fit = fitOf(source.name, quotes.get(part.exit.symbol), part);
      if (fit !== undefined && isWhole(fit, part, path)) {
        valueBy(fit, part, { path, rules, fund });
        continue;
      }
      without.push(part);
      if (fit !== undefined && !withHoles.has(part)) withHoles.set(part, fit);
    }
    left = without;
  }
  for (const [part, fit] of withHoles) if (!part.to.has(part.exit)) valueBy(fit, part, { path, rules, fund });
}

type Fund = (part: KeptPart, fit: Fit) => HeldFunding;

function fundingOf(
  { exit, side }: KeptPart,
  { quotes, fromPrice }: Fit,
  recorded: SymbolFunding | undefined,
  { funding }: ValuationRules,
): HeldFunding {
  const markAt = (atMs: number) => quotes.at(atMs);
  const part = { symbol: exit.symbol, fromMs: exit.atMs, fromPrice, side, markAt };
  return heldFunding(part, recorded ?? {}, funding?.bounds ?? FUNDING_BOUNDS);
}

function valueBy(
  fit: Fit,
  part: KeptPart,
  { path, rules, fund }: Pick<Surroundings, 'path' | 'rules'> & { readonly fund: Fund },
): void {
  const { source, quotes, fromPrice, toPrice } = fit;
  const { endMs, end, keptUsd, side } = part;
  const funding = fund(part, fit);
  const pnlAt = (price: number, atMs: number) =>
    keptPnl(part, price / fromPrice, rules.feeBps) - keptUsd * funding.paidBy(atMs);
  const pnlUsd = pnlAt(toPrice, endMs);
  const priceAt = (atMs: number) => quotes.at(atMs);
  part.to.set(part.exit, { source, endMs, end, fromPrice, toPrice, keptUsd, pnlUsd, funding, side, priceAt });
  if (!part.followed) return;
  const { enforced, atMs: fromMs } = part.exit;
  let known = 0;
  path.add({ enforced, fromMs, endMs, endUsd: pnlUsd }, (atMs) => {
    const price = quotes.at(atMs);
    // Where no mark says, it is what it was at the moment before.
    if (price !== undefined) known = pnlAt(price, atMs);
    return known;
  });
}

function fitOf(source: MarkSourceName, quotes: Quotes | undefined, part: KeptPart): Fit | undefined {
  const fromPrice = quotes?.at(part.exit.atMs);
  const toPrice = quotes?.at(part.endMs);
  if (quotes === undefined || fromPrice === undefined || toPrice === undefined) return undefined;
  return { source, quotes, fromPrice, toPrice };
}

/** Without a hole the path is that of the marks, and its deepest drawdown theirs. */
function isWhole({ quotes }: Fit, { exit, endMs, followed }: KeptPart, path: EquityPath): boolean {
  return !followed || path.within(exit.atMs, endMs).every(({ atMs }) => quotes.at(atMs) !== undefined);
}

async function quotesOf(
  source: MarkSource,
  parts: readonly KeptPart[],
  { path, openings, recorded }: Surroundings & { readonly recorded: ReadonlyMap<string, SymbolFunding> },
): Promise<ReadonlyMap<string, Quotes>> {
  const times = new Map<string, Set<number>>();
  let [fromMs, toMs] = [Infinity, 0];
  for (const [at, { exit, endMs, followed }] of parts.entries()) {
    if (at % TURN === TURN - 1) await setImmediate();
    const wanted = times.get(exit.symbol) ?? new Set();
    times.set(exit.symbol, wanted.add(exit.atMs).add(endMs));
    for (const { atMs, mark } of recorded.get(exit.symbol)?.rates ?? [])
      if (mark === undefined && atMs > exit.atMs && atMs < endMs) wanted.add(atMs);
    fromMs = Math.min(fromMs, exit.atMs);
    toMs = Math.max(toMs, endMs);
    if (!followed) continue;
    for (const { atMs } of path.within(exit.atMs, endMs)) wanted.add(atMs);
    for (let next = firstFrom(openings, exit.atMs); (openings[next]?.atMs ?? endMs) < endMs; next += 1)
      wanted.add(openings[next]?.atMs ?? endMs);
  }
  const quotes = new Map([...times].map(([symbol, wanted]) => [symbol, new Quotes(wanted)]));
  for await (const page of source.pages(new Set(quotes.keys()), { fromMs, toMs })) {
    for (const mark of page) quotes.get(mark.symbol)?.take(mark);
  }
  for (const one of quotes.values()) one.finish();
  return quotes;
}
