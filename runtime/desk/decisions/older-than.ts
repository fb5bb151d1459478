/** Where a list of entries begins that goes from the newest back: below the id given, or at the newest of all. */
export function olderThan(before: string | undefined): string {
  if (before === undefined) return '+';
  // No entry has the id 0-0, and Redis refuses to exclude it.
  return before === '0-0' ? before : `(${before}`;
}
