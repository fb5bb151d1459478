import type { SourceCopy } from '../../../handlers/contract/effects.ts';

/** What stands in a text for bytes that are no UTF-8. */
const REPLACEMENT = '\uFFFD';

/** The entry's flat fields where all are known exactly as they were written; undefined where Redis alone knows them. */
export function exactly(flat: readonly string[]): readonly string[] | undefined {
  return flat.some((text) => text.includes(REPLACEMENT)) ? undefined : flat;
}

/** The fields of a flat entry as they join a write, in order, one given twice included. */
export function copiedFields(flat: readonly string[], copy: SourceCopy): string[] {
  const names = namesOf(copy);
  const copied: string[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const name = flat[i] as string;
    const written = names.get(name) ?? name;
    if (written !== LEFT_OUT) copied.push(written, flat[i + 1] as string);
  }
  return copied;
}

type Names = ReadonlyMap<string, string | typeof LEFT_OUT>;

const LEFT_OUT = Symbol('left out');
const known = new WeakMap<SourceCopy, Names>();

function namesOf(copy: SourceCopy): Names {
  const names = known.get(copy) ?? newNames(copy);
  known.set(copy, names);
  return names;
}

function newNames({ omit, rename }: SourceCopy): Names {
  const names = new Map<string, string | typeof LEFT_OUT>(omit.map((name) => [name, LEFT_OUT]));
  for (const name of rename) names.set(name, `input_${name}`);
  return names;
}
