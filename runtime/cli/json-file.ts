import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { usageError } from './errors.ts';

/** What a JSON file says, as a schema reads it; throws a usage error that names the option, and what was `expected`. */
export async function jsonFile<T>(
  option: string,
  path: string,
  { schema, expected }: { readonly schema: z.ZodType<T>; readonly expected: string },
): Promise<T> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw usageError(`${option} ${path}: ${error.message}`);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw usageError(`${option} ${path}: ${expected}, got ${String(error)}`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path: at, message }) => [...at, message].join(' '));
  throw usageError(`${option} ${path}: ${expected}, got ${issues.join('; ')}`);
}
