/** In so many parts an interval is cut, where portfolios share a queue: one job ticks all whose ticks are due in the same part. */
const SLOTS = 20;
/** No part is longer: a tick comes no later than that for being made with others. */
const LONGEST_SLOT_MS = 500;

/** How long after the beginning of each interval, counted from 1970, a tick is due that was due at `lastMs`: from 1 to the whole of it, ms. */
export function offsetOf(lastMs: number, every: number): number {
  return Number.isFinite(lastMs) ? ((((lastMs - 1) % every) + every) % every) + 1 : every;
}

/** The part of the interval in which ticks of that offset are due, from 1 on. */
export function slotOf(offset: number, every: number): number {
  return Math.ceil((offset * slotsIn(every)) / every);
}

/** How long after the beginning of each interval the job of a part runs, ms: where the part ends, after all that are due in it. */
export function phaseOf(slot: number, every: number): number {
  return Math.floor((slot * every) / slotsIn(every));
}

/** The first moment from `atMs` on at which the job of some part runs: a tick that is due then comes without delay. */
export function nextPhase(atMs: number, every: number): number {
  const offset = offsetOf(atMs, every);
  return atMs + phaseOf(slotOf(offset, every), every) - offset;
}

/**
 * When the tick was due (Unix ms) that the job of a part makes which runs at `jobMs`, by another tick of that schedule:
 * up to a part of the interval before. Undefined where it is in another part.
 */
export function dueWith(jobMs: number, knownMs: number, every: number): number | undefined {
  const [at, offset] = [offsetOf(jobMs, every), offsetOf(knownMs, every)];
  return slotOf(offset, every) === slotOf(at, every) ? jobMs - at + offset : undefined;
}

function slotsIn(every: number): number {
  const slots = Math.max(SLOTS, Math.ceil(every / LONGEST_SLOT_MS));
  return Math.max(1, Math.min(slots, Math.floor(every)));
}
