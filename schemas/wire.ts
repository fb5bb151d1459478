/** The flat string fields of a stream entry or hash. Always without a prototype, so that `__proto__` is a field like any other. */
export type Fields = Readonly<Record<string, string>>;

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
