import type { PositionBook } from '../contract/reads.ts';

/** The last moment (Unix ms) at which a book counts as known: for good while its stream can be read, else that long after the last look. */
export function bookReadUntilMs(
  { unreadSinceMs }: Pick<PositionBook, 'unreadSinceMs'>,
  { GOV_STATE_MAX_AGE_SEC }: { readonly GOV_STATE_MAX_AGE_SEC: number },
): number {
  return unreadSinceMs === undefined ? Infinity : unreadSinceMs + GOV_STATE_MAX_AGE_SEC * 1000 - 1;
}
