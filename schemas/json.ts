import { formatNumber } from './number.ts';

/** What JSON can carry; a member that is `undefined` is left out. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json | undefined };

/** Text that stands between its quotes as it is. Anything else is left to JSON.stringify, which costs several times as much. */
const PLAIN = /^[ !#-[\]-~]*$/;
const MAX_NAMES = 1_000;
/** Member names as they are written: most are those of figures, the same in every decision. */
const writtenNames = new Map<string, string>();

/** JSON text whose numbers are plain decimals of at most 10 digits after the point (contract §0); one that is not finite is `null`. */
export function toJson(value: Json): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'number':
      return Number.isFinite(value) ? formatNumber(value) : 'null';
    case 'boolean':
      return value ? 'true' : 'false';
    default:
      if (value === null) return 'null';
      return isList(value) ? `[${value.map(toJson).join(',')}]` : `{${jsonMembers(value)}}`;
  }
}

/** The members of an object as they stand between the braces of its JSON text: to be joined with others. */
export function jsonMembers(value: { readonly [name: string]: Json | undefined }): string {
  let members = '';
  for (const name of Object.keys(value)) {
    const member = value[name];
    if (member !== undefined) members += `${members === '' ? '' : ','}${writtenName(name)}${toJson(member)}`;
  }
  return members;
}

function writtenName(name: string): string {
  const known = writtenNames.get(name);
  if (known !== undefined) return known;
  const written = `${quoted(name)}:`;
  if (writtenNames.size < MAX_NAMES) writtenNames.set(name, written);
  return written;
}

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** The value that a JSON text spells, or `undefined` where it spells none. */
export function parseJson(text: string | null | undefined): unknown {
  try {
    return text === null || text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}
