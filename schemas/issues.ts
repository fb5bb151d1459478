import type { z } from 'zod';

/** What a schema did not like of a value, on one line: each member by its path, and what was expected of it. */
export function issuesText(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => [path.join('.'), message.replace(/^Invalid input: /, '')])
    .map((parts) => parts.filter((part) => part !== '').join(': '))
    .join('; ');
}
