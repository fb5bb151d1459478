const WIDTH = 30;

/** A bar for a terminal; `share` is 0 … 1. */
export function progressBar(share: number): string {
  const done = Math.floor(Math.min(1, Math.max(0, share)) * WIDTH);
  return `[${'#'.repeat(done)}${'.'.repeat(WIDTH - done)}]`;
}
