import { round10 } from '../../../schemas/number.ts';
import { clamp01 } from '../budget.ts';

/** The correlation of two symbols, -1 to 1; `undefined` when it is not known. */
export type CorrelationOf = (a: string, b: string) => number | undefined;

/** A held symbol and its gross notional in US dollars, above 0. */
export interface Holding {
  readonly symbol: string;
  readonly notionalUsd: number;
}

/** Symbols that move together, and how much of one bet they are (docs/feeds.md, Cluster stress). */
export interface Cluster {
  /** The first of its symbols by name. */
  readonly id: string;
  /** In order of their names. */
  readonly symbols: readonly string[];
  /** Gross, US dollars. */
  readonly notionalUsd: number;
  /** Its part of the portfolio's gross notional, 0 to 1. */
  readonly share: number;
  /** Mean correlation inside it, weighted by notional, each symbol with itself included; 0 to 1. */
  readonly correlation: number;
  /** `share` × `correlation`, 0 to 1. */
  readonly stress: number;
}

/**
 * Groups symbols by single linkage: two are together when a chain of correlations of at least `threshold` joins them.
 * Each group in order of names, the groups in order of their first; the order of the symbols given does not matter.
 */
export function linked(
  symbols: readonly string[],
  correlationOf: CorrelationOf,
  threshold: number,
): readonly (readonly string[])[] {
  const left = new Set([...symbols].sort());
  const groups: string[][] = [];
  for (const first of left) {
    left.delete(first);
    const group = [first];
    for (const member of group) {
      for (const other of left) {
        if ((correlationOf(member, other) ?? -1) < threshold) continue;
        left.delete(other);
        group.push(other);
      }
    }
    groups.push(group.sort());
  }
  return groups;
}

/** The clusters of the holdings, in a portfolio of `grossUsd` gross notional (no less than what is held here). */
export function clustersOf(
  holdings: readonly Holding[],
  grossUsd: number,
  correlationOf: CorrelationOf,
  threshold: number,
): readonly Cluster[] {
  const notionals = new Map(holdings.map(({ symbol, notionalUsd }) => [symbol, notionalUsd]));
  return linked([...notionals.keys()], correlationOf, threshold).map((symbols) => {
    const members = symbols.map((symbol) => ({ symbol, notionalUsd: notionals.get(symbol) ?? 0 }));
    const notionalUsd = round10(members.reduce((sum, member) => sum + member.notionalUsd, 0));
    const share = clamp01(notionalUsd / grossUsd);
    const mean = meanCorrelation(members, correlationOf);
    return { id: symbols[0] ?? '', symbols, notionalUsd, share, correlation: mean, stress: clamp01(share * mean) };
  });
}

/**
 * The mean of all correlations inside a cluster, each weighted by the product of the two notionals: a symbol's with
 * itself is 1, one below 0 counts as 0, one that is not known is left out. Two symbols that move as one count as one.
 */
function meanCorrelation(members: readonly Holding[], correlationOf: CorrelationOf): number {
  const largest = Math.max(...members.map(({ notionalUsd }) => notionalUsd));
  let weights = 0;
  let weighted = 0;
  for (const [at, a] of members.entries()) {
    const own = a.notionalUsd / largest;
    weights += own * own;
    weighted += own * own;
    for (const b of members.slice(at + 1)) {
      const known = correlationOf(a.symbol, b.symbol);
      if (known === undefined) continue;
      const weight = (2 * own * b.notionalUsd) / largest;
      weights += weight;
      weighted += weight * Math.max(0, known);
    }
  }
  return clamp01(weighted / weights);
}
