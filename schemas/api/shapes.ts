import { z } from 'zod';
import { identifierProblem } from '../wire.ts';

/** A list that nobody changes. */
export function list<T extends z.ZodType>(item: T) {
  return z.array(item).readonly();
}

const IDENTIFIER = 'expected 1 to 128 characters of printable ASCII without blanks, ":", "{" and "}"';

/** A symbol, a strategy or a plan id in a body. */
export const identifier = z.string(IDENTIFIER).refine((text) => identifierProblem(text) === undefined, IDENTIFIER);

/** Unix seconds, with or without a fraction. */
export const UnixSeconds = z.number().describe('Unix seconds');

/** The flat string fields of an entry or a hash. */
export const FieldTexts = z.record(z.string(), z.string()).readonly();

/** The id of a stream entry. */
export const StreamId = z
  .string()
  .regex(/^\d{1,20}-\d{1,20}$/, 'expected the id of an entry such as 1717000000000-0')
  .describe('Id of a stream entry: milliseconds and a number');

/** A judged limit: value and limit in the gate's own unit, headroom where both are numbers. */
export const Check = z
  .object({
    gate: z.string(),
    value: z.union([z.number(), z.string(), z.boolean(), z.null()]),
    limit: z.union([z.number(), z.string(), z.boolean(), z.null()]),
    headroom: z.number().nullable(),
    verdict: z.enum(['pass', 'refuse', 'skipped', 'would_refuse']),
  })
  .meta({ id: 'Check' });

/** How a check is called where people read of it. */
export const CheckText = z
  .object({
    name: z.string().describe('What is compared'),
    unit: z.string().optional().describe('What value, limit and headroom are counted in'),
    setting: z.string().optional().describe('The setting that sets the limit'),
    none: z.string().optional().describe('What an empty value is called'),
    limit: z.string().optional().describe('A word before the limit'),
  })
  .meta({ id: 'CheckText' });

/** A judged limit with the words that its gate has for it. */
export const ToldCheck = Check.extend({ words: CheckText.optional() }).meta({ id: 'ToldCheck' });

/** The JSON of a refused request. */
export const ErrorAnswer = z
  .object({
    error: z.string().describe('A code, such as bad_request'),
    message: z.string().describe('What was expected, and what came'),
  })
  .meta({ id: 'Error' });

/** A check that a gate leaves out in its mode, or that only tells there what it would refuse. */
export const SkippedCheck = z.object({
  check: z.string(),
  verdict: z.enum(['skipped', 'would_refuse']),
  name: z.string().describe('What is compared, in words'),
});
