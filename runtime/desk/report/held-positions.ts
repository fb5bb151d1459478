import { SIGHTING_COUNTS_MS, type SoftenedExit, signOf } from '../../../handlers/common/kept-exits.ts';
import type { Sighting } from './mark-sources.ts';

interface Followed {
  readonly exits: readonly SoftenedExit[];
  /** How many of them were made before what was seen last. */
  begun: number;
  lastHeld: Sighting | undefined;
}

/**
 * Completes exits by what was seen of their positions: side and notional at the decision where they are not known yet,
 * and the moment at which the position was seen closed, or on the other side. Sightings come in order of time.
 */
export async function completeExits(
  exits: readonly SoftenedExit[],
  pages: AsyncIterable<readonly Sighting[]>,
): Promise<void> {
  const all = new Map<string, Followed & { readonly exits: SoftenedExit[] }>();
  for (const exit of exits) {
    const of = all.get(exit.symbol);
    if (of === undefined) all.set(exit.symbol, { exits: [exit], begun: 0, lastHeld: undefined });
    else of.exits.push(exit);
  }
  for await (const page of pages) {
    for (const sighting of page) {
      const of = all.get(sighting.symbol);
      if (of !== undefined) follow(of, sighting);
    }
  }
  for (const of of all.values()) beginBefore(of, Infinity);
}

function follow(of: Followed, sighting: Sighting): void {
  beginBefore(of, sighting.atMs);
  const exit = of.exits[of.begun - 1];
  if (exit !== undefined && exit.closedMs === undefined && closes(exit, sighting)) exit.closedMs = sighting.atMs;
  if (!sighting.flat) of.lastHeld = sighting;
}

function beginBefore(of: Followed, endMs: number): void {
  for (;;) {
    const exit = of.exits[of.begun];
    if (exit === undefined || exit.atMs >= endMs) return;
    of.begun += 1;
    const held = of.lastHeld;
    if (held === undefined || exit.atMs - held.atMs > SIGHTING_COUNTS_MS) continue;
    exit.side ??= signOf(held.qty ?? 0);
    exit.notionalUsd ??= held.notionalUsd;
  }
}

function closes(exit: SoftenedExit, { flat, qty }: Sighting): boolean {
  const side = signOf(qty ?? 0);
  return flat || (side !== undefined && exit.side !== undefined && side !== exit.side);
}
