/** Values over time: a moment (Unix seconds) and a value each, null where it is not known. */
export type Series = readonly (readonly [at: number, value: number | null])[];

/** How far each value is below the highest known one so far, in percent; null where either is not known or the highest is not above 0. */
export function drawdowns(equity: Series): Series {
  let highest = 0;
  return equity.map(([at, usd]) => {
    if (usd === null) return [at, null] as const;
    highest = Math.max(highest, usd);
    return [at, highest > 0 ? ((highest - usd) / highest) * 100 : null] as const;
  });
}

/** The points of a line through counts in a box of so many units, the last at its right edge; empty text without any. */
export function sparkline(counts: readonly number[], width: number, height: number): string {
  const most = Math.max(...counts, 1);
  const step = counts.length > 1 ? width / (counts.length - 1) : 0;
  return counts.map((count, at) => `${round(at * step)},${round(height - (count / most) * height)}`).join(' ');
}

/** Counts of bins that are there put on a line of `many` equal parts of a time, nothing where there is none. */
export function onLine(
  bins: readonly { readonly at: number; readonly count: number }[],
  { since, until, many }: { readonly since: number; readonly until: number; readonly many: number },
): readonly number[] {
  const line = new Array<number>(many).fill(0);
  const part = (until - since) / many;
  for (const { at, count } of bins) {
    const index = Math.min(many - 1, Math.floor((at - since) / part));
    if (index >= 0) line[index] = (line[index] ?? 0) + count;
  }
  return line;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
