/** The flat string fields of a stream entry or hash. Always without a prototype, so that `__proto__` is a field like any other. */
export type Fields = Readonly<Record<string, string>>;

/** Fields of an entry at most (contract §0, Limits). */
export const MAX_FIELDS = 200;
/** Bytes of an entry at most, names and values together. */
export const MAX_ENTRY_BYTES = 256 * 1024;
const YES = new Set(['true', 'True', 'TRUE', '1', 'yes']);
const NO = new Set(['false', 'False', 'FALSE', '0', 'no', '']);

/** The fields of a flat `[name, value, name, value, …]` reply. A name given twice: the last wins (contract §0). */
export function fieldsOf(flat: readonly string[]): Fields {
  const fields: Record<string, string> = Object.create(null);
  for (let i = 0; i + 1 < flat.length; i += 2) fields[flat[i] as string] = flat[i + 1] as string;
  return fields;
}

/** The boolean a wire value spells, or `undefined` when it spells none (contract §0). */
export function parseBoolean(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  const word = text.trim();
  if (YES.has(word)) return true;
  return NO.has(word) ? false : undefined;
}

/** Why a `plan_id`, `symbol` or `action` cannot be used, or `undefined` when it can (contract §0, Limits). */
export function identifierProblem(text: string | undefined): string | undefined {
  if (text === undefined) return 'missing';
  if (text === '') return 'empty';
  if (text.length > 128) return 'over 128 bytes';
  return /^[\x21-\x39\x3b-\x7a\x7c\x7e]+$/.test(text)
    ? undefined
    : 'not printable ASCII without blanks, ":", "{" and "}"';
}

/** Why a flat `[name, value, …]` entry is too large to be taken in, or `undefined`: 200 fields, 256 KiB (contract §0, Limits). */
export function overLimit(flat: readonly string[]): string | undefined {
  if (flat.length > 2 * MAX_FIELDS) return `over_limit: ${flat.length / 2} fields, at most ${MAX_FIELDS}`;
  let bytes = 0;
  for (const text of flat) bytes += text.length;
  if (bytes * 3 > MAX_ENTRY_BYTES) bytes = flat.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return bytes > MAX_ENTRY_BYTES ? `over_limit: ${bytes} bytes, at most ${MAX_ENTRY_BYTES}` : undefined;
}
