import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Result } from './result.ts';

/** A figure of an earlier run beside that of this one. */
export interface Comparison {
  readonly name: string;
  readonly before: number;
  readonly now: number;
  readonly now_over_before: number;
}

const Median = z.object({ median: z.number() });
const Saved = z.object({
  ratios: z.record(z.string(), z.number()),
  gates: z.record(
    z.string(),
    z.record(z.string(), z.object({ per_second: Median, node_us: Median, redis_us: Median })),
  ),
  latency: z.array(
    z.object({
      who: z.string().default('portcullis'),
      per_second: z.number(),
      added_delay_ms: z.number(),
      p50: z.number(),
      p99: z.number(),
    }),
  ),
});

/** The part of a saved result that is compared. */
export type SavedResult = z.output<typeof Saved>;

/** Reads a result that `--out` saved; throws with what was expected of the file. */
export function readSaved(path: string): SavedResult {
  try {
    return Saved.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Error(`--compare: expected a result that --out has saved, got ${path}: ${why}`);
  }
}

/** What both runs measured, figure by figure, in the order of this one. */
export function compared(before: SavedResult, now: Result): Comparison[] {
  const old = figuresOf(before);
  return [...figuresOf(now)].flatMap(([name, value]) => {
    const earlier = old.get(name);
    return earlier === undefined ? [] : [{ name, before: earlier, now: value, now_over_before: value / earlier }];
  });
}

function figuresOf({ ratios, gates, latency }: SavedResult | Result): Map<string, number> {
  const figures = new Map(Object.entries(ratios));
  for (const [gate, contestants] of Object.entries(gates)) {
    for (const [who, { per_second, node_us, redis_us }] of Object.entries(contestants)) {
      figures.set(`${gate} ${who} per_second`, per_second.median);
      figures.set(`${gate} ${who} node_us`, node_us.median);
      figures.set(`${gate} ${who} redis_us`, redis_us.median);
    }
  }
  for (const { who, per_second, added_delay_ms, p50, p99 } of latency) {
    const name = `${who} latency at ${per_second} a second${added_delay_ms === 0 ? '' : `, ${added_delay_ms} ms of delay`}`;
    figures.set(`${name}, p50 ms`, p50);
    figures.set(`${name}, p99 ms`, p99);
  }
  return figures;
}
