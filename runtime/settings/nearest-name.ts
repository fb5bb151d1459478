import { distance } from 'fastest-levenshtein';

const MOST_EDITS = 4;

/** The known name that a misspelt one is closest to by edits of a character, or `undefined` when none is close. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let best: { readonly name: string; readonly edits: number } | undefined;
  for (const candidate of known) {
    const edits = distance(name, candidate);
    if (edits <= MOST_EDITS && (best === undefined || edits < best.edits)) best = { name: candidate, edits };
  }
  return best?.name;
}
