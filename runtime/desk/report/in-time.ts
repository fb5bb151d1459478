/** The index of the first that is at or after a moment; they are in order of time. */
export function firstFrom(sorted: readonly { readonly atMs: number }[], atMs: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.atMs ?? 0) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
