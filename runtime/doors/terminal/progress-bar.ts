const WIDTH = 30;

/** Takes what stands on the terminal's line away, so that the next text stands in its place. */
export const CLEAR_LINE = '\r\u001b[2K';

/** A bar for a terminal; `share` is 0 … 1. */
export function progressBar(share: number): string {
  const done = Math.floor(Math.min(1, Math.max(0, share)) * WIDTH);
  return `[${'#'.repeat(done)}${'.'.repeat(WIDTH - done)}]`;
}
