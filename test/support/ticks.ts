import type { Redis } from 'ioredis';
import { expect } from 'vitest';
import { entriesOf } from './system.ts';

/** A tick as a test's clock gate noted it: when it was due, and when it was noted, Unix ms. */
export interface Tick {
  readonly dueMs: number;
  readonly notedMs: number;
}

/** The ticks on the output of a clock gate, in the order in which they were due. */
export async function tickEntries(redis: Redis, stream: string): Promise<readonly Tick[]> {
  const entries = await entriesOf(redis, stream);
  const ticks = entries.map(({ id, fields }) => ({
    dueMs: Number(fields.scheduled_ms),
    notedMs: Number.parseInt(id, 10),
  }));
  return ticks.sort((one, other) => one.dueMs - other.dueMs);
}

/**
 * Each interval had its tick, once. One may be left out only where the tick before it was still being worked off when it
 * was due: of a machine that stands still for longer than an interval nobody can ask for more.
 */
export function expectOnSchedule(ticks: readonly Tick[], intervalMs: number): void {
  for (const [at, { dueMs }] of ticks.slice(1).entries()) {
    const before = ticks[at] as Tick;
    const lastsMs = Math.max(before.notedMs - before.dueMs, 0);
    expect((dueMs - before.dueMs) % intervalMs).toBe(0);
    expect(dueMs - before.dueMs).toBeGreaterThan(0);
    expect(dueMs - before.dueMs).toBeLessThanOrEqual(intervalMs + Math.floor(lastsMs / intervalMs) * intervalMs);
  }
}
