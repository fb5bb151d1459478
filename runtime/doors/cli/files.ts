import { open, readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { issuesText } from '../../../schemas/issues.ts';
import { LineFileError } from '../../desk/decisions/line-file.ts';
import { usageError } from './errors.ts';

/** The text of a file that an option names; throws a usage error for one that cannot be read. */
export async function textFile(option: string, path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileProblem(option, path, error);
  });
}

/** What a JSON file says, as a schema reads it; throws a usage error that names the option, and what was `expected`. */
export async function jsonFile<T>(
  option: string,
  path: string,
  { schema, expected }: { readonly schema: z.ZodType<T>; readonly expected: string },
): Promise<T> {
  const text = await textFile(option, path);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw usageError(`${option} ${path}: ${expected}, got ${String(error)}`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw usageError(`${option} ${path}: ${expected}, got ${issuesText(parsed.error)}`);
}

/** Throws a usage error unless a file that an option names can be written: asked before the work, not after it. */
export async function writable(option: string, path: string): Promise<void> {
  try {
    await (await open(path, 'a')).close();
  } catch (error) {
    throw fileProblem(option, path, error);
  }
}

/** What a file that an option names went wrong with, as a usage error; anything else as it is. */
export function fileProblem(option: string, path: string, error: unknown): unknown {
  if (error instanceof LineFileError) return usageError(`${option} ${error.message}`);
  const isTheirs = error instanceof Error && 'code' in error && 'syscall' in error;
  if (!isTheirs) return error;
  // Of several, the one that it was.
  const named = 'path' in error && typeof error.path === 'string' ? error.path : path;
  return usageError(`${option} ${named}: ${systemWords(error)}`);
}

/** Of `ENOENT: no such file or directory, open '/none'` what is in words. */
function systemWords({ message }: Error): string {
  return message.replace(/^[A-Z]\w*: /, '').replace(/, \w+(?: '.*)?$/s, '');
}
