import type { FastifySchemaCompiler } from 'fastify';
import { z } from 'zod';
import { issuesText } from '../../../schemas/issues.ts';
import { HttpError } from './errors.ts';

/**
 * Has what comes read by the zod schemas of a route; what they do not take is a 400 that names what is wrong: all of a
 * body, the first of a query. No body at all counts as an empty one. Answers are not rewritten by their schemas.
 */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart }) =>
  (data: unknown) => {
    const { success, data: value, error } = schema.safeParse(data ?? {});
    if (success) return { value };
    const told = httpPart === 'body' ? meant(error.issues) : error.issues.slice(0, 1);
    return { error: new HttpError(400, issuesText(new z.ZodError(told))) };
  };

/** Of a body that may be one of several, what is wrong by the first that is of its own kind (a list, an object). */
function meant(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  const [issue] = issues;
  if (issue?.code !== 'invalid_union' || issue.path.length > 0) return [...issues];
  const isOther = ([first]: readonly z.core.$ZodIssue[]) => first?.code === 'invalid_type' && first.path.length === 0;
  return [...(issue.errors.find((branch) => !isOther(branch)) ?? issue.errors[0] ?? issues)];
}
