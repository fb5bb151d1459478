/** How long to wait after failures in a row, milliseconds. */
interface Backoff {
  /** No wait is shorter. */
  readonly leastMs?: number;
  /** The longest wait after the first failure; it doubles with each further one. */
  readonly firstMs: number;
  /** No wait is longer. */
  readonly mostMs?: number;
}

/**
 * The wait after so many failures in a row (1, 2, …), anywhere between the least and the longest of that many, so that
 * those who failed together do not come back together. Own, since what waits here is a lane, a socket, a timer or a page
 * that goes on for other reasons too, and packages call a function again until it does not throw.
 */
export function backoffMs(
  { leastMs = 0, firstMs, mostMs = Infinity }: Backoff,
  failures: number,
  random = Math.random,
): number {
  const longestMs = Math.min(mostMs, firstMs * 2 ** (failures - 1));
  return leastMs + random() * (longestMs - leastMs);
}
