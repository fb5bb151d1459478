/** Texts whose meaning is remembered: as many as are judged beside one another. */
const MOST_REMEMBERED = 5_000;

/** The same function, which understands each text once: for what is stored, judged beside every message, and does not change. */
export function remembered<T>(parse: (text: string) => T | undefined): (text: string) => T | undefined {
  const known = new Map<string, T | undefined>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined || known.has(text)) return found;
    if (known.size >= MOST_REMEMBERED) known.clear();
    const parsed = parse(text);
    known.set(text, parsed);
    return parsed;
  };
}
