/** The deepest fall of a path below its highest point before, as a share of that point; null without a point above 0. */
export function maxDrawdown(path: readonly number[]): number | null {
  let peak = 0;
  let deepest: number | null = null;
  for (const equity of path) {
    peak = Math.max(peak, equity);
    if (peak > 0) deepest = Math.max(deepest ?? 0, (peak - equity) / peak);
  }
  return deepest;
}
