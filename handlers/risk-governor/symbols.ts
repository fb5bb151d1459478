import { HOUR_MS } from '../../schemas/duration.ts';
import type { BudgetTick } from '../../schemas/risk-governor.ts';
import { formatSymbols, SYMBOLS_PER_CHUNK } from '../../schemas/risk-governor.ts';
import { identifierProblem } from '../../schemas/wire.ts';
import type { Effect } from '../contract/effects.ts';
import type { Scored } from '../contract/reads.ts';
import type { BudgetInputs } from './inputs.ts';

const PLANNED_WITHIN_MS = HOUR_MS;
const TICK_STREAM = 'tick.risk-governor';

/**
 * The symbols that get a budget, in order of their names: those with a position hash, those with a position, and those
 * with a plan in the last hour. Names that no key could hold are left out.
 */
export function activeSymbols(
  inputs: BudgetInputs,
  hasPosition: (symbol: string) => boolean,
  planned: readonly Scored[],
  nowMs: number,
): readonly string[] {
  const active = new Set<string>();
  for (const symbol of inputs.listed()) {
    if (inputs.hasPositionHash(symbol) || hasPosition(symbol)) active.add(symbol);
  }
  for (const { member, score } of planned) {
    if (nowMs - score <= PLANNED_WITHIN_MS) active.add(member);
  }
  return [...active].filter((symbol) => identifierProblem(symbol) === undefined).sort();
}

/** Triggers of chunks of 200 symbols each, so that no commit holds Redis long; a chunk is as old as its cycle. */
export function chunkTriggers(tick: BudgetTick, symbols: readonly string[]): readonly Effect[] {
  const triggers: Effect[] = [];
  for (let from = 0; from < symbols.length; from += SYMBOLS_PER_CHUNK) {
    const chunk = symbols.slice(from, from + SYMBOLS_PER_CHUNK);
    const fields = {
      tick_id: `${tick.tickId}.${triggers.length + 1}`,
      scheduled_ms: String(tick.scheduledMs),
      symbols: formatSymbols(chunk),
    };
    triggers.push({ do: 'emit', stream: TICK_STREAM, fields });
  }
  return triggers;
}
