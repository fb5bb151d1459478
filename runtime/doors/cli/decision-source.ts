import type { TimeRange } from '../../desk/decisions/decision-export.ts';
import { type DecisionPage, fileDecisions } from '../../desk/decisions/decision-file.ts';
import { usageError } from './errors.ts';
import { fileProblem } from './files.ts';
import type { MomentOption } from './moments.ts';

/** The time that `--since` and `--until` say, up to now where they say nothing; throws a usage error when it is none. */
export function rangeOf(
  options: { readonly since?: MomentOption | undefined; readonly until?: MomentOption | undefined },
  nowMs: number,
): TimeRange {
  const range = { fromMs: options.since?.(nowMs) ?? 0, toMs: options.until?.(nowMs) ?? nowMs };
  if (range.fromMs <= range.toMs) return range;
  throw usageError('expected --since before --until, got it after');
}

/** The decisions of a file that `export` wrote, named by this option; throws a usage error for one that cannot be read. */
export async function* filePages(path: string, option = '--file'): AsyncGenerator<DecisionPage> {
  try {
    yield* fileDecisions(path);
  } catch (error) {
    throw fileProblem(option, path, error);
  }
}
