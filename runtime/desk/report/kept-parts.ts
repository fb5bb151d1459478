import { type KeptEnd, keptEndOf, type SoftenedExit } from '../../../handlers/common/kept-exits.ts';
import type { FundingBounds, HeldFunding } from '../../market/player/held-funding.ts';
import type { FundingSource } from './funding.ts';
import type { MarkSourceName } from './marks.ts';

/** By what kept parts are valued: times in ms, the fee in hundredths of a per cent of what is closed. */
export interface ValuationRules {
  readonly horizonMs: number;
  /** Unix ms at which the report ends: nothing after it is looked at. */
  readonly endMs: number;
  readonly feeBps: number;
  /** Where funding is recorded (none where it is left out), and the rates of what is not. */
  readonly funding?: { readonly source?: FundingSource | undefined; readonly bounds?: FundingBounds };
}

/** What a kept part came to. */
export interface Value {
  readonly source: MarkSourceName;
  readonly endMs: number;
  readonly end: KeptEnd;
  /** Marks at the decision and at the end, US dollars. */
  readonly fromPrice: number;
  readonly toPrice: number;
  /** Notional of the kept part at the decision, and what it earned until the end, less recorded funding, US dollars. */
  readonly keptUsd: number;
  readonly pnlUsd: number;
  /** What funding takes of a dollar of it: what is recorded is taken off what it earned. */
  readonly funding: HeldFunding;
  readonly side: 1 | -1;
  /** The mark of the same source at a reading of the equity or a permit to open before the end; undefined without one. */
  priceAt(atMs: number): number | undefined;
}

/** Why a kept part could not be valued; of several, the first in this order. */
export type NotValued = 'no_position' | 'no_side' | 'no_mark';

/** A part that can be valued once marks are found. */
export interface KeptPart {
  readonly exit: SoftenedExit;
  /** Where its value goes. */
  readonly to: Values;
  /** Whether the equity is followed by it: up to the horizon of the report. */
  readonly followed: boolean;
  readonly keptUsd: number;
  readonly side: 1 | -1;
  readonly endMs: number;
  readonly end: KeptEnd;
}

/** What the kept parts of exits came to, up to one horizon. */
export type Values = Map<SoftenedExit, Value | NotValued>;

/** The kept parts of exits up to a horizon; those that cannot be valued say why in `values`. */
export function partsOf(
  exits: readonly SoftenedExit[],
  rules: ValuationRules,
  followed: boolean,
): { values: Values; parts: readonly KeptPart[] } {
  const values: Values = new Map();
  const parts: KeptPart[] = [];
  for (const exit of exits) {
    const part = keptPart(exit, rules);
    if (typeof part === 'string') values.set(exit, part);
    else parts.push({ ...part, to: values, followed });
  }
  return { values, parts };
}

/**
 * What a kept part has earned against closing it at its decision, US dollars, when the price is `ratio` times what it
 * was. Both ways close it once, so of the fees only the difference counts: on what it is worth more or less by then.
 */
export function keptPnl(part: { keptUsd: number; side: 1 | -1 }, ratio: number, feeBps: number): number {
  return part.keptUsd * (part.side - feeBps / 10_000) * (ratio - 1);
}

function keptPart(exit: SoftenedExit, rules: ValuationRules): Omit<KeptPart, 'to' | 'followed'> | NotValued {
  const { notionalUsd, side, keptShare } = exit;
  if (notionalUsd === undefined || notionalUsd === 0) return 'no_position';
  if (side === undefined) return 'no_side';
  const { atMs: endMs, end } = keptEndOf(exit, rules.horizonMs, rules.endMs);
  return { exit, side, endMs, end, keptUsd: notionalUsd * keptShare };
}
