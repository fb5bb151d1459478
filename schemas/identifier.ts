import { z } from 'zod';
import { quoted } from './setting.ts';
import { identifierProblem } from './wire.ts';

/** A `plan_id` or `symbol`: printable ASCII of 1 to 128 bytes without blanks, `:`, `{` and `}` (contract §0, Limits). */
export const Identifier = z
  .string()
  .optional()
  .transform((text, context): string => {
    const problem = identifierProblem(text);
    if (text !== undefined && problem === undefined) return text;
    context.addIssue({ code: 'custom', message: identifierMessage(text, problem) });
    return z.NEVER;
  });

/** Why an identifier cannot be used, in the words of a dead letter: what was expected, and what came. */
export function identifierMessage(text: string | undefined, problem = identifierProblem(text)): string {
  const got = text === undefined ? 'nothing' : quoted(text);
  return `expected 1 to 128 bytes of printable ASCII without blanks, ":", "{" and "}", got ${got} (${problem ?? 'usable'})`;
}
