import type { z } from 'zod';
import { formatNumber } from '../../../schemas/number.ts';
import { overLimit } from '../../../schemas/wire.ts';

/** What a field of an entry may be given as; a number is written as a plain decimal of at most 10 digits after the point. */
export type FieldValue = string | number | boolean;

/** Fields by their names on the wire; one that is `undefined` is left out. */
export type EntryFields = Readonly<Record<string, FieldValue | undefined>>;

/** What was to be sent is no entry that a gate can read; nothing was sent. */
export class UnusableEntry extends Error {}

/** The `[name, value, …]` of an entry for a gate that reads it with this schema. Throws `UnusableEntry` for what it would not read. */
export function flatEntry(schema: z.ZodType, fields: EntryFields): readonly string[] {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) texts[name] = textOf(name, value);
  }
  const parsed = schema.safeParse(texts);
  if (!parsed.success) throw new UnusableEntry(problemOf(parsed.error));
  const flat = Object.entries(texts).flat();
  const tooLarge = overLimit(flat);
  if (tooLarge !== undefined) throw new UnusableEntry(tooLarge);
  return flat;
}

/** A number too small for its 10 digits would be sent as 0, and judged as 0. */
function textOf(name: string, value: FieldValue): string {
  if (typeof value !== 'number') return String(value);
  const text = Number.isFinite(value) ? formatNumber(value) : undefined;
  if (text !== undefined && (text !== '0' || value === 0)) return text;
  throw new UnusableEntry(`${name}: expected a finite number that 10 digits after the point can tell, got ${value}`);
}

function problemOf(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
}
